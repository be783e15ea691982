"""Fixtures every test may use. Services are started by tests/services.py."""
