"""Arguments, each declared once: by the type that stands in the signature.

A type such as ``Requests = Annotated[Any, Whole("Requests that are served together.", "request")]`` carries an
`Argument`: its unit, its range, what it asks of the arguments before it, and one sentence. ``@declared`` reads them off
a signature and judges what a person gives, in that order, before the function runs: so the function gets plain numbers
and records. Everybody else reads the same declarations, as ``solve.arguments``: the reference, the batteries of
`solver.testing`, and whoever builds a knob or a command line.

>>> from solver import ServingModel
>>> reserve = ServingModel.solve.arguments["reserve"]
>>> reserve.low, reserve.high, reserve.default, reserve.sentence
(0, 1, 0.0, 'Share of the memory that is kept for driver and activations.')
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, TypeVar, overload

import numpy as np

from solver.base.inquiry import Inquiry
from solver.base.numbers import single_number, together
from solver.text import nearest

Solve = TypeVar("Solve", bound=Callable[..., Any])
Seen = dict[str, Any]  # the arguments judged so far, by name
REQUIRED = inspect.Parameter.empty
OWN = ...  # in `company`: what that argument's own declaration gives


@dataclass(frozen=True, eq=False)
class Argument:
    """What an argument is. The kinds in `kinds` say how its value is made plain."""

    sentence: str
    unit: str | None = None  # None: not a number
    _: KW_ONLY
    low: float | None = None
    high: float | None = None
    above: bool = False  # whether `low` itself is out of range
    asks: Callable[[str, Any, Seen], Any] | None = None  # what goes together with the arguments before it
    otherwise: Callable[[Seen], Any] | None = None  # what stands for it where None, its default, is given
    example: Any = None  # a good value, where the default is none, or slow
    other: Any = None  # another, which moves a field
    company: Mapping[str, Any] = field(default_factory=dict)  # without these it changes nothing; or what makes them
    name: str = ""
    default: Any = REQUIRED
    single: str = ""  # why it has to be a single value; arrays go where it says nothing

    def plain(self, name: str, value: Any) -> Any:
        """The value made plain, or a sentence on what is wrong with it."""
        return value

    def judged(self, name: str, value: Any, seen: Seen) -> Any:
        """The plain value, which goes with the arguments before it."""
        if value is None and self.default is None:
            return None if self.otherwise is None else self.otherwise(seen)
        value = self.plain(name, value)
        return value if self.asks is None else self.asks(name, value, seen)

    @property
    def values(self) -> str:
        """What it may be, as people read it."""
        return ""

    @property
    def counted_in(self) -> str:
        """The unit of a bare number, where one is taken."""
        return self.unit or ""

    @property
    def usual(self) -> Any:
        """A good value: the example, or the default."""
        return self.default if self.example is None else self.example

    @property
    def moved(self) -> Any:
        """Another good value, which moves some field."""
        return self.other


@overload
def declared(solve: Solve) -> Solve: ...
@overload
def declared(*, single: str) -> Callable[[Solve], Solve]: ...
def declared(solve: Any = None, *, single: str = "") -> Any:
    """Have the arguments of a function or method judged as its signature declares them.

    An unknown keyword is answered with the nearest known ones, then each argument is judged in the order of the
    signature, then arrays have to broadcast. With `single`, a reason, every argument has to be a single value that is
    known. The signature stays as it is written; the declarations are in ``.arguments``. A result that comes out knows
    what was asked, judged: its `inquiry`.

    >>> from solver.base.arguments import Requests
    >>> @declared
    ... def twice(batch_size: Requests = 1):
    ...     return 2 * batch_size
    >>> twice(4), twice.arguments["batch_size"].unit
    (8, 'request')
    >>> twice(batchsize=4)
    Traceback (most recent call last):
    TypeError: twice has no argument 'batchsize'. Did you mean batch_size?
    """
    if solve is None:
        return functools.partial(_declared, single=single)
    return _declared(solve, single)


def _declared(solve: Callable[..., Any], single: str) -> Callable[..., Any]:
    """The function that judges first."""
    arguments = {one.name: replace(one, single=single or one.single) for one in _declarations(solve)}
    own = len(inspect.signature(solve).parameters) - len(arguments)  # `self`
    judge = _Judge(solve, arguments)

    @functools.wraps(solve)
    def wrapper(*args: Any, **options: Any) -> Any:
        given = judge.named(args[own:], options)
        if given is None:
            return solve(*args, **options)  # which cannot be called so, and Python says why
        plain = judge.judged(given)
        answer = solve(*args[:own], **plain)
        if getattr(answer, "inquiry", False) is None:  # a result, which nobody has told yet
            vars(answer)["inquiry"] = Inquiry(wrapper, args[:own], plain, given)
        return answer

    wrapper.arguments = types.MappingProxyType(arguments)  # type: ignore[attr-defined]
    return wrapper


def _declarations(solve: Callable[..., Any]) -> Iterator[Argument]:
    """The declared arguments of a function, in the order of its signature."""
    written = types.SimpleNamespace(__annotations__={k: v for k, v in solve.__annotations__.items() if k != "return"})
    hints = typing.get_type_hints(written, solve.__globals__, include_extras=True)
    for place, (name, parameter) in enumerate(inspect.signature(solve).parameters.items()):
        found = [one for one in getattr(hints.get(name), "__metadata__", ()) if isinstance(one, Argument)]
        if found:
            yield replace(found[-1], name=name, default=parameter.default)
        elif place or name != "self":
            raise TypeError(f"{solve.__qualname__} does not declare {name}: annotate it with a type of "
                            f"solver.base.arguments, or with Annotated[Any, ...] and a kind of solver.base.kinds.")


class _Judge:
    """Judges the arguments of one function. What can be known before a call is found once, at its declaration."""

    def __init__(self, solve: Callable[..., Any], arguments: Mapping[str, Argument]) -> None:
        self.title, self.arguments, self.names = solve.__name__, arguments, frozenset(arguments)
        parameters = inspect.signature(solve).parameters
        self.places = tuple(name for name in arguments if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY)
        self.required = {name for name, one in arguments.items() if one.default is REQUIRED}
        self.rows = [(name, one.judged, one.default, _ready(one)) for name, one in arguments.items()]
        self.singles = [one for one in arguments.values() if one.single]

    def named(self, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any] | None:
        """What is given by place and by name, all by name; None where that cannot be."""
        if not self.names >= options.keys():
            name = next(name for name in options if name not in self.names)
            raise TypeError(f"{self.title} has no argument {name!r}. {nearest(name, self.arguments)}")
        given = dict(zip(self.places, args, strict=False)) | options
        fits = len(given) == len(args) + len(options) and self.required <= given.keys()
        return given if fits else None

    def judged(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument, plain."""
        for one in self.singles:
            single_number(one.name, given.get(one.name, one.default), one.single)
        seen: Seen = {}
        name = ""
        try:
            for name, judge, default, ready in self.rows:
                value = given.get(name, default)
                seen[name] = ready if value is default and ready is not REQUIRED else judge(name, value, seen)
        except (ValueError, TypeError) as problem:
            vars(problem)["about"] = self._looked_at(name, given, seen)
            raise
        if np.ndarray in map(type, seen.values()):
            together(**seen)
        return seen

    def _looked_at(self, name: str, given: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
        """What a refusal rests on, as it was given: the argument, and those that its declaration looks at."""
        names = [name]
        for one in names:  # and those that come to it
            argument, watched = self.arguments[one], _Watched(seen)
            with contextlib.suppress(ValueError, TypeError):
                argument.judged(one, given.get(one, argument.default), watched)
            names += [other for other in watched.read if other in self.arguments and other not in names]
        return {one: given[one] for one in names if one in given}


class _Watched(Seen):
    """The arguments judged so far, and which of them somebody looks at."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen)
        self.read: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self.read[name] = None
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read[name] = None
        return super().get(name, default)


def _ready(argument: Argument) -> Any:
    """The plain default, judged once, where it asks nothing of other arguments; else `REQUIRED`."""
    if argument.default is REQUIRED or argument.asks or (argument.default is None and argument.otherwise):
        return REQUIRED
    return argument.judged(argument.name, argument.default, {})
