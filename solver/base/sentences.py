"""What a result says about itself: what fits and what would help, what binds, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.text import number_text
from solver.units import quantity
from solver.zoo.bands import Band, counted_families
from solver.zoo.hardware import Accelerator
from solver.zoo.node import Node


def memory_sentence(headroom: Any, device: Accelerator, remedies: Mapping[str, Any]) -> str:
    """Whether it fits, and by how much, at the tightest of the points; of the remedies, those that help at some point
    where it does not."""
    left = np.ravel(headroom)
    tightest, misfits = float(np.min(left)), int(np.sum(left < 0))
    by = quantity(abs(tightest), "GB")
    if not misfits:
        said = f"fits, with {by} to spare{' at the tightest point' if left.size > 1 else ''}."
    else:
        where = f" at {misfits} of {left.size} points, by up to {by}" if left.size > 1 else f", by {by}"
        said = f"does not fit{where}. {advice(np.asarray(headroom) < 0, remedies)}"
    return f"Memory: {said}{kept_by_correction(device)}"


def advice(misfits: Any, remedies: Mapping[str, Any]) -> str:
    """Which of the remedies help somewhere: "A shorter context or more chips would help."."""
    helping = [remedy for remedy, helps in remedies.items() if np.any(misfits & np.asarray(helps))]
    said = " or ".join([", ".join(helping[:-1]), helping[-1]] if helping[1:] else helping)
    return f"{said[:1].upper()}{said[1:]} would help."


def kept_by_correction(device: Accelerator) -> str:
    """What of a chip's memory cannot be used, where that is more than nothing."""
    if not device.ecc:
        return ""
    return (f" Of the {quantity(device.memory, 'GiB')} installed in {device}, {quantity(device.usable_memory, 'GiB')} "
            f"can be used: error correction keeps the rest.")


def could_be_narrower(node: Node, cached: Any = True) -> Any:
    """Whether a narrower number format is left: of weights down to 4 bits, of a cache that has room at all to 8."""
    return (node.precision.size >= 1) | (np.asarray(cached) & (node.kv_precision.size > 1))


def could_be_more(node: Node, model: Any) -> Any:
    """Whether more chips could share the layers: they exchange data, and there are more heads."""
    heads = min(kind.attention.heads for kind in model.kinds)
    return (np.asarray(node.tensor_parallel) < heads) & bool(np.isfinite(node.device.interconnect))


def cache_sentence(kind: Any) -> str:
    """Which number format the KV cache took, and what changes it."""
    bits = f", {number_text(8 * kind.size)} bits a number" * (kind.size != 2)
    return f"KV cache: in {kind}{bits}; kv_precision changes that."


def bound_sentence(what: str, compute_time: Any, memory_time: Any) -> str:
    """Which roof binds: the slower of arithmetic and memory traffic."""
    memory = np.mean(np.asarray(memory_time) >= compute_time)
    roof = {1.0: "memory bandwidth", 0.0: "arithmetic"}.get(
        float(memory), f"memory bandwidth at {memory:.0%} of the points and by arithmetic at the others")
    return f"{what}: bound by {roof}."


def context_sentences(context: Any, *models: Any) -> list[str]:
    """Which of the models were not trained for the longest of the contexts."""
    longest = float(np.max(context))
    return [f"Context: {number_text(longest)} tokens are more than the {number_text(model.context)} that {model} was "
            f"trained for. Time and memory are computed all the same, but its answers may make no sense."
            for model in models if model is not None and longest > model.context]


def domain_sentences(node: Node) -> list[str]:
    """Why there is no band, where chips are more than their link joins."""
    most, device = float(np.max(node.chips)), node.device
    known = [band for bands in node.profile.bands.values() for band in bands]
    if most <= device.domain or (device.domain == 1 and any(band.hosted for band in known)):
        return []
    if np.isnan(device.link):
        return [f"Chips: {device} has no link of its own. What {most:,.0f} exchange over the host's bus takes longer "
                f"than the times here say, so these have no band. The profile \"pcie\" knows that bus."]
    joined = f"the {device.domain:,.0f} that its link joins"
    return [f"Chips: {most:,.0f} of {device} are more than {joined}. The rest goes over {node.fabric}. The few steps "
            f"that were measured so took 1.5 to 2.6 times as long as the times here say: these have no band."]


def uncounted_sentences(device: Accelerator) -> list[str]:
    """That nothing says how far engines are from times on chips of a family that no band was counted on."""
    if device.family in counted_families():
        return []
    return [f"Measurements: no band was counted on chips like {device}. These times are no forecast: engines may stay "
            f"far above them."]


def band_sentences(node: Node, named: Mapping[str, Sequence[Band]]) -> list[str]:
    """On what the bands of times were counted, and which times have none, because nothing like them was measured."""
    if not node.profile.scope or not node.profile.years:  # nothing is lost, or it is of nothing that was measured
        return []
    bare = [name for name, bands in named.items() if not bands]
    said = [f"Band of the {name}: counted on {number_text(band.rows)} rows of \"{band.name}\", {band.held:.0%} of them "
            f"inside." for name, bands in named.items() for band in bands]
    if not bare:
        return said
    have = "has" if len(bare) == 1 else "have"
    return [*said, f"No band: {' and '.join(bare)} {have} none, for nothing like this was measured with "
                   f"{node.profile}."]


def unknown_sentences(node: Node, times: Mapping[str, Any]) -> list[str]:
    """Which of the times are unknown, because nobody publishes a rate of the chip."""
    lost = [name for name, time in times.items() if np.any(np.isnan(time))]
    if not lost or not node.device.unrated[node.precision.rate]:
        return []
    named = " and ".join(lost)
    return [f"{named[:1].upper()}{named[1:]}: unknown, for nobody publishes the {node.precision.bits:g}-bit rate of "
            f"{node.device}."]


def power_sentences(*nodes: Node) -> list[str]:
    """On which chips energy is unknown, because nobody publishes their power."""
    chips = dict.fromkeys(str(node.device) for node in nodes
                          if not unknown(node.device.power) and np.any(np.isnan(node.device.power)))
    return [f"Energy: unknown, for nobody publishes the board power of {' and '.join(chips)}."] if chips else []


def head_sentences(model: Any, draft: Any) -> list[str]:
    """That a head which predicts several tokens is one that the model is published without."""
    if draft is None or not draft.head or draft.scores or model.mtp_layers:
        return []
    return [f"Draft: {model} is published without a head for multi-token prediction. This is what one made of its last "
            f"layer would cost; \"eagle3\" is one that can be trained for any model."]


def caveat_sentences(context: Any, models: Sequence[Any], times: Sequence[tuple[Node, Mapping[str, Any]]]) -> list[str]:
    """What goes beyond what is known, of contexts, chips and rates, and which format the cache took; `times` are those
    of each node, the one that decodes last."""
    decoding = times[-1][0]
    nodes = dict.fromkeys(node for node, _ in reversed(times))  # each once
    devices = {str(node.device): node.device for node in nodes}
    return [*context_sentences(context, *models), *(said for node in nodes for said in domain_sentences(node)),
            *(said for device in devices.values() for said in uncounted_sentences(device)),
            *(said for node, named in times for said in unknown_sentences(node, named)),
            cache_sentence(decoding.kv_precision)]
