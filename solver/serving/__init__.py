"""Requests on a node: the phases of one batch, continuous batching, and what fits."""
