"""Weights that stream in from outside the chip, a layer at a time: a wafer, or a chip that a model is too large for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import PROMPT, CacheFormat, Chip, Efficiency, Format, Model, Reached, Requests, Reserve
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.kinds import Word
from solver.compute.streaming_result import WeightStreamingResult
from solver.formulas.memory import context_margin, usable_bytes
from solver.formulas.streaming import (
    arriving_bytes,
    balanced_batch,
    fitting_batch,
    injection_time,
    passed_bytes,
    resident_bytes,
    ridge_batch,
    streamed_time,
    working_bytes,
)
from solver.formulas.transformer import prefill_time, slowed_work, weights_time
from solver.formulas.unpublished import known_decode_time
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY

PASSES = ("decode", "prefill")
COUNTLESS = 1e9  # requests: so many that reading weights for them all is nothing to each

Phase: TypeAlias = Annotated[Any, Word(
    "Whether a pass decodes a token of each request, or reads their prompts.", choices=PASSES)]
PassContext: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each request: in cache while it decodes, or of its prompt.")]


class WeightStreamingModel(ForwardModel):
    """A chip that holds a layer or two, and has the others' weights come in while it computes.

    >>> from solver import Hardware, Models
    >>> r = WeightStreamingModel().solve(Models.Llama3_70B, Hardware.Wafer.CS3, seq_len=2048, batch_size=8)
    >>> print(r.layer_compute_time, r.layer_injection_time, r.bottleneck)
    0.00185 ms 8.65 ms Injection
    """

    question = "How fast do tokens come where weights stream into a wafer?"

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: PassContext, batch_size: Requests = 1,
              precision: Format = "fp16", efficiency: Efficiency = EFFICIENCY, phase: Phase = "decode", *,
              kv_precision: CacheFormat = None, reserve: Reserve = 0.0,
              profile: Reached = None) -> WeightStreamingResult:
        """Time of a pass, tokens a second, and the batch from which the chip and not its bus is what takes long.

        What fits in memory beside KV cache and activations stays there and need not come: a model that fits whole is
        decoded as `ServingModel` has it. Weights come over the bus to the host, `hardware.host`. Numbers may be arrays,
        which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`. `Hardware.Wafer.CS3` is made to stream.
        seq_len : tokens
            Tokens of each request: in cache while it decodes, or of its prompt.
        batch_size : requests
            Requests that are served together.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        phase : "decode" or "prefill"
            Whether a pass decodes a token of each request, or reads their prompts.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations. Activations are counted here, so that it is for
            the rest.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out that the bus is not reached whole, that chips in a cluster share what streams, and the way of
        activations in and out. Of a mixture all experts stream, since which are met is known too late. mlsysim takes
        1.2 TB/s for the bus of CS-3: its 1.2 Tbit/s are 0.15 TB/s, so that it is 8 times too fast there; it streams
        what would fit too, and takes 125 PFLOP/s, a rate with seven of eight weights zero, for dense work.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = WeightStreamingModel().solve(Models.GPT3, Hardware.Wafer.CS3, seq_len=1024, batch_size=[1, 2])
        >>> print(r.throughput_tokens_per_sec.round(2), r.streamed_weights, r.bottleneck)
        [0.47 0.93] [317, 322] GB ['Injection' 'Injection']
        """
        asked = Streaming(Node(hardware, precision, kv_precision, profile), model, batch_size, seq_len, phase, reserve)
        return WeightStreamingResult(asked.field_values(), {"asked": asked})


@dataclass(frozen=True, eq=False)
class Streaming:
    """What a solve was asked, judged: plain numbers, or symbols."""

    node: Node
    model: Transformer
    batch: Any
    context: Any
    phase: str
    reserve: Any

    @property
    def new(self) -> Any:
        """Tokens that a pass brings each request."""
        return 1.0 if self.phase == "decode" else self.context

    @property
    def weights(self) -> Any:
        """That a pass goes through."""
        return passed_bytes(self.model, self.node.precision)

    @property
    def memory(self) -> Any:
        """Of the chip, less what is kept."""
        return usable_bytes(self.node.device, self.reserve)

    def working(self, batch: Any) -> Any:
        """Memory for cache and activations."""
        return working_bytes(self.node, self.model, batch, self.context, batch * self.new)

    def pass_time(self, batch: Any) -> Any:
        """Time of a pass if all weights were there."""
        if self.phase == "decode":
            return known_decode_time(self.node, self.model, batch, self.context)
        return prefill_time(self.node, self.model, batch, self.context, 0.0)

    def injection(self, batch: Any) -> Any:
        """Time until the weights have come in that do not stay."""
        resident = resident_bytes(self.weights, self.model.layers, self.memory - self.working(batch))
        return injection_time(self.node.device, self.weights - resident)

    def best_batch(self) -> Any:
        """From which arithmetic is what takes long: neither the bus nor the chip's own memory is waited for."""
        node, model, device = self.node, self.model, self.node.device
        products = slowed_work(node, model) * self.new / node.matmul_rate
        ridge = np.maximum(np.ceil(ridge_batch(weights_time(node, model, COUNTLESS), products)), 1.0)
        each, more = self.pass_time(COUNTLESS) / COUNTLESS, self.working(1.0) / device.host
        missing = (self.weights + arriving_bytes(self.weights, model.layers) - self.memory) / device.host
        some = np.where(each > more, balanced_batch(missing, more, each), np.inf)
        whole = balanced_batch(injection_time(device, self.weights), 0.0, each)  # the cache leaves none there
        balance = np.where(self.injection(ridge) == 0, 0.0, np.minimum(some, whole))
        return np.maximum(np.ceil(balance), ridge)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            return self._values()

    def _values(self) -> dict[str, Any]:
        weights, layers, memory, working = self.weights, self.model.layers, self.memory, self.working(self.batch)
        resident = resident_bytes(weights, layers, memory - working)
        compute, injection = self.pass_time(self.batch), injection_time(self.node.device, weights - resident)
        time = streamed_time(compute, injection)
        needed = working + np.minimum(arriving_bytes(weights, layers), weights)
        return {
            "feasible": needed <= memory, "throughput_tokens_per_sec": self.batch * self.new / time,
            "layer_compute_time": compute / layers, "layer_injection_time": injection / layers, "pass_time": time,
            "max_batch_size": fitting_batch(memory, weights, layers, self.working(1.0)),
            "wafer_memory_utilization": needed / self.node.device.usable_memory, "resident_weights": resident,
            "streamed_weights": weights - resident, "headroom": memory - needed,
            "within_context": context_margin(self.model, self.context) >= 0}
