"""Bands: how far measurements were from predictions in 8 of 10 cases, counted by quantity, regime and generation.

A band is a record of what was counted, written by `make fit` into ``zoo/fitted.toml`` beside the profile that it is of.
Where no record covers a case, nothing like it was measured, and a result has no band there.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.units import Request, Scalar
from solver.zoo.fitted import fitted
from solver.zoo.records import Source


@dataclass(frozen=True)
class Band:
    """A measurement of `quantity` lies from `down`, a share, below a prediction of `profile` to `up` above it, in 8 of
    10 cases: `held` is the share of the `rows` that it was counted on, which are those of data set `name`.

    It covers models that are `dense`, and `mixtures` (1 or 0), batches from `least` to `most`, chips that their link
    joins or that are alone (`linked`), or that meet on a host's bus (`hosted`), and the `families` of chips, all if it
    names none.
    """

    name: str
    profile: str
    quantity: str
    down: Scalar
    up: Scalar
    rows: float = 0.0
    held: float = math.nan
    dense: float = 1.0
    mixtures: float = 1.0
    least: Request = 1.0
    most: Request = math.inf
    linked: float = 1.0
    hosted: float = 0.0
    families: tuple[str, ...] = ()

    @functools.cached_property
    def of_family(self) -> Mapping[str, float]:
        """1 for a family of chips that it covers, else 0."""
        from solver.zoo.profiles import Shares  # which finds a key that is not known yet

        covered = Shares(0.0, dict.fromkeys(self.families, 1.0)) if self.families else Shares(1.0)
        return covered  # type: ignore[return-value]

    @property
    def absent(self) -> Band:
        """No band: what a profile with fewer of them has in the place of one."""
        return NO_BAND


NO_BAND = Band("nothing", "", "", math.nan, math.nan, dense=0.0, mixtures=0.0)


def band_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Band:
    """The record of one table of the room "bands"."""
    return Band(**{**table, "families": tuple(table.get("families", ()))})


@functools.cache
def bands_of(profile: str) -> dict[str, tuple[Band, ...]]:
    """The bands of a profile by quantity; of one that was never measured, none."""
    found: dict[str, tuple[Band, ...]] = defaultdict(tuple)
    for band in fitted("bands", band_record).values():
        if band.profile == profile:
            found[band.quantity] += (band,)
    return found


@functools.cache
def counted_families() -> frozenset[str]:
    """The families of chips that any band was counted on."""
    return frozenset(family for band in fitted("bands", band_record).values() for family in band.families)


def covers(band: Any, node: Any, model: Any, batch: Any) -> Any:
    """Above zero where a band is of that case, else zero."""
    alike = np.where(model.mixture_layers > 0, band.mixtures, band.dense)
    device = node.device
    joined = np.where(node.chips <= device.domain, band.linked, np.where(device.domain > 1, 0.0, band.hosted))
    within = np.where(batch >= band.least, 1.0, 0.0) * np.where(batch <= band.most, 1.0, 0.0)
    return alike * joined * within * band.of_family[device.family]


def measured_band(node: Any, model: Any, quantity: str, batch: Any) -> tuple[Any, Any]:
    """How far a measurement may lie below and above a prediction, as shares of it; NaN where nothing was measured."""
    down: Any = np.nan
    up: Any = np.nan
    for band in node.profile.bands[quantity]:
        here = covers(band, node, model, batch) > 0
        down, up = np.where(here, band.down, down), np.where(here, band.up, up)
    return down, up


def counted_bands(node: Any, model: Any, quantity: str, batch: Any) -> list[Band]:
    """The bands that cover some of these cases."""
    return [band for band in node.profile.bands[quantity] if np.any(np.asarray(covers(band, node, model, batch)) > 0)]
