"""The batch with the most throughput whose p99 is within a limit, and the front of throughput against latency."""

from __future__ import annotations

from dataclasses import dataclass
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
from solver.base.pieces import in_pieces
from solver.base.queues import ServiceSpread
from solver.formulas.requests import request_time, static_rate
from solver.formulas.waiting.queues import column, queue_utilization
from solver.formulas.waiting.tails import P99, response_quantile
from solver.serving.best_batch_result import BatchingOptimizerResult
from solver.serving.phases import Serving, field_values
from solver.serving.queue_arguments import AnswerOf, ModelCopies, MostSearched, OfferedRate, P99Limit
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY

RANKS = 1e12  # throughputs that differ by less are the same: of these the smallest batch is the best


@dataclass(frozen=True, eq=False)
class Batches:
    """What a solve was asked, judged, and what each batch does: along an axis of their own, before all others."""

    node: Node
    model: Transformer
    prompt: Any
    answer: Any
    limit: Any
    rate: Any
    replicas: Any
    cv: Any
    reserve: Any
    most: int

    @cached_property
    def sizes(self) -> Any:
        """All batches that are tried."""
        beside = (self.prompt, self.answer, self.limit, self.rate, self.replicas, self.cv, self.reserve,
                  self.node.tensor_parallel, self.node.expert_parallel, self.node.attention_data_parallel,
                  self.node.matmul_rate)
        return column(np.arange(1.0, int(self.most) + 1), *beside)

    @cached_property
    def served(self) -> dict[str, Any]:
        """What `ServingModel` says of each batch."""
        asked = Serving(self.node, self.node, self.node, self.model, None, self.sizes, self.prompt, self.answer, 0.0,
                        None, 1.0, 0.0, 0.0, 1.0, self.reserve)
        found = field_values(asked)
        times = found["ttft"], found["itl"], self.answer
        return found | {"time": request_time(*times), "rate": static_rate(self.sizes, *times) * self.replicas}

    @cached_property
    def points(self) -> dict[str, Any]:
        """Throughput and p99 of each batch, and whether it fits in memory and the p99 within the limit."""
        found, slots = self.served, self.sizes * self.replicas
        load = queue_utilization(self.rate, found["time"], slots)
        p99 = in_pieces(response_quantile, slots, load, found["time"], self.cv, P99)
        latency = np.where(found["feasible"], p99, np.inf)
        shape = 0.0 * (latency + found["rate"])  # so that all broadcast alike
        throughput = found["rate"] + np.where(np.isnan(shape), 0.0, shape)
        return {"latency": latency, "throughput": throughput, "utilization": load, "fits": found["feasible"],
                "rank": np.rint(RANKS * throughput / np.max(throughput, axis=0)), "meets": latency <= self.limit}

    @property
    def unwaited(self) -> Any:
        """The lowest p99 of all batches if no request waited: as with replicas without end."""
        found = self.served
        with np.errstate(all="ignore"):
            alone = in_pieces(response_quantile, self.sizes, 0.0 * found["time"], found["time"], self.cv, P99)
            return np.min(np.where(found["feasible"], alone, np.inf), axis=0)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            points, sizes = self.points, self.sizes
            found = np.max(points["meets"], axis=0)
            highest = np.argmax(np.where(points["meets"], points["rank"], -np.inf), axis=0) + 1.0
            chosen = np.where(found, highest, np.argmin(points["latency"], axis=0) + 1.0)

            def of_chosen(values: Any) -> Any:
                return np.max(np.where(sizes == chosen, values, -np.inf), axis=0)

            latency, rate = of_chosen(points["latency"]), np.where(found, of_chosen(points["throughput"]), 0.0)
            return {
                "best_batch_size": np.where(found, chosen, 0.0), "is_feasible": found, "feasible": found,
                "max_throughput": rate, "objective_value": rate, "p99_latency": latency,
                "slo_headroom_ratio": 1 - latency / self.limit, "queue_utilization": of_chosen(points["utilization"]),
                "service_latency": of_chosen(self.served["time"]), "ttft": of_chosen(self.served["ttft"]),
                "itl": of_chosen(self.served["itl"]), "least_p99_latency": np.min(points["latency"], axis=0),
                "largest_fitting_batch": np.max(np.where(points["fits"], sizes, 0.0), axis=0),
                "total_searched": float(self.most)}


class BatchingOptimizer(ForwardModel):
    """The batch that brings the most throughput within a limit of latency.

    >>> from solver import Hardware, Models
    >>> r = BatchingOptimizer().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, sla_latency_ms=10_000,
    ...                               arrival_rate_qps=4)
    >>> r.best_batch_size, round(r.max_throughput), str(r.p99_latency)
    (22, 1324, '9,763 ms')
    """

    question = "Which batch is the best within a limit of latency?"

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: Prompt, sla_latency_ms: P99Limit,
              arrival_rate_qps: OfferedRate, num_replicas: ModelCopies = 1, precision: Format = "fp16",
              efficiency: Efficiency = EFFICIENCY, max_search_batch: MostSearched = 256, *, output_len: AnswerOf = 128,
              service_time_cv: ServiceSpread = 1, tensor_parallel: Chips = 1, kv_precision: CacheFormat = None,
              reserve: Reserve = 0.0, profile: Reached = None, attention_data_parallel: Groups = 1,
              expert_parallel: ExpertChips = 1, fabric: NodeFabric = None) -> BatchingOptimizerResult:
        """The largest throughput of all batches up to max_search_batch whose p99 is within the limit.

        Numbers may be arrays, which broadcast. Where no batch is best_batch_size is 0, and constraint_trace says why;
        the times are then those of the batch with the lowest p99.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        seq_len : tokens
            Tokens of the prompt.
        sla_latency_ms : milliseconds
            Time that 99 % of the requests may take at most. From arrival to the last token.
        arrival_rate_qps : requests a second
            Requests that come in a second on average, at random (Poisson). At all replicas together.
        num_replicas : replicas
            Copies of the model, each on a node of its own, that share one line.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        max_search_batch : requests
            The largest batch that is tried. All from 1 up to it are.
        output_len : tokens
            Tokens of the answer, on average.
        service_time_cv : number
            Standard deviation of service times over their mean: 0 all equal, 1 exponential.
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
        The queue's servers are the slots of all batches, and a request is in its slot for as long as `ServingModel`
        says of a full batch (`e2e_latency`): so `TailLatencyModel` with num_replicas = batch * replicas gives the same
        p99. A batch that is not full is faster, so times are from above; `ServingCapacityModel` counts that in.
        max_throughput is what full batches answer, whatever comes. In mlsysim it is the requests that come times
        their length, the same for every batch, and answers are as long as prompts.
        Leaves out waiting until a batch is full: a request that comes gets the next free slot.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = BatchingOptimizer().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 10_000, 4)
        >>> int(r.on_front.sum()), r.batches[r.on_front][[0, -1]].tolist()   # beyond 148 arithmetic binds
        (143, [6.0, 148.0])
        """
        node = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel,
                    attention_data_parallel, fabric)
        asked = Batches(node, model, seq_len, output_len, sla_latency_ms, arrival_rate_qps, num_replicas,
                        service_time_cv, reserve, max_search_batch)
        return BatchingOptimizerResult(asked.field_values(), {"asked": asked})
