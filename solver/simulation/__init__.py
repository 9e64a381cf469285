"""What steps through time: the only place with loops over events."""
