"""Whether a design space fits in the memory of this machine."""

from __future__ import annotations

import contextlib
import math
import os
import pathlib

from solver.design.spaces.axes import DesignSpace
from solver.design.spaces.portion import WantedFields
from solver.units import Q_

WORKING = 200.0  # bytes that a point takes while it is solved
SPARED = 0.8  # of the free memory
ALWAYS_FREE = 1e8  # bytes that any machine has, whatever it says is free now
AVAILABLE, CONTAINER = pathlib.Path("/proc/meminfo"), pathlib.Path("/sys/fs/cgroup/memory.max")


def free_memory() -> float:
    """About how many bytes are free: infinitely many where the system does not say."""
    limits = [math.inf]
    try:
        limits += [1024.0 * float(line.split()[1]) for line in AVAILABLE.read_text().splitlines()
                   if line.startswith("MemAvailable")]
    except OSError:
        if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
            limits.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    with contextlib.suppress(OSError, ValueError):  # it says "max" where there is no limit
        limits.append(float(CONTAINER.read_text()))
    return min(limits)


def check_memory(space: DesignSpace, wanted: WantedFields, chunk: int) -> None:
    """Refuse a space that is too large to be solved in such chunks, or to be kept."""
    free = SPARED * free_memory()
    working = WORKING * min(chunk, space.points)
    kept = 0.0 if wanted.front_alone else (4.0 + 8.0 * len(wanted.columns)) * space.points
    sides = " x ".join(f"{len(axis):,} {axis.name}" for axis in space.axes)
    said = f"The space has {space.points:,} points ({sides}), which take about"
    if working > max(free, ALWAYS_FREE):
        raise MemoryError(f"{said} {Q_(working / 1e9, 'GB')} when {min(chunk, space.points):,} of them are solved at "
                          f"once, and {Q_(free / 1e9, 'GB')} are free: leave chunk out, or give a smaller one.")
    if kept > max(free, ALWAYS_FREE):
        raise MemoryError(f"{said} {Q_(kept / 1e9, 'GB')} to keep, and {Q_(free / 1e9, 'GB')} are free: give fewer "
                          f"values, or keep=\"front\", which keeps the best designs and counts the others.")
