"""What a teacher does with a class's records: reads what was handed in, marks it, and learns from it."""
