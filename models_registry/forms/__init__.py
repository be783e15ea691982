"""What people type into registry pages, read into what the services take."""
