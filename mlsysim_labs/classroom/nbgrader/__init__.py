"""A lab as an assignment of nbgrader, whose points come from the record in what was submitted, read as data."""
