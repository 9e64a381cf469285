"""Training on a fleet: how long a step and a whole training take, and what memory they need."""
