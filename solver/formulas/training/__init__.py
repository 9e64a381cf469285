"""Formulas of training on many chips."""
