"""Accuracy of quantized models, as far as somebody measured and published it. Nothing is made up for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solver.units import Scalar
from solver.zoo.models import Models, Transformer
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.records import Source, Zoo, records


@dataclass(frozen=True, eq=False)
class Recovery:
    """What a model in a format recovers of its score at 16 bits: `recovery` on the Open LLM Leaderboard 1, `harder` on
    its version 2, each an average of six tasks.

    >>> found = measured_recovery(Models.Llama3_8B, PRECISIONS["w4a16"])
    >>> found.recovery, found.source.date.year
    (0.989, 2024)
    """

    model: Transformer
    precision: Precision
    recovery: Scalar
    harder: Scalar
    source: Source


def recovery_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Recovery:
    """The record of one table of ``zoo/accuracy.toml``."""
    return Recovery(Models[table["model"]], PRECISIONS[table["precision"]], float(table["recovery"]),
                    float(table["harder"]), sources[table["source"]])


Recoveries: Zoo[Recovery] = Zoo("Recoveries", lambda: records("accuracy.toml", recovery_record))


def measured_recovery(model: Any, precision: Any) -> Recovery | None:
    """What was measured of that model in that format; None where nothing is in the table."""
    return next((one for one in Recoveries if one.model == model and one.precision == precision), None)
