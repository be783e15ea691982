"""Starts PostgreSQL, Redis and Rekognition Local where the environment names none (docs/embedded.md)."""
