"""Many machines: what joins them, and what they cost to run."""
