"""What `ContinuousBatchingModel.solve` found: fields, their floor and band, and what binds them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, band_of, field, interval
from solver.base.sentences import band_sentences, caveat_sentences, could_be_narrower, memory_sentence, power_sentences
from solver.formulas.blocks import cache_room
from solver.formulas.energy import served_energy
from solver.formulas.paging import equivalent_context
from solver.formulas.work import bottleneck_code
from solver.serving.result import bottleneck_sentence, known_bottleneck

BANDED = ("throughput_tokens_per_sec", "ttft", "itl")  # the rest is counted or is a ratio


class ContinuousBatchingResult(Result):
    """What `ContinuousBatchingModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether at least one request of average length fits beside the weights", bool)
    throughput_tokens_per_sec = field(None, "answered tokens a second of all running requests")
    max_active_requests = field(None, "requests that run at once", int)
    memory_fragmentation_pct = field(None, "percent of the allocated pages that holds nothing: ends of last pages")
    ttft = field("ms", "time to first token of one request whose prompt fills its window, admitted at once")
    itl = field("ms", "inter-token latency: a decode step at the average context, and its share of others' prefills")
    prefill_share = field(None, "share of the time that prefills take; 0 without output_len")
    speedup_vs_static = field(None, "throughput over that of static batching on the same node; 1 where neither runs")
    speedup_memory = field(None, "part of it that more requests at once bring, both servers refilling their slots")
    speedup_scheduling = field(None, "part of it that refilled slots bring, with the static server's requests")
    static_requests = field(None, "requests that a static server runs at once", int)
    static_tokens_per_sec = field(None, "answered tokens a second of the static server")
    static_fragmentation_pct = field(None, "percent of the static server's reserved windows that holds nothing")
    headroom = field("GB", "memory left on each chip beside the weights and one average request")
    within_context = field(None, "whether the model was trained for a context as long as the window", bool)
    energy_per_token = field("J", "energy of one answered token: at most, by the board power of the chips, and without "
                                  "hosts, network and cooling",
                             lazy=lambda result: served_energy(
                                 result.given["asked"].node, result.values["throughput_tokens_per_sec"]))

    @cached_property
    def floor(self) -> ContinuousBatchingResult:
        """The same with nothing lost: all of the peak rates, no launches. No engine gets below."""
        asked = self.given["asked"].ideal
        return ContinuousBatchingResult(asked.field_values(), {"asked": asked})

    def band(self, name: str) -> tuple[Any, Any] | None:
        """From where to where a measurement of a time or rate is expected in 8 of 10 cases; None for other fields,
        and where nothing like it was measured."""
        return band_of(self, name, self.interval(name)) if name in BANDED else None

    def interval(self, name: str) -> tuple[Any, Any]:
        """The ends of that band in base units, or symbols of them; NaN where nothing was measured."""
        return interval(self, name, *self.given["asked"].band(name))

    @cached_property
    def bottleneck(self) -> Any:
        """What a decode step is bound by: a name, or for arrays codes, which are places in `BOTTLENECKS`."""
        asked, running = self.given["asked"], np.maximum(self.values["max_active_requests"], 1.0)
        return known_bottleneck(bottleneck_code(
            asked.node.reading, asked.model, asked.model.decode_pair_work, running, 1.0,
            equivalent_context(asked.model, asked.cached), 1.0), self.values["itl"])

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        limited = np.mean(np.asarray(self.values["max_active_requests"]) < self.given["asked"].limit)
        slots = {0.0: "max_batch_size", 1.0: "memory"}.get(float(limited), f"memory at {limited:.0%} of the points")
        asked, values = self.given["asked"], self.values
        room = cache_room(asked.node, asked.model, asked.reserve) > 0
        remedies = {"a chip with more memory": True, "a narrower number format": could_be_narrower(asked.node, room),
                    "a shorter window": room}
        return [
            memory_sentence(values["headroom"], asked.node.device, remedies),
            f"Running requests: limited by {slots}.", bottleneck_sentence("Decode", self.bottleneck),
            *power_sentences(asked.node), *band_sentences(asked.node, {
                "throughput": asked.counted_bands("throughput_tokens_per_sec"),
                "time between tokens": asked.counted_bands("itl")}),
            *caveat_sentences(asked.window, [asked.model], [
                (asked.node, {"time to first token": values["ttft"], "time between tokens": values["itl"]})])]
