"""What `EfficiencyModel.solve` found: fields, and where the rest of the peak is lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import power_sentences, unknown_sentences
from solver.formulas.energy import busy_energy

OVERHEADS = {"products": "products_overhead", "memory": "memory_overhead", "exchange": "exchange_overhead",
         "launches": "launch_overhead"}
LOSSES = {"products": "products below the peak", "memory": "waiting for memory", "exchange": "exchange between chips",
        "launches": "launches and scheduling"}


class EfficiencyResult(Result):
    """What `EfficiencyModel.solve` found. Its fields broadcast with the arrays that were given."""

    mfu = field(None, "work that the model needs as a share of what the chips could do in that time")
    achievable_flops = field("TFLOP/s", "rate that comes of it, of all chips")
    peak_flops = field("TFLOP/s", "peak rate of all chips in that format, dense")
    time = field("ms", "time of the work")
    products_overhead = field(None, "share of the time that is lost since products stay below the peak")
    memory_overhead = field(None, "share of it that arithmetic waits for memory")
    exchange_overhead = field(None, "share of it that chips exchange data")
    launch_overhead = field(None, "share of it that launches and scheduling take")
    energy = field("J", "energy of the work: at most, by the board power of the chips, and without hosts, network and "
                        "cooling",
                   lazy=lambda result: busy_energy(result.given["asked"].node, result.values["time"]))

    @property
    def workload_type(self) -> str:
        """Which work it was."""
        return str(self.given["asked"].workload)

    @property
    def use_flash_attention(self) -> bool:
        """Whether the scores of attention stayed on the chip."""
        return bool(self.given["asked"].fused)

    @property
    def overhead_breakdown(self) -> dict[str, Any]:
        """Shares of the time that are lost, by where; with mfu they add up to 1."""
        return {part: getattr(self, name) for part, name in OVERHEADS.items()}

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [self._lost(), *self._scores(),
                *unknown_sentences(asked.node, {"time of the work": self.values["time"]}), *power_sentences(asked.node)]

    def _lost(self) -> str:
        """Where most is lost, on average over the points."""
        lost = {part: float(np.mean(share)) for part, share in self.overhead_breakdown.items()}
        if any(map(np.isnan, lost.values())):
            return "Lost: unknown."
        part = max(lost, key=lambda name: lost[name])
        return f"Lost: most by {LOSSES[part]}, {lost[part]:.0%} of the time. The work takes {np.mean(self.mfu):.1%}."

    def _scores(self) -> list[str]:
        """What attention costs without kernels that keep its scores on the chip."""
        if self.use_flash_attention or self.workload_type == "ffn":
            return []
        return ["Attention: all scores, also of later tokens, go to memory and back twice. Engines that profiles were "
                "fitted to keep them on the chip: use_flash_attention=True."]
