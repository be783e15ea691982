"""What scheduling saves on a chain's own hours: `python -m bench.savings`, and docs/savings.md."""
