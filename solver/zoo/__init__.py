"""Records of chips, models, number formats and engines, each beside its table of figures and sources."""
