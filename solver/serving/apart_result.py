"""What `DisaggregatedModel.solve` found: fields, their floor and band, which side binds, and what it cannot know."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, band_of, field, interval
from solver.base.sentences import band_sentences, caveat_sentences, could_be_narrower, memory_sentence, power_sentences
from solver.formulas.blocks import cache_room
from solver.formulas.energy import served_energy
from solver.text import number_text

LOOP_TIMES = ("ttft", "ttft_load_test", "itl", "e2e_latency", "tokens_per_second")  # the rest is counted or is a ratio
SIDES = ("prefill nodes", "decode nodes")
SATURATED = 1 - 1e-9
UNKNOWABLE = (
    "Not known: how requests are routed among the nodes (evenly is assumed), bursts, the order of the queue, and what "
    "router and transfer take besides. So ttft is what it is at best; ttft_burst has all requests come at once, and a "
    "load test lies in between: ttft_load_test.",
    "Drafts: none. Engines that predict several tokens at once (MTP) decode faster than this says, and measurements "
    "often do not tell whether they did.")


class DisaggregatedResult(Result):
    """What `DisaggregatedModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether weights and the requests that are there fit, on both kinds of nodes", bool)
    ttft = field("ms", "time to first token: waiting for a node, reading the prompt, sending the cache")
    ttft_burst = field("ms", "the same on average if all requests come at once, as when a load test begins")
    ttft_load_test = field("ms", "the same on average over a load test that begins so: fitted, and equal to ttft where "
                                 "the profile knows of none")
    itl = field("ms", "inter-token latency: a decode step of the requests of a node, at the mean context")
    e2e_latency = field("ms", "time until the whole answer is there")
    tokens_per_second = field(None, "answered tokens a second of all nodes")
    tokens_per_second_per_chip = field(None, "the same by the chips of all nodes, those that read prompts included")
    decoding_per_node = field(None, "requests that decode on each node, on average")
    waiting = field(None, "requests that wait for a node to read their prompt, on average")
    prefill_utilization = field(None, "prompts that are read, as a share of the most that their nodes read")
    decode_utilization = field(None, "answers that end, as a share of the most that end if all requests decode")
    prefill_headroom = field("GB", "memory left on each chip that reads, with the prompts that are read together")
    decode_headroom = field("GB", "memory left on each chip that decodes, if all its requests had their whole answer")
    headroom = field("GB", "the lesser of both; negative where it does not fit")
    within_context = field(None, "whether the model was trained for a context of prompt and answer", bool)
    energy_per_token = field("J", "energy of one answered token: at most, by the board power of all chips, and without "
                                  "hosts, network and cooling", lazy=lambda result: result.power)

    @property
    def power(self) -> Any:
        """What all nodes take for each answered token."""
        asked, rate = self.given["asked"], self.values["tokens_per_second"]
        return asked.readers * served_energy(asked.reader, rate) + asked.nodes * served_energy(asked.node, rate)

    @cached_property
    def floor(self) -> DisaggregatedResult:
        """The same with nothing lost: all of the peak rates, no launches. TTFT is then that of a request for which
        nothing waits, and ITL that of one that decodes alone: no engine gets below."""
        asked = self.given["asked"].ideal
        return DisaggregatedResult(asked.least_values(), {"asked": asked})

    def band(self, name: str) -> tuple[Any, Any] | None:
        """From where to where a measurement of a time or rate is expected in 8 of 10 cases; None for other fields,
        and where nothing like it was measured."""
        return band_of(self, name, self.interval(name)) if name in LOOP_TIMES else None

    def interval(self, name: str) -> tuple[Any, Any]:
        """The ends of that band in base units, or symbols of them; NaN where nothing was measured."""
        return interval(self, name, *self.given["asked"].band(name))

    @cached_property
    def bottleneck(self) -> Any:
        """Which nodes bind: "prefill nodes" where prompts wait, else "decode nodes"; for arrays codes, which are places
        in `SIDES`."""
        code = np.where(self.values["prefill_utilization"] >= SATURATED, 0, 1)
        return code if np.ndim(code) else SIDES[int(code)]

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked, values = self.given["asked"], self.values
        return [*self._memory_sentences(), self._binding_sentence(), *UNKNOWABLE,
                *power_sentences(asked.reader, asked.node), *band_sentences(asked.node, {
                    "time to first token": asked.counted_bands("ttft"),
                    "time between tokens": asked.counted_bands("itl")}),
                *caveat_sentences(asked.final, [asked.model], [
                    (asked.reader, {"time to first token": values["ttft"]}),
                    (asked.node, {"time between tokens": values["itl"]})])]

    def _memory_sentences(self) -> list[str]:
        """Whether it fits on each kind of nodes, and what would help."""
        asked, values = self.given["asked"], self.values
        said = []
        for name, node, crowded in (("prefill", asked.reader, asked.together > asked.reader.attention_data_parallel),
                                    ("decode", asked.node, values["decoding_per_node"] > 1)):
            room = cache_room(node, asked.model, asked.reserve) > 0
            helping = {f"more {name} nodes": room & crowded, "fewer requests": room & crowded,
                       "a narrower number format": could_be_narrower(node, room), "a chip with more memory": True}
            said.append(memory_sentence(values[f"{name}_headroom"], node.device, helping).replace(
                "Memory:", f"Memory of {name} nodes:", 1))
        return said

    def _binding_sentence(self) -> str:
        """Which side binds, and how much of it is used."""
        bound = self.bottleneck
        if not isinstance(bound, str):
            return f"Bound by prefill nodes, for which prompts wait, at {np.mean(bound == 0):.0%} of the points."
        if bound == SIDES[0]:
            return (f"Bound by prefill nodes: {number_text(float(self.values['waiting']))} requests wait for one. More "
                    f"of them bring more tokens a second.")
        return (f"Bound by decode nodes: prompts wait for nobody, and prefill nodes are busy for "
                f"{float(self.values['prefill_utilization']):.0%} of the time.")
