"""What `InferenceScalingModel.solve` found: fields, the serving behind them, and what binds."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import caveat_sentences, could_be_narrower, memory_sentence, power_sentences
from solver.formulas.energy import answer_energy, request_energy
from solver.formulas.speculation import DRAFT_LENGTH
from solver.serving.phases import Serving, field_values
from solver.serving.result import ServingResult
from solver.text import number_text


class InferenceScalingResult(Result):
    """What `InferenceScalingModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether weights, the prompt's cache and those of all branches fit in memory", bool)
    total_reasoning_time = field("s", "time until the last token of all branches")
    ttft = field("ms", "time to first token: the prompt is read once")
    itl = field("ms", "time between tokens, on average while the context grows")
    itl_first = field("ms", "the same right after the prompt",
                      lazy=lambda result: result.given["asked"].step_time(result.given["asked"].prompt))
    itl_last = field("ms", "the same at the end",
                     lazy=lambda result: result.given["asked"].step_time(result.given["asked"].final))
    time_per_step = field("ms", "time of a step, on average")
    tokens_generated = field(None, "tokens of all branches together", int)
    memory_utilization = field(None, "memory required as a share of the memory that can be used")
    headroom = field("GB", "memory left over on each chip; negative where it does not fit")
    within_context = field(None, "whether the model was trained for a context as long as prompt and answer", bool)
    energy_per_query = field("J", "energy of the whole query, all branches: at most, by the board power of the chips, "
                                  "and without hosts, network and cooling",
                             lazy=lambda result: request_energy(*result.powered))
    energy = field("J", "the same, by the name that it has in other results",
                   lazy=lambda result: result.value("energy_per_query"))
    energy_per_token = field("J", "the same of one token of a branch, the prompt's shared out to them",
                             lazy=lambda result: answer_energy(*result.powered) / result.given["asked"].branches)

    @property
    def powered(self) -> tuple[Any, ...]:
        """What energy is worked out from: a single request keeps all chips busy."""
        asked = self.given["asked"]
        return asked.node, asked.node, 1.0, self.values["ttft"], self.values["itl"], asked.answer

    @property
    def reasoning_steps(self) -> Any:
        """As they were asked for."""
        return self.given["asked"].steps

    @cached_property
    def serving_detail(self) -> ServingResult:
        """What `ServingModel` says of the branches as so many requests, each with a prompt of its own."""
        asked = self.given["asked"]
        serving = Serving(asked.node, asked.node, asked.node, asked.model, None, asked.branches, asked.prompt,
                          asked.answer, 0.0, None, None, 0.0, 1.0, DRAFT_LENGTH, asked.reserve)
        return ServingResult(field_values(serving), {"asked": serving})

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked, values = self.given["asked"], self.values
        more = {"fewer branches": asked.branches > 1, "fewer steps": asked.answer > 1,
                "a narrower number format": could_be_narrower(asked.node), "a chip with more memory": True}
        return [memory_sentence(values["headroom"], asked.node.device, more), *self._growth(),
                *power_sentences(asked.node),
                *caveat_sentences(asked.final, [asked.model], [
                    (asked.node, {"time to first token": values["ttft"], "time between tokens": values["itl"]})])]

    def _growth(self) -> list[str]:
        """How much slower tokens become."""
        grown = float(np.max(self.value("itl_last") / self.value("itl_first"))) - 1
        if np.isnan(grown):
            return []
        thought = float(np.max(1 - self.values["ttft"] / self.values["total_reasoning_time"]))
        prompt = "" if np.isnan(thought) else f" The answer takes {thought:.0%} of the time, the prompt the rest."
        return [f"Tokens: at the end each takes up to {number_text(100 * grown)} % longer than at first.{prompt}"]
