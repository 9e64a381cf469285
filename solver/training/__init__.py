"""Training: what it is fed, and what keeps it waiting."""
