"""Orders to the day loop. Each writes in one transaction and calls AWS outside it."""
