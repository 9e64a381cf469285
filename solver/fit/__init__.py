"""Fits of the figures in ``zoo/fitted.toml`` to measurements: a file each, and `tools/fit.py` walks over them."""
