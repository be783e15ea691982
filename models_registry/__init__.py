"""AWS connections, model versions, deployments, planning, lifecycle, the run ledger and spend: the day loop."""
