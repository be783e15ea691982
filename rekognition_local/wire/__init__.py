"""The wire format of the service, read from botocore's bundled service model."""
