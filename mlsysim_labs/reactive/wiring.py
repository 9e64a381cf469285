"""Controls and functions of them, twice: as values in a graph for the kernel, and as symbols for the browser's program.

Each function is traced when it is declared, and so are those that follow from it; the rest of the lab is left alone.
One that cannot be traced is kernel-only: it follows the kernel, and its numbers become inputs of the program, which
arrive after a move instead of with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import numpy as np

from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph, NodeError, needs_of
from mlsysim_labs.reactive.trace import Untraceable, size, symbol, trace
from mlsysim_labs.reactive.values import flat_values, kernel_symbols
from solver.text import nearest

LONGEST_PROGRAM = 20_000  # instructions: what a page carries out within a frame
GUESS = "guess"  # what a learner believes, which functions may ask for; NaN while there is none on the stage


class Wiring:
    """What a lab's knobs and functions are, and what each of them is now.

    `settled` is told when a change is complete; `traced` of each function that was followed, with its symbols, and may
    refuse what cannot be shown by raising Untraceable.
    """

    def __init__(self, settled: Callable[[], None], traced: Callable[[str, Any], None]) -> None:
        self.graph = Graph(**{GUESS: math.nan})
        self.controls: dict[str, Control] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.constants: dict[str, Any] = {}  # what functions ask for and no knob moves; a question may say others
        self.symbols: dict[str, Any] = {GUESS: symbol(GUESS)}
        self.kernel_only: dict[str, str] = {}  # functions that follow the kernel, and why
        self.too_long: dict[str, str] = {}  # functions whose program does not fit a frame, in a sentence
        self._settled, self._traced = settled, traced
        self._held = 0
        self.version = 0  # of what is declared: what was computed from an older one is to be forgotten

    # controls ---------------------------------------------------------------------------------------------------

    def add(self, control: Control) -> None:
        """A control under its name, which functions ask for."""
        name = control.name
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be a control: functions ask for it by name, so give a Python name.")
        if name == GUESS:
            raise ValueError(f"{name!r} is what a learner guesses, and no control can be called so.")
        if name in self.constants:
            raise ValueError(f"{name!r} is drawn here: give the control another name.")
        self.graph.add(name, control.read(control.raw))
        self.controls[name], self.symbols[name] = control, control.symbol
        control.widget.observe(lambda change: self._moved(control), control.trait)
        control.widget.add_class(f"lab-control-{name}")
        self._retrace(name)

    def fix(self, name: str, value: Any) -> None:
        """A constant under its name, which functions ask for."""
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be drawn: functions ask for it by name, so give a Python name.")
        if name in self.controls or name == GUESS:
            kind = "what a learner guesses" if name == GUESS else "a control"
            raise ValueError(f"{name!r} is {kind} here: give the draw another name.")
        self.graph.add(name, value)
        self.constants[name] = self.symbols[name] = value
        self._retrace(name)

    def control(self, name: str) -> Control:
        """The control of that name."""
        if name not in self.controls:
            raise KeyError(f"There is no control {name!r}. {nearest(name, self.controls)}")
        return self.controls[name]

    def raw_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Raw values for controls by name; ValueError or KeyError, with the nearest, where there are none."""
        return {name: self.control(name).raw_of(value) for name, value in values.items()}

    def move(self, raw: Mapping[str, Any]) -> None:
        """Move controls; what follows is computed once."""
        with self.hold():
            for name, value in raw.items():
                setattr(self.controls[name].widget, self.controls[name].trait, value)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Compute once for many changes."""
        self._held += 1
        try:
            with self.graph.hold():
                yield
        finally:
            self._held -= 1
            if not self._held:
                self._settled()

    def _moved(self, control: Control) -> None:
        with self.hold():
            self.graph.set(**{control.name: control.read(control.raw)})

    @property
    def raw(self) -> dict[str, Any]:
        """Where the controls stand."""
        return {name: control.raw for name, control in self.controls.items()}

    @property
    def start(self) -> dict[str, Any]:
        """Where they stood in the beginning."""
        return {name: control.start for name, control in self.controls.items()}

    # functions --------------------------------------------------------------------------------------------------

    def derive(self, function: Callable[..., Any]) -> None:
        """A function of controls and other functions, whose parameters name what it asks for."""
        self.graph.derive(function)
        self.functions[function.__name__] = function
        self._retrace(function.__name__)

    def _retrace(self, changed: str) -> None:
        """Follow what changed, if it is a function, and all that follows from it, in order."""
        self.version += 1
        stale = {changed}
        for name in self.functions:
            if name in stale or not stale.isdisjoint(self.graph.needs(name)):
                stale.add(name)
                self._follow(name)

    def _follow(self, name: str) -> None:
        """Trace one function; if it cannot be, the kernel computes it."""
        self.kernel_only.pop(name, None)
        self.too_long.pop(name, None)
        try:
            made = trace(self.functions[name], **{need: self.symbols[need] for need in self.graph.needs(name)})
            self._traced(name, made)
        except Untraceable as problem:
            self.kernel_only[name] = str(problem)
            made = self._kernel_symbols(name)
        self.symbols[name] = made
        instructions = size(made)
        if instructions > LONGEST_PROGRAM:
            self.too_long[name] = (
                f"{name} takes {instructions:,} instructions in the browser, and a frame has time for "
                f"{LONGEST_PROGRAM:,}: use fewer points, or whole arrays instead of a loop.")

    def _kernel_symbols(self, name: str) -> Any:
        """Symbols in the shape of what the kernel computes; nothing, while it cannot."""
        try:
            made = kernel_symbols(name, self.graph[name])
        except NodeError:
            return None
        self._traced(name, made)
        return made

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """The functions among `names`, and all functions that they need."""
        found: set[str] = set()
        waiting = [name for name in names if name in self.functions]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [need for need in self.graph.needs(name) if need in self.functions]
        return found

    def needed(self, names: Iterable[str]) -> set[str]:
        """The controls that functions follow."""
        return {need for name in self.ancestors(names) for need in self.graph.needs(name) if need in self.controls}

    def constants_of(self, names: Iterable[str]) -> set[str]:
        """The constants among `names`, and those that functions among them follow."""
        wanted = set(names)
        asked = {need for name in self.ancestors(wanted) for need in self.graph.needs(name)}
        return (wanted | asked) & self.constants.keys()

    def waits(self, name: str) -> bool:
        """Whether a function, or one before it, follows the kernel."""
        return not self.kernel_only.keys().isdisjoint(self.ancestors([name]))

    def followed(self, name: str) -> list[str]:
        """The controls that only the kernel follows for a function: what it gives is old when one of them has moved."""
        return sorted(self.needed(self.kernel_only.keys() & self.ancestors([name])))

    # values at other settings -----------------------------------------------------------------------------------

    def values_at(self, raw: Mapping[str, Any], wanted: Iterable[str] | None = None,
                  said: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """Values when the controls stand there: of `wanted` and what they need, or of everything. Nothing moves.

        What cannot be computed is left out, and so is what follows from it. `raw` may have a guess; `said` has
        constants that are others there, and names that only a question knows.
        """
        values = {name: control.read(raw[name]) for name, control in self.controls.items()}
        values |= {**self.constants, GUESS: raw.get(GUESS, math.nan), **said}
        needed = self.functions.keys() if wanted is None else self.ancestors(wanted)
        with np.errstate(all="ignore"):
            for name in (n for n in self.functions if n in needed):
                needs = self.graph.needs(name)
                if values.keys() >= set(needs):
                    with suppress(ValueError):  # `solve` refuses where the program dims
                        values[name] = self.functions[name](**{need: values[need] for need in needs})
        return values

    def value_at(self, formula: Callable[..., Any], at: Mapping[str, Any], guess: float = math.nan,
                 said: Mapping[str, Any] = MappingProxyType({})) -> Any:
        """What a function of the lab's names gives where the controls start, but for `at`, and what is `said`."""
        needs = needs_of(formula)
        values = self.values_at(self.start | self.raw_of(at) | {GUESS: guess}, needs, said)
        missing = [need for need in needs if need not in values]
        if missing:
            raise NameError(f"{formula.__name__} asks for {missing[0]!r}, which the lab does not have there. "
                            f"{nearest(missing[0], values)}")
        return formula(**{need: values[need] for need in needs})

    def kernel_state(self, shown: Iterable[str]) -> dict[str, Any]:
        """What only the kernel can compute for the functions shown, the settings that it is true for, what failed."""
        wanted = self.ancestors(shown)
        values: dict[str, Any] = {}
        for name in self.kernel_only.keys() & wanted:
            if self.graph.problem(name) is None:
                values |= flat_values(name, self.graph[name])
        problems = {name: self.graph.problem(name) for name in shown if self.waits(name)}
        return {"values": values, "at": self.raw, "problems": {n: said for n, said in problems.items() if said}}
