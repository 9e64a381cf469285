"""Records that a person chooses, or names: transformers, chips, number formats and profiles, each with its sentences.

A symbol stands for a record that is chosen later, and passes.
"""

from __future__ import annotations

import math
from typing import Any

from solver.base.numbers import symbolic
from solver.text import nearest
from solver.zoo.convnet import ConvNet
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision, precision_named
from solver.zoo.profiles import Profile, Profiles


def network(name: str, value: Any) -> Any:
    """A transformer or a convolutional network."""
    return value if isinstance(value, ConvNet) else transformer(name, value)


def transformer(name: str, value: Any) -> Any:
    """A transformer."""
    if symbolic(value) or isinstance(value, Transformer):
        return value
    if isinstance(value, ConvNet):
        raise TypeError(f"{name} is {value}, a convolutional network, which has no KV cache: choose a transformer, "
                        f"such as Models.Llama3_8B, or ask Engine.solve.")
    if isinstance(value, Accelerator):
        raise TypeError(f"{name} is {value}, an accelerator: were model and hardware swapped?")
    raise TypeError(f"{name} is {value!r}, and should be a record such as Models.Llama3_8B.")


def accelerator(name: str, value: Any) -> Any:
    """An accelerator."""
    if symbolic(value) or isinstance(value, Accelerator):
        return value
    if isinstance(value, (Transformer, ConvNet)):
        raise TypeError(f"{name} is {value}, a model: were model and hardware swapped?")
    raise TypeError(f"{name} is {value!r}, and should be a record such as Hardware.Cloud.H100.")


def precision(value: Any) -> Any:
    """The number format of that name."""
    return value if symbolic(value) else precision_named(value)


def rated(kind: Any, *devices: Any) -> Any:
    """A number format that each of the devices has a rate for, published or not."""
    for device in devices:
        if not symbolic(device) and not symbolic(kind):
            _rate_of(device.reading, kind)
    return kind


def published(kind: Any, *devices: Any) -> Any:
    """A number format whose rate on each of the devices is published."""
    for device in devices:
        if not symbolic(rated(kind, device)) and not symbolic(device) and device.unrated[kind.name]:
            raise ValueError(f"{device} has {kind}, but {unpublished_rates(device)}, and every step needs it: ask "
                             f"ServingModel, which says what memory alone decides, or give the rate: "
                             f"changed(chip, fp16=...).")
    return kind


def unpublished_rates(device: Accelerator) -> str:
    """Which rates of a chip nobody publishes, as a part of a sentence."""
    return f"nobody publishes its {' and '.join(device.unpublished)} rate"


def _rate_of(device: Accelerator, kind: Precision) -> None:
    if math.isnan(device.peak[kind.name]):
        raise ValueError(f"{device} has no {kind} rate: it has {', '.join(device.precisions) or 'none at all'}.")
    if math.isnan(device.wide_peak[kind.name]):
        raise ValueError(f"{device} has a rate for {kind} but none for 16 bits, which attention and lm_head need: "
                         f"give its fp16 or bf16.")


def profile(value: Any) -> Any:
    """The profile of that name, or that record."""
    if symbolic(value) or isinstance(value, Profile):
        return value
    if not isinstance(value, str):
        raise TypeError(f"profile is {value!r}, and should be a record such as Profiles.tuned, or its name. "
                        f"{nearest(value, Profiles.keys())}")
    if value not in Profiles:
        raise ValueError(f"profile {value!r} is not known. {nearest(value, Profiles.keys())}")
    return Profiles[value]
