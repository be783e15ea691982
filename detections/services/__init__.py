"""What is done with photos."""
