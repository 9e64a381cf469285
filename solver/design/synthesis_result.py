"""What `SynthesisSolver.solve` found: the figures of a chip, and sentences on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.text import number_text
from solver.units import Q_, quantity
from solver.zoo.hardware import Accelerator


class SynthesisResult(Result):
    """What `SynthesisSolver.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether any chip makes it: not where launches alone take longer", bool)
    required_bw = field("GB/s", "memory bandwidth of the chip that takes just the target; infinite where none does")
    required_flops = field("TFLOP/s", "its dense rate in the number format of the weights")
    required_memory = field("GB", "memory of weights and KV cache, and the reserve")
    compute_memory_ratio = field("FLOP/B", "its FLOP/s for each byte/s")
    least_bw = field("GB/s", "bandwidth without which no chip makes it, were arithmetic to take no time")
    least_flops = field("TFLOP/s", "rate without which no chip makes it, were traffic to take no time")
    target_latency = field("ms", "time that the step may take")
    overhead = field("ms", "launches and scheduling, which no chip makes shorter")
    model_size = field("GB", "weights of the model")
    total_ops = field("GFLOP", "work of the step")

    @property
    def rates(self) -> dict[str, Any]:
        """The chip's dense rate of each number format that the step needs, in FLOP/s: half the bits, twice as fast."""
        from solver.design.synthesis import rate_shares  # which makes such results

        shares = rate_shares(self.given["asked"].precision)
        return {name: self.values["required_flops"] * share for name, share in shares.items()}

    @property
    def chip(self) -> Accelerator:
        """A chip with just these figures, to be asked like any other."""
        if any(np.ndim(value) for value in self.values.values()):
            raise TypeError("chip is one for each of several points: call solve again with a single value for each "
                            "argument.")
        if not self.values["feasible"]:
            raise ValueError(f"No chip makes it: {self.constraint_trace[0]}")
        figures = {"memory": (self.values["required_memory"], "byte"),
                   "bandwidth": (self.values["required_bw"], "byte/second"),
                   **{name: (rate, "FLOP/second") for name, rate in self.rates.items()}}
        return Accelerator.declared(f"the least chip for {self.given['asked'].model} in {self.target_latency}", **{
            name: Q_(float(value), unit) for name, (value, unit) in figures.items()})

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        return [self._target(), self._memory(), "Left out: chips that share the work, and what they exchange."]

    def _target(self) -> str:
        """Whether a chip makes it, and what it has at least."""
        fits = np.asarray(self.values["feasible"])
        if not fits.all():
            where = "" if not fits.ndim else f" at {np.sum(~fits)} of {fits.size} points"
            return (f"Target: below what launches and scheduling take{where}, up to "
                    f"{quantity(np.max(self.values['overhead']), 'ms')}, which no chip makes shorter. A longer target "
                    f"or a profile with less overhead would help.")
        least, flops = (quantity(np.max(self.values[name]), unit) for name, unit in (
            ("least_bw", "GB/s"), ("least_flops", "TFLOP/s")))
        more = number_text(float(np.max(self.values["required_bw"] / self.values["least_bw"])))
        return (f"Target: no chip makes it below {least} or below {flops}. One with just both takes longer, for parts "
                f"of the step wait now for the one and now for the other: with this ratio it needs {more} times that "
                f"bandwidth.")

    def _memory(self) -> str:
        """What fills it."""
        weights, whole = (float(np.max(self.values[name])) for name in ("model_size", "required_memory"))
        return f"Memory: {quantity(weights, 'GB')} of {quantity(whole, 'GB')} are weights."
