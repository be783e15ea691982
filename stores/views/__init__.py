"""Pages of stores: the access door first, then one service or selector."""
