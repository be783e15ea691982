"""What the data directory remembers: one SQLite file, one repository per noun."""
