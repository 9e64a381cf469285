"""What a chip needs for a target: the formulas of time the other way round."""

from __future__ import annotations

import numpy as np

from solver.units import Scalar, Second


def remaining_time(total: Second, other: Second, norm: Scalar) -> Second:
    """What a time may be that adds up with another to the total: `smooth_max` the other way round.

        time = total - other                                norm = 1
        time = total                                        norm = infinity
        time = total * (1 - (other / total)^norm)^(1 / norm)   in between

    0 where the other alone takes longer than the total: then nothing is left. By definition.

    >>> [round(float(remaining_time(5.0, other, 2.0)), 6) for other in (3.0, 5.0, 6.0)]
    [4.0, 0.0, 0.0]
    """
    ratio = np.minimum(other / total, 1 + 0 * other / total)
    left = total * np.maximum(1 - ratio**norm, 0 * ratio) ** (1 / norm)
    return np.where(other <= total, left, 0 * total)
