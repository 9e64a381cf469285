"""Predictions against published measurements: ``python -m solver.validate FOLDER`` reads tables of them."""
