"""Formulas of waiting lines."""
