"""A plan of training, as a person declares it: what is trained on which fleet, how, and what it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solver.base.arguments import Efficiency
from solver.base.declared import declared
from solver.design.audits.arguments import (
    CHECKPOINT_PAUSE,
    RECOVERY,
    PlanBudget,
    PlanCarbon,
    PlanCheckpoint,
    PlanDeadline,
    PlanEnergy,
    PlanMttf,
    PlanPurchase,
    PlanRecovery,
    PlanRegion,
    PlanRent,
)
from solver.fleet.arguments import WasteLimit
from solver.training.arguments import (
    OVERLAP_EFFICIENCY,
    Accumulations,
    Checkpointing,
    ContextChips,
    ExpertSpread,
    GlobalBatch,
    MicroBatches,
    Overlapped,
    OverlapShare,
    PipelineStages,
    SequenceLength,
    SequenceParallel,
    StageParts,
    TensorChips,
    TrainedModel,
    TrainingFleet,
    TrainingFormat,
    TrainingOptimizer,
    TrainingReserve,
    ZeroShards,
)
from solver.training.speed_arguments import ComputeRate, FleetReplicas, Framework, WholeTraining
from solver.units import Q_
from solver.zoo.profiles import EFFICIENCY
from solver.zoo.site.fleet import Fleet


@dataclass(frozen=True, eq=False)
class PlannedTraining:
    """A plan of training that was judged; times are in seconds, `None` is what was not given."""

    asked: Mapping[str, Any]  # what `DistributedModel` is asked
    optimizer: str
    deadline: Any
    mttf: Any
    checkpoint_time: float
    recovery_time: float
    waste_limit: float
    energy_budget: float | None
    carbon_budget: float | None
    budget: float | None
    region: Any
    chip_hour: Any
    chip_price: float | None

    @property
    def fleet(self) -> Fleet:
        """Where it runs."""
        found: Fleet = self.asked["fleet"]
        return found

    site = fleet

    @property
    def tokens(self) -> Any:
        """Of the whole training."""
        return self.asked["tokens"]

    def with_asked(self, **changed: Any) -> PlannedTraining:
        """The same, but for some of what `DistributedModel` is asked."""
        return replace(self, asked={**self.asked, **changed})

    def __str__(self) -> str:
        return f"Training of {self.asked['model']} on {self.fleet}"


@declared(single="a plan is one plan")
def training_plan(model: TrainedModel, fleet: TrainingFleet, batch_size: GlobalBatch = 1,
                  precision: TrainingFormat = "fp16", efficiency: Efficiency = EFFICIENCY, tp_size: TensorChips = 1,
                  pp_size: PipelineStages = 1, ep_size: ExpertSpread = 1, v_stages: StageParts = 1,
                  microbatch_count: MicroBatches = 1, zero_stage: ZeroShards = 0, overlap_comm: Overlapped = False,
                  overlap_efficiency: OverlapShare = OVERLAP_EFFICIENCY,
                  gradient_accumulation_steps: Accumulations = 1, seq_len: SequenceLength = 2048, *,
                  cp_size: ContextChips = 1, dp_size: FleetReplicas = None, sequence_parallel: SequenceParallel = False,
                  activation_checkpointing: Checkpointing = "selective", tokens: WholeTraining = None,
                  compute_rate: ComputeRate = None, profile: Framework = None, reserve: TrainingReserve = 0.0,
                  optimizer: TrainingOptimizer = "adam", deadline: PlanDeadline = None, mttf: PlanMttf = None,
                  checkpoint_time: PlanCheckpoint = CHECKPOINT_PAUSE, recovery_time: PlanRecovery = RECOVERY,
                  waste_limit: WasteLimit = 0.05, energy_budget: PlanEnergy = None, carbon_budget: PlanCarbon = None,
                  budget: PlanBudget = None, region: PlanRegion = None, chip_hour: PlanRent = None,
                  chip_price: PlanPurchase = None) -> PlannedTraining:
    """A plan of training, judged, for `audit`.

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
    tp_size : chips
        Chips that share each layer, a divisor of the model's heads (tensor parallelism).
    pp_size : stages
        Stages of the pipeline, each with some of the layers (pipeline parallelism).
    ep_size : chips
        Chips that the experts of a layer are spread over (expert parallelism); with 1 each is split as other layers
        are.
    v_stages : parts
        Parts of the model that each stage holds in turn (interleaving).
    microbatch_count : micro-batches
        Micro-batches that a replica's share of the batch is cut into.
    zero_stage : int
        What replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.
    overlap_comm : bool
        Whether exchange among replicas and stages goes on beside arithmetic, as far as overlap_efficiency says.
    overlap_efficiency : share
        Share of that exchange that can go on beside arithmetic. Not given, that of the profile, if there is one.
    gradient_accumulation_steps : times
        Times that the pipeline is filled and emptied before the optimizer's step.
    seq_len : tokens
        Tokens of each sequence.
    cp_size : chips
        Chips that each have a part of every sequence, a divisor of seq_len (context parallelism).
    dp_size : replicas, optional
        Replicas of the model; if not given, as many as the fleet has chips for.
    sequence_parallel : bool
        Whether norms and residuals are shared out among tensor-parallel chips too.
    activation_checkpointing : word
        Which activations are computed again: none of them, those of attention's scores (selective), or all (full).
    tokens : tokens, optional
        Tokens of the whole training, which give its days.
    compute_rate : quantity, optional
        FLOP/s that each chip reaches while it computes.
    profile : training profile, optional
        What a training framework reaches of the chip, a record of `TrainingProfiles` or its name.
    reserve : share
        Share of the memory that is kept for driver and library.
    optimizer : word
        The optimizer, which decides what is kept of each parameter.
    deadline : quantity, optional
        Time that the whole training may take.
    mttf : quantity, or failure rate, optional
        Mean time until a chip fails: a quantity, or a record of `FailureRates` or its name.
    checkpoint_time : quantity
        How long a checkpoint pauses all work.
    recovery_time : quantity
        Time from a failure until work goes on where it stopped. What was done since the last checkpoint comes on top.
    waste_limit : share
        Share of time that may be lost.
    energy_budget : quantity, optional
        Energy that it may take.
    carbon_budget : quantity, optional
        Carbon that it may emit, as CO2 or its equivalent.
    budget : quantity, optional
        Money that it may cost.
    region : grid, optional
        The grid that feeds it, a record of `Grids` or its name; if not given, the fleet's.
    chip_hour : quantity, or price, optional
        Rent of a chip: a quantity, or a record of `Prices` or its name.
    chip_price : quantity, optional
        Price of a chip with its part of hosts and network, if it is bought; written off over three years.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out adapters, congestion, slow chips and uneven experts, which `DistributedModel` takes.

    Examples
    --------
    >>> from solver import Fleet, Models, Servers
    >>> print(training_plan(Models.Llama3_8B, Fleet(Servers.DGX_H100, 16), 128, tp_size=8, tokens=1e12))
    Training of Llama 3.1 8B on 16 × DGX H100
    """
    rate = None if compute_rate is None else Q_(compute_rate, "FLOP/s")
    asked = {"model": model, "fleet": fleet, "batch_size": batch_size, "precision": precision,
             "efficiency": efficiency, "tp_size": tp_size, "pp_size": pp_size, "ep_size": ep_size,
             "v_stages": v_stages, "microbatch_count": microbatch_count, "zero_stage": zero_stage,
             "overlap_comm": overlap_comm, "overlap_efficiency": overlap_efficiency,
             "gradient_accumulation_steps": gradient_accumulation_steps, "seq_len": seq_len, "cp_size": cp_size,
             "sequence_parallel": sequence_parallel, "activation_checkpointing": activation_checkpointing,
             "tokens": tokens, "compute_rate": rate, "profile": profile, "reserve": reserve}
    return PlannedTraining(asked, optimizer, deadline, mttf, checkpoint_time, recovery_time, waste_limit,
                           energy_budget, carbon_budget, budget, region, chip_hour, chip_price)
