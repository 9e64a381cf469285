"""Every formula and nothing else, one subject a file."""
