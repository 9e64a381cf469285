"""Serving one batch of requests: time to first token, time between tokens, and the memory that both need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solver.base import arguments as check
from solver.base.numbers import count, each, unknown
from solver.formulas.speculation import DRAFT_LENGTH, LONGEST_DRAFT
from solver.serving.phases import Serving, field_values
from solver.serving.result import ServingResult
from solver.units import Q_
from solver.zoo.profiles import EFFICIENCY


class ServingModel:
    """The two phases of LLM serving: prefill, bound by arithmetic, and decode, bound by memory.

    >>> from solver import Hardware, Models
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048, profile="tuned")
    >>> print(r.ttft, r.itl, r.floor.itl, r.bottleneck)
    47.1 ms 8.64 ms 4.56 ms Memory
    """

    @check.explained
    def solve(self, model: Any, hardware: Any, seq_len: Any, batch_size: Any = 1, precision: Any = "fp16",
              efficiency: Any = EFFICIENCY, decode_hardware: Any = None,
              network_bandwidth: Any = Q_("100 GB/s"), draft_model: Any = None,  # noqa: B008
              draft_acceptance_rate: Any = 0.7, cached_prefix_len: Any = 0, prefill_chunk_tokens: Any = None, *,
              output_len: Any = None, tensor_parallel: Any = 1, kv_precision: Any = None, reserve: Any = 0.0,
              profile: Any = None, draft_len: Any = DRAFT_LENGTH, overlap_transfer: bool = False) -> ServingResult:
        """Time and memory of a batch of equal requests.

        model, draft_model : a transformer of `solver.Models`; the draft model turns speculative decoding on, and runs
            on one chip of its own node
        hardware, decode_hardware : an accelerator; the second turns disaggregation on: `hardware` reads the prompt
            and sends its whole KV cache over `network_bandwidth` before the first token appears, a layer at a time
            with `overlap_transfer`
        seq_len, output_len : tokens of prompt and answer. ITL is at their mean context while the answer grows; without
            output_len at seq_len, and the rate is of decoding alone
        batch_size, cached_prefix_len, prefill_chunk_tokens, draft_len, tensor_parallel : whole numbers; a chunk is of
            each request (an engine's budget is for all of a batch)
        precision, kv_precision : names of number formats, of weights and of the KV cache (if not given as the weights,
            where these are multiplied in their own format); a chip must have a rate for the first
        profile : what the engine reaches, of `solver.Profiles` (or its name, or your own)
        efficiency : without a profile, the share of peak FLOP/s that is reached, above 0 up to 1; bandwidth is reached
            whole and nothing costs besides
        draft_acceptance_rate : chance that the first draft token is accepted
        reserve : share of the memory kept for driver and activations

        Numbers may be arrays, which broadcast. Leaves out queueing, sampling and tokenization. Raises ValueError,
        TypeError or DimensionalityError, in a sentence.
        """
        model = check.transformer("model", model)
        draft = None if draft_model is None else check.transformer("draft_model", draft_model)
        reader = check.node("hardware", hardware, model, precision, kv_precision, tensor_parallel, profile, efficiency)
        node = reader if decode_hardware is None else check.node(
            "decode_hardware", decode_hardware, model, precision, kv_precision, tensor_parallel, profile, efficiency)
        prompt = check.context("seq_len", seq_len, model)
        answer = 0.0 if output_len is None else check.answer("output_len", output_len, prompt, model, draft)
        if draft is not None:
            check.context("seq_len", seq_len, draft)
        chunk = prefill_chunk_tokens
        asked = Serving(
            reader, node, node if draft is None else replace(node, tensor_parallel=1.0), model, draft,
            check.count("batch_size", batch_size, "request"), prompt, answer,
            check.below("cached_prefix_len", check.count("cached_prefix_len", cached_prefix_len, "token", 0),
                        "seq_len", prompt),
            None if chunk is None else check.count("prefill_chunk_tokens", chunk, "token"),
            check.rate("network_bandwidth", network_bandwidth, "byte/second", "100 GB/s"),
            float(check.truth("overlap_transfer", overlap_transfer)),
            check.share("draft_acceptance_rate", draft_acceptance_rate),
            draft_length("draft_len", draft_len), check.share("reserve", reserve))
        check.together(
            seq_len=prompt, output_len=answer, batch_size=asked.batch, efficiency=reader.profile.compute.default,
            reserve=asked.reserve, tensor_parallel=node.tensor_parallel, draft_acceptance_rate=asked.acceptance,
            network_bandwidth=asked.link, cached_prefix_len=asked.cached, prefill_chunk_tokens=asked.chunk,
            draft_len=asked.draft_length)
        return ServingResult(field_values(asked), {"asked": asked})


def draft_length(name: str, value: Any) -> Any:
    """Tokens that a draft model proposes at a time."""
    value = count(name, value, "token")
    return value if unknown(value) else each(name, value, lambda v: v <= LONGEST_DRAFT, lambda bad: (
        f"drafts beyond {LONGEST_DRAFT} tokens are hardly ever accepted; give a whole number from 1 to that."))
