"""A franchise to look at: stores in six cities, a month of past runs, a pop-up that opens at once."""
