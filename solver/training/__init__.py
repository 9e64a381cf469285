"""Training on many chips: how much of what, and what they send one another."""
