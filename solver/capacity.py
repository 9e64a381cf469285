"""How many users a chip can hold: the question that memory answers before time is ever asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import check
from .memory import users_that_fit


def max_users(model: Any, hardware: Any, context: Any, precision: Any = "fp16", reserve: Any = 0.0, *,
              kv_precision: Any = None) -> Any:
    """How many requests of `context` tokens fit at once beside the weights; 0 where not even the weights do.

        users = floor((memory * (1 - reserve) - weights) / (kv_bytes_per_token * context))

    model, hardware : a transformer of `solver.Models` and an accelerator of `solver.Hardware`
    context : a whole number of tokens, at most what the model was trained for, or an array of them
    precision, kv_precision : number formats of the weights and of the KV cache; the second is as the first if not given
    reserve : share of the installed memory kept for driver and activations (nothing; 0.1 is a usual choice)

    An int, or an array. Every request holds its whole context; the waste of pages is left out. Raises ValueError,
    TypeError or DimensionalityError, in a sentence.

    >>> from solver import Hardware, Models
    >>> max_users(Models.Llama3_8B, Hardware.Cloud.H100, [8192, 131072], reserve=0.1).tolist()
    [57.0, 3.0]
    """
    model = check.transformer("model", model)
    hardware = check.accelerator("hardware", hardware)
    context, reserve = check.context("context", context, model), check.share("reserve", reserve)
    check.together(context=context, reserve=reserve)
    precision = check.precision(precision)
    kv_precision = precision if kv_precision is None else check.precision(kv_precision)
    users = users_that_fit(hardware, model, context, precision, kv_precision, reserve)
    return users if check.unknown(users) or np.ndim(users) else int(users)
