"""One node, one step: a batch of images, a decode step of a transformer, or a step of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import check
from .convnet import ConvNet
from .hardware import Accelerator
from .memory import kv_cache_bytes, weights_bytes
from .precision import Precision
from .result import Result, bound_sentence, figure, memory_sentence
from .roofline import peak, roofline_time
from .training import training_passes, training_state_bytes
from .transformer import (
    forward_compute_time,
    forward_memory_time,
    forward_time,
    forward_traffic,
    forward_work,
)
from .units import Request, Scalar, Second


class OutOfMemoryError(ValueError):
    """What was asked for does not fit in the memory of the accelerator."""


def image_time(device: Accelerator, network: ConvNet, batch: Request, precision: Precision,
               efficiency: Scalar = 1.0) -> Second:
    """Time of a forward pass over `batch` images.

        time = max(image_work * batch / (peak * efficiency), weights / bandwidth)

    Activations are taken to stay on the chip, so this is a floor.

    >>> from solver import Hardware, Models, precision_named
    >>> t = image_time(Hardware.Cloud.A100, Models.ResNet50, 1, precision_named("fp16"), 0.5)
    >>> round(float(t) * 1e6, 1)   # us
    52.4
    """
    return roofline_time(network.image_work * batch, weights_bytes(network, precision),
                         peak(device, precision) * efficiency, device.bandwidth)


class PerformanceProfile(Result):
    """What `Engine.solve` found. Figures broadcast with the arrays that were given."""

    feasible = figure(None, "whether it fits in memory", bool)
    latency = figure("ms", "time of the step")
    latency_compute = figure("ms", "what it would take if memory traffic took no time")
    latency_memory = figure("ms", "what it would take if arithmetic took no time")
    latency_overhead = figure("ms", "launches: none in this model, which is a floor")
    throughput = figure(None, "images, or tokens, a second")
    memory_footprint = figure("GB", "weights and KV cache; in training weights, gradients and optimizer state")
    headroom = figure("GB", "memory left over; negative where it does not fit")
    arithmetic_intensity = figure("FLOP/B", "work for each byte of memory traffic")
    peak_flops_actual = figure("TFLOP/s", "peak rate times efficiency")
    peak_bw_actual = figure("GB/s", "bandwidth")
    mfu = figure(None, "work that the model needs as a share of what the chip could do in that time")
    hfu = figure(None, "the same, with what is recomputed")

    @property
    def bottleneck(self) -> Any:
        """"Compute" or "Memory": the slower side; an array of them for arrays."""
        compute, memory = self.values["latency_compute"], self.values["latency_memory"]
        named = np.where(memory >= compute, "Memory", "Compute")
        return named if named.ndim else str(named)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        v = self.values
        if any(map(check.unknown, v.values())):
            return []
        remedy = "A smaller batch, a narrower number format, sharding or a chip with more memory would help."
        return [memory_sentence(v["headroom"], remedy),
                bound_sentence("Step", v["latency_compute"], v["latency_memory"])]


class Engine:
    """The roofline of one node.

    >>> from solver import Hardware, Models
    >>> r = Engine.solve(Models.Llama3_8B, Hardware.Cloud.H100)
    >>> print(r.latency, r.bottleneck)
    4.56 ms Memory
    """

    @staticmethod
    @check.explained
    def solve(model: Any, hardware: Any, batch_size: Any = 1, precision: Any = "fp16", efficiency: Any = 0.5,
              raise_errors: bool = False, is_training: bool = False, seq_len: Any = 2048, zero_stage: int = 0,
              dp_size: Any = 1, is_lora: bool = False, activation_recomputation: bool = False) -> PerformanceProfile:
        """Time and memory of one step.

        model, hardware : a transformer or convolutional network, and an accelerator
        batch_size, seq_len, dp_size : whole numbers or arrays of them, which broadcast
        precision, efficiency : as for `ServingModel.solve`
        raise_errors : raise OutOfMemoryError where it does not fit
        is_training : a step of training over batch_size images or sequences of seq_len tokens, with Adam; else one
            pass over the images, or one decode step at a context of seq_len (the same as `ServingModel.solve().itl`)
        zero_stage, dp_size, is_lora, activation_recomputation : of training. Left out are its activations, the
            optimizer's own step (28 bytes a parameter of traffic and more: much at small batches) and communication

        Raises ValueError, TypeError or DimensionalityError, in a sentence.
        """
        model = check.transformer("model", model, (ConvNet,))
        hardware = check.accelerator("hardware", hardware)
        precision = check.precision(precision, hardware)
        batch = check.count("batch_size", batch_size, "request")
        context = check.context("seq_len", seq_len, model, " (2,048 unless you give one)")
        efficiency = check.share("efficiency", efficiency, zero=False)
        replicas = check.count("dp_size", dp_size, "", word="replica")
        stage = check.one_of("zero_stage", zero_stage, (0, 1, 2, 3))
        for name, value in (("raise_errors", raise_errors), ("is_training", is_training), ("is_lora", is_lora),
                            ("activation_recomputation", activation_recomputation)):
            check.truth(name, value)
        if is_training:
            check.trainable("precision", precision)
        check.together(batch_size=batch, seq_len=context, efficiency=efficiency, dp_size=replicas)
        with np.errstate(all="ignore"):
            step = _image_step if hasattr(model, "image_work") else _training_step if is_training else _decode_step
            values = step(hardware, model, batch, context, precision, efficiency)
            if is_training:
                values |= _training(values, model, precision, stage, replicas, float(is_lora))
            extra = (training_passes(float(is_lora), 1.0) / training_passes(float(is_lora))
                     if is_training and activation_recomputation else 1.0)
            values = _complete(values, hardware, precision, efficiency, extra)
        result = PerformanceProfile(values, {"model": model, "node": hardware})
        if raise_errors and not check.unknown(values["feasible"]) and not np.all(values["feasible"]):
            raise OutOfMemoryError(f"{model} on {hardware}. {result.constraint_trace[0]}")
        return result


def _image_step(device: Any, network: Any, batch: Any, context: Any, precision: Any, efficiency: Any) -> dict[str, Any]:
    """A forward pass over images."""
    work, traffic = network.image_work * batch, weights_bytes(network, precision)
    return {"items": batch, "work": work, "traffic": traffic, "memory_footprint": traffic,
            "latency": image_time(device, network, batch, precision, efficiency),
            "latency_compute": work / (peak(device, precision) * efficiency),
            "latency_memory": traffic / device.bandwidth}


def _decode_step(device: Any, model: Any, batch: Any, context: Any, precision: Any, efficiency: Any) -> dict[str, Any]:
    """A decode step at that context, the very one of `ServingModel`."""
    memory = weights_bytes(model, precision) + kv_cache_bytes(model, batch, context, precision)
    return {"items": batch, "memory_footprint": memory} | _pass(
        device, model, model.decode_pair_work, batch, 1.0, context, precision, efficiency)


def _training_step(device: Any, model: Any, batch: Any, context: Any, precision: Any,
                   efficiency: Any) -> dict[str, Any]:
    """The forward pass of a training step: every token of every sequence is scored."""
    return {"items": batch * context} | _pass(
        device, model, model.prefill_pair_work, batch, context, 0.0, precision, efficiency)


def _pass(device: Any, model: Any, pair_work: Any, batch: Any, new: Any, past: Any, precision: Any,
          efficiency: Any) -> dict[str, Any]:
    """Time, work and traffic of a forward pass that scores all its new tokens."""
    shape = (device, model, pair_work, batch, new, past, new, precision, efficiency)
    return {"latency": forward_time(*shape), "latency_compute": forward_compute_time(*shape),
            "latency_memory": forward_memory_time(device, model, batch, new, past, precision),
            "work": forward_work(model, pair_work, batch, new, past, new),
            "traffic": forward_traffic(model, batch, new, past, precision)}


def _training(values: dict[str, Any], model: Any, precision: Any, stage: Any, replicas: Any,
              lora: float) -> dict[str, Any]:
    """The figures of a forward pass, made those of a training step."""
    passes = training_passes(lora)
    scaled = ("latency", "latency_compute", "latency_memory", "work", "traffic")
    return {name: passes * values[name] for name in scaled} | {
        "memory_footprint": training_state_bytes(model, precision, stage, replicas, lora)}


def _complete(v: dict[str, Any], device: Any, precision: Any, efficiency: Any, recomputed: float) -> dict[str, Any]:
    """The figures that follow from time, work and traffic; `recomputed` is all work over the work that is needed."""
    mfu = v["latency_compute"] * efficiency / (v["latency"] * recomputed)
    headroom = device.memory - v["memory_footprint"]
    slower = {name: v[name] * recomputed for name in ("latency", "latency_compute", "latency_memory")}
    return v | slower | {
        "throughput": v["items"] / slower["latency"], "arithmetic_intensity": v["work"] / v["traffic"],
        "mfu": mfu, "hfu": mfu * recomputed, "headroom": headroom, "feasible": headroom >= 0, "latency_overhead": 0.0,
        "peak_flops_actual": peak(device, precision) * efficiency, "peak_bw_actual": device.bandwidth}
