"""Training profiles: how much of a chip's figures a training framework reaches, fitted to published runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.units import Byte, Scalar
from solver.zoo.fitted import fitted
from solver.zoo.profiles import Shares
from solver.zoo.records import Source, Zoo, base_value, make_plain


@dataclass(frozen=True)
class TrainingProfile:
    """What a training framework makes of a chip.

    `compute`, `attention` : shares of the peak FLOP/s that matrix products and attention reach, by family of chips; of
        attention the full square counts, not the causal half
    `vector` : what norms, activations and residuals of a layer move in a pass, in hidden states at 16 bits
    `scores` : the same of the loss, in scores of the vocabulary
    `again` : what a pass that computes activations again takes, in units of a mean pass
    `optimizer` : bytes that the optimizer's step moves for each parameter
    `overlap` : share of the data-parallel exchange, at the full rates of link and NIC, that goes on beside arithmetic;
        what these rates lose is taken off it

    A share is a number, or `Shares` by kind of chip.
    """

    name: str
    compute: Any = 1.0
    attention: Any = 1.0
    vector: Scalar = 0.0
    scores: Scalar = 0.0
    again: Scalar = 1.0
    optimizer: Byte = 0.0
    overlap: Scalar = 0.0
    years: str = ""
    scope: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        for name in ("compute", "attention"):
            if not isinstance(value := getattr(self, name), Shares):
                object.__setattr__(self, name, Shares(value))

    def knows(self, family: str) -> bool:
        """Whether chips of that family were among those that it was fitted to, or it was fitted to none."""
        return not self.compute.named or family in self.compute.named

    def __str__(self) -> str:
        return self.name


def share_profile(share: Any) -> TrainingProfile:
    """The profile that one number makes: that share of the peak, and nothing that takes time besides."""
    return TrainingProfile("efficiency", compute=share, attention=share)


def training_profile_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> TrainingProfile:
    """The record of one table of the room "training" of ``zoo/fitted.toml``."""
    words = {name: table[name] for name in ("years", "scope") if name in table}
    values = {name: value for name, value in table.items() if name not in ("name", "source", *words)}
    for name, value in values.items():
        if isinstance(value, Mapping):
            plain = {kind: base_value(share) for kind, share in value.items()}
            values[name] = Shares(plain.pop("default"), plain)
        else:
            values[name] = base_value(value)
    return TrainingProfile(table["name"], **values, **words, sources=dict.fromkeys(values, sources[table["source"]]))


TrainingProfiles: Zoo[TrainingProfile] = Zoo("TrainingProfiles", lambda: fitted("training", training_profile_record))
