"""What is run from a terminal."""
