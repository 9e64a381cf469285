"""One node, one step: a batch of images, a decode step of a transformer, or a step of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.arguments import Chip, Efficiency, Format, Reached
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import (
    bound_sentence,
    context_sentences,
    could_be_narrower,
    memory_sentence,
    unknown_sentences,
)
from solver.compute.arguments import (
    Batch,
    Lora,
    Network,
    RaiseErrors,
    Recomputation,
    Replicas,
    StepContext,
    Training,
    ZeroStage,
)
from solver.formulas.energy import board_power
from solver.formulas.images import image_time
from solver.formulas.memory import chip_bytes, context_margin, usable_bytes, weights_bytes
from solver.formulas.training.passes import training_passes, training_state_bytes
from solver.formulas.transformer import launch_time, prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.formulas.work import forward_compute_time, forward_memory_time, forward_traffic, forward_work
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


class OutOfMemoryError(ValueError):
    """What was asked for does not fit in the memory of the accelerator."""


class PerformanceProfile(Result):
    """What `Engine.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether it fits in memory", bool)
    latency = field("ms", "time of the step")
    latency_compute = field("ms", "what it would take if memory traffic took no time")
    latency_memory = field("ms", "what it would take if arithmetic took no time")
    latency_overhead = field("ms", "launches of the profile, once a pass; none without one")
    throughput = field(None, "images, or tokens, a second")
    memory_footprint = field("GB", "weights and KV cache; in training weights, gradients and optimizer state")
    headroom = field("GB", "memory left over; negative where it does not fit")
    arithmetic_intensity = field("FLOP/B", "work for each byte of memory traffic")
    peak_flops_actual = field("TFLOP/s", "peak rate times efficiency")
    peak_bw_actual = field("GB/s", "bandwidth")
    mfu = field(None, "work that the model needs as a share of what the chip could do in that time")
    hfu = field(None, "the same, with what is recomputed")
    energy = field("J", "board power for that time: at most, and without the host, network and cooling")
    within_context = field(None, "whether the model was trained for that context; True for images", bool)

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()
        return values

    @property
    def bottleneck(self) -> Any:
        """"Compute" or "Memory": the slower side; an array of them for arrays. "Unknown" where the time is."""
        compute, memory = self._sides
        named = np.where(np.isnan(compute), "Unknown", np.where(memory >= compute, "Memory", "Compute"))
        return named if named.ndim else str(named)

    @property
    def _sides(self) -> tuple[Any, Any]:
        """What arithmetic and memory traffic take; arithmetic hides where its time is unknown and the step's is not."""
        compute, latency = self.values["latency_compute"], self.values["latency"]
        hidden = np.isnan(compute) & ~np.isnan(latency)
        return np.where(hidden, 0.0, compute), self.values["latency_memory"]

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        v, node, model, context = self.values, self.given["node"], self.given["model"], self.given["context"]
        if any(map(unknown, v.values())):
            return []
        lost = unknown_sentences(node, {"latency": v["latency"]})
        return [memory_sentence(v["headroom"], node.device, self._remedies()) + self._left_out(),
                *(lost or [bound_sentence("Step", *self._sides)]),
                *([] if np.all(v["within_context"]) else context_sentences(context, model))]

    def _left_out(self) -> str:
        """That a training step's memory is not all of it, and who knows the rest."""
        if not self.given["is_training"]:
            return ""
        known = "" if hasattr(self.given["model"], "image_work") else ": ask TrainingMemoryModel"
        return f" This is without activations{known}."

    def _remedies(self) -> dict[str, Any]:
        """What could be changed, and whether that helps: batches and contexts where they are in memory at all."""
        node, model, batch, trained = (self.given[name] for name in ("node", "model", "batch", "is_training"))
        least = weights_bytes(model, node.precision)
        room = (usable_bytes(node.device) > least) & (self.values["memory_footprint"] > least) & (not trained)
        narrower = node.precision.size > 2 if trained else could_be_narrower(node, room)
        return {"a smaller batch": room & (batch > 1), "a shorter context": room & (self.given["context"] > 1),
                "a narrower number format": narrower, "sharding": trained, "a chip with more memory": True}


class Engine(ForwardModel):
    """The roofline of one node.

    >>> from solver import Hardware, Models
    >>> r = Engine.solve(Models.Llama3_8B, Hardware.Cloud.H100)
    >>> print(r.latency, r.bottleneck)
    4.56 ms Memory
    """

    question = "How long does one step take on a chip, and what binds it?"

    @staticmethod
    @declared
    def solve(model: Network, hardware: Chip, batch_size: Batch = 1, precision: Format = "fp16",
              efficiency: Efficiency = EFFICIENCY, raise_errors: RaiseErrors = False, is_training: Training = False,
              seq_len: StepContext = 2048, zero_stage: ZeroStage = 0, dp_size: Replicas = 1, is_lora: Lora = False,
              activation_recomputation: Recomputation = False, *, profile: Reached = None) -> PerformanceProfile:
        """Time and memory of one step.

        Without training that is one pass over the images, or one decode step at a context of seq_len (the same as
        `ServingModel.solve().itl`). Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer or convolutional network
            The model, a record such as `Models.Llama3_8B` or `Models.ResNet50`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        batch_size : requests
            Images of a pass, requests of a decode step, or sequences of a training step.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        raise_errors : bool
            Whether OutOfMemoryError is raised where it does not fit.
        is_training : bool
            Whether it is a step of training with Adam, over whole sequences.
        seq_len : tokens
            Context of a decode step, or tokens of each sequence.
        zero_stage : int
            What the replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.
        dp_size : replicas
            Replicas that share a training step.
        is_lora : bool
            Whether low-rank adapters are trained, and the weights are frozen.
        activation_recomputation : bool
            Whether activations are computed again in the backward pass.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.
        OutOfMemoryError
            Where it does not fit, if `raise_errors` asks for it.

        Notes
        -----
        mlsysim adds a fixed time to each layer and each step, which has no source and is nine tenths of its answer for
        small networks; its energy is 0.3 + 0.7 HFU of the board power, without a source too. Here energy is the board
        power for the whole time.

        Leaves out of training its activations, the optimizer's own step (28 bytes a parameter of traffic and more: much
        at small batches) and communication.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = Engine.solve(Models.Llama3_8B, Hardware.Cloud.H100, is_training=True, zero_stage=3, dp_size=64)
        >>> print(r.latency, r.memory_footprint, r.bottleneck)
        193 ms 2.01 GB Compute
        """
        node = Node(hardware, precision, profile=profile)

        def computed() -> dict[str, Any]:
            with np.errstate(all="ignore"):
                step = _image_step if hasattr(model, "image_work") else _training_step if is_training else _decode_step
                values, recomputed = step(node, model, batch_size, seq_len), 1.0
                if is_training:
                    values |= _training(values, model, node.precision, zero_stage, dp_size, float(is_lora))
                    recomputed += float(activation_recomputation) / training_passes(float(is_lora))
                values = _complete(values, node, recomputed)
                values["within_context"] = context_margin(model, seq_len) >= 0 if hasattr(model, "context") else True
            return values

        values = computed()
        result = PerformanceProfile(values, {
            "model": model, "node": node, "batch": batch_size, "context": seq_len, "is_training": is_training,
            "computed": computed})
        if raise_errors and not unknown(values["feasible"]) and not np.all(values["feasible"]):
            raise OutOfMemoryError(f"{model} on {node.device}. {result.constraint_trace[0]}")
        return result


def _image_step(node: Node, network: Any, batch: Any, context: Any) -> dict[str, Any]:
    """A forward pass over images."""
    work, traffic = network.image_work * batch, weights_bytes(network, node.precision)
    return {"items": batch, "work": work, "traffic": traffic, "memory_footprint": traffic,
            "latency": image_time(node, network, batch), "latency_compute": work / node.matmul_rate,
            "least": work / node.ideal.matmul_rate, "latency_memory": traffic / node.bandwidth,
            "latency_overhead": 0.0}


def _decode_step(node: Node, model: Any, batch: Any, context: Any) -> dict[str, Any]:
    """A decode step at that context, the very one of `ServingModel`."""
    shape = model, model.decode_pair_work, batch, 1.0, context, 1.0
    return {"items": batch, "memory_footprint": chip_bytes(node, model, batch, context),
            "latency": known_decode_time(node, model, batch, context)} | _parts(node, *shape)


def _training_step(node: Node, model: Any, batch: Any, context: Any) -> dict[str, Any]:
    """The forward pass of a training step: every token of every sequence is scored."""
    shape = model, model.prefill_pair_work, batch, context, 0.0, context
    return {"items": batch * context, "latency": prefill_time(node, model, batch, context, 0.0, context)} | _parts(
        node, *shape)


def _parts(node: Node, model: Any, pair_work: Any, batch: Any, new: Any, past: Any, scored: Any) -> dict[str, Any]:
    """Work and traffic of a pass, and what it would take if there were nothing else."""
    shape = model, pair_work, batch, new, past, scored
    return {"latency_compute": forward_compute_time(node, *shape), "least": forward_compute_time(node.ideal, *shape),
            "latency_memory": forward_memory_time(node, model, batch, new, past),
            "latency_overhead": launch_time(node, model), "work": forward_work(*shape),
            "traffic": forward_traffic(model, batch, new, past, node.precision, node.kv_precision)}


TIMES = ("latency", "latency_compute", "latency_memory", "latency_overhead", "least")


def _training(values: dict[str, Any], model: Any, precision: Any, stage: Any, replicas: Any,
              lora: float) -> dict[str, Any]:
    """The fields of a forward pass, made those of a training step."""
    passes = training_passes(lora)
    return {name: passes * values[name] for name in (*TIMES, "work", "traffic")} | {
        "memory_footprint": training_state_bytes(model, precision, stage, replicas, lora)}


def _complete(v: dict[str, Any], node: Node, recomputed: float) -> dict[str, Any]:
    """The fields that follow from time, work and traffic; `recomputed` is all work over the work that is needed."""
    mfu = v["least"] / (v["latency"] * recomputed)
    headroom = usable_bytes(node.device) - v["memory_footprint"]
    slower = v if recomputed == 1 else {name: v[name] * recomputed for name in TIMES}
    return v | slower | {
        "throughput": v["items"] / slower["latency"], "energy": board_power(node) * slower["latency"],
        "arithmetic_intensity": v["work"] / v["traffic"],
        "mfu": mfu, "hfu": mfu * recomputed, "headroom": headroom, "feasible": headroom >= 0,
        "peak_flops_actual": node.matmul_rate, "peak_bw_actual": node.bandwidth}
