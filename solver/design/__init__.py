"""Questions that join solvers: which design is best, what matters, and why."""
