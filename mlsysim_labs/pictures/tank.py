"""The memory of an accelerator as a tank that fills, to scale.

The browser draws all of it from the traits (`tank.js`): weights and then the KV cache from the left, the reserve
at the right end of the capacity, free memory between. What has no room is drawn beyond the out-of-memory line, in
other stripes; a sentence counts the users who do not fit, and another one says what is needed, what is there, and what
to try first. Whoever knows the numbers sets the traits: Python, or the program of a lab in the browser, at every move.
Drawing never writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.strict import Strict
from solver.base.chosen import precision as format_of
from solver.formulas.memory import kv_cache_bytes, weights_bytes


class Tank(Strict):
    """A picture of what fills the memory of an accelerator: weights, KV cache, reserve, and what is free.

    The function of a lab returns these traits by name, as `filled_by` does:

    `capacity`, `weights`, `cache`, `reserve` : amounts in bytes; NaN or ∞ dims the picture
    `users` : requests, which share the cache equally
    `unit` : what people read, "GB" (10^9 byte) or "GiB" (2^30)
    `chip`, `model` : their names
    `caption` : what tells this tank from another one, such as "Every head a KV head"
    """

    _esm = script("pictures/tank.js")
    _css = style("pictures/tank.css")
    capacity = traitlets.Float().tag(sync=True)
    weights = traitlets.Float().tag(sync=True)
    cache = traitlets.Float().tag(sync=True)
    reserve = traitlets.Float().tag(sync=True)
    users = traitlets.Float().tag(sync=True)
    unit = traitlets.Unicode("GB").tag(sync=True)
    chip = traitlets.Unicode().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        if traits.get("unit", "GB") not in ("GB", "GiB"):
            raise ValueError(f"a Tank counts in GB or GiB, not in {traits['unit']!r}.")
        super().__init__(**traits)

    @classmethod
    def example(cls) -> tuple[Tank, dict[str, Any]]:
        """Eight users on one chip."""
        return cls(), {"capacity": 86e9, "weights": 16e9, "cache": 17e9, "reserve": 8.6e9, "users": 8}

    @staticmethod
    def filled_by(model: Any, hardware: Any, context: Any = 0.0, precision: Any = "fp16", reserve: Any = 0.0, *,
                  kv_precision: Any = "fp16", users: Any = 0.0) -> dict[str, Any]:
        """What a tank shows of a model, and of so many users; what it is asked with is named as for `max_users`.

        >>> from solver import Hardware, Models
        >>> found = Tank.filled_by(Models.Llama3_8B, Hardware.Cloud.H100, 131072, users=1)
        >>> [round(float(found[name]) / 1e9, 1) for name in ("capacity", "weights", "cache")]   # GB
        [85.9, 16.1, 17.2]
        """
        return {"capacity": hardware.memory, "reserve": reserve * hardware.memory, "users": users,
                "weights": weights_bytes(model, format_of(precision)), "chip": hardware, "model": model,
                "cache": kv_cache_bytes(model, users, context, format_of(kv_precision))}

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The amounts in the tank's unit; what is free is less than nothing where memory is short."""
        size = 2.0**30 if self.unit == "GiB" else 1e9
        amounts = {name: data[name] / size for name in ("capacity", "reserve", "weights", "cache") if name in data}
        if len(amounts) == 4:
            amounts["free"] = amounts["capacity"] - amounts["reserve"] - amounts["weights"] - amounts["cache"]
        named = {f"{'KV cache' if name == 'cache' else name} [{self.unit}]": value for name, value in amounts.items()}
        return named | ({"users": data["users"]} if "users" in data else {})
