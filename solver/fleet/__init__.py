"""Many machines together: what joins them, how they fail, what they emit, and what they cost."""
