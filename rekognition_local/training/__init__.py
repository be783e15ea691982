"""Training a model from manifests, in a process of its own."""
