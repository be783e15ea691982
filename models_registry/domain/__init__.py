"""Pure rules of the day loop: planning, lifecycle decisions and money."""
