"""Failures: how often published runs were interrupted, and what that says of one chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from solver.units import Scalar, Second
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records


@dataclass(frozen=True)
class FailureRate:
    """A run that was interrupted `count` times on `chips` chips over its `duration`.

    >>> round(FailureRates.Llama_3_405B.mttf / 3600)   # hours
    50677
    """

    name: str
    count: Scalar
    chips: Scalar
    duration: Second
    chip: str = ""  # a key of `Hardware`
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        for name in ("count", "chips", "duration"):
            value = getattr(self, name)
            if isinstance(value, (int, float)) and not value > 0:
                raise ValueError(f"{name} of {self.name!r} is {value!r}: give a number above 0, for a run without a "
                                 f"failure says only that there are few.")
        judge_figures(self, count=(1e-9, 1e9, "419"), chips=(1.0, 1e9, "16384"), duration=(60.0, 1e10, "'54 day'"))

    @cached_property
    def mttf(self) -> Second:
        """Mean time to failure of a chip, if the chips alone brought all interruptions, each as often as any other.

            mttf = duration * chips / count
        """
        return self.duration * self.chips / self.count

    def __str__(self) -> str:
        return self.name


def failure_record(table: dict, sources: Mapping[str, Source]) -> FailureRate:
    """The record of one table of ``zoo/site/failures.toml``, with its source."""
    figures: dict[str, Any] = {k: base_value(table[k]) for k in ("count", "chips", "duration")}
    return FailureRate(table["name"], **figures, chip=table["chip"],
                       sources=dict.fromkeys(figures, sources[table["source"]]))


FailureRates: Zoo[FailureRate] = Zoo("FailureRates", lambda: records("site/failures.toml", failure_record))
