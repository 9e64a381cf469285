"""What a student did, kept: events, their record, its file and its text; Python's own library alone."""
