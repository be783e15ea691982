"""Pages about photos."""
