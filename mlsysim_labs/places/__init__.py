"""Where labs are found, opened and shipped."""
