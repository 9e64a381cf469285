"""Many machines: jobs that wait for them, and what they take and cost."""
