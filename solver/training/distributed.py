"""Training on a fleet: the time of a step in its parts, what it reaches, and whether it fits.

Sources: Shoeybi et al. 2019, "Megatron-LM"; Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on
GPU Clusters Using Megatron-LM"; Rajbhandari et al. 2020, "ZeRO"; Korthikanti et al. 2022, "Reducing Activation
Recomputation in Large Transformer Models"; Grattafiori et al. 2024, "The Llama 3 Herd of Models".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.arguments import Efficiency
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.training.pipeline import pipeline_bubble
from solver.formulas.training.training_step import reached_rate, training_duration, training_step_work
from solver.training.arguments import (
    OVERLAP_EFFICIENCY,
    Accumulations,
    Adapters,
    Checkpointing,
    ComputedAgain,
    CongestionFactor,
    ContextChips,
    ExpertImbalance,
    ExpertSpread,
    GlobalBatch,
    MicroBatches,
    Overlapped,
    OverlapShare,
    PipelineStages,
    SequenceLength,
    SequenceParallel,
    StageParts,
    StragglerFactor,
    TensorChips,
    TrainedModel,
    TrainingFleet,
    TrainingFormat,
    TrainingReserve,
    TrainingTopology,
    ZeroShards,
)
from solver.training.distributed_result import EXCHANGES, DistributedResult
from solver.training.plan import TrainingPlan, is_one
from solver.training.profiles import TrainingProfile, share_profile
from solver.training.speed_arguments import Achieved, ComputeRate, FleetReplicas, Framework, WholeTraining
from solver.training.step import TrainingStep
from solver.zoo.profiles import EFFICIENCY


class DistributedModel(ForwardModel):
    """Training on a fleet: time of a step, utilization, days and energy.

    >>> from solver import Fleet, Models, Servers
    >>> fleet = Fleet(Servers.DGX_A100, 8, "HDR")
    >>> r = DistributedModel().solve(Models.GPT3, fleet, 64, tp_size=8, pp_size=8, v_stages=3, microbatch_count=64,
    ...                              activation_recomputation=True, profile="megatron")
    >>> print(r.step_latency_total, r.parallelism)   # 18.13 s were measured
    16.4 s TP 8 × PP 8 (3 parts each)
    """

    question = "How long does training take on a fleet?"

    @declared
    def solve(self, model: TrainedModel, fleet: TrainingFleet, batch_size: GlobalBatch = 1,
              precision: TrainingFormat = "fp16", efficiency: Efficiency = EFFICIENCY, tp_size: TensorChips = 1,
              pp_size: PipelineStages = 1, ep_size: ExpertSpread = 1, v_stages: StageParts = 1,
              microbatch_count: MicroBatches = 1, topology_override: TrainingTopology = None,
              zero_stage: ZeroShards = 0, is_lora: Adapters = False, activation_recomputation: ComputedAgain = False,
              overlap_comm: Overlapped = False, overlap_efficiency: OverlapShare = OVERLAP_EFFICIENCY,
              congestion_factor: CongestionFactor = 1, straggler_factor: StragglerFactor = 1,
              moe_routing_imbalance_factor: ExpertImbalance = 1, gradient_accumulation_steps: Accumulations = 1,
              seq_len: SequenceLength = 2048, *, cp_size: ContextChips = 1, dp_size: FleetReplicas = None,
              sequence_parallel: SequenceParallel = False, activation_checkpointing: Checkpointing = None,
              tokens: WholeTraining = None, achieved: Achieved = None, compute_rate: ComputeRate = None,
              profile: Framework = None, reserve: TrainingReserve = 0.0) -> DistributedResult:
        """Time of a training step on a fleet, and what follows of it.

        Numbers may be arrays, which broadcast. Groups lie in the order tensor, context, pipeline, data parallelism:
        chips of a server are tensor-parallel first.

        Parameters
        ----------
        model : transformer
            The transformer that is trained, a record such as `Models.Llama3_8B`.
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        batch_size : sequences
            Sequences of an optimizer's step, of all replicas together. Each has at least one for each micro-batch.
        precision : name of a format
            Number format of weights and gradients, 16 bits or more, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        tp_size : chips
            Chips that share each layer, a divisor of the model's heads (tensor parallelism). What they exchange goes
            over the NICs where they are more than a server's link joins.
        pp_size : stages
            Stages of the pipeline, each with some of the layers (pipeline parallelism). The longest stage counts.
        ep_size : chips
            Chips that the experts of a layer are spread over (expert parallelism); with 1 each is split as other layers
            are. They are some of the chips of a stage, whatever else these share.
        v_stages : parts
            Parts of the model that each stage holds in turn (interleaving).
        microbatch_count : micro-batches
            Micro-batches that a replica's share of the batch is cut into.
        topology_override : word, optional
            The network's topology, if it is not the fabric's own; expert parallelism depends on it. Rings of chips find
            neighbours in any topology.
        zero_stage : int
            What replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.
        is_lora : bool
            Whether low-rank adapters are trained, and the weights are frozen.
        activation_recomputation : bool
            Whether activations of all layers are computed again in the backward pass.
        overlap_comm : bool
            Whether exchange among replicas and stages goes on beside arithmetic, as far as overlap_efficiency says.
            What tensor-, context- and expert-parallel chips exchange is always waited for.
        overlap_efficiency : share
            Share of that exchange that can go on beside arithmetic. Not given, that of the profile, if there is one.
        congestion_factor : factor
            How many times longer what goes over the network takes, for others use it too.
        straggler_factor : factor
            How many times longer the slowest chip computes, for which all others wait.
        moe_routing_imbalance_factor : factor
            Tokens that the fullest expert's chip has, over the mean.
        gradient_accumulation_steps : times
            Times that the pipeline is filled and emptied before the optimizer's step. The batch is shared out to them.
        seq_len : tokens
            Tokens of each sequence.
        cp_size : chips
            Chips that each have a part of every sequence, a divisor of seq_len (context parallelism). Keys and values
            are gathered before attention.
        dp_size : replicas, optional
            Replicas of the model; if not given, as many as the fleet has chips for.
        sequence_parallel : bool
            Whether norms and residuals are shared out among tensor-parallel chips too.
        activation_checkpointing : word, optional
            Which activations are computed again: none of them, those of attention's scores (selective), or all (full).
            If not given, all with activation_recomputation; else none, and attention keeps no scores (FlashAttention).
        tokens : tokens, optional
            Tokens of the whole training, which give its days.
        achieved : quantity, optional
            FLOP/s that each chip reaches, all time of a step counted, and with what is computed again. Then
            compute_rate of the result says what that means while chips compute, and can be given to another plan.
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
        Work is what a token attends to, half of attention's square; PaLM, Megatron-LM and llm-foundry count all of it,
        as `mfu_full_square` does. Leaves out the latency of links, loading of data, checkpoints and failures,
        products of fewer than 16 bits, and that parts of an interleaved stage may be uneven. Energy is board power by
        time. mlsysim takes stages as even; here the longest one counts, with lm_head. Chips of a server add up first,
        then each its part with its likes (`CollectiveModel`, "hierarchical"). Rings find neighbours, so that a fabric's
        oversubscription and topology slow experts alone. A token crosses once to each server that has experts for it,
        as in `MoERoutingModel`.

        The profile "megatron" holds for the sizes that it was fitted to, 530 billion parameters and a trillion, and is
        within 10 % of the same authors' steps of 22 and 175 billion. Megatron-LM of a year before (Narayanan et al.
        2021, table 1, ten sizes) was slower: there rates come out 6 to 20 % too high from 7.5 billion parameters on,
        and 25 to 32 % below that; scores of attention, which it wrote to memory, are left out.

        Examples
        --------
        >>> import numpy as np
        >>> from solver import Fleet, Models, Q_, Servers
        >>> fleet = Fleet(Servers.DGX_H100, np.array([16, 128]))
        >>> r = DistributedModel().solve(Models.Llama3_8B, fleet, 1024, zero_stage=1, seq_len=8192, tokens=15e12,
        ...                              compute_rate=Q_("500 TFLOP/s"))
        >>> print(r.training_time, r.scaling_efficiency.round(3))
        [142, 20.4] d [0.98  0.856]
        """
        recomputed = activation_checkpointing or ("full" if activation_recomputation else "none")
        kept = activation_checkpointing or ("full" if activation_recomputation else "selective")
        micro = batch_size / (dp_size * microbatch_count * gradient_accumulation_steps)
        plan = TrainingPlan(model, precision, micro, seq_len, tp_size, pp_size, ep_size, dp_size, cp_size, v_stages,
                            microbatch_count, zero_stage, float(sequence_parallel), float(is_lora), kept)
        with np.errstate(all="ignore"):
            speed = _speed(plan, fleet, efficiency, compute_rate, profile)
            asked = TrainingStep(plan, fleet, speed, batch_size, gradient_accumulation_steps,
                                 float(recomputed == "full"), float(recomputed == "selective"),
                                 overlap_efficiency if overlap_comm else 0.0, congestion_factor, straggler_factor,
                                 moe_routing_imbalance_factor, topology_override, achieved)
            return DistributedResult(step_values(asked, tokens), {
                "asked": asked, "tokens": tokens, "reserve": reserve, "values_of": step_values})


USUAL = share_profile(EFFICIENCY)  # made once: it is what most calls ask for


def _speed(plan: TrainingPlan, fleet: Any, efficiency: Any, rate: Any, profile: Any) -> TrainingProfile:
    """What is known of a chip's speed, as a profile."""
    if profile is not None:
        return profile
    if rate is not None:
        return share_profile(rate / fleet.device.peak[plan.precision.rate])
    return USUAL if efficiency is EFFICIENCY else share_profile(efficiency)


def step_values(asked: TrainingStep, tokens: Any) -> dict[str, Any]:
    """All fields of a result but those of its memory, in base units."""
    step = asked if asked.achieved is None else asked.with_achieved
    plan, times = step.plan, step.times()
    whole, chips = times["step_latency_total"], step.plan.chips
    bubble = pipeline_bubble(plan.pipeline, plan.micro_batches, plan.interleaving)
    flops, throughput = reached_rate(step.done, chips, whole), step.batch * plan.context / whole
    return times | {
        "communication_latency": sum(times[name] for name in EXCHANGES),
        "bubble_fraction": times["pipeline_bubble_latency"] / whole, "bubble_of_work": bubble,
        "flops_per_chip": flops, "compute_rate": _working_rate(step, times["compute_latency"]),
        "mfu": reached_rate(step.needed, chips, whole) / step.peak, "hfu": flops / step.peak,
        "effective_throughput": throughput, "scaling_efficiency": times["compute_latency"] / step.uneven / whole,
        "training_time": np.nan * whole if tokens is None else training_duration(tokens, throughput),
        "micro_batch_size": plan.micro, "data_parallel": plan.data}


def _working_rate(step: TrainingStep, computing: Any) -> Any:
    """FLOP/s of a chip of the longest stage while it computes."""
    plan, work = step.plan, step.done
    if not is_one(step.imbalance):  # the fullest chip has more of it
        work = training_step_work(plan.model, step.batch, plan.context, plan.lora, step.full, step.selective,
                                  step.imbalance)
    return reached_rate(work * step.uneven, plan.chips, computing)
