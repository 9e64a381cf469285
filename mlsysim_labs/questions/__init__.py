"""What a lab asks, and what a student has done of it."""
