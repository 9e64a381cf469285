"""Texts of a command line made into what `solve` takes: numbers, quantities, words, records by their names.

What an argument takes is read off its declaration; the text is made plain here, and judged by `solve`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from mlsysim_labs.commands.named_records import listing_of, record_meant, recorded_in
from mlsysim_labs.commands.names import meant_name, zoo_of
from solver.base.declared import Argument
from solver.base.kinds import Amount, Named, Number, OneOf, RecordOf, YesNo
from solver.base.recorded import Recorded
from solver.units import Q_

NUMBER_TEXT = re.compile(r"([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf(?:inity)?)\s*(.*)", re.I | re.S)
UNIT_WORD = r"[A-Za-zµμ%]{1,20}(\^[1-3])?"
UNIT_TEXT = re.compile(rf"(1 ?/ ?)?{UNIT_WORD}( ?[/*·] ?{UNIT_WORD}){{0,4}}")  # nothing that would be computed
MARKED_NUMBER = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
THOUSANDS_TEXT = re.compile(r"([\d.]+)\s*(k|m|g|t)", re.I)  # what may be a thousand, or 1,024
WORDS_FOR = {"yes": True, "true": True, "no": False, "false": False}
YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
MOST_POINTS = 10_000


def option(name: str) -> str:
    """The option of an argument: ``--batch-size``."""
    return f"--{name.replace('_', '-')}"


def single_value(argument: Argument, text: str) -> Any:
    """The value that a text stands for.

    >>> from solver import ServingModel
    >>> asked = ServingModel.solve.arguments
    >>> single_value(asked["seq_len"], "8192"), single_value(asked["hardware"], "h100").name
    (8192, 'NVIDIA H100 SXM')
    >>> print(single_value(asked["network_bandwidth"], "50 GB/s"))
    50 GB/s
    """
    text = text.strip()
    like = argument.pair()[0] if isinstance(argument, RecordOf) else argument.usual
    if isinstance(like, Mapping):
        return dict(_named_value(argument, part) for part in parts_of(text))
    if isinstance(like, (list, tuple)):
        return [_one(argument, part) for part in parts_of(text)]
    if (len(parts_of(text)) > 1 and not MARKED_NUMBER.fullmatch(text)) or (
            isinstance(argument, Number) and ".." in text):
        raise ValueError(f"{option(argument.name)} is {text!r}, and has one value here: compare, sweep and explore "
                         f"take several.")
    return _one(argument, text)


def _named_value(argument: Argument, text: str) -> tuple[str, Any]:
    """One of several values by name, such as ``batch_size=64``."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise ValueError(f"{option(argument.name)} is {text!r}: write names with their values, such as "
                         f"{','.join(f'{key}={one}' for key, one in argument.moved.items())}.")
    return name.replace("-", "_"), WORDS_FOR.get(value.casefold(), number_or_text(name, value))


def _one(argument: Argument, text: str) -> Any:
    if isinstance(argument, YesNo):
        return _yes_or_no(argument, text)
    if isinstance(argument, OneOf):
        words = {str(choice): choice for choice in argument.choices}
        return words[meant_name(text, words, option(argument.name))]
    if isinstance(argument, Recorded) and not NUMBER_TEXT.fullmatch(text):
        return _recorded(argument, text)
    if isinstance(argument, Number):
        return _number(argument, text)
    if isinstance(argument, RecordOf):
        return record_meant(argument, text, option(argument.name))
    return _name_or_text(argument, text)


def _recorded(argument: Recorded, text: str) -> Any:
    """The record that has the figure, by its name."""
    zoo, name = argument.zoo(), option(argument.name)
    try:
        return recorded_in(zoo, text, name, listing_of(zoo_of(next(iter(zoo)))[0]))
    except ValueError as problem:
        said = "" if "Did you mean" in str(problem) or "may be" in str(problem) else (
            f", or write a quantity, such as '{argument.sample}'.")
        raise ValueError(f"{problem}{said}") from None


def names_like(usual: Any) -> list[str]:
    """The names in the zoos that an argument's usual values stand in: of one whose kind says no more."""
    usual = usual if isinstance(usual, (list, tuple)) else [usual]
    found = [zoo_of(one)[1] for one in usual if isinstance(one, str)]
    return list(dict.fromkeys(name for zoo in found for name in zoo.keys()))  # noqa: SIM118 - a zoo has records


def _name_or_text(argument: Argument, text: str) -> Any:
    """A number, a name like the usual ones, or what stands there, for the argument to judge."""
    value = number_or_text(argument.name, text)
    try:
        return meant_name(value, names_like(argument.usual), argument.name) if isinstance(value, str) else value
    except ValueError:
        return value


def _yes_or_no(argument: Argument, text: str) -> bool:
    if text.casefold() not in (*YES, *NO):
        raise ValueError(f"{option(argument.name)} is {text!r}: write yes or no.")
    return text.casefold() in YES


def _number(argument: Number, text: str) -> Any:
    value = number_of(argument.name, text)
    bare = isinstance(value, (int, float))
    if bare and isinstance(argument, Amount):
        sample = argument.sample or f"2 {argument.unit}"
        raise ValueError(f"{option(argument.name)} is {text}, without a unit: write '{sample}', for example.")
    if bare or argument.unit or isinstance(argument, Named):
        return value
    raise ValueError(f"{option(argument.name)} is {text!r}, and should be a number without a unit.")


def number_of(name: str, text: str) -> Any:
    """A number, or a quantity where a unit follows it.

    >>> number_of("seq_len", "8_192"), number_of("reserve", "0.1"), number_of("kv_cache_size", "2 GiB")
    (8192, 0.1, <Quantity(2, 'gibibyte')>)
    """
    if MARKED_NUMBER.fullmatch(text):
        raise ValueError(f"{option(name)} is {text!r}: write {text.replace(',', '')}, without marks, if that is one "
                         f"number.")
    found = NUMBER_TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{option(name)} is {text!r}, and should be a number.")
    value = float(found[1])
    number = int(value) if value.is_integer() and abs(value) < 1e15 else value
    return number if not found[2] else _quantity(name, text, number, found[2])


def _quantity(name: str, text: str, number: float, unit: str) -> Any:
    import pint

    many = THOUSANDS_TEXT.fullmatch(text)
    if many:
        power, value = "kmgt".index(many[2].casefold()) + 1, float(many[1])
        raise ValueError(f"{option(name)} is {text!r}, which may be {value * 1000**power:.15g} or "
                         f"{value * 1024**power:.15g}: write the number.")
    try:
        if not UNIT_TEXT.fullmatch(unit):
            raise ValueError
        return Q_(number, unit)
    except (ValueError, AttributeError, pint.PintError):
        raise ValueError(f"{option(name)} is {text!r}, and {unit!r} is no unit that is known. Units are such as GB/s, "
                         f"GiB, TFLOP/s, ms, W, token, request/s, USD/kWh.") from None


def number_or_text(name: str, text: str) -> Any:
    """What stands there, of an argument that says no more of itself."""
    try:
        return number_of(name, text)
    except ValueError:
        return text


def parts_of(text: str) -> list[str]:
    """What commas separate, those in parentheses aside.

    >>> parts_of("H100, Fleet(DGX_H100, 2)")
    ['H100', 'Fleet(DGX_H100, 2)']
    """
    return [part.strip() for part in re.split(r",(?![^(]*\))", text)]


def several_values(argument: Argument, text: str) -> list[Any]:
    """The values of a list or a range: ``1,2,8``, ``1..256`` (each the double), ``0..1:0.25`` (in steps).

    A unit at the end is that of all of them.

    >>> from solver import ServingModel
    >>> asked = ServingModel.solve.arguments
    >>> several_values(asked["batch_size"], "1..6"), several_values(asked["reserve"], "0..0.3:0.1")
    ([1, 2, 4, 6], [0, 0.1, 0.2, 0.3])
    >>> [str(rate) for rate in several_values(asked["network_bandwidth"], "50,100 GB/s")]
    ['50 GB/s', '100 GB/s']
    """
    parts = parts_of(text)
    if not all(parts):
        raise ValueError(f"{option(argument.name)} is {text!r}, " + (
            "with nothing between two commas." if text.strip() else "which is nothing: leave it out, or give a value."))
    if isinstance(argument, Number):
        unit = _last_unit(parts[-1])
        parts = [each for part in parts for each in _range(argument, part, unit)]
    return [single_value(argument, part) for part in parts]


def _last_unit(text: str) -> str:
    found = NUMBER_TEXT.fullmatch(text.rpartition("..")[2].rpartition(":")[2])
    return found[2] if found else ""


def _range(argument: Number, part: str, unit: str) -> list[str]:
    """The texts of all numbers of a range; of one number, its own with the unit that all have."""
    first, dots, rest = part.partition("..")
    last, colon, step = rest.partition(":")
    ends = [_with_unit(end.strip(), unit) for end in (first, last, step) if end.strip()]
    if not dots:
        return ends[:1]
    if len(ends) != 2 + bool(colon):
        raise ValueError(f"{option(argument.name)} is {part!r}: a range is 1..256, each the double of the one before, "
                         f"or 0..1:0.1, in steps.")
    low, high, *steps = (_plain(argument, end, unit) for end in ends)
    return [_with_unit(f"{number:.12g}", unit) for number in _steps(argument, part, low, high, *steps)]


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and re.fullmatch(r"[-+.\de_]+", text, re.I) else text


def _plain(argument: Number, text: str, unit: str) -> float:
    value = number_of(argument.name, text)
    return float(value.m_as(unit)) if hasattr(value, "units") else float(value)


def _steps(argument: Number, part: str, low: float, high: float, step: float | None = None) -> list[float]:
    """Numbers from low to high: doubled, or in steps; the last is high itself, where doubling misses it."""
    name = option(argument.name)
    if not -float("inf") < low < high < float("inf"):
        raise ValueError(f"{name} is {part!r}: a range goes from a number to a larger one.")
    if step is None:
        if low <= 0:
            raise ValueError(f"{name} is {part!r}: from {low:g} on nothing doubles. Give a step, as in {part}:"
                             f"{(high - low) / 4:g}.")
        return [*(math.ldexp(low, power) for power in range(math.ceil(math.log2(high) - math.log2(low)))), high]
    if not step > 0 or (high - low) / step > MOST_POINTS:
        raise ValueError(f"{name} is {part!r}: the step has to be above 0, and lead to {MOST_POINTS:,} values at most.")
    return [low + place * step for place in range(int((high - low) / step * (1 + 1e-12)) + 1)]
