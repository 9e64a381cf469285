"""Prompts and answers on nodes apart, in a closed loop: how many nodes of each kind, and which of them bind.

Sources: Patel et al. 2024, "Splitwise: Efficient Generative LLM Inference Using Phase Splitting"; Zhong et al. 2024,
"DistServe: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model Serving".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

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
    Reserve,
)
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.apart import (
    apart_step_time,
    burst_time,
    closed_rate,
    load_test_time,
    lone_prefill_time,
    reading_rate,
    requests_in,
    waited_time,
    waiting_requests,
)
from solver.formulas.memory import chip_bytes, context_margin, kv_cache_bytes, usable_bytes
from solver.formulas.requests import handed_over_time, prompts_together, request_time
from solver.formulas.unpublished import known_decode_time
from solver.serving.apart_arguments import (
    Answerers,
    AnswerTokens,
    CacheLink,
    CacheOverlap,
    Concurrency,
    DecodeChips,
    DecodeExpertChips,
    DecodeGroups,
    Readers,
)
from solver.serving.apart_result import DisaggregatedResult
from solver.serving.arguments import DecodeChip
from solver.serving.banded import Banded
from solver.units import Q_
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


@dataclass(frozen=True, eq=False)
class Apart(Banded):
    """What a solve was asked, judged: plain numbers, or symbols, and one node of each kind."""

    solver = "DisaggregatedModel"

    reader: Node  # of prompts
    node: Node  # that decodes
    model: Transformer
    prompt: Any
    answer: Any
    concurrency: Any
    readers: Any
    nodes: Any
    link: Any
    overlapped: float
    reserve: Any

    @property
    def ideal(self) -> Apart:
        """The same, with nothing lost."""
        return replace(self, reader=self.reader.ideal, node=self.node.ideal)

    @property
    def at_once(self) -> Any:
        """What a node that decodes has, if no request waits."""
        return self.concurrency / self.nodes

    @property
    def context(self) -> Any:
        """Cached on average while the answer grows: what ITL is taken at."""
        return self.prompt + self.answer / 2

    @property
    def final(self) -> Any:
        """Cached at the end, which memory has to hold."""
        return self.prompt + self.answer

    @property
    def steps(self) -> Any:
        """Steps of decoding for each request: the first token comes with the prompt."""
        return self.answer - 1

    @property
    def together(self) -> Any:
        """Prompts that a node reads in one pass."""
        return prompts_together(self.reader, self.prompt, self.concurrency / self.readers, 1.0)

    @property
    def chips(self) -> Any:
        """All of them."""
        return self.readers * self.reader.chips + self.nodes * self.node.chips

    @cached_property
    def first(self) -> Any:
        """Time until the first token where nobody waits."""
        cache = kv_cache_bytes(self.model, 1.0, self.prompt, self.node.kv_precision)
        return handed_over_time(lone_prefill_time(self.reader, self.model, self.prompt), self.model.layers, cache,
                                self.link, self.overlapped)

    def step(self, requests: Any) -> Any:
        """Time between tokens of so many requests on one node."""
        return known_decode_time(self.node, self.model, requests, self.context)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            found = self._times()
            return found | self._memory(np.maximum(found["decoding_per_node"], 1.0))

    def least_values(self) -> dict[str, Any]:
        """What nothing gets below: each time by itself, since a step is faster the longer requests wait elsewhere."""
        with np.errstate(all="ignore"):
            return self.field_values() | {"ttft": self.first, "itl": self.step(1.0)}

    def _times(self) -> dict[str, Any]:
        """Times, rates, and how many requests are where."""
        reading = reading_rate(self.reader, self.model, self.prompt, self.readers, self.concurrency)
        itl = apart_step_time(self.node, self.model, self.context, self.steps, self.concurrency, self.nodes, self.first,
                              reading)
        answering = self.steps * itl
        rate = closed_rate(self.concurrency, self.first, answering, reading)
        ttft, tokens = waited_time(self.concurrency, rate, answering), rate * self.answer
        crowded = self.steps * self.step(np.maximum(self.concurrency / self.nodes, 1.0))
        burst = burst_time(self.first, self.concurrency, self.readers * self.together, reading)
        profile = self.node.profile
        tested = load_test_time(ttft, burst, profile.waves, profile.handover)
        return {"ttft": ttft, "ttft_burst": burst, "ttft_load_test": tested, "itl": itl,
                "e2e_latency": request_time(ttft, itl, self.answer),
                "tokens_per_second": tokens, "tokens_per_second_per_chip": tokens / self.chips,
                "decoding_per_node": requests_in(rate, answering) / self.nodes,
                "waiting": waiting_requests(rate, ttft, self.first),
                "prefill_utilization": rate / reading,
                "decode_utilization": requests_in(rate, crowded) / self.concurrency}

    def _memory(self, decoding: Any) -> dict[str, Any]:
        """Memory left on a chip of each kind of nodes, with the requests that are there."""
        reading = chip_bytes(self.reader, self.model, self.together, self.prompt)
        room = usable_bytes(self.reader.device, self.reserve) - reading
        left = usable_bytes(self.node.device, self.reserve) - chip_bytes(self.node, self.model, decoding, self.final)
        return {"prefill_headroom": room, "decode_headroom": left, "headroom": np.minimum(room, left),
                "feasible": np.minimum(room, left) >= 0,
                "within_context": context_margin(self.model, self.final) >= 0}


class DisaggregatedModel(ForwardModel):
    """Serving with prompts read on some nodes and answers decoded on others.

    >>> from solver import Hardware, Models
    >>> r = DisaggregatedModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048, output_len=256,
    ...                                concurrency=64, prefill_nodes=1, decode_nodes=[1, 2], profile="tuned")
    >>> print(r.ttft, r.itl)
    [49.8, 49.8] ms [14.4, 11.4] ms
    """

    question = "How many nodes should read prompts, and how many decode?"

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: Prompt, output_len: AnswerTokens, concurrency: Concurrency,
              prefill_nodes: Readers = 1, decode_nodes: Answerers = 1, *, precision: Format = "fp16",
              efficiency: Efficiency = EFFICIENCY, tensor_parallel: Chips = 1, attention_data_parallel: Groups = 1,
              expert_parallel: ExpertChips = 1, decode_hardware: DecodeChip = None,
              decode_tensor_parallel: DecodeChips = None, decode_attention_data_parallel: DecodeGroups = None,
              decode_expert_parallel: DecodeExpertChips = None,
              network_bandwidth: CacheLink = Q_("100 GB/s"), overlap_transfer: CacheOverlap = False,  # noqa: B008
              kv_precision: CacheFormat = None, reserve: Reserve = 0.0, profile: Reached = None,
              fabric: NodeFabric = None) -> DisaggregatedResult:
        """Steady state of a closed loop: so many requests are under way, and each that ends is followed by the next.

        Prompts are read as fast as the nodes for them can, or as fast as answers end, whichever is slower; what does
        not fit in between waits. Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`. It reads prompts, and decodes if no other is given.
        seq_len : tokens
            Tokens of the prompt.
        output_len : tokens
            Tokens of the answer. ITL is at the mean context while it grows. For lengths that vary give their means.
        concurrency : requests
            Requests that are under way at any moment: each that ends is followed by the next. Some decode, some wait.
        prefill_nodes : nodes
            Nodes that read prompts.
        decode_nodes : nodes
            Nodes that decode. Requests are spread over them evenly.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads. This is of each node that reads prompts.
        attention_data_parallel : groups
            Groups of tensor_parallel chips that each do the attention of their own requests, and share experts. This is
            of each node that reads prompts: all its groups read at once, and wait for one another.
        expert_parallel : chips
            Chips that hold whole experts, each some of them; with 1 all share each expert. This is of each node that
            reads prompts.
        decode_hardware : accelerator, optional
            The accelerator that decodes, if it is another one than reads prompts.
        decode_tensor_parallel : chips, optional
            The same on each node that decodes; if not given, tensor_parallel.
        decode_attention_data_parallel : groups, optional
            The same on each node that decodes; if not given, attention_data_parallel.
        decode_expert_parallel : chips, optional
            The same on each node that decodes; if not given, expert_parallel.
        network_bandwidth : quantity
            At which the KV cache is sent to the node that decodes. Each request has all of it.
        overlap_transfer : bool
            Whether the cache is sent a layer at a time, while the prompt is read.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.
        fabric : fabric, optional
            Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out routing (requests are spread evenly), the order of the queue, waiting by chance, drafts, and what the
        router and the start of a transfer take. So TTFT is what it is at best. A load test that sends all requests at
        once, with answers of nearly one length, has waves of them: most measurements are several times as long as
        ttft, and lie between it and ttft_burst. `ttft_load_test` does too, off by 41 % (median) on 98 rows of engines
        of 2025-26, each half predicted by the other. ITL and throughput hardly feel it.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = DisaggregatedModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, output_len=256,
        ...                                concurrency=64, prefill_nodes=[1, 4], profile="tuned")
        >>> print(r.ttft, r.itl, r.waiting.round(1))
        [8,241, 202] ms [15.8, 30.1] ms [42.  0.]
        """
        reader = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel,
                      attention_data_parallel, fabric)
        node = Node(hardware if decode_hardware is None else decode_hardware, precision, kv_precision, profile,
                    decode_tensor_parallel, decode_expert_parallel, decode_attention_data_parallel, fabric)
        asked = Apart(reader, node, model, seq_len, output_len, concurrency, prefill_nodes, decode_nodes,
                      network_bandwidth, float(overlap_transfer), reserve)
        return DisaggregatedResult(asked.field_values(), {"asked": asked})
