"""Registry and money pages: the access door first, then one service or selector."""
