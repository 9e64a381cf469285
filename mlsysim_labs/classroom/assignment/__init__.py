"""What each student of a course is given: a notebook or a page with a name, numbers of one's own, and a date."""
