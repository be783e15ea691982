"""Pure rules of the learning loop."""
