"""Questions about stores. They never write; the first argument is always a scope."""
