"""Which formulas ran, with which arguments, and what they gave: watched while a result is computed once more.

So whoever explains a result asks the formulas themselves, and nothing is said twice. It costs a solve nothing, for it
happens only when somebody asks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from solver.base.equation import has_equation


@dataclass(eq=False)
class Call:
    """A formula that ran: `given` are its arguments, `inside` the formulas that it called."""

    formula: Callable[..., Any]
    given: dict[str, Any]
    inside: list[Call] = field(default_factory=list)
    value: Any = None

    @property
    def name(self) -> str:
        return self.formula.__name__

    @property
    def doc(self) -> str:
        return self.formula.__doc__ or ""

    def below(self) -> Iterator[Call]:
        """All that ran inside, what is nearer first."""
        level = self.inside
        while level:
            yield from level
            level = [one for call in level for one in call.inside]


def watched(compute: Callable[[], Any]) -> tuple[Any, Call]:
    """What `compute` gives, and a call that has inside what ran meanwhile.

    >>> from solver.formulas.memory import kv_pages
    >>> [call.given for call in watched(lambda: kv_pages(17, 16))[1].inside]
    [{'context': 17, 'page': 16}]
    """
    root = Call(compute, {})
    before = sys.getprofile()
    sys.setprofile(_Watch(root))
    try:
        root.value = compute()
    finally:
        sys.setprofile(before)
    return root.value, root


class _Watch:
    """What Python tells of each function that begins and ends."""

    def __init__(self, root: Call) -> None:
        self.running = [root]
        self.frames: list[FrameType] = []

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        if event == "call":
            formula = _formula_of(frame)
            if formula is not None:
                call = Call(formula, dict(frame.f_locals))
                self.running[-1].inside.append(call)
                self.running.append(call)
                self.frames.append(frame)
        elif event == "return" and self.frames and self.frames[-1] is frame:
            self.frames.pop()
            self.running.pop().value = value


def _formula_of(frame: FrameType) -> Callable[..., Any] | None:
    """The formula that a frame runs: a public function of a module, whose docstring has an equation."""
    code = frame.f_code
    function = None if code.co_name.startswith("_") else frame.f_globals.get(code.co_name)
    if getattr(function, "__code__", None) is code and function is not None and has_equation(function.__doc__ or ""):
        return function
    return None
