"""Questions about deployments, runs and money. They never write."""
