"""Many machines together: how they fail, what they emit, and what they cost."""
