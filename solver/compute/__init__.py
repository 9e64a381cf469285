"""One node and one step of it."""
