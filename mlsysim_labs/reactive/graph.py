"""Named values, and functions of them whose parameter names are the wiring.

Setting a value computes nothing: it marks the functions that follow from it, and each is computed when it is
asked for, or, if somebody observes it, when the change is complete. A function that fails keeps its mark and one
sentence; what follows from it is stale, not wrong, until a value changes and it heals.

>>> graph = Graph(context=8192, users=8)
>>> @graph.derive
... def tokens(context, users):
...     return context * users
>>> graph["tokens"]
65536
>>> graph.set(users=2)
>>> graph["tokens"]
16384
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from solver.text import nearest

Function = TypeVar("Function", bound=Callable[..., Any])


class NodeError(ValueError):
    """A function of the graph could not be computed; the sentence names it, and what it is waiting for."""


@dataclass
class GraphNode:
    """A function, what it asks for, and its last value while that is true."""

    function: Callable[..., Any]
    needs: tuple[str, ...]
    value: Any = None
    stale: bool = True
    problem: Exception | None = None


class Graph:
    """Values by name and functions of them. A function asks for names that exist already, so there is no cycle."""

    def __init__(self, **values: Any) -> None:
        self._values: dict[str, Any] = dict(values)
        self._nodes: dict[str, GraphNode] = {}
        self._watched: dict[str, list[Callable[[Any], Any]]] = {}
        self._moved: set[str] = set()  # watched functions that a change has marked
        self._held = 0

    # reading ----------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """The value of that name, computed now if it has to be; NodeError if it cannot."""
        if name in self._values:
            return self._values[name]
        if name not in self._nodes:
            raise KeyError(f"There is no {name!r} here. {nearest(name, self.names())}")
        node = self._nodes[name]
        if node.stale and node.problem is None:
            self._compute(name, node)
        if node.problem is not None:
            raise NodeError(str(node.problem)) from node.problem
        return node.value

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._nodes

    def names(self) -> list[str]:
        """Every name, values first, each function after what it asks for."""
        return [*self._values, *self._nodes]

    def needs(self, name: str) -> tuple[str, ...]:
        """What a function asks for; nothing for a value."""
        return self._nodes[name].needs if name in self._nodes else ()

    def problem(self, name: str) -> str | None:
        """The sentence of a function that cannot be computed; None if all is well."""
        try:
            self[name]
        except NodeError as error:
            return str(error)
        return None

    def _compute(self, name: str, node: GraphNode) -> None:
        try:
            needs = {need: self[need] for need in node.needs}
        except NodeError as error:
            first = str(error).rpartition(" waits: ")[2]  # the sentence of the one that failed, not of those between
            node.problem = NodeError(f"{name} waits: {first}")
            return
        try:
            node.value = node.function(**needs)
        except Exception as error:  # whatever a student's function raises becomes a sentence, not a dead lab
            node.problem = NodeError(f"{name} failed: {str(error) or 'it gave no reason'} ({type(error).__name__})")
            node.problem.__cause__ = error
        else:
            node.stale = False

    # writing ----------------------------------------------------------------------------------------------------

    def add(self, name: str, value: Any) -> None:
        """A new value that can be set."""
        if name in self._nodes:
            raise ValueError(f"{name!r} is a function here, so it cannot be a value too: choose another name.")
        with self.hold():
            self._values[name] = value
            self._mark({name})

    def set(self, **values: Any) -> None:
        """Change values. What somebody observes is computed once, when all of them are in place."""
        for name in values:
            if name in self._nodes:
                raise ValueError(f"{name!r} follows from {', '.join(self._nodes[name].needs)}: set those instead.")
            if name not in self._values:
                raise KeyError(f"There is no value {name!r} to set. {nearest(name, self._values)}")
        with self.hold():
            self._values.update(values)
            self._mark(set(values))

    def derive(self, function: Function) -> Function:
        """Add a function under its own name; a second one of that name replaces the first. Returns it unchanged.

        Parameters without a default are the names it asks for.
        """
        name = function.__name__
        if name in self._values:
            raise ValueError(f"{name!r} is a value here, so it cannot be a function too: choose another name.")
        needs = needs_of(function)
        nodes = list(self._nodes)
        earlier = [*self._values, *(nodes[: nodes.index(name)] if name in self._nodes else nodes)]
        for need in needs:
            if need not in earlier:
                raise NameError(f"{name} asks for {need!r}, which does not come before it. {nearest(need, earlier)}")
        with self.hold():
            self._nodes[name] = GraphNode(function, needs)
            self._mark({name})
        return function

    def _mark(self, names: builtins.set[str]) -> None:
        """Mark every function that follows from `names`: nodes stand in an order in which one pass finds them."""
        for name, node in self._nodes.items():
            if name in names or names.intersection(node.needs):
                names.add(name)
                node.stale, node.problem = True, None
        self._moved |= names & set(self._watched)

    # observing --------------------------------------------------------------------------------------------------

    def observe(self, call: Callable[[Any], Any], name: str) -> Callable[[], None]:
        """Call `call` with the value of `name` after each change that it follows from; with a NodeError where it
        cannot be computed. Returns a function that ends it.
        """
        if name not in self:
            raise KeyError(f"There is no {name!r} here. {nearest(name, self.names())}")
        self._watched.setdefault(name, []).append(call)

        def stop() -> None:
            self._watched[name].remove(call)

        return stop

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Tell observers nothing until the outermost `hold` ends; then each of them once."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held:
                self._tell()

    def _tell(self) -> None:
        moved, self._moved = self._moved, set()
        problems = []
        for name in (n for n in self.names() if n in moved):
            try:
                value = self[name]
            except NodeError as error:
                value = error
            for call in list(self._watched[name]):
                try:
                    call(value)
                except Exception as problem:  # one observer's mistake must not leave the others behind
                    problems.append(problem)
        if problems:
            raise problems[0]


def needs_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names that a function asks for: its parameters without a default."""
    needs = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{function.__name__} takes {parameter}: name each value that it asks for as a parameter.")
        if parameter.default is parameter.empty:
            needs.append(name)
    return tuple(needs)
