"""What is read of photos."""
