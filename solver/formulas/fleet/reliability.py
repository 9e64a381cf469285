"""Failures of many chips: how often one comes, what checkpoints save of the work, and how often to take one.

Failures come at random, at a constant rate (exponential), and any of them stops all chips. A checkpoint pauses work for
a time; after a failure comes a recovery, then what was done since the last checkpoint is done again.
"""

from __future__ import annotations

import numpy as np

from solver.units import Scalar, Second

INTERVAL_STEPS = 5  # each doubles the digits: after four, the interval is within 4e-9 of itself
MOST_MTBFS = 30.0  # checkpoints of so many mean times between failures: beyond, the best interval no longer moves


def fleet_mtbf(mttf: Second, chips: Scalar) -> Second:
    """Mean time between failures of a fleet that stops when any of its chips does.

        mtbf = mttf / chips

    `mttf` is the mean time to failure of a chip. Failures that take several chips at once, and such that grow with the
    network, are left out. By definition, for failures at a constant rate.

    >>> round(float(fleet_mtbf(50_000 * 3600.0, 16384)) / 3600, 2)   # hours
    3.05
    """
    return mttf / chips


def failure_count(time: Second, mtbf: Second) -> Scalar:
    """Failures that are expected in a time.

        failures = time / mtbf

    By definition.

    >>> failure_count(54 * 24.0, 3.0)   # of 54 days, one every three hours
    432.0
    """
    return time / mtbf


def failure_chance(time: Second, mtbf: Second) -> Scalar:
    """Chance of at least one failure in a time.

        chance = 1 - exp(-time / mtbf)

    By definition, for failures at a constant rate.

    >>> round(float(failure_chance(1.0, 3.05)), 3)
    0.28
    """
    return -np.expm1(-time / mtbf)


def youngs_interval(checkpoint: Second, mtbf: Second) -> Second:
    """Work between two checkpoints that loses least, to first order.

        interval = (2 * checkpoint * mtbf)^0.5

    Holds where a checkpoint is far shorter than the time between failures.
    Source: Young 1974, "A first order approximation to the optimum checkpoint interval", CACM 17(9).

    >>> round(float(youngs_interval(120, 10986)) / 60, 1)   # minutes
    27.1
    """
    return np.sqrt(2 * checkpoint * mtbf)


def dalys_interval(checkpoint: Second, mtbf: Second) -> Second:
    """Work between two checkpoints that loses least, to higher order.

        interval = (2 * checkpoint * mtbf)^0.5 * (1 + ratio^0.5 / 3 + ratio / 9) - checkpoint      below 2 * mtbf
        interval = mtbf                                                                            else
        ratio = checkpoint / (2 * mtbf)

    Source: Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", equation 37.

    >>> round(float(dalys_interval(120, 10986)) / 60, 1)   # minutes
    25.7
    """
    ratio = checkpoint / (2 * mtbf)
    higher = np.sqrt(2 * checkpoint * mtbf) * (1 + np.sqrt(ratio) / 3 + ratio / 9) - checkpoint
    return np.where(ratio < 1, higher, mtbf)


def best_interval(checkpoint: Second, mtbf: Second) -> Second:
    """Work between two checkpoints that loses least, for failures at a constant rate.

        interval = mtbf * share,      where (1 - share) * exp(share) = exp(-checkpoint / mtbf)

    It does not depend on the recovery. Found by Newton's method, which comes from above.
    Source: Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", section 4.

    >>> round(float(best_interval(120, 10986)) / 60, 1)   # minutes
    25.7
    """
    ratio = np.minimum(checkpoint / mtbf, MOST_MTBFS)
    share = np.minimum(np.sqrt(2 * ratio), -np.expm1(-1 - ratio))
    for _ in range(INTERVAL_STEPS):
        share = share + (share + np.log1p(-share) + ratio) * (1 - share) / share
    return mtbf * share


def first_order_waste(interval: Second, checkpoint: Second, recovery: Second, mtbf: Second) -> Scalar:
    """Share of time that is lost, to first order: checkpoints, work that is done again, and recoveries.

        waste = checkpoint / interval + (interval / 2 + recovery) / mtbf

    A failure comes in the middle of an interval on average. Failures during checkpoints and recoveries are left out,
    and so is that what is lost takes time itself: it holds where all of it is small, and may exceed 1 where it is not.
    Source: Young 1974, "A first order approximation to the optimum checkpoint interval", CACM 17(9).

    >>> round(float(first_order_waste(1624, 120, 0, 10986)), 3)
    0.148
    """
    return checkpoint / interval + (interval / 2 + recovery) / mtbf


def goodput(interval: Second, checkpoint: Second, recovery: Second, mtbf: Second) -> Scalar:
    """Share of time that is work which lasts, for failures at a constant rate.

        goodput = interval / (mtbf * exp(recovery / mtbf) * (exp((interval + checkpoint) / mtbf) - 1))

    Failures may come during checkpoints and recoveries too. Of long jobs; a last checkpoint counts as any other.
    Source: Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", equation 20.

    >>> round(float(1 - goodput(1624, 120, 0, 10986)), 3)   # lost
    0.141
    """
    return interval / (mtbf * np.exp(recovery / mtbf) * np.expm1((interval + checkpoint) / mtbf))


def longest_checkpoint(waste: Scalar, recovery: Second, mtbf: Second) -> Second:
    """The longest checkpoint with which no more than a share of time is lost, at its best interval; NaN if none is.

        checkpoint = -mtbf * (kept + log(1 - kept)),      where kept = 1 - (1 - waste) * exp(recovery / mtbf)

    At the best interval, interval / mtbf is what is lost without recoveries.
    Source: Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps", section 4.

    >>> round(float(longest_checkpoint(0.05, 0, 10986)), 1)   # s
    14.2
    """
    working = (1 - waste) * np.exp(recovery / mtbf)  # what has to be left before recoveries
    return -mtbf * np.where(working < 1, 1 - working + np.log(working), np.nan)


def down_share(recovery: Second, mtbf: Second) -> Scalar:
    """Share of time that machines are down which are recovered after each failure, and lose nothing else.

        share = recovery / (mtbf + recovery)

    In the long run. `mtbf` is the mean time that they work until the next failure. By definition.

    >>> round(float(down_share(300.0, 50_000 * 3600.0 / 8)), 8)   # of eight chips, five minutes each time
    1.333e-05
    """
    return recovery / (mtbf + recovery)
