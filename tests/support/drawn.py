"""What laws are tried on: chips, models, engines and amounts, drawn at random."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st

from solver import PRECISIONS, Hardware, Models, Node, Profiles, Transformer
from solver.zoo.profiles import Shares, efficiency_profile

CHIPS = list(Hardware)
TRANSFORMERS = [model for model in Models if isinstance(model, Transformer)]
# The same examples at each run, unless `make soak` asks for many new ones.
EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "0"))
RUNS = settings(max_examples=EXAMPLES or 80, derandomize=not EXAMPLES, deadline=None)
models = st.sampled_from(TRANSFORMERS)
formats = st.sampled_from([PRECISIONS["fp16"], PRECISIONS["int8"]])
chips = st.sampled_from([c for c in CHIPS if {"fp16", "int8"} <= set(c.precisions)])
batches = st.integers(1, 4096)
tokens = st.integers(1, 131072)
shares = st.floats(0.05, 1.0)
profiles = st.sampled_from(list(Profiles)) | st.builds(efficiency_profile, shares)
sizes = st.sampled_from([PRECISIONS[name] for name in ("fp16", "fp8", "int4")])
CLOSE = 1 + 1e-12
# What a profile adds besides work and traffic: all of it is time.
BESIDES = ("launch", "latent", "index", "state", "reading", "request", "latency", "hop")


def with_besides(profile, share):
    """The profile with that share of all that it adds besides work and traffic."""
    routing = profile.routing
    shares = Shares(share * routing.default, {kind: share * time for kind, time in routing.named.items()})
    return replace(profile, routing=shares, **{name: share * getattr(profile, name) for name in BESIDES})


nodes = st.builds(Node, chips, formats, sizes, profiles, st.sampled_from([1.0, 2.0, 4.0, 8.0])).filter(
    lambda node: node.alone or node.device.interconnect > 0)
