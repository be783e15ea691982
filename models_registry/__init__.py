"""AWS connections, model versions, deployments, planning, lifecycle, runs and spend: the day loop."""
