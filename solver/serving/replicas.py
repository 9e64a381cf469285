"""How many replicas of a model a load needs, so that 99 % of its requests are done in time."""

from __future__ import annotations

from dataclasses import dataclass
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
    MostRequests,
    NodeFabric,
    Reached,
    Reserve,
)
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.lengths import Fixed
from solver.formulas.memory import chip_bytes, context_margin, usable_bytes
from solver.serving.batching import Batching
from solver.serving.queue_arguments import (
    Demand,
    LengthSpread,
    LongestRequest,
    MostReplicas,
    OutputTokens,
    P99Limit,
    RequestTokens,
)
from solver.serving.replica_load import ReplicaSet
from solver.serving.replicas_result import ServingCapacityResult
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY

CACHE_PAGE = 16.0  # tokens: what a page of KV cache has


@dataclass(frozen=True, eq=False)
class CapacitySearch:
    """What a solve was asked, judged: plain numbers, or symbols."""

    replicas: ReplicaSet
    longest: Any

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        asked, batching = self.replicas, self.replicas.batching
        with np.errstate(all="ignore"):
            found = asked.required <= asked.most
            count = np.where(found, asked.required, asked.most)
            headroom = usable_bytes(batching.node.device, batching.reserve) - chip_bytes(
                batching.node, batching.model, 1.0, self.longest)
            return {
                "required_replicas": np.where(found, count, 0.0), "feasible": found & (headroom >= 0),
                "qps_target": asked.rate, "target_p99_latency": asked.target, "qps_capacity": count * asked.capacity,
                "per_replica_qps_capacity": asked.capacity, "active_batch_size": asked.slots,
                "ttft": asked.full["ttft"], "headroom": headroom,
                "within_context": context_margin(batching.model, self.longest) >= 0} | asked.load(count).field_values()


class ServingCapacityModel(ForwardModel):
    """Replicas of a model that a load needs for a p99.

    >>> from solver import Hardware, Models
    >>> r = ServingCapacityModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, qps=100, target_p99_latency_ms=5000)
    >>> print(r.required_replicas, r.estimated_p99_latency, r.base_request_latency)
    9 4,844 ms 2,167 ms
    """

    question = "How many replicas does a p99 need?"

    @declared
    def solve(self, model: Model, hardware: Chip, qps: Demand, target_p99_latency_ms: P99Limit,
              max_seq_len: LongestRequest = 2048, mean_request_tokens: RequestTokens = None,
              output_tokens: OutputTokens = 128, max_batch_size: MostRequests = 32, precision: Format = "fp16",
              efficiency: Efficiency = EFFICIENCY, max_replicas: MostReplicas = 1024,
              service_time_cv: LengthSpread = None, *, tensor_parallel: Chips = 1, kv_precision: CacheFormat = None,
              reserve: Reserve = 0.0, profile: Reached = None, attention_data_parallel: Groups = 1,
              expert_parallel: ExpertChips = 1, fabric: NodeFabric = None) -> ServingCapacityResult:
        """The fewest replicas that keep the p99 of whole requests, waiting included, within a target.

        Numbers may be arrays, which broadcast. Where none are enough required_replicas is 0, and constraint_trace says
        why.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        qps : requests a second
            Requests that come in a second on average, at random (Poisson).
        target_p99_latency_ms : milliseconds
            Time that 99 % of the requests may take at most. From arrival to the last token.
        max_seq_len : tokens
            The longest request that a replica admits: prompt and answer together.
        mean_request_tokens : tokens, optional
            Tokens of a request on average, prompt and answer together; if not given, all are as long as max_seq_len.
        output_tokens : tokens
            Tokens of an answer on average, a part of the request.
        max_batch_size : requests
            Requests that run at once, at most. In each replica; memory may allow fewer.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        max_replicas : replicas
            Replicas at most.
        service_time_cv : number, optional
            Standard deviation of service times over their mean: 0 all equal, 1 exponential. If not given, 1 where
            mean_request_tokens is below max_seq_len, else 0.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.
        attention_data_parallel : groups
            Groups of tensor_parallel chips that each do the attention of their own requests, and share experts.
        expert_parallel : chips
            Chips that hold whole experts, each some of them; with 1 all share each expert.
        fabric : fabric, optional
            Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        A replica is `ContinuousBatchingModel`'s server with requests of average length. The queue's servers are the
        slots of all batches, behind one line. A request is in its slot for as long as those that run beside it make it
        take at that load, by Little's law; so a replica that is half idle answers faster. Each prompt that is read
        pauses the requests beside it, so the spread of service times is at least `pause_spread`, and that of requests
        of one length is that alone. Against `simulate` with one replica (Llama 3.1 8B on an H100, at 10 to 95 % of
        capacity): with equal lengths (service_time_cv = 0) the p99 was from 4 % too low to 11 % too high at up to 75 %
        of capacity (12 cases), and 10 to 27 % too high at 90 % (four). With prompts of 4,032 tokens and answers of 64
        (three) it was 22 % too low at 30 %, and 49 % too high at 90 %, for fewer requests are taken to run at once than
        did. With exponential lengths (service_time_cv = 1, eight cases) it was 3 to 11 % too low. With uniform lengths
        (service_time_cv = 0.58) it was 33 to 54 % too high, for answers had a longest length there.
        mlsysim's service_time_cv is 1 unless given, even where all requests are equal; its request takes as long as in
        a full batch at any load, and its p99 has the mean service in it.
        Leaves out how requests are balanced over replicas (one line is the best there is), caches of prefixes, and
        replicas that start or fail.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = ServingCapacityModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, [10, 100, 1000], 5000,
        ...                                  service_time_cv=0.5)
        >>> r.required_replicas.tolist(), r.mean_running.round(1).tolist()
        ([1.0, 10.0, 98.0], [17.0, 17.0, 18.0])
        """
        node = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel,
                    attention_data_parallel, fabric)
        page = np.minimum(CACHE_PAGE, mean_request_tokens)
        batching = Batching(node, model, mean_request_tokens, output_tokens, max_batch_size, page, Fixed(), reserve)
        replicas = ReplicaSet(batching, qps, target_p99_latency_ms, service_time_cv, max_replicas)
        asked = CapacitySearch(replicas, max_seq_len)
        return ServingCapacityResult(asked.field_values(), {"asked": asked})
