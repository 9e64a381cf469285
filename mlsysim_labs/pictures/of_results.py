"""What of a result of `ServingModel` goes into a picture: a row of estimates, a point under a roof, and what fills a
vessel.

    @lab.picture(Vessel())
    def memory(served):
        return memory_parts(served)
"""

from __future__ import annotations

from typing import Any

from solver.formulas import forward_traffic, forward_work
from solver.text import nearest
from solver.units import factor

PHASES = ("prefill", "decode")


def estimate(result: Any, name: str, unit: str = "") -> tuple[Any, Any, Any, Any]:
    """Floor, estimate, and the two ends of its band, in that unit: a row of `Estimates`.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 64, profile="tuned")
    >>> [round(float(part), 2) for part in estimate(r, "itl", "ms")]
    [9.6, 14.15, 12.31, 16.13]
    """
    size = factor(unit) if unit else 1.0
    low, high = result.interval(name)
    return tuple(part / size for part in (result.floor.value(name), result.value(name), low, high))


def roof_point(result: Any, phase: str) -> tuple[Any, Any]:
    """Arithmetic intensity [FLOP/B] and rate [FLOP/s] of a phase, "prefill" or "decode": a point of `Roofline`.

        intensity = work / traffic        rate = work / time

    Left of the ridge point memory binds, right of it arithmetic does.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048)
    >>> [f"{part:.3g}" for part in (*roof_point(r, "decode"), *roof_point(r, "prefill"))]
    ['1.05', '3.53e+12', '1.98e+03', '4.92e+14']
    """
    if phase not in PHASES:
        raise ValueError(f"the phase is {phase!r}. {nearest(phase, PHASES)}")
    asked = result.given["asked"]
    node, new, past, time, pair_work = (
        (asked.node, 1.0, asked.context, "itl", asked.model.decode_pair_work) if phase == "decode" else
        (asked.reader, asked.prompt - asked.cached, asked.cached, "ttft", asked.model.prefill_pair_work))
    work = forward_work(asked.model, pair_work, asked.batch, new, past, 1.0)
    traffic = forward_traffic(asked.model, asked.batch, new, past, node.precision, node.kv_precision)
    return work / traffic, work / result.value(time)


def memory_parts(result: Any) -> dict[str, Any]:
    """What fills the memory of the chips that serve, all of them together: what a `Vessel` shows, in bytes.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 131072, reserve=0.1)
    >>> found = memory_parts(r)
    >>> [round(float(found[name]) / 1e9, 1) for name in ("capacity", "weights", "cache", "reserve")]   # GB
    [85.9, 16.1, 17.2, 8.6]
    """
    asked = result.given["asked"]
    capacity = asked.node.device.usable_memory * asked.node.tensor_parallel
    return {"capacity": capacity, "weights": result.value("model_weights_size"), "users": asked.batch,
            "cache": result.value("kv_cache_size"), "reserve": asked.reserve * capacity,
            "chip": asked.node.device, "model": asked.model}
