"""Controls and functions of them, twice: as values in a graph for the kernel, and as symbols for the browser's program.

Each function is traced when it is declared. One that cannot be is kernel-only, and its numbers become
inputs of the program, which arrive after a move instead of with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph, NodeError
from mlsysim_labs.reactive.trace import Untraceable, trace
from mlsysim_labs.reactive.values import flat_values, kernel_symbols
from solver.text import nearest


class Wiring:
    """What a lab's knobs and functions are, and what each of them is now."""

    def __init__(self, settled: Callable[[], None]) -> None:
        self.graph = Graph()
        self.controls: dict[str, Control] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.symbols: dict[str, Any] = {}
        self.kernel_only: dict[str, str] = {}  # functions that follow the kernel, and why
        self._settled = settled  # told when a change is complete
        self._held = 0

    # controls ---------------------------------------------------------------------------------------------------

    def add(self, control: Control) -> None:
        """A control under its name, which functions ask for."""
        name = control.name
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be a control: functions ask for it by name, so give a Python name.")
        self.graph.add(name, control.read(control.raw))
        self.controls[name], self.symbols[name] = control, control.symbol
        control.widget.observe(lambda change: self._moved(control), control.trait)
        control.widget.add_class(f"lab-control-{name}")

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

    def retrace(self, traced: Callable[[str, Any], None]) -> None:
        """Follow every function again, in order: a replaced one changes what its followers are made of.

        `traced` is told of each, and may refuse what cannot be shown by raising Untraceable.
        """
        self.kernel_only.clear()
        for name, function in self.functions.items():
            try:
                made = trace(function, **{need: self.symbols[need] for need in self.graph.needs(name)})
                traced(name, made)
            except Untraceable as problem:
                self.kernel_only[name] = str(problem)
                made = self._kernel_symbols(name, traced)
            self.symbols[name] = made

    def _kernel_symbols(self, name: str, traced: Callable[[str, Any], None]) -> Any:
        """Symbols in the shape of what the kernel computes; nothing, while it cannot."""
        try:
            made = kernel_symbols(name, self.graph[name])
        except NodeError:
            return None
        traced(name, made)
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

    def waits(self, name: str) -> bool:
        """Whether a function, or one before it, follows the kernel."""
        return not self.kernel_only.keys().isdisjoint(self.ancestors([name]))

    def values_at(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Every value when the controls stand there; what cannot be computed is left out. Nothing moves."""
        values = {name: control.read(raw[name]) for name, control in self.controls.items()}
        with np.errstate(all="ignore"):
            for name, function in self.functions.items():
                needs = self.graph.needs(name)
                if values.keys() >= set(needs):
                    with suppress(ValueError):  # `solve` refuses where the program dims
                        values[name] = function(**{need: values[need] for need in needs})
        return values

    def kernel_state(self, shown: Iterable[str]) -> dict[str, Any]:
        """What only the kernel can compute for the functions shown, the settings that it is true for, what failed."""
        wanted = self.ancestors(shown)
        values: dict[str, Any] = {}
        for name in self.kernel_only.keys() & wanted:
            if self.graph.problem(name) is None:
                values |= flat_values(name, self.graph[name])
        problems = {name: self.graph.problem(name) for name in shown if self.waits(name)}
        return {"values": values, "at": self.raw, "problems": {n: said for n, said in problems.items() if said}}
