"""Answers that are thought over step by step: how long they take, and what they cost, while the context grows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import PROMPT, CacheFormat, Chip, Chips, Efficiency, Format, Model, Reached, Reserve
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.kinds import Whole
from solver.formulas.memory import context_margin, usable_bytes
from solver.formulas.reasoning import branched_bytes, mean_decode_time
from solver.formulas.requests import request_time
from solver.formulas.transformer import prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.serving.reasoning_result import InferenceScalingResult
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY

STEP = 50  # tokens: what mlsysim takes a step to be; no measurement stands behind it

ReasoningSteps: TypeAlias = Annotated[Any, Whole(
    "Steps that an answer is thought over in, one after the other.", "", word="step")]
AskedContext: TypeAlias = Annotated[Any, replace(PROMPT, sentence="Tokens of the prompt.", example=None)]
StepTokens: TypeAlias = Annotated[Any, Whole("Tokens of a step.", "token")]
Branches: TypeAlias = Annotated[Any, Whole(
    "Answers that are thought over at once, of which one is chosen: they share the prompt.", "request",
    word="branch")]


class InferenceScalingModel(ForwardModel):
    """More tokens for a better answer: a chain of steps, or several at once.

    >>> from solver import Hardware, Models
    >>> r = InferenceScalingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 64, tokens_per_step=500,
    ...                                   profile="tuned")
    >>> print(r.total_reasoning_time, r.itl_first, r.itl_last, r.energy_per_query)
    298 s 8.64 ms 9.95 ms 208,264 J
    """

    question = "What does thinking longer cost?"

    @declared
    def solve(self, model: Model, hardware: Chip, reasoning_steps: ReasoningSteps = 8,
              context_length: AskedContext = 2048, precision: Format = "fp16", efficiency: Efficiency = EFFICIENCY, *,
              tokens_per_step: StepTokens = STEP, branches: Branches = 1, tensor_parallel: Chips = 1,
              kv_precision: CacheFormat = None, reserve: Reserve = 0.0,
              profile: Reached = None) -> InferenceScalingResult:
        """Time, energy and memory of a query that is thought over.

        The prompt is read once, and every branch decodes its own tokens, all of them together. Numbers may be arrays,
        which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        reasoning_steps : int
            Steps that an answer is thought over in, one after the other.
        context_length : tokens
            Tokens of the prompt.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        tokens_per_step : tokens
            Tokens of a step. Measure yours: some models take a few dozen for a step, others ten thousand for an answer.
        branches : requests
            Answers that are thought over at once, of which one is chosen: they share the prompt.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out other requests on the chip, branches that end early, and the choice among them. Each branch reads the
        prompt's cache by itself, as kernels do that know nothing of shared prefixes. mlsysim takes every step to be 50
        tokens, and the time between tokens to stay what it is at the prompt: here it grows with the context.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = InferenceScalingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, branches=[1, 16], profile="tuned")
        >>> print(r.total_reasoning_time, r.energy_per_query, r.tokens_generated)
        [3.5, 4.06] s [2,448, 2,839] J [ 400. 6400.]
        """
        node = Node(hardware, precision, kv_precision, profile, tensor_parallel)
        asked = Reasoning(node, model, context_length, reasoning_steps, tokens_per_step, branches, reserve)
        return InferenceScalingResult(asked.field_values(), {"asked": asked})


@dataclass(frozen=True, eq=False)
class Reasoning:
    """What a solve was asked, judged: plain numbers, or symbols."""

    node: Node
    model: Transformer
    prompt: Any
    steps: Any
    step: Any
    branches: Any
    reserve: Any

    @property
    def answer(self) -> Any:
        """Tokens of each branch."""
        return self.steps * self.step

    @property
    def final(self) -> Any:
        """Cached at the end."""
        return self.prompt + self.answer

    def step_time(self, context: Any) -> Any:
        """Time between tokens at that context."""
        return known_decode_time(self.node, self.model, self.branches, context)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            return self._values()

    def _values(self) -> dict[str, Any]:
        node, model = self.node, self.model
        ttft = prefill_time(node, model, 1.0, self.prompt, 0.0)
        itl = mean_decode_time(node, model, self.branches, self.prompt, self.answer)
        needed = branched_bytes(node, model, self.branches, self.prompt, self.answer)
        headroom = usable_bytes(node.device, self.reserve) - needed
        return {
            "feasible": headroom >= 0, "total_reasoning_time": request_time(ttft, itl, self.answer), "ttft": ttft,
            "itl": itl, "time_per_step": self.step * itl,
            "tokens_generated": self.answer * self.branches, "headroom": headroom,
            "memory_utilization": needed / node.device.usable_memory,
            "within_context": context_margin(model, self.final) >= 0}
