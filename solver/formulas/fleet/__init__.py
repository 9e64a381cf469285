"""Formulas of many machines: failures, carbon, costs and networks."""
