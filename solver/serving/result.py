"""What `ServingModel.solve` found: fields, their floor and band, and what binds them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, band_of, field, interval
from solver.base.sentences import (
    band_sentences,
    caveat_sentences,
    could_be_narrower,
    head_sentences,
    memory_sentence,
    power_sentences,
)
from solver.formulas.energy import answer_energy, request_energy
from solver.formulas.requests import request_time, static_rate
from solver.formulas.work import BOTTLENECKS, bottleneck_code, bottleneck_name
from solver.serving.phases import (
    chunk_step_time,
    draft_speedup,
    field_values,
    least_headroom,
    tokens_per_step,
)


class ServingResult(Result):
    """What `ServingModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether weights and KV cache fit in memory, on every chip", bool)
    ttft = field("ms", "time to first token: the prompt is read")
    itl = field("ms", "inter-token latency: one decode step, at the mean context while the answer grows")
    e2e_latency = field("ms", "time until the whole answer is there; without output_len, until its first token is",
                         lazy=lambda result: request_time(*result.times))
    tokens_per_second = field(None, "answered tokens a second of the whole batch",
                               lazy=lambda result: static_rate(result.given["asked"].batch, *result.times))
    kv_cache_size = field("GB", "KV cache of the whole batch")
    model_weights_size = field("GB", "weights of the model")
    total_memory_required = field("GB", "weights and KV cache, those of what drafts included")
    memory_utilization = field(None, "memory required as a share of the memory that can be used, on the fullest chip")
    prompt_cache_hit_ratio = field(None, "share of the prompt that was in cache before")
    prefill_chunks = field(None, "passes that the prompt is read in", int)
    prefill_chunk_time = field("ms", "time of the slowest of them")
    decode_stall_bound = field("ms", "longest pause that a prefill causes to requests that decode on the same node")
    itl_with_chunk = field("ms", "a decode step of the batch that carries the slowest full chunk of one more request",
                            lazy=lambda result: chunk_step_time(result.given["asked"]))
    headroom = field("GB", "memory left over on the fullest chip; negative where it does not fit")
    within_context = field(None, "whether the models were trained for that context, prompt and answer", bool)
    tokens_per_step = field(None, "tokens that a decode step brings each request on average: one, or more with drafts",
                            lazy=lambda result: tokens_per_step(result.given["asked"]))
    draft_speedup = field(None, "how many times faster tokens come with drafts than without",
                          lazy=lambda result: draft_speedup(result.given["asked"]))
    energy = field("J", "energy of a request from prompt to last token, its share of the batch's: at most, by the "
                        "board power of the chips, and without hosts, network and cooling",
                   lazy=lambda result: request_energy(*result.powered))
    energy_per_token = field("J", "the same of one token of the answer; without output_len, of decoding alone",
                             lazy=lambda result: answer_energy(*result.powered))

    @property
    def times(self) -> tuple[Any, Any, Any]:
        """TTFT and ITL in seconds, and the tokens of an answer."""
        return self.values["ttft"], self.values["itl"], self.given["asked"].answer

    @property
    def powered(self) -> tuple[Any, ...]:
        """What energy is worked out from: the chips, the batch, and how long it keeps them busy."""
        asked = self.given["asked"]
        return asked.reader, asked.node, asked.batch, *self.times

    @cached_property
    def floor(self) -> ServingResult:
        """The same with nothing lost: all of the peak rates, no launches. No engine gets below."""
        asked = self.given["asked"].ideal
        return ServingResult(field_values(asked), {"asked": asked})

    def band(self, name: str) -> tuple[Any, Any] | None:
        """From where to where a measurement of a time or rate is expected in 8 of 10 cases; None where nothing like it
        was measured. `solver.zoo.bands` says on how many rows that was counted.
        """
        return band_of(self, name, self.interval(name))

    def interval(self, name: str) -> tuple[Any, Any]:
        """The ends of that band in base units, or symbols of them; NaN where nothing was measured."""
        asked = self.given["asked"]
        if name == "e2e_latency" and not asked.node.profile.bands["ServingModel.e2e_latency"]:  # the sum of its parts
            (first, last), (low, high) = self.interval("ttft"), self.interval("itl")
            return request_time(first, low, asked.answer), request_time(last, high, asked.answer)
        return interval(self, name, *asked.band(name))

    @cached_property
    def prefill_bottleneck(self) -> Any:
        """What reading the prompt is bound by: a name, or for arrays codes, which are places in `BOTTLENECKS`."""
        asked = self.given["asked"]
        return known_bottleneck(bottleneck_code(
            asked.reader, asked.model, asked.model.prefill_pair_work, asked.batch, asked.prompt - asked.cached,
            asked.cached, 1.0), self.values["ttft"])

    @cached_property
    def bottleneck(self) -> Any:
        """What a decode step is bound by: a name, or for arrays codes, which are places in `BOTTLENECKS`."""
        asked = self.given["asked"]
        new = 1.0 if asked.draft is None else asked.draft_length + 1.0
        return known_bottleneck(bottleneck_code(
            asked.node.reading, asked.model, asked.model.decode_pair_work, asked.batch, new, asked.context, new),
            self.values["itl"])

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked, values = self.given["asked"], self.values
        return [memory_sentence(values["headroom"], asked.node.device, self._remedies()),
                bottleneck_sentence("Prefill", self.prefill_bottleneck),
                bottleneck_sentence("Decode", self.bottleneck), *head_sentences(asked.model, asked.draft),
                *power_sentences(asked.reader, asked.node), *band_sentences(asked.node, {
                    "time to first token": asked.counted_bands("ttft"),
                    "time between tokens": asked.counted_bands("itl")}),
                *caveat_sentences(asked.final, asked.trained, [
                    (asked.reader, {"time to first token": values["ttft"]}),
                    (asked.node, {"time between tokens": values["itl"]})])]

    def _remedies(self) -> dict[str, Any]:
        """What could be changed, and whether that helps: requests and contexts where the weights fit at all."""
        asked = self.given["asked"]
        room = least_headroom(asked) >= 0
        return {"fewer requests": room & (asked.batch > 1), "a shorter context": room & (asked.final > 1),
                "a narrower number format": could_be_narrower(asked.node, room), "a chip with more memory": True}


WORDS = dict(zip(BOTTLENECKS, ("arithmetic", "memory bandwidth", "communication", "launches"), strict=True))
UNKNOWN_PART = "Unknown"


def known_bottleneck(code: Any, time: Any) -> Any:
    """The name for a single code; arrays stay codes. "Unknown" where no time is known; where only
    some are, the others have a place beyond all."""
    if unknown(time) or not np.any(np.isnan(time)):
        return bottleneck_name(code)
    return UNKNOWN_PART if np.all(np.isnan(time)) else np.where(np.isnan(time), len(BOTTLENECKS), code)


def bottleneck_sentence(what: str, bottleneck: Any) -> str:
    """Which part binds, or what share of the points each does."""
    if isinstance(bottleneck, str):
        return f"{what}: bound by {WORDS[bottleneck]}." if bottleneck in WORDS else f"{what}: what binds it is unknown."
    words = [*WORDS.values(), "what is unknown"]
    shares = np.bincount(np.ravel(bottleneck), minlength=len(words)) / np.size(bottleneck)
    said = [f"{word} at {share:.0%} of the points" for word, share in zip(words, shares, strict=True) if share]
    return f"{what}: bound by {', by '.join(said)}."
