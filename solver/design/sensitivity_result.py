"""What `SensitivitySolver.solve` found: elasticities by figure, which is the largest, and sentences on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.text import number_text
from solver.units import unit

FIGURE_WORDS = {"peak_flops": "FLOP/s", "memory_bandwidth": "memory bandwidth", "memory_capacity": "memory",
                "link": "links", "host": "the host bus", "overhead": "overhead (less of it)", "power": "board power"}
IN_SECONDS = "second"
NO_KINK = 1e-9  # two elasticities are one that differ by no more


def elasticity_to(name: str) -> Callable[[Any], Any]:
    """The lazy value of a field: the elasticity to a figure, for more of it."""
    return lambda result: result.given["asked"].elasticities[name][1]


class SensitivityResult(Result):
    """What `SensitivitySolver.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether it fits in memory, as the solver says", bool)
    baseline = field(None, "the field that was asked about, before any change, in base units")
    baseline_latency = field("ms", "the same where it is a time; unknown where it is none",
                             lazy=lambda result: result.time)
    perturbation_pct = field(None, "percent by which figures are raised for `changes`")
    peak_flops = field(None, "elasticity to all FLOP/s of the chip", lazy=elasticity_to("peak_flops"))
    memory_bandwidth = field(None, "elasticity to its memory bandwidth", lazy=elasticity_to("memory_bandwidth"))
    memory_capacity = field(None, "elasticity to its memory", lazy=elasticity_to("memory_capacity"))
    link = field(None, "elasticity to all that chips exchange data over", lazy=elasticity_to("link"))
    host = field(None, "elasticity to its bus to the host", lazy=elasticity_to("host"))
    overhead = field(None, "elasticity to 1 / overhead: launches, scheduling, and latencies of exchanges",
                     lazy=elasticity_to("overhead"))
    power = field(None, "elasticity to the board power", lazy=elasticity_to("power"))
    total = field(None, "elasticity to all speeds together, FLOP/s, bandwidth, links, host bus, 1 / overhead, and "
                        "speeds that are given: -1 for a time, 1 for a rate", lazy=elasticity_to("all speeds"))
    largest = field(None, "the elasticity that is largest, whatever its sign, of the figures that were asked about",
                    lazy=lambda result: result.largest_of("value"))

    @property
    def time(self) -> Any:
        """The baseline, if it is a time."""
        asked = self.given["asked"]
        shown = getattr(type(asked.baseline), asked.field).unit
        is_time = shown is not None and unit(shown).is_compatible_with(IN_SECONDS)
        return self.values["baseline"] * (1.0 if is_time else np.nan)

    @property
    def sensitivities(self) -> dict[str, Any]:
        """The elasticity to each figure, for more of it."""
        return {name: _plain(more) for name, (_, more) in self.one_sided.items()}

    @property
    def one_sided(self) -> dict[str, tuple[Any, Any]]:
        """Those to each figure, for less of it and for more: at a kink they differ."""
        asked = self.given["asked"]
        return {name: tuple(map(_plain, asked.elasticities[name])) for name in asked.figures}

    @property
    def changes(self) -> dict[str, Any]:
        """The share by which the field changes when that figure alone is raised by `perturbation_pct`: exact, and no
        multiple of an elasticity."""
        asked = self.given["asked"]
        return {name: asked.change(name) for name in asked.figures}

    @property
    def binding_constraint(self) -> Any:
        """The figure that matters most: "memory_capacity" where it does not fit, else that of the largest elasticity;
        an array of names for arrays, and "" where nothing matters."""
        names = np.asarray(self.largest_of("name"))
        found = np.where(self.values["feasible"], names, "memory_capacity")
        return found if found.ndim else str(found)

    def largest_of(self, what: str) -> Any:
        """The largest elasticity, or the name of its figure."""
        found = self.sensitivities
        values = np.stack(np.broadcast_arrays(*found.values()))
        sizes = np.where(np.isnan(values), 0.0, np.abs(values))
        place = np.argmax(sizes, axis=0)
        if what == "name":
            return np.where(np.max(sizes, axis=0) > 0, np.array(list(found))[place], "")
        return np.take_along_axis(values, place[None], axis=0)[0]

    @property
    def constraint_trace(self) -> list[str]:
        """What matters, in sentences."""
        if unknown(self.values["baseline"]):
            return []
        return [*self._memory(), *self._ranks(), *self._kinks(),
                "Memory decides what fits, in whole requests: between two of them nothing changes with it. Counts have "
                "no elasticity; compare two runs with explain."]

    def _memory(self) -> list[str]:
        """That memory binds, where it does not fit."""
        if np.all(self.values["feasible"]):
            return []
        first = getattr(self.given["asked"].baseline, "constraint_trace", [""])[0]
        return [f"Memory binds: it does not fit, and no other figure helps until it does. The elasticities are of the "
                f"time that it would take. {first}".rstrip()]

    def _ranks(self) -> list[str]:
        """Which figure matters, in the order of their sizes; of arrays, how often each is first."""
        name, found = self.given["asked"].field, self.sensitivities
        if any(np.ndim(value) for value in found.values()):
            first = np.ravel(self.largest_of("name"))
            said = [f"{_word(one)} at {np.mean(first == one):.0%} of the points" for one in found if one in first]
            return [f"{name} hangs most on {', on '.join(said)}."] if said else []
        ranked = sorted((one for one in found if abs(found[one]) > NO_KINK), key=lambda one: -abs(found[one]))
        said = [f"{number_text(found[one])} % for {_word(one)}" for one in ranked]
        return [f"{name} changes, with 1 % more of a figure, by {', '.join(said)}."] if said else [
            f"{name} does not change with any of these figures."]

    def _kinks(self) -> list[str]:
        """Where less and more of a figure do not do the same."""
        sides = {name: both for name, both in self.one_sided.items() if not np.ndim(both[0])}
        return [f"{_word(name)} stands at a kink: {number_text(less)} for less of it, {number_text(more)} for more."
                for name, (less, more) in sides.items() if abs(less - more) > NO_KINK]


def _word(name: str) -> str:
    return FIGURE_WORDS.get(name, name)


def _plain(value: Any) -> Any:
    """A float, or an array."""
    return np.asarray(value) if np.ndim(value) else float(value)
