"""What people type, read into what the services take; errors in the reader's language."""
