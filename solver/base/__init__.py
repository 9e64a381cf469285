"""What every class with `solve` stands on: numbers made plain, arguments judged, results."""
