"""What the solver says where somebody measured: asked with the same numbers, and told in words beside what came out.

>>> from solver import Measurements
>>> row = Measurements.product_h100_768
>>> intensity, rate = product_point(row)
>>> f"{intensity:.0f} FLOP/B, {rate / 1e12:.0f} TFLOP/s"
'664 FLOP/B, 762 TFLOP/s'
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from mlsysim_labs.pictures.of_results import estimate
from mlsysim_labs.words.distance import distance, off_text
from mlsysim_labs.words.templates import counted, digits, number_at, whole
from solver import Q_, ContinuousBatchingModel, Measurement, ServingModel, kv_capacity
from solver.formulas import KERNELS, KernelShares, Product, kernel_time, roofline_time

NOTHING, NAN = Q_("0 GiB"), math.nan
UNFITTED = KernelShares(NAN, NAN, NAN)  # of a kind of chip whose kernels nobody has measured
READ_AS = {"itl": "time", "ttft": "time", "kv_room": "GB", "product": "TFLOP/s"}
SAID_OF = {"itl": "/token", "ttft": " to first token", "kv_room": " of room", "product": ""}
CALLED = {"itl": "Time between tokens", "ttft": "Time to first token", "kv_room": "Memory for the KV cache",
          "product": "One matrix product"}


class Predicted(NamedTuple):
    """At best, as the model expects it, and between which ends 8 of 10 runs lie; NaN where that is not known."""

    floor: float
    expected: float
    low: float
    high: float


def served(row: Measurement, profile: Any) -> Predicted:
    """A time of a server: of one that is always asked, or of a batch that starts together."""
    asked = {"precision": row.precision, "tensor_parallel": row.tensor_parallel, "output_len": row.output_len,
             "profile": profile}
    if row.loaded:
        window = row.seq_len + row.output_len
        result: Any = ContinuousBatchingModel().solve(row.model, row.hardware, window, max_batch_size=row.batch_size,
                                                      **asked)
    else:
        result = ServingModel().solve(row.model, row.hardware, row.seq_len, row.batch_size, **asked)
    return Predicted(*map(float, estimate(result, row.quantity)))


def room_left(row: Measurement, profile: Any) -> Predicted:
    """The memory that is left beside the weights and a tenth, as engines keep it back."""
    result = kv_capacity(row.model, row.hardware, row.seq_len, row.precision, non_torch=NOTHING, activation=NOTHING,
                         tensor_parallel=row.tensor_parallel)
    return Predicted(NAN, float(result.value("kv_cache_size")), NAN, NAN)


def product_rate(row: Measurement, profile: Any) -> Predicted:
    """The rate of a single kernel on that kind of chip; no profile of an engine says anything of it."""
    made, chip, part = product_of(row), row.hardware, KERNELS.get(row.hardware.family, UNFITTED)
    expected = kernel_time(made.work, made.traffic, chip.fp16 * part.compute, chip.bandwidth * part.memory, part.launch,
                           part.norm)
    floor = roofline_time(made.work, made.traffic, chip.fp16, chip.bandwidth, math.inf)
    return Predicted(float(made.work / floor), float(made.work / expected), NAN, NAN)


PREDICTIONS: dict[str, Callable[[Measurement, Any], Predicted]] = {
    "itl": served, "ttft": served, "kv_room": room_left, "product": product_rate}


def predicted(row: Measurement, profile: Any = "modern") -> Predicted:
    """What the solver says where that was measured, with an engine of that profile.

    >>> from solver import Measurements
    >>> row = Measurements.tokens_2048_32
    >>> found = predicted(row)
    >>> found.floor < row.value, found.low < row.value < found.high
    (True, True)
    """
    return PREDICTIONS[row.quantity](row, profile)


def product_point(row: Measurement) -> tuple[float, float]:
    """Arithmetic intensity [FLOP/B] and measured rate [FLOP/s] of a matrix product: a point under a roof."""
    made = product_of(row)
    return made.work / made.traffic, shown(row)


def product_of(row: Measurement) -> Product:
    """The matrix product that a row measures."""
    return Product(row.rows, row.inner, row.columns)


def shown(row: Measurement) -> float:
    """The figure as it is read, in base units: of a product its rate."""
    return product_of(row).work / row.value if row.quantity == "product" else row.value


def told(row: Measurement, profile: Any = "modern") -> dict[str, str]:
    """All that a page says of a measurement beside the prediction, in sentences by their names.

    >>> from solver import Measurements
    >>> told(Measurements.room_80gb)["says"], told(Measurements.room_80gb)["where"]
    ('model 61.2 GB, measured 57.2 GB: 7 % high', 'Memory for the KV cache · vLLM · H100 SXM · 16 bit')
    """
    kind, found, value = READ_AS[row.quantity], predicted(row, profile), shown(row)
    measured = number_at(value, kind)
    off = off_text(found.expected / value - 1) if math.isfinite(found.expected) else "no value"
    of, asked = f"{measured}{SAID_OF[row.quantity]}", conditions(row)
    return {"short": f"Measured {of}: model {off}", "says": distance(found.expected, value, kind),
            "where": " · ".join([CALLED[row.quantity], row.engine, *asked, bits(row)]),
            "elsewhere": f"{' · '.join(asked)}: {of}", "band": band(row, found, kind), "note": row.note,
            "title": f"{row.source.title} ({row.source.date})", "url": row.source.url}


def band(row: Measurement, found: Predicted, kind: str) -> str:
    """At best, and whether the measured figure is as near as 8 of 10 are; of a first token, which may have waited, the
    floor says little."""
    has_floor = math.isfinite(found.floor) and row.quantity != "ttft"
    best = f"At best {number_at(found.floor, kind)}. " if has_floor else ""
    if not math.isfinite(found.high):
        return best.strip()
    inside = found.low <= row.value <= found.high
    ends = f"{number_at(found.low, kind)} to {number_at(found.high, kind)}"
    return f"{best}{'Within' if inside else 'Outside'} the band of the model, {ends}."


def bits(row: Measurement) -> str:
    """The number format, by its width."""
    return f"{digits(8 * row.precision.size).removesuffix('.0')} bit"


def conditions(row: Measurement) -> list[str]:
    """The chip, and what it was asked."""
    chip = str(row.hardware).removeprefix("NVIDIA ")
    if row.quantity == "product":
        asked = [f"{whole(row.rows)} × {whole(row.inner)} by {whole(row.inner)} × {whole(row.columns)}"]
    elif row.quantity == "kv_room":
        asked = []
    else:
        out = f", {whole(row.output_len)} out" if row.output_len > 1 else ""
        users, prompt = counted(row.batch_size, "user"), counted(row.seq_len, "token")
        asked = [f"{users} at once" if row.loaded else users, f"{prompt} in{out}" if out else prompt]
    return [chip, *asked]
