"""What results of fleets say about themselves: figures of the worst of many points, powers, and what is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solver.units import quantity
from solver.zoo.site.fleet import Fleet


def extreme_text(value: Any, unit: str, of: Callable[[Any], Any] = np.max) -> str:
    """A figure with its unit; of many points the largest, or the smallest, and that it is."""
    many = "at least " if of is np.min else "up to "
    return f"{many * (np.size(value) > 1)}{quantity(float(of(value)), unit)}"


def share_text(value: Any, of: Callable[[Any], Any] = np.max) -> str:
    """A share in percent; of many points the largest, and that it is."""
    return f"{'up to ' * (np.size(value) > 1 and of is np.max)}{100 * float(of(value)):.3g} %"


def work_sentences(mfu: Any) -> list[str]:
    """That work is counted at the chips' whole peak, where no MFU was given."""
    return ["Work: at the whole 16-bit peak of the chips, for mfu is 1, which no run reaches: there is less work, and "
            "a unit of it takes more, than is said. Give the mfu of a run."] if np.any(np.asarray(mfu) == 1) else []


def power_sentence(fleet: Fleet, power: Any) -> str:
    """Which power was counted, and what it leaves out."""
    if power is not None:
        return "Power: as given, of each chip. Whatever was not measured with it, such as hosts, is left out."
    if np.any(np.isnan(fleet.device.power)):
        return (f"Energy: unknown, for nobody publishes the board power of {fleet.device}. Give power, as measured or "
                f"assumed.")
    server = ("" if np.any(np.isnan(fleet.node.power)) else
              f" A {fleet.node} as a whole may draw {quantity(fleet.node.power, 'kW')}.")
    return (f"Power: the board power of {fleet.device}, {quantity(fleet.device.power, 'W')}, at most; give power where "
            f"it was measured. Hosts, network and storage are left out.{server}")
