"""The memory of an accelerator as an upright vessel whose area is the memory: weights, users, and who waits outside.

The browser draws all of it from the traits (`vessel.js`): the weights as one block from the floor, each user as a tile
whose area is what he keeps, the reserve under the lid. Only whole users are inside; the others wait outside, as
outlined tiles of the same size. Beside it stands a second vessel: the same users in another case, or the guess of who
looks. Whoever knows the numbers sets the traits: Python, or the program of a lab in the browser, at every move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.strict import Strict
from mlsysim_labs.widgets.traits import perhaps
from solver.base.chosen import precision as format_of
from solver.formulas.memory import kv_cache_bytes, weights_bytes
from solver.text import nearest

SLACK = 0.5  # [byte] less is rounding
AMOUNTS = ("capacity", "weights", "cache", "reserve", "users")
OPTIONAL = {"beside_cache": math.nan, "guess": math.nan, "posed": 0.0}
LABELS = ("chip", "model")


class Vessel(Strict):
    """A picture of what fills the memory of an accelerator: weights, users, reserve, and what is free.

    The function of a lab returns these by name, as `filled_by` does:

    `capacity`, `weights`, `cache`, `reserve` : amounts in bytes; NaN or ∞ dims the picture
    `users` : requests, which share the cache equally
    `beside_cache` : what all of them would keep in the other case, which stands beside; NaN is none
    `guess`, `posed` : users that somebody guesses; posed as 1 they share what is free, afterwards they stand beside
    `chip`, `model` : their names

    And these are said once: `unit`, "GB" (10^9 byte) or "GiB" (2^30), `caption` of the vessel, and `beside`, that of
    the other one, such as "if every head were a KV head". Who drags the share of a user asks for `users`.
    """

    _esm = script("pictures/parts/drawing.js", "pictures/parts/tiles.js",
                  "pictures/parts/vessel_words.js", "pictures/vessel.js")
    _css = style("pictures/parts/drawing.css", "pictures/vessel.css")
    capacity = traitlets.Float().tag(sync=True)
    weights = traitlets.Float().tag(sync=True)
    cache = traitlets.Float().tag(sync=True)
    reserve = traitlets.Float().tag(sync=True)
    users = traitlets.Float().tag(sync=True)
    beside_cache = perhaps()
    guess = perhaps()
    posed = traitlets.Float().tag(sync=True)
    unit = traitlets.Unicode("GB").tag(sync=True)
    chip = traitlets.Unicode().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    beside = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        if traits.get("unit", "GB") not in ("GB", "GiB"):
            raise ValueError(f"a Vessel counts in GB or GiB, not in {traits['unit']!r}.")
        super().__init__(**traits)
        self._own_names = {name: getattr(self, name) for name in LABELS}

    @property
    def widget(self) -> Any:
        return self

    @classmethod
    def example(cls) -> tuple[Vessel, dict[str, Any]]:
        """Eight users on one chip, of which three fit."""
        return cls(beside="if every head were a KV head"), {
            "capacity": 86e9, "weights": 16e9, "cache": 137e9, "reserve": 8.6e9, "users": 8, "beside_cache": 548e9}

    @staticmethod
    def filled_by(model: Any, hardware: Any, context: Any = 0.0, precision: Any = "fp16", reserve: Any = 0.0, *,
                  kv_precision: Any = "fp16", users: Any = 0.0) -> dict[str, Any]:
        """What a vessel shows of a model, and of so many users; what it is asked with is named as for `max_users`.

        >>> from solver import Hardware, Models
        >>> found = Vessel.filled_by(Models.Llama3_8B, Hardware.Cloud.H100, 131072, users=1)
        >>> [round(float(found[name]) / 1e9, 1) for name in ("capacity", "weights", "cache")]   # GB
        [85.9, 16.1, 17.2]
        """
        return {"capacity": hardware.usable_memory, "reserve": reserve * hardware.usable_memory, "users": users,
                "weights": weights_bytes(model, format_of(precision)), "chip": hardware, "model": model,
                "cache": kv_cache_bytes(model, users, context, format_of(kv_precision))}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """Every number and name, each with what it is where `data` leaves it out: another program may have set it."""
        known = (*AMOUNTS, *OPTIONAL, *LABELS)
        if not isinstance(data, Mapping):
            raise TypeError(f"the function of a Vessel returns a dict of {', '.join(known)}, "
                            f"but this one returned {type(data).__name__}.")
        for name in data:
            if name not in known:
                raise TypeError(f"a Vessel has no {name!r}. {nearest(name, known)}")
        vital = AMOUNTS[:2] if "posed" in data else AMOUNTS  # nobody has guessed yet: no users to dim for
        found = [Target(self, name, data.get(name, 0.0), vital=name in vital and name in data) for name in AMOUNTS]
        return found + [Target(self, name, data.get(name, left_out), vital=False)
                        for name, left_out in (OPTIONAL | self._own_names).items()]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The amounts in the vessel's unit; what is free is less than nothing where memory is short."""
        size = 2.0**30 if self.unit == "GiB" else 1e9
        amounts = {name: data[name] / size for name in ("capacity", "reserve", "weights", "cache") if name in data}
        if len(amounts) == 4:
            amounts["free"] = amounts["capacity"] - amounts["reserve"] - amounts["weights"] - amounts["cache"]
        found = {f"{'KV cache' if name == 'cache' else name} [{self.unit}]": value for name, value in amounts.items()}
        if "users" in data and len(amounts) == 5:
            found |= {"users": data["users"], "users that fit": users_inside(data, data["cache"])}
        if "beside_cache" in data:
            case = self.beside or "beside"
            found |= {f"{case}: KV cache [{self.unit}]": data["beside_cache"] / size,
                      f"{case}: users that fit": users_inside(data, data["beside_cache"])}
        return found


def users_inside(data: Mapping[str, Any], cache: Any) -> Any:
    """How many of the users, who share a cache equally, have room beside weights and reserve; all if they keep nothing.

    >>> users_inside({"capacity": 86e9, "weights": 16e9, "reserve": 8.6e9, "users": 8}, 137e9)
    3.0
    """
    room = data["capacity"] - data.get("reserve", 0.0) - data["weights"] + SLACK
    nothing = np.equal(cache, 0)
    fit = np.floor(np.maximum(room, 0) * data["users"] / np.where(nothing, 1.0, cache))
    found = np.where(nothing, data["users"], np.minimum(data["users"], fit))
    return float(found) if isinstance(found, np.ndarray) and not found.ndim else found
