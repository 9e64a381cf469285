"""How sentences get their numbers."""
