"""Whole sides of a torus, where its nodes make no even one, and what these change."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.formulas.fleet.topology import diameter, torus_side
from solver.text import number_text
from solver.units import quantity
from solver.zoo.records import changed


def whole_sides(nodes: int, dimensions: int) -> list[int]:
    """Sides of a torus of so many nodes, as equal as whole numbers allow one after the other; the longest last.

    >>> whole_sides(1024, 3), whole_sides(7, 3), whole_sides(256, 2)
    ([8, 8, 16], [1, 1, 7], [16, 16])
    """
    sides = []
    for left in range(dimensions, 1, -1):
        most = int(nodes ** (1 / left) + 1e-9)
        sides.append(next(side for side in range(most, 0, -1) if nodes % side == 0))
        nodes //= sides[-1]
    return [*sides, nodes]


def sides_sentences(fabric: Any, nodes: Any) -> list[str]:
    """That a torus is counted with equal sides, where these are not whole; and what whole ones would have."""
    side = torus_side(fabric, nodes)
    if fabric.topology != "torus" or np.allclose(side, np.round(side)):
        return []
    if np.size(nodes) > 1 or np.size(fabric.dimensions) > 1:
        return ["Torus: sides are taken as equal, which are not whole at all points. One of whole sides has less in "
                "its middle, and is farther across."]
    dimensions = int(fabric.dimensions)
    sides = whole_sides(int(nodes), dimensions)
    far = sum(float(diameter(changed(fabric, topology="ring"), float(one))) for one in sides)
    middle = min(nodes * fabric.rate / (dimensions * sides[-1] * fabric.oversubscription), nodes / 2 * fabric.rate)
    shown = " x ".join(map(number_text, sides))
    return [f"Torus: sides are taken as equal, {number_text(float(side))} nodes each, which is not whole. One of "
            f"{shown} has a bisection of {quantity(middle, 'GB/s')} and a diameter of {number_text(far)}."]
