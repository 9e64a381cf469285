"""Design spaces: all points computed, the best of them, and why the others are left out."""
