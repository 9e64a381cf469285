"""The arguments of `solve`, judged in one place: records, number formats, contexts, and what only some values allow.

Numbers on their own are judged in `numbers`, whose functions are given here too: `check.count`, `check.share` ...
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from solver.base.numbers import count, each, limited_number, rate, share, symbolic, together, unknown
from solver.text import nearest, number_text
from solver.zoo.convnet import ConvNet
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import Precision, precision_named
from solver.zoo.profiles import EFFICIENCY, SOURCES, Profile, Profiles, efficiency_profile

Solve = TypeVar("Solve", bound=Callable[..., Any])


def transformer(name: str, value: Any, others: tuple[type, ...] = ()) -> Any:
    """A transformer, or one of the `others`."""
    if symbolic(value) or isinstance(value, (Transformer, *others)):
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


def precision(value: Any, *devices: Any) -> Any:
    """The number format of that name, which every one of the devices has a rate for."""
    if symbolic(value):
        return value
    found = precision_named(value)
    for device in devices:
        if not symbolic(device):
            _rate_of(device, found)
    return found


def _rate_of(device: Accelerator, kind: Precision) -> None:
    if math.isnan(device.peak[kind.name]):
        raise ValueError(f"{device} has no {kind} rate: it has {', '.join(device.precisions) or 'none at all'}.")
    if math.isnan(device.wide_peak[kind.name]):
        raise ValueError(f"{device} has a rate for {kind} but none for 16 bits, which attention and lm_head need: "
                         f"give its fp16 or bf16.")


def context(name: str, value: Any, model: Any, hint: str = "") -> Any:
    """A number of tokens that the model was trained for."""
    value = count(name, value, "token")
    if unknown(value) or symbolic(model) or not hasattr(model, "context"):
        return value
    limit = model.context
    return each(name, value, lambda v: v <= limit,
                lambda bad: f"{model} was trained for at most {number_text(limit)} tokens; "
                            f"shorten the context{hint}, or choose a model with a longer one.")


def answer(name: str, value: Any, prompt: Any, *models: Any) -> Any:
    """Tokens that a model answers with: prompt and answer together must be a context that it was trained for."""
    value = count(name, value, "token")
    for model in models:
        if model is not None and not symbolic(model) and not unknown(value) and not unknown(prompt):
            together(seq_len=prompt, **{name: value})
            limited_number(name, value, "what the prompt leaves of the context", model.context - prompt, np.less_equal,
                     "at most", f"{model} was trained for {number_text(model.context)} tokens, prompt and answer "
                                f"together; shorten one of them")
    return value


def profile(value: Any, efficiency: Any) -> Any:
    """The profile of that name, or that record; without one, what the efficiency makes."""
    if value is None:
        return SOURCES if efficiency is EFFICIENCY else efficiency_profile(share("efficiency", efficiency, zero=False))
    if efficiency is not EFFICIENCY:
        raise ValueError("efficiency and profile are both given, and a profile says what is reached itself: leave one "
                         "of them out, or set replace(profile, compute=...).")
    if symbolic(value) or isinstance(value, Profile):
        return value
    if not isinstance(value, str):
        raise TypeError(f"profile is {value!r}, and should be a record such as Profiles.tuned, or its name. "
                        f"{nearest(value, Profiles.keys())}")
    if value not in Profiles:
        raise ValueError(f"profile {value!r} is not known. {nearest(value, Profiles.keys())}")
    return Profiles[value]


def node(name: str, device: Any, model: Any, weights: Any, cache: Any, tensor_parallel: Any, engine: Any,
         efficiency: Any) -> Node:
    """The chips that run a model: records that go together."""
    device = accelerator(name, device)
    weights = precision(weights, device)
    cache = weights.cached_as if cache is None else precision(cache)
    tensor_parallel = count("tensor_parallel", tensor_parallel, "", word="chip")
    if type(tensor_parallel) is not int or tensor_parallel != 1:
        _divisible(device, model, tensor_parallel)
    return Node(device, weights, cache, profile(engine, efficiency), tensor_parallel)


def _divisible(device: Any, model: Any, tensor_parallel: Any) -> None:
    """Whether that many chips can share a model's heads, and exchange data."""
    if unknown(tensor_parallel) or symbolic(device) or symbolic(model):
        return
    heads = model.attention.heads
    each("tensor_parallel", tensor_parallel, lambda v: heads % v == 0, lambda bad: (
        f"{model} has {number_text(heads)} heads, which that many chips cannot share evenly; choose a divisor."))
    if math.isnan(device.interconnect):
        raise ValueError(f"{device} has no known link to other chips, so tensor_parallel has to be 1.")


def below(name: str, value: Any, limit_name: str, limit: Any) -> Any:
    """A prefix, which leaves at least one token of the limit."""
    return limited_number(name, value, limit_name, limit, np.less, "below", "at least one token has to be new")


def at_most(name: str, value: Any, limit_name: str, limit: Any) -> Any:
    """A part, which is no larger than its limit."""
    return limited_number(name, value, limit_name, limit, np.less_equal, "at most", "choose one that is no larger")


def one_of(name: str, value: Any, choices: tuple[int, ...]) -> Any:
    """One of a few whole numbers."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value not in choices:
        raise ValueError(f"{name} is {value!r}: choose one of {', '.join(map(str, choices))}.")
    return value


def truth(name: str, value: Any) -> bool:
    """True or False, and nothing that merely counts as one of them."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}, and should be True or False.")
    return bool(value)


def trainable(name: str, precision: Any) -> None:
    """A number format that weights can be trained in."""
    if not symbolic(precision) and precision.narrow:
        raise ValueError(f"{name} is {precision}: weights are trained at 16 bits or more; choose fp16 or bf16.")


def explained(solve: Solve) -> Solve:
    """Answer an unknown keyword with the nearest known ones. The signature stays as it is written."""
    known = [name for name in inspect.signature(solve).parameters if name != "self"]

    @functools.wraps(solve)
    def wrapper(*args: Any, **options: Any) -> Any:
        for name in options:
            if name not in known:
                raise TypeError(f"{solve.__name__} has no argument {name!r}. {nearest(name, known)}")
        return solve(*args, **options)

    return wrapper  # type: ignore[return-value]


__all__ = [
    "accelerator", "answer", "at_most", "below", "context", "count", "explained",
    "node", "one_of", "precision", "profile", "rate", "share", "symbolic", "together",
    "trainable", "transformer", "truth", "unknown",
]
