"""Serving one batch of requests: time to first token, time between tokens, and the memory that both need."""

from __future__ import annotations

from dataclasses import replace

from solver.base.arguments import (
    CacheFormat,
    Chip,
    Chips,
    Efficiency,
    ExpertChips,
    Format,
    Groups,
    Model,
    NodeFabric,
    Prompt,
    Reached,
    Requests,
    Reserve,
)
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.speculation import DRAFT_LENGTH
from solver.serving.arguments import (
    Acceptance,
    AnswerLength,
    Chunk,
    DecodeChip,
    DraftLength,
    DraftModel,
    Link,
    Overlap,
    Prefix,
)
from solver.serving.phases import Serving, drafting_node, field_values
from solver.serving.result import ServingResult
from solver.units import Q_
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


class ServingModel(ForwardModel):
    """The two phases of LLM serving: prefill, bound by arithmetic, and decode, bound by memory.

    >>> from solver import Hardware, Models
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048, profile="tuned")
    >>> print(r.ttft, r.itl, r.floor.itl, r.bottleneck)
    47.1 ms 8.64 ms 4.56 ms Memory
    """

    question = "How long to the first token, and how long between tokens?"

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: Prompt, batch_size: Requests = 1, precision: Format = "fp16",
              efficiency: Efficiency = EFFICIENCY, decode_hardware: DecodeChip = None,
              network_bandwidth: Link = Q_("100 GB/s"), draft_model: DraftModel = None,  # noqa: B008
              draft_acceptance_rate: Acceptance = 0.7, cached_prefix_len: Prefix = 0,
              prefill_chunk_tokens: Chunk = None, *, output_len: AnswerLength = None, tensor_parallel: Chips = 1,
              kv_precision: CacheFormat = None, reserve: Reserve = 0.0, profile: Reached = None,
              draft_len: DraftLength = DRAFT_LENGTH, overlap_transfer: Overlap = False,
              attention_data_parallel: Groups = 1, expert_parallel: ExpertChips = 1,
              fabric: NodeFabric = None) -> ServingResult:
        """Time and memory of a batch of equal requests.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        seq_len : tokens
            Tokens of the prompt. ITL is at the mean context while the answer grows; without output_len at seq_len, and
            the rate is of decoding alone.
        batch_size : requests
            Requests that are served together.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole. Nothing costs
            besides.
        decode_hardware : accelerator, optional
            The accelerator that decodes, if it is another one than reads prompts. That turns disaggregation on:
            `hardware` reads the prompt and sends its whole KV cache before the first token appears.
        network_bandwidth : quantity
            At which the KV cache is sent to the node that decodes.
        draft_model : transformer, 'mtp', 'eagle3', optional
            What drafts tokens, which turns speculative decoding on. A smaller transformer, which runs on one chip of
            its own node; or a head, which runs on all chips of its model, at its number format: "mtp" is the model's
            own for multi-token prediction, "eagle3" one that was trained for it (as records: `model.mtp_head`,
            `model.eagle_head`). That a head reads the prompt too, a layer of many, is left out.
        draft_acceptance_rate : share
            Chance that the first draft token is accepted. Each further one is a little less likely to be.
        cached_prefix_len : tokens
            Tokens of each prompt that are in cache already, fewer than seq_len.
        prefill_chunk_tokens : tokens, optional
            Tokens of each prompt that a pass reads at most; if not given, it reads the whole prompt. An engine's budget
            is for all of a batch.
        output_len : tokens, optional
            Tokens of the answer.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.
        draft_len : tokens
            Tokens that are drafted at a time.
        overlap_transfer : bool
            Whether the cache is sent a layer at a time, while the prompt is read.
        attention_data_parallel : groups
            Groups of tensor_parallel chips that each do the attention of their own requests, and share experts. Each
            holds all other weights.
        expert_parallel : chips
            Chips that hold whole experts, each some of them; with 1 all share each expert. It decides what groups of
            chips send one another; experts are taken as equally busy.
        fabric : fabric, optional
            Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out queueing, sampling and tokenization. Energy is board power by time, an upper bound: chips that wait
        for memory draw less. Hosts, network and cooling come on top.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048, batch_size=[1, 64])
        >>> print(r.ttft, r.itl)
        [60.3, 3,841] ms [4.56, 9.6] ms
        """
        reader = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel,
                      attention_data_parallel, fabric)
        node = reader if decode_hardware is None else replace(reader, device=decode_hardware)
        asked = Serving(
            reader, node, drafting_node(node, draft_model), model, draft_model,
            batch_size, seq_len, output_len, cached_prefix_len, prefill_chunk_tokens, network_bandwidth,
            float(overlap_transfer), draft_acceptance_rate, draft_len, reserve)
        return ServingResult(field_values(asked), {"asked": asked})
