"""The first remedy for a wall: a change of the plan that was tried, and what it leaves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from solver.base.recorded import figure_of
from solver.design.audits.walls import WalkedPlan, Wall, left_text
from solver.zoo.hardware import Hardware
from solver.zoo.site.grid import Grids
from solver.zoo.site.price import Prices

Change: TypeAlias = "tuple[str, Any]"  # in words, and the plan that it makes
MORE_OF = {"memory capacity": "memory", "KV cache": "memory", "memory bandwidth": "bandwidth", "compute": "FLOP/s",
           "network": "link"}  # of a chip
BETTER = {"throughput": "{times} the replicas", "launches": "an engine that starts kernels {times} as fast",
          "tail latency": "a chip that is {times} as fast", "pipeline bubble": "a pipeline of fewer stages",
          "failures": "chips that fail {share} as often", "energy": "chips that draw {share} of the power",
          "carbon": "electricity that emits {share} of the carbon", "cost": "chips at {share} of the price",
          "cost of tokens": "chips at {share} of the price"}


def first_remedy(wall: Wall, tried: Iterator[Change], judged: Callable[[Any], WalkedPlan]) -> str:
    """The first change with which all walls hold; else the first with which this one does, or widens most."""
    best, least, walls = "", wall.margin, []
    enough = max(wall.margin, 0)
    for words, changed in tried:
        other = judged(changed)
        with contextlib.suppress(ValueError):  # a plan that nobody could give
            margin = other.margin_of(wall)
            whole = margin > enough and other.walls[0].margin >= 0
            if whole or (margin > least and least <= enough):
                best, least, walls = words, margin, other.walls
            if whole:
                break
    if not best:
        return "For more: nothing that was tried leaves more." if wall.margin >= 0 else f"Remedy: {_more(wall)}."
    if least < 0:
        return f"Remedy: {best} helps and is not enough, {left_text(least)} then; besides, {_more(wall)}."
    next_wall = f", and {walls[0].name} binds, {left_text(walls[0].margin)}" if walls[0].margin < 0 else ""
    return f"{'Remedy' if wall.margin < 0 else 'For more'}: {best}; {least:.0%} is left then{next_wall}."


def _more(wall: Wall) -> str:
    """What of a chip, of an engine or of a price would have to be more or less."""
    known = wall.have > 0 and np.isfinite(wall.need)
    times = f"{wall.need / wall.have:.2g} times" if known else "more of"
    share = f"{wall.have / wall.need:.0%}" if known else "less"
    if wall.name in MORE_OF:
        return f"a chip with {times} the {MORE_OF[wall.name]}"
    return BETTER[wall.name].format(times=times, share=share)


def cleaner_grids(plan: Any, replaced: Callable[..., Any]) -> Iterator[Change]:
    """The grid that emits least, of those that are counted as the plan's is."""
    now = plan.region or plan.site.datacenter.grid
    known = [grid for grid in Grids if grid.scope == now.scope and grid.carbon < now.carbon]
    if known:
        best = min(known, key=lambda grid: grid.carbon)
        yield f"the grid of {best}", replaced(plan, region=best)


def cheaper_rents(plan: Any, replaced: Callable[..., Any]) -> Iterator[Change]:
    """The least rent that is known for such a chip."""
    chip, rate = plan.site.device, figure_of(plan.chip_hour, "rate")
    known = [] if rate is None else [price for price in Prices if price.rate < rate and _is_of(price, chip)]
    if known:
        best = min(known, key=lambda price: price.rate)
        yield f"{best}, at {best.rate * 3600:.2f} USD an hour", replaced(plan, chip_hour=best)


def _is_of(price: Any, chip: Any) -> bool:
    return price.chip in Hardware and Hardware[price.chip].name == chip.name
