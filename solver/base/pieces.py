"""Large arrays a piece at a time, for formulas that need many numbers for each of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solver.base.numbers import unknown

PIECE = 4096  # elements: with an axis of 48 numbers each, they stay in a processor's cache


def in_pieces(formula: Callable[..., Any], *values: Any) -> Any:
    """What a formula gives for arrays; of large ones, piece by piece, so that memory does not grow with them.

    >>> squares = in_pieces(lambda one, other: one * other, np.arange(100.0), np.arange(100.0)[:, None])
    >>> squares.shape, float(squares[3, 4])
    ((100, 100), 12.0)
    """
    if any(map(unknown, values)) or not any(isinstance(value, np.ndarray) for value in values):
        return formula(*values)
    whole = np.broadcast_arrays(*values)
    if whole[0].size <= PIECE:
        return formula(*values)
    flat = [array.ravel() for array in whole]
    pieces = [formula(*(array[at:at + PIECE] for array in flat)) for at in range(0, flat[0].size, PIECE)]
    return np.concatenate([np.broadcast_to(piece, (min(PIECE, flat[0].size - PIECE * place),))
                           for place, piece in enumerate(pieces)]).reshape(whole[0].shape)
