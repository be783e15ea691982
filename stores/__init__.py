"""Areas, stores, opening hours and special days: from wall-clock rules to UTC windows."""
