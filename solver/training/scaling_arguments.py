"""The arguments of compute budgets: what is spent, on a model of which size, by which law, and on what machines."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import WEIGHT_FORMAT
from solver.base.chosen import rated
from solver.base.declared import OWN, Seen
from solver.base.fleets import FLEET
from solver.base.kinds import Amount, Number, Share, Word
from solver.base.numbers import symbolic
from solver.formulas.training.scaling_laws import FITS
from solver.units import Q_


def _rated_on_fleet(name: str, value: Any, seen: Seen) -> Any:
    fleet = seen["fleet"]
    return value if fleet is None or symbolic(fleet) else rated(value, fleet.device)


def _positive(value: Any) -> Any:
    return (value > 0) & (value < np.inf)


ComputeBudget: TypeAlias = Annotated[Any, Amount(
    "Arithmetic of the whole training run.", "FLOP", above=True, sample="5.76e23 FLOP",
    example=Q_("5.76e23 FLOP"))]
TargetSize: TypeAlias = Annotated[Any, Number(
    "Parameters of the model that is trained; if not given, the best.", "", low=0, above=True, good=_positive,
    says="give a number of parameters above 0, such as 7e9.", other=7e9)]
TokenRatio: TypeAlias = Annotated[Any, Number(
    "Tokens for each parameter of the best model.", "token", low=0, above=True, good=_positive,
    says="give a number of tokens above 0, such as 20.")]
FitWord: TypeAlias = Annotated[Any, Word("Whose fit says what loss is to be had.", choices=tuple(FITS))]
RunFleet: TypeAlias = Annotated[Any, replace(
    FLEET, sentence="The fleet that it runs on; without one, its duration is unknown.")]
RunFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, sentence="Number format of its products, which the fleet's chips have a rate for.",
    asks=_rated_on_fleet, pair=lambda: ("bf16", "fp8"), company={"fleet": lambda: FLEET.pair()[0]})]
ReachedShare: TypeAlias = Annotated[Any, Share(
    "Share of the chips' peak FLOP/s that is reached.", "", above=True, company={"fleet": OWN})]
