"""Pure rules of time: no Django, no clock, no I/O."""
