"""Audits: a plan of serving or of training, judged as a whole, wall by wall."""
