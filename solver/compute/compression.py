"""Compression of weights: what it saves in memory, and in time where the chip has a way to gain by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.arguments import Chip, Efficiency, Model, Reached, Requests
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.compute.compression_arguments import (
    Before,
    Bits,
    CachedAsBefore,
    Method,
    Pattern,
    PromptAndCache,
    Sparsity,
    TargetFormat,
)
from solver.compute.compression_result import CompressionResult
from solver.formulas.compression import (
    compressed_bytes,
    masked_size,
    paired_size,
    pruned_decode_time,
    pruned_prefill_time,
)
from solver.formulas.memory import kv_cache_bytes, usable_bytes, weights_bytes
from solver.formulas.transformer import prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


class CompressionModel(ForwardModel):
    """Weights of fewer bits, or with zeros among them.

    >>> from solver import Hardware, Models
    >>> r = CompressionModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, target_bitwidth=4, profile="ideal")
    >>> print(r.original_size, r.compressed_size, round(r.inference_speedup, 2), round(r.prefill_speedup, 2))
    16.1 GB 5.81 GB 3.04 1.0
    """

    question = "How much memory and time do fewer bits save, or zeros?"

    @declared
    def solve(self, model: Model, hardware: Chip, method: Method = "quantization", target_bitwidth: Bits = 8,
              sparsity: Sparsity = 0.0, sparsity_type: Pattern = "unstructured", baseline_precision: Before = "fp16", *,
              target_precision: TargetFormat = None, batch_size: Requests = 1, seq_len: PromptAndCache = 2048,
              kv_precision: CachedAsBefore = None, efficiency: Efficiency = EFFICIENCY,
              profile: Reached = None) -> CompressionResult:
        """Size of the weights before and after, and how many times faster tokens and prompts are.

        Times are the roofline's, of the bytes and rates before and after. A format that the chip does not multiply in
        is made 16 bits wide first: it saves reading, which decoding waits for, and no arithmetic. Numbers may be
        arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        method : "quantization", "pruning" or "both"
            What is done to the weights: fewer bits, zeros, or both.
        target_bitwidth : 16, 8 or 4
            Bits of a weight, in the format of so many that the chip runs fastest. Those of groups' scales come on top.
        sparsity : share
            Share of the layers' weights that are made zero.
        sparsity_type : "unstructured", "structured" or "2:4"
            Where the zeros are: anywhere, in whole rows and heads, or two in each four weights.
        baseline_precision : name of a format
            Number format before, which the accelerator has a rate for.
        target_precision : name of a format, optional
            Number format after, by its name; if not given, the one of target_bitwidth.
        batch_size : requests
            Requests that are served together.
        seq_len : tokens
            Tokens of each prompt, and in cache while it decodes.
        kv_precision : name of a format, optional
            Number format of the KV cache before and after; not given: that of the weights before, or 16 bits.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out what unpacking costs beyond its share in a profile. Embedding and lm_head stay as they are, or at 16
        bits. Zeros anywhere save no time: no kernel of today gains by them. mlsysim begins with FP32, so that 16 bits
        alone are "2 times": models are published at 16 bits, which is what this begins with. It lets 4 bits speed up
        prefill on chips that do not multiply so narrow, divides by bits without their scales, and makes up a loss of
        accuracy for every model: here it is None where nobody measured it.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = CompressionModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, target_bitwidth=4, batch_size=[1, 64],
        ...                              profile="ideal")
        >>> print(r.inference_speedup.round(2), r.prefill_speedup.round(2), r.estimated_accuracy_delta)
        [3.04 1.47] [1. 1.] -0.011
        """
        if method == "quantization":
            sparsity, sparsity_type = 0.0, "none"
        before, after = (Node(hardware, one, kv_precision, profile) for one in (baseline_precision, target_precision))
        asked = Compression(before, after, model, batch_size, seq_len, sparsity, sparsity_type)
        return CompressionResult(asked.field_values(), {"asked": asked})


@dataclass(frozen=True, eq=False)
class Compression:
    """What a solve was asked, judged: plain numbers, or symbols."""

    before: Node
    after: Node
    model: Transformer
    batch: Any
    context: Any
    sparsity: Any
    pattern: str

    @property
    def shares(self) -> tuple[Any, Any, Any]:
        """Of the layers' weights those that are stored, read and multiplied."""
        size, kept, gain = self.after.precision.size, 1 - self.sparsity, self.after.device.sparsity
        if self.pattern == "unstructured":
            return masked_size(size, kept) / size, 1.0, 1.0
        if self.pattern == "2:4":
            stored = paired_size(size) / size
            return stored, np.where(gain > 1, stored, 1.0), 1 / gain
        return kept, kept, kept

    def weights(self, share: Any) -> Any:
        """Memory of the weights afterwards, with that share of those of the layers."""
        if self.pattern == "none":
            return weights_bytes(self.model, self.after.precision)
        return compressed_bytes(self.model, self.after.precision, share)

    def decode_time(self, read: Any, multiplied: Any) -> Any:
        """Time between tokens afterwards."""
        step = self.model, self.batch, self.context
        if self.pattern == "none":
            return known_decode_time(self.after, *step)
        time = pruned_decode_time(self.after.reading, *step, read, multiplied)
        if isinstance(self.after.known_intensity, float) and self.after.known_intensity == np.inf:
            return time
        return np.where(np.isnan(known_decode_time(self.after, *step)), np.nan * time, time)

    def prompt_times(self) -> tuple[Any, Any]:
        """Time to first token before and afterwards."""
        step, (_, read, multiplied) = (self.model, self.batch, self.context, 0.0), self.shares
        before = prefill_time(self.before, *step)
        if self.pattern == "none":
            return before, prefill_time(self.after, *step)
        return before, pruned_prefill_time(self.after, *step, read, multiplied)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            return self._values()

    def _values(self) -> dict[str, Any]:
        model, before, after, step = self.model, self.before, self.after, (self.batch, self.context)
        stored, read, multiplied = self.shares
        original, compressed = weights_bytes(model, before.precision), self.weights(stored)
        held = compressed if read is stored else self.weights(read)
        old, new = known_decode_time(before, model, *step), self.decode_time(read, multiplied)
        headroom = usable_bytes(after.device) - held - kv_cache_bytes(model, *step, after.kv_precision)
        return {
            "baseline_itl": old, "itl": new, "inference_speedup": old / new, "feasible": headroom >= 0,
            "original_size": original, "compressed_size": compressed, "compression_ratio": original / compressed,
            "memory_savings": 1 - held / original, "bits_per_weight": 8 * stored * after.precision.size,
            "headroom": headroom}
