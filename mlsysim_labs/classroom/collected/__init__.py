"""The predictions of a class while they come in: a folder that is watched, and the page that a class looks at."""
