"""The arguments that more than one `solve` asks for: a type for each, to stand in a signature.

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: Prompt, batch_size: Requests = 1): ...

What only one theme asks for is declared there. `declared` says what a declaration is, `kinds` which kinds there are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base import chosen
from solver.base.declared import Seen
from solver.base.kinds import RecordOf, Share, Whole
from solver.base.numbers import each, limited_number, symbolic, unknown
from solver.text import number_text
from solver.zoo.hardware import Accelerator, Hardware
from solver.zoo.models import Models
from solver.zoo.profiles import EFFICIENCY, SOURCES, efficiency_profile
from solver.zoo.site.fabric import Fabrics


def _reached(name: str, value: Any, seen: Seen) -> Any:
    """A profile, which says itself what is reached: an efficiency beside it would be a second answer."""
    if seen["efficiency"] is not EFFICIENCY:
        raise ValueError("efficiency and profile are both given, and a profile says what is reached itself: leave one "
                         "of them out, or set replace(profile, compute=...).")
    seen["efficiency"] = value.compute.default
    return value


def _efficient(seen: Seen) -> Any:
    efficiency = seen["efficiency"]
    return SOURCES if efficiency is EFFICIENCY else efficiency_profile(efficiency)


def _sharing(name: str, value: Any, seen: Seen) -> Any:
    """So many chips can share the model's heads, and exchange data."""
    if type(value) is not int or value != 1:
        for device in (seen["hardware"], seen.get("decode_hardware")):
            if device is not None and not unknown(value) and not symbolic(device) and not symbolic(seen["model"]):
                _shared(name, value, seen["model"], device)
    return value


def _shared(name: str, value: Any, model: Any, device: Accelerator) -> None:
    for heads in sorted({kind.attention.heads for kind in model.kinds}):
        _divides(name, value, heads, model)
    if math.isnan(device.interconnect):
        raise ValueError(f"{device} has no known link to other chips, so tensor_parallel has to be 1.")


def _divides(name: str, value: Any, heads: float, model: Any) -> None:
    each(name, value, lambda v: heads % v == 0, lambda bad: (
        f"{model} has {number_text(heads)} heads, which that many chips cannot share evenly; choose a divisor."))


def _grouped(name: str, value: Any, seen: Seen) -> Any:
    """Groups of chips with requests of their own have experts to share, and a link to share them over."""
    if _one_or_open(value, seen):
        return value
    if not seen["model"].mixture_layers:
        raise ValueError(f"{seen['model']} has no experts that {name} groups of chips could share: each would run by "
                         f"itself. Ask for one of them, and multiply.")
    return _joined(name, value, seen)


def _spread(name: str, value: Any, seen: Seen) -> Any:
    """Chips that hold whole experts: a divisor of all chips."""
    if _one_or_open(value, seen):
        return value
    if not seen["model"].mixture_layers:
        raise ValueError(f"{seen['model']} has no experts: leave {name} out.")
    chips = seen["tensor_parallel"] * seen["attention_data_parallel"]
    each(name, value, lambda v: chips % v == 0, lambda bad: (
        f"there are {number_text(float(np.max(chips)))} chips, tensor_parallel * attention_data_parallel; choose a "
        f"divisor of that."))
    return value


def _one_or_open(value: Any, seen: Seen) -> bool:
    """Whether a number of chips is one, or a part of the question is not known yet."""
    if isinstance(value, (int, float)):  # as most calls have it
        if value == 1:
            return True
    elif unknown(value) or symbolic(value) or np.all(value == 1):
        return True
    return any(unknown(one) or symbolic(one) for one in (seen["model"], seen["hardware"]))


def _joined(name: str, value: Any, seen: Seen) -> Any:
    for device in (seen["hardware"], seen.get("decode_hardware")):
        if device is not None and not symbolic(device) and math.isnan(device.interconnect):
            raise ValueError(f"{device} has no known link to other chips, so {name} has to be 1.")
    return value


def at_most_window(name: str, value: Any, seen: Seen) -> Any:
    """A part of the window, which is no larger than it."""
    return limited_number(name, value, "seq_len", seen["seq_len"], np.less_equal, "at most",
                          "choose one that is no larger")


def below_window(name: str, value: Any, seen: Seen) -> Any:
    """The part of the window that answers take, which leaves some of it to prompts."""
    return limited_number(name, value, "seq_len", seen["seq_len"], np.less, "below",
                          "prompt and answer share that window, and a prompt has at least one token")


MODEL = RecordOf(
    "The transformer, a record such as `Models.Llama3_8B`.", of="transformer", judge=chosen.transformer,
    pair=lambda: (Models.Llama3_8B, Models.Llama2_7B))
CHIP = RecordOf(
    "The accelerator, a record such as `Hardware.Cloud.H100`.", of="accelerator", judge=chosen.accelerator,
    pair=lambda: (Hardware["H100"], Hardware["H200"]))
WEIGHT_FORMAT = RecordOf(
    "Number format of the weights, which the accelerator has a rate for.", of="name of a format",
    judge=lambda name, value: chosen.precision(value, name), pair=lambda: ("fp16", "fp8"),
    asks=lambda name, value, seen: chosen.rated(value, seen["hardware"]))
PROMPT = Whole("Tokens of the prompt.", "token", example=2048)
WINDOW = replace(PROMPT, sentence="The window of a request: prompt and answer together.")
PAGE = Whole("Tokens of a page of KV cache.", "token")

Model: TypeAlias = Annotated[Any, MODEL]
Chip: TypeAlias = Annotated[Any, CHIP]
Format: TypeAlias = Annotated[Any, WEIGHT_FORMAT]
StoredFormat: TypeAlias = Annotated[Any, replace(WEIGHT_FORMAT, asks=None, sentence="Number format of the weights.")]
CacheFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, asks=None, otherwise=lambda seen: seen["precision"].cached_as,
    judge=lambda name, value: chosen.cache_format(value, name),
    sentence="Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.")]
Efficiency: TypeAlias = Annotated[Any, Share(
    "Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.", "", above=True)]
Reached: TypeAlias = Annotated[Any, RecordOf(
    "What the engine reaches of the chip, a record of `Profiles` or its name.", of="profile",
    judge=lambda name, value: chosen.profile(value), pair=lambda: ("ideal", "tuned"), asks=_reached,
    otherwise=_efficient)]
Prompt: TypeAlias = Annotated[Any, PROMPT]
Window: TypeAlias = Annotated[Any, WINDOW]
WindowAnswer: TypeAlias = Annotated[Any, Whole(
    "The window of answers, a part of seq_len; prompts have the rest.", "token", other=256, asks=below_window)]
Requests: TypeAlias = Annotated[Any, Whole("Requests that are served together.", "request")]
MostRequests: TypeAlias = Annotated[Any, Whole("Requests that run at once, at most.", "request", other=8)]
WindowPage: TypeAlias = Annotated[Any, replace(PAGE, asks=at_most_window)]
Chips: TypeAlias = Annotated[Any, Whole(
    "Chips that share each layer, a divisor of the model's heads.", "", word="chip", asks=_sharing)]
Groups: TypeAlias = Annotated[Any, Whole(
    "Groups of tensor_parallel chips that each do the attention of their own requests, and share experts.", "",
    word="group", asks=_grouped, company={"model": lambda: Models.DeepSeek_V2_Lite})]
ExpertChips: TypeAlias = Annotated[Any, Whole(
    "Chips that hold whole experts, each some of them; with 1 all share each expert.", "", word="chip", asks=_spread,
    company={"model": lambda: Models.DeepSeek_V2_Lite, "attention_data_parallel": 8})]
NodeFabric: TypeAlias = Annotated[Any, RecordOf(
    "Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.", of="fabric",
    judge=chosen.fabric, pair=lambda: ("NDR", "HDR"), otherwise=lambda seen: Fabrics.NDR,
    company={"tensor_parallel": 16})]
Reserve: TypeAlias = Annotated[Any, Share(
    "Share of the memory that is kept for driver and activations.", "", other=0.75)]
