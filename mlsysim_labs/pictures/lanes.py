"""What happens side by side, to scale from 0: intervals on lanes, and the line at which all of it is done.

The function of a lab returns the intervals of each lane, one after another in seconds, by the lane's name::

    {"lanes": {"read": (("weights", t_weights), ("cache", t_cache)), "multiply": (("multiply", t_work),)},
      "ghost": {"read": sold_read, "multiply": sold_work}, "guess": guessed, "says": said(...)}

What only the table has can follow by its label, ``"also": {"all users [token/s]": rate}``. ``"fits": need <= have``
says whether it can happen at all: nothing is done where memory is too small.

Before the lock another function may write the same widget, with other lanes and ``"posed": 1``: what is shown is the
guess then, and can be dragged. So names and kinds go through the program too, as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.picture import Target, holds_number
from mlsysim_labs.pictures.parts.sentence import Speaks
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.traits import perhaps
from solver.text import nearest

INTERVALS = ("weights", "cache", "multiply", "waiting", "plain")
MOST_LANES, MOST_INTERVALS = 3, 4  # places that `lengths` always has: what changes from pose to truth can be followed
LANES_DATA = ("lanes", "ghost", "done", "guess", "guess_share", "tokens", "ticks", "posed", "says", "also",
              "fits")
UNKNOWN = float("nan")

Interval = tuple[str, Any]


class Lanes(Drawing, Speaks):
    """Up to three lanes of up to four intervals each, on one axis of time; done when the longest lane is.

    `lanes`, `kinds` : a line of text for each lane: its name, and the kinds of its intervals
    `lengths` [s] : four for each of three lanes; `ghost` [s] : lengths of lanes to compare with, NaN for none
    `finish` [s] : when all is done; NaN, ∞, 0 and negative times dim the picture
    `guess` [s], `guess_share` : a flag at a time, or a divider at a share of it all; NaN is none
    `asked` : which of the two it is about; `posed` : 1 while what is drawn is the guess
    `fits` : 0 where the memory is too small for what is drawn: then nothing is done
    `tokens`, `ticks` [s] : of prompt and answer, as squares; a tick for each token in the last interval
    `done`, `parts`, `plays`, `slow` : for good: the words at the finish and for both parts, whether one can *Send*, and
    how many times slower that is shown
    `playing`, `played` : set on the page alone, as a request is sent and has come to its end; `playing` starts it too

    >>> Lanes(done="last token").done
    'last token'
    """

    _esm = script("pictures/parts/drawing.js", "pictures/parts/sentence.js", "pictures/parts/squares.js",
                  "pictures/parts/time_axis.js", "pictures/parts/lens.js", "pictures/parts/playing.js",
                  "pictures/parts/guesses.js", "pictures/lanes.js")
    _css = style("pictures/parts/drawing.css", "pictures/lanes.css")
    lanes = traitlets.Unicode().tag(sync=True)
    kinds = traitlets.Unicode().tag(sync=True)
    lengths: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    ghost: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    finish = perhaps()
    guess = perhaps()
    guess_share = perhaps()
    asked = traitlets.Enum(["", "guess", "guess_share"], default_value="").tag(sync=True)
    posed = traitlets.Float().tag(sync=True)
    fits = traitlets.Float(1.0).tag(sync=True)
    tokens: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    ticks = traitlets.Float().tag(sync=True)
    done = traitlets.Unicode("token done").tag(sync=True)
    parts: Any = traitlets.Tuple(traitlets.Unicode(), traitlets.Unicode(),
                                 default_value=("reading", "writing")).tag(sync=True)
    plays = traitlets.Bool().tag(sync=True)
    slow = traitlets.Float(20.0).tag(sync=True)
    playing = traitlets.Bool().tag(sync=True)
    played = traitlets.Bool().tag(sync=True)

    @classmethod
    def example(cls) -> tuple[Lanes, dict[str, Any]]:
        """One step of decoding: reading takes long, multiplying hardly any time."""
        return cls(), {"lanes": {"read": (("weights", 4.48e-3), ("cache", 1.1e-3)), "multiply": (("multiply", 8e-5),)},
                       "ghost": {"read": 5e-3}, "guess": 2.24e-3}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """All that a pose and a truth may differ in, each time: they take turns on one widget."""
        lanes = self._lanes(data)
        posed, tokens = data.get("posed", 0), data.get("tokens", (0, 0))
        is_pose = isinstance(posed, (int, float)) and bool(posed)
        slots = [slot for lane in lanes.values() for slot in filled_up([t for _, t in lane], MOST_INTERVALS, 0)]
        ghost = [data.get("ghost", {}).get(name, UNKNOWN) for name in lanes]
        asked = next((name for name in ("guess", "guess_share") if name in data), "")
        texts = {"lanes": "\n".join(lanes), "asked": asked,
                 "kinds": "\n".join(" ".join(kind for kind, _ in lane) for lane in lanes.values())}
        single = {name: data.get(name, UNKNOWN) for name in ("guess", "guess_share")}
        single |= {"posed": posed, "ticks": data.get("ticks", 0), "fits": 1.0 * data.get("fits", 1)}
        arrays = {"ghost": filled_up(ghost, MOST_LANES, UNKNOWN), "tokens": list(tokens)}
        return [Target(self, "lengths", as_array(filled_up(slots, MOST_LANES * MOST_INTERVALS, 0)), array=True),
                Target(self, "finish", data.get("done", longest_lane(lanes)), vital=not is_pose),
                *(Target(self, name, as_array(value), array=True, vital=False) for name, value in arrays.items()),
                *(Target(self, name, value, vital=False) for name, value in (texts | single).items()),
                *self.said_targets(data.get("says"))]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Each lane and its intervals, or both parts of a request, when it is done, and what else there is."""
        found: dict[str, Any] = {}
        for name, lane in self._lanes(data).items():
            if self.plays:
                found |= {f"{part} [ms]": 1e3 * t for part, (_, t) in zip(self.parts, lane, strict=False)}
                continue
            found[f"{name} [ms]"] = 1e3 * lane_length(lane)
            found |= {f"{name}: {kind} [ms]": 1e3 * t for kind, t in told_apart(lane)} if len(lane) > 1 else {}
        found[f"{self.done} [ms]"] = 1e3 * data.get("done", longest_lane(self._lanes(data)))
        return found | dict(data.get("also", {}))

    def _lanes(self, data: Mapping[str, Any]) -> dict[str, list[Interval]]:
        self.known(data, *LANES_DATA)
        lanes = data.get("lanes")
        if not isinstance(lanes, Mapping) or not 0 < len(lanes) <= MOST_LANES:
            raise TypeError(f"'lanes' of a Lanes is a dict of up to {MOST_LANES} lanes: their intervals by their name.")
        for name, lane in lanes.items():
            if not isinstance(lane, (tuple, list)) or not 0 < len(lane) <= MOST_INTERVALS:
                raise TypeError(f"the lane {name!r} is up to {MOST_INTERVALS} intervals, each of which is "
                                f"(kind, seconds).")
            for interval in lane:
                check_interval(name, interval)
        for name in data.get("ghost", {}):
            if name not in lanes:
                raise TypeError(f"'ghost' of a Lanes has no lane {name!r}. {nearest(name, lanes)}")
        return {name: list(lane) for name, lane in lanes.items()}


def check_interval(name: str, interval: Any) -> None:
    """TypeError unless an interval is a kind and a single number."""
    if not isinstance(interval, tuple) or len(interval) != 2 or np.ndim(interval[1]) or not holds_number(interval[1]):
        raise TypeError(f"an interval in the lane {name!r} is (kind, seconds).")
    kind = interval[0]
    if kind not in INTERVALS:
        raise TypeError(f"the lane {name!r} has no interval of {kind!r}. {nearest(str(kind), INTERVALS)}")


def lane_length(lane: list[Interval]) -> Any:
    """How long a lane is."""
    return sum((length for _, length in lane[1:]), start=lane[0][1])


def longest_lane(lanes: Mapping[str, list[Interval]]) -> Any:
    """How long the longest lane is."""
    first, *others = map(lane_length, lanes.values())
    for other in others:
        first = np.maximum(first, other)
    return first


def told_apart(lane: list[Interval]) -> list[Interval]:
    """The intervals, with a number at what comes twice.

    >>> told_apart([("plain", 1), ("weights", 2), ("plain", 3)])
    [('plain', 1), ('weights', 2), ('plain 2', 3)]
    """
    kinds = [kind for kind, _ in lane]
    count = [kinds[:i + 1].count(kind) for i, kind in enumerate(kinds)]
    return [(f"{kind} {n}" if n > 1 else kind, length) for (kind, length), n in zip(lane, count, strict=True)]


def filled_up(values: list[Any], size: int, more: float) -> list[Any]:
    """The values, and `more` in the places that are left.

    >>> filled_up([1, 2], 4, 0)
    [1, 2, 0, 0]
    """
    return [*values, *[more] * (size - len(values))]


def as_array(values: list[Any]) -> Any:
    """Numbers, some of which may be symbols, as an array."""
    return np.stack([value if hasattr(value, "is_symbol") else np.asarray(value, float) for value in values])
