"""The arguments of a step of training on many chips: what each does of it, and what it runs on."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.arguments import MODEL, PROMPT, WEIGHT_FORMAT
from solver.base.chosen import rated
from solver.base.declared import Seen
from solver.base.kinds import Whole
from solver.base.numbers import symbolic
from solver.zoo.models import Models


def _rated_there(name: str, value: Any, seen: Seen) -> Any:
    fleet = seen["fleet"]
    return value if symbolic(fleet) else rated(value, fleet.device)


StepModel: TypeAlias = Annotated[Any, replace(MODEL, pair=lambda: (Models.Llama3_8B, Models.Llama2_7B))]
StepFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, sentence="Number format of the products, which the fleet's chips have a rate for.",
    asks=_rated_there)]
Sequences: TypeAlias = Annotated[Any, Whole("Sequences of a step on each chip.", "request")]
StepSequence: TypeAlias = Annotated[Any, replace(PROMPT, sentence="Tokens of each sequence.")]
