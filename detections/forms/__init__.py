"""What people type about photos."""
