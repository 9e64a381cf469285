"""Values, functions of them, and their trace into a program; no widget."""
