"""The arguments of tokens that are sent to experts: how many, in what format, and over how many chips."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base import chosen
from solver.base.arguments import MODEL, PROMPT, WEIGHT_FORMAT
from solver.base.declared import OWN, Seen
from solver.base.fleets import FLEET
from solver.base.kinds import Number, Share, Whole
from solver.base.numbers import each, symbolic, unknown
from solver.formulas.training.collective_exchange import near_chips
from solver.text import number_text
from solver.zoo.models import Models


def _mixture(name: str, value: Any, seen: Seen) -> Any:
    if not symbolic(value) and not value.mixture_layers:
        raise ValueError(f"{name} is {value}, which has no experts: choose a mixture, such as Models.DeepSeek_V3.")
    return value


def _even(name: str, value: Any, seen: Seen) -> Any:
    """Chips that hold equally many experts."""
    model = seen["model"]
    if unknown(value) or symbolic(model):
        return value
    experts = model.routed_experts
    return each(name, value, lambda v: experts % v == 0, lambda bad: (
        f"{model} has {number_text(experts)} experts, which so many chips cannot hold evenly; choose a divisor."))


def _roomy(name: str, value: Any, seen: Seen) -> Any:
    """A fleet that has so many chips, in whole servers."""
    asked = seen["ep_size"]
    if symbolic(value) or unknown(asked) or unknown(value.chips):
        return value
    most, near = float(np.min(value.chips)), float(near_chips(value))
    each("ep_size", asked, lambda v: v <= most, lambda bad: (
        f"the fleet has {number_text(most)} chips; give no more, or a larger fleet."))
    each("ep_size", asked, lambda v: (v <= near) | (v % near == 0), lambda bad: (
        f"a server joins {number_text(near)} chips; give no more than that, or a multiple of it."))
    return value


SPREAD_OUT = {"ep_size": 64, "fleet": OWN}

Mixture: TypeAlias = Annotated[Any, replace(
    MODEL, sentence="The mixture of experts, a record such as `Models.DeepSeek_V3`.", asks=_mixture,
    pair=lambda: (Models.DeepSeek_V3, Models.Qwen3_30B_A3B))]
ChipSequences: TypeAlias = Annotated[Any, Whole("Sequences of a pass on each chip.", "request", example=1)]
SequenceTokens: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each sequence: 1 where each decodes one.", example=4096)]
DispatchFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, asks=None, sentence="Number format of hidden states on their way to experts.",
    pair=lambda: ("fp16", "fp8"))]
CombineFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, asks=None, judge=lambda name, value: chosen.precision(value, name), pair=lambda: ("bf16", "fp8"),
    sentence="Number format of what comes back from them.")]
ExpertGroup: TypeAlias = Annotated[Any, Whole(
    "Chips that share all experts of a layer, each with whole ones.", "", word="chip", asks=_even)]
Imbalance: TypeAlias = Annotated[Any, Number(
    "Load of the fullest expert over the mean.", "", low=1, good=lambda v: (v >= 1) & (v < np.inf),
    says="it is a largest over a mean, so give a number from 1 on.", other=1.5)]
RoutingFleet: TypeAlias = Annotated[Any, replace(
    FLEET, sentence="The fleet that they are of; without one, times are unknown.", asks=_roomy)]
ServerLimit: TypeAlias = Annotated[Any, Whole(
    "Servers that a token is sent to, at most; if not given, all.", "", word="server", other=2,
    otherwise=lambda seen: np.inf, company=SPREAD_OUT)]
NicReach: TypeAlias = Annotated[Any, Share(
    "Share of the NICs' rate that is reached.", "", above=True, company=SPREAD_OUT)]
LinkReach: TypeAlias = Annotated[Any, Share(
    "Share of the rate of the link inside servers that is reached.", "", above=True,
    company={"ep_size": 8, "fleet": OWN})]
