"""The pages people live in."""
