"""The best plan of a training for a fleet: each divisor of its chips in each kind of parallelism, all at once.

`ParallelismOptimizer` asks `DistributedModel` about the whole grid in one call, and counts in words why plans are none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import Efficiency
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.kinds import YesNo
from solver.design.parallelism_result import ParallelismResult
from solver.text import number_text
from solver.training.arguments import (
    OVERLAP_EFFICIENCY,
    Checkpointing,
    ComputedAgain,
    GlobalBatch,
    Overlapped,
    OverlapShare,
    SequenceLength,
    TrainedModel,
    TrainingFleet,
    TrainingFormat,
    TrainingReserve,
    ZeroShards,
)
from solver.training.speed_arguments import ComputeRate, Framework
from solver.units import Q_
from solver.zoo.models import Transformer
from solver.zoo.profiles import EFFICIENCY
from solver.zoo.site.fleet import Fleet

PLAN_SIZES = ("tp_size", "cp_size", "pp_size", "ep_size")
PlanGrid = dict[str, np.ndarray]
SharedNorms: TypeAlias = Annotated[Any, YesNo(
    "Whether norms and residuals are shared out among tensor-parallel chips too, where there are several.")]


class ParallelismOptimizer(ForwardModel):
    """The fastest plan of a training that fits in memory.

    >>> from solver import Fleet, Models, Servers
    >>> fleet = Fleet(Servers.DGX_H100, 32)
    >>> r = ParallelismOptimizer().solve(Models.Llama3_70B, fleet, 512, seq_len=8192, zero_stage=1)
    >>> print(r.parallelism, r.step_latency_total)
    TP 2 × CP 4 × PP 4 (4 parts each) × DP 8 16.5 s
    """

    question = "Which tensor, pipeline and data parallelism is the fastest on a fleet?"

    @declared(single="a search is for one model and one fleet")
    def solve(self, model: TrainedModel, fleet: TrainingFleet, batch_size: GlobalBatch = 1,
              precision: TrainingFormat = "fp16", efficiency: Efficiency = EFFICIENCY,
              seq_len: SequenceLength = 2048, *, zero_stage: ZeroShards = 0,
              activation_recomputation: ComputedAgain = False,
              activation_checkpointing: Checkpointing = None, sequence_parallel: SharedNorms = True,
              overlap_comm: Overlapped = False, overlap_efficiency: OverlapShare = OVERLAP_EFFICIENCY,
              compute_rate: ComputeRate = None, profile: Framework = None,
              reserve: TrainingReserve = 0.0) -> ParallelismResult:
        """The fastest plan: tensor, context, pipeline, data and expert parallelism, parts of stages, micro-batches.

        Every divisor of the fleet's chips is tried in each, with every number of micro-batches and of parts that comes
        out even.

        Parameters
        ----------
        model : transformer
            The transformer that is trained, a record such as `Models.Llama3_8B`.
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        batch_size : sequences
            Sequences of an optimizer's step, of all replicas together.
        precision : name of a format
            Number format of weights and gradients, 16 bits or more, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        seq_len : tokens
            Tokens of each sequence.
        zero_stage : int
            What replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.
        activation_recomputation : bool
            Whether activations of all layers are computed again in the backward pass.
        activation_checkpointing : word, optional
            Which activations are computed again: none of them, those of attention's scores (selective), or all (full).
        sequence_parallel : bool
            Whether norms and residuals are shared out among tensor-parallel chips too, where there are several.
        overlap_comm : bool
            Whether exchange among replicas and stages goes on beside arithmetic, as far as overlap_efficiency says.
        overlap_efficiency : share
            Share of that exchange that can go on beside arithmetic.
        compute_rate : quantity, optional
            FLOP/s that each chip reaches while it computes.
        profile : training profile, optional
            What a training framework reaches of the chip, a record of `TrainingProfiles` or its name.
        reserve : share
            Share of the memory that is kept for driver and library.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Norms and residuals are shared out unless sequence_parallel is False; DistributedModel has False unless it is
        given, and best_config of the result gives it.

        Leaves out what `DistributedModel` does, and plans that use a part of the fleet. Without a profile arithmetic
        takes as long however finely it is cut, which favours many tensor-parallel chips. mlsysim tries powers of two
        and drops what fails; here each plan that is none is counted with its reason.

        Examples
        --------
        >>> from solver import Fleet, Models, Servers
        >>> r = ParallelismOptimizer().solve(Models.Llama3_8B, Fleet(Servers.DGX_H100, 2), 128, zero_stage=3)
        >>> print(r.parallelism, r.excluded)
        PP 2 (16 parts each) × DP 8 {'it does not fit in memory': 117}
        """
        grid, excluded = plan_grid(model, fleet, float(batch_size), float(seq_len))
        speed: dict[str, Any] = {"profile": profile} if profile is not None else {"efficiency": efficiency}
        if compute_rate is not None:
            speed = {"compute_rate": Q_(compute_rate, "FLOP/s")}
        asked = {"model": model, "fleet": fleet, "batch_size": batch_size, "precision": precision,
                 "seq_len": seq_len, "zero_stage": zero_stage, "reserve": reserve,
                 "activation_recomputation": activation_recomputation, "overlap_comm": overlap_comm,
                 "activation_checkpointing": activation_checkpointing, "sequence_parallel": sequence_parallel,
                 "overlap_efficiency": overlap_efficiency} | speed
        return ParallelismResult.of(asked, grid, excluded)


def plan_grid(model: Transformer, fleet: Fleet, batch: float, length: float) -> tuple[PlanGrid, dict[str, int]]:
    """Every plan whose sizes are possible, one in each place of the arrays; and why others are none, with their number.

    A reason counts ways to share the chips out, before the batch is cut into micro-batches and stages into parts.
    """
    every, experts = divisors(fleet.chips), [1.0, *_expert_sizes(model)]
    sizes = dict(zip(PLAN_SIZES, map(np.ravel, np.meshgrid(every, every, every, experts, indexing="ij")), strict=True))
    inside = fleet.chips % (sizes["tp_size"] * sizes["cp_size"] * sizes["pp_size"]) == 0
    sizes, excluded = {name: size[inside] for name, size in sizes.items()}, {}
    for reason, good in _rules(model, fleet.chips, batch, length):
        fits = good(**sizes)
        if np.any(~fits):
            excluded[reason] = int(np.sum(~fits))
        sizes = {name: size[fits] for name, size in sizes.items()}
    return _in_parts(sizes, model.layers, fleet.chips, batch), excluded


def divisors(number: float) -> np.ndarray:
    """All divisors, from 1 on.

    >>> divisors(12.0).tolist()
    [1.0, 2.0, 3.0, 4.0, 6.0, 12.0]
    """
    small = np.arange(1.0, np.floor(np.sqrt(number)) + 1)
    found = small[number % small == 0]
    return np.unique(np.concatenate([found, number / found]))


def _expert_sizes(model: Transformer) -> list[float]:
    """Numbers of chips that whole experts can be spread over."""
    return divisors(model.routed_experts)[1:].tolist() if model.mixture_layers else []


def _rules(model: Transformer, chips: float, batch: float, length: float) -> list[tuple[str, Callable[..., Any]]]:
    """What a plan has to be, each with the words for those that are not."""
    heads = sorted({kind.attention.heads for kind in model.kinds})
    shown = " and ".join(map(number_text, heads))
    return [
        (f"{shown} heads cannot be shared out evenly among its tensor-parallel chips",
         lambda tp_size, **_: np.all([head % tp_size == 0 for head in heads], axis=0)),
        (f"sequences of {number_text(length)} tokens cannot be cut evenly for its context-parallel chips",
         lambda cp_size, **_: length % cp_size == 0),
        (f"it has more stages than the {number_text(model.layers)} layers",
         lambda pp_size, **_: pp_size <= model.layers),
        ("a stage has no such number of chips to spread experts over",
         lambda pp_size, ep_size, **_: (chips / pp_size) % ep_size == 0),
        (f"{number_text(batch)} sequences cannot be shared out evenly among its replicas",
         lambda tp_size, cp_size, pp_size, **_: batch % (chips / (tp_size * cp_size * pp_size)) == 0)]


def _in_parts(sizes: PlanGrid, layers: float, chips: float, batch: float) -> PlanGrid:
    """Each way to share the chips out, with each way to cut batch and stages: those that are alike are cut together."""
    kinds: list[PlanGrid] = []
    replicas = chips / (sizes["tp_size"] * sizes["cp_size"] * sizes["pp_size"])
    for data, stages in np.unique(np.stack([replicas, sizes["pp_size"]]), axis=1).T:
        alike = (replicas == data) & (sizes["pp_size"] == stages)
        parts = divisors(np.ceil(layers / stages)) if stages > 1 else np.ones(1)
        place, many, woven = map(np.ravel, np.meshgrid(np.flatnonzero(alike), divisors(batch / data), parts,
                                                       indexing="ij"))
        kinds.append({name: size[place] for name, size in sizes.items()}
                     | {"microbatch_count": many, "v_stages": woven})
    return {name: np.concatenate([kind[name] for kind in kinds]) for name in kinds[0]}
