"""Records that a person chooses, or names: transformers, chips, number formats and profiles, each with its sentences.

A symbol stands for a record that is chosen later, and passes.
"""

from __future__ import annotations

import math
from typing import Any

from solver.base.numbers import symbolic
from solver.text import given_text, nearest
from solver.zoo.convnet import ConvNet
from solver.zoo.formats import cache_format_named, precision_named
from solver.zoo.hardware import Accelerator
from solver.zoo.heads import HEADS, Head
from solver.zoo.models import Transformer
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.profiles import Profile, Profiles
from solver.zoo.records import record_named
from solver.zoo.site.fabric import Fabric, Fabrics

RATES = [name for name, kind in PRECISIONS.items() if kind.rate == name]  # formats that chips multiply in
WEIGHTS_ALONE = {4.0: "w4a16", 8.0: "w8a16"}  # by their bits: what runs on a chip that does not multiply so narrow


def network(name: str, value: Any) -> Any:
    """A transformer or a convolutional network."""
    return value if isinstance(value, ConvNet) else transformer(name, value)


def drafting(name: str, value: Any) -> Any:
    """A transformer or a head that drafts, or the name of a kind of heads."""
    if isinstance(value, Head):
        return value
    if not isinstance(value, str):
        return transformer(name, value)
    found = value.casefold().replace("-", "")
    if found not in HEADS:
        raise ValueError(f"{name} {given_text(value)} is no kind of heads that is known. {nearest(value, HEADS)} Or "
                         f"give a smaller transformer, such as Models.Llama3_2_1B.")
    return found


def transformer(name: str, value: Any) -> Any:
    """A transformer."""
    if isinstance(value, Head):
        raise TypeError(f"{name} is {value}, which answers nobody by itself: give its model here, and ServingModel the "
                        f"head as draft_model.")
    if symbolic(value) or isinstance(value, Transformer):
        return value
    if isinstance(value, ConvNet):
        raise TypeError(f"{name} is {value}, a convolutional network, which has no KV cache: choose a transformer, "
                        f"such as Models.Llama3_8B, or ask Engine.solve.")
    if isinstance(value, Accelerator):
        raise TypeError(f"{name} is {value}, an accelerator: were model and hardware swapped?")
    if _machines(value):
        raise TypeError(f"{name} is {value}, machines: were model and fleet swapped?")
    raise TypeError(f"{name} is {given_text(value)}, and should be a record such as Models.Llama3_8B.")


def accelerator(name: str, value: Any) -> Any:
    """An accelerator."""
    if symbolic(value) or isinstance(value, Accelerator):
        return value
    if isinstance(value, (Transformer, ConvNet)):
        raise TypeError(f"{name} is {value}, a model: were model and hardware swapped?")
    if _machines(value):
        kind = _machines(value)
        raise TypeError(f"{name} is {value}, {kind}, and one chip is asked for: give its .device, "
                        f"{value.device}.")
    raise TypeError(f"{name} is {given_text(value)}, and should be a record such as Hardware.Cloud.H100.")


def _machines(value: Any) -> str:
    """What kind of machines somebody gave where a chip or a model is wanted; nothing, if it is none."""
    from solver.zoo.site.fleet import Fleet, Server  # only when something went wrong

    return "a fleet" if isinstance(value, Fleet) else "a kind of server" if isinstance(value, Server) else ""


def precision(value: Any, name: str = "precision") -> Any:
    """The number format, or recipe, of that name."""
    return value if symbolic(value) else precision_named(value, name)


def cache_format(value: Any, name: str = "kv_precision") -> Any:
    """The number format of a cache of that name."""
    return value if symbolic(value) else cache_format_named(value, name)


def rated(kind: Any, *devices: Any) -> Any:
    """A number format that each of the devices has a rate for, published or not."""
    for device in devices:
        if not symbolic(device) and not symbolic(kind):
            _rate_of(device.reading, kind)
    return kind


def published(kind: Any, *devices: Any) -> Any:
    """A number format whose rate on each of the devices is published."""
    for device in devices:
        if not symbolic(rated(kind, device)) and not symbolic(device) and device.unrated[kind.rate]:
            raise ValueError(f"{device} has {kind}, but {unpublished_rates(device)}, and every step needs it: ask "
                             f"ServingModel, which says what memory alone decides, or give the rate: "
                             f"changed(chip, fp16=...).")
    return kind


def unpublished_rates(device: Accelerator) -> str:
    """Which rates of a chip nobody publishes, as a part of a sentence."""
    return f"nobody publishes its {' and '.join(device.unpublished)} rate"


def _rate_of(device: Accelerator, kind: Precision) -> None:
    for rate in (kind.rate, *(part.rate for part in kind.parts)):
        if math.isnan(device.peak[rate]):
            known = ", ".join(name for name in device.precisions if name in RATES) or "none at all"
            asked = f" for {kind}" if rate != kind.name else ""
            raise ValueError(f"{device} has no {rate} rate{asked}: it has {known}.{_as_narrow(device, kind)}")
    if math.isnan(device.peak[kind.wide_rate]):
        raise ValueError(f"{device} has a rate for {kind} but none for 16 bits, which attention and lm_head need: "
                         f"give its fp16 or bf16.")


def _as_narrow(device: Accelerator, kind: Precision) -> str:
    """What has weights as narrow where the chip does not multiply them so, as the end of a sentence."""
    other = WEIGHTS_ALONE.get(kind.bits)
    if other is None or math.isnan(device.half):
        return ""
    return f" With {other} weights are as narrow, and multiplied at 16 bits."


def profile(value: Any) -> Any:
    """The profile of that name, or that record."""
    return record_named("profile", value, Profile, Profiles, "Profiles.tuned")


def fabric(name: str, value: Any) -> Any:
    """The network of that name, or that record."""
    return record_named(name, value, Fabric, Fabrics, "Fabrics.NDR")
