"""Records that a text names: of a zoo, of a file of one's own, or made in place: ``128xDGX_H100/NDR``."""

from __future__ import annotations

import pathlib
import re
import sys
import warnings
from typing import Any

from mlsysim_labs.commands.names import (
    begun_names,
    folded_name,
    meant_name,
    public_names,
    questions,
    records_in,
    zoo_of,
    zoos,
)
from solver.base.kinds import RecordOf

CALL_TEXT = re.compile(r"(\w+)\((.*)\)", re.S)
FLEET_TEXT = re.compile(r"(\d+)\s*[x×*]\s*(?:(\d+)\s*[x×*]\s*)?([^/]+)(?:/([^/]+))?(?:/([^/]+))?", re.I)
FILE_ENDINGS = (".json", ".toml")  # of records of one's own
A_CLASS = "class with solve"  # how an argument begins that takes a class of the solver
QUOTED = re.compile(r"'([\w-]+)'")  # in what an argument says of its values


def record_meant(argument: RecordOf, text: str, name: str) -> Any:
    """The record, or the name of one, that an argument means by a text."""
    words = QUOTED.findall(argument.values)
    same = [word for word in words if folded_name(word) == folded_name(text)]
    if same:
        return same[0]
    example = argument.pair()[0]
    made = _of_other_kind(argument, text, name) or record_of_file(type(example), text) or made_record(example, text)
    if made is not None:
        return made
    return _of_zoo(argument, example, text, name, words)


def _of_other_kind(argument: RecordOf, text: str, name: str) -> Any:
    """A class, a fleet or a record of another zoo, for an argument that takes either; None where it is none of them."""
    if argument.of.startswith(A_CLASS):
        return class_with_solve(text)
    if FLEET_TEXT.fullmatch(text):
        return fleet_meant(text) if "fleet" in kinds_of(argument) else None
    title, zoo = second_zoo(argument)
    if not zoo or pathlib.Path(text).suffix in FILE_ENDINGS:
        return None
    try:
        return recorded_in(zoo, text, name, listing_of(title))
    except ValueError as problem:
        if "Did you mean" in str(problem) or "may be" in str(problem):
            raise
        raise ValueError(f"{name} {text!r} is neither a fleet such as 128xDGX_H100 nor one of the {title} that are "
                         f"known. {' '.join(str(problem).split('. ')[1:])}") from None


def kinds_of(argument: RecordOf) -> list[str]:
    """What an argument takes, where it takes one of several: "fleet or fabric"."""
    kinds = argument.of.split(" or ")
    return kinds if len(kinds) > 1 else []


def second_zoo(argument: RecordOf) -> tuple[str, Any]:
    """The zoo of what else a fleet may be, for an argument that takes a fleet or that."""
    kinds = kinds_of(argument)
    found = zoos() if kinds[:1] == ["fleet"] else {}
    return next(((f"{kind}s", found[f"{kind}s"]) for kind in kinds if f"{kind}s" in found), ("", {}))


def recorded_in(zoo: Any, text: str, name: str, listing: str) -> Any:
    """The record of a zoo that a text names: by its key, completed, or as it calls itself."""
    called = {folded_name(str(record)): key for key, record in records_in(zoo).items()}
    return zoo[called.get(folded_name(text)) or meant_name(text, zoo.keys(), name, listing)]


def class_with_solve(text: str) -> Any:
    """The public class with `solve` of that name; None where there is none."""
    found = {folded_name(name): member for name, member in questions().items() if isinstance(member, type)}
    return found.get(folded_name(text))


def _of_zoo(argument: RecordOf, example: Any, text: str, name: str, words: list[str]) -> Any:
    title, zoo = zoo_of(example)
    if isinstance(example, str) and _is_judged_good(argument, text):
        return text  # another name that people use, such as bfloat16
    called = {folded_name(str(record)): key for key, record in records_in(zoo).items()}
    known = [*words, *zoo.keys()]
    key = called.get(folded_name(text)) or meant_name(text, known, name, listing_of(title)) if known else text
    return key if isinstance(example, str) or key in words or not known else zoo[key]


def listing_of(title: str) -> str:
    """The command that lists a zoo."""
    return f"mlsysim-labs zoo {title}" if title else ""


def _is_judged_good(argument: RecordOf, text: str) -> bool:
    """Whether it is a name as it stands; one that stands for two things is refused in its own sentence."""
    try:
        argument.judge(argument.name, text)
    except (ValueError, TypeError) as problem:
        if "is not known" not in str(problem):
            raise
        return False
    return True


def names_for(argument: RecordOf) -> list[str]:
    """What a shell may offer for it."""
    zoo, other = zoo_of(argument.pair()[0])[1], second_zoo(argument)[1]
    words = QUOTED.findall(argument.sentence if argument.of.startswith(A_CLASS) else argument.values)
    return [*words, *zoo.keys(), *other.keys()]


def offered_names(argument: RecordOf, incomplete: str) -> list[str]:
    """Those of them that begin so; what stands before the last comma of a list stays."""
    return begun_in_list(incomplete, names_for(argument))


def begun_in_list(incomplete: str, known: list[str]) -> list[str]:
    """Names that begin as the last of a list does; what stands before it stays."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in begun_names(last, known)]


def record_of_file(kind: Any, text: str) -> Any:
    """The record that a file describes: a model by its `config.json`, a model or a chip in the words of the zoo."""
    path = pathlib.Path(text)
    if path.suffix not in FILE_ENDINGS:
        return None
    if not path.is_file():
        raise ValueError(f"there is no file {text}: look at its path.")
    reader = getattr(kind, "from_config" if path.suffix == ".json" else "declared", None)
    if reader is None:
        raise ValueError(f"{text} is a file, and what is asked for here has a name: `mlsysim-labs zoo` lists them.")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = reader(path) if path.suffix == ".json" else reader(**{"name": path.stem} | toml_of(path))
    for warning in told:
        print(warning.message, file=sys.stderr)
    return found


def toml_of(path: pathlib.Path) -> dict[str, Any]:
    """What a TOML file says, or a sentence on why it cannot be read."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: look at its path.") from None
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path} is no TOML: {problem}.") from None


def made_record(example: Any, text: str) -> Any:
    """A record that a text makes: a fleet as ``128xDGX_H100/NDR``, or a class with its numbers, ``Uniform(0.5)``."""
    from solver.zoo.site.fleet import Fleet

    if isinstance(example, Fleet):
        return fleet_meant(text)
    call = CALL_TEXT.fullmatch(text)
    if not call and zoo_of(example)[1]:
        return None
    kind = _class_named(call[1] if call else text, type(example))
    given = [part.partition("=")[::2] for part in _split(call[2])] if call else []
    places = [_figure(name) for name, value in given if not value]
    return kind and kind(*places, **{name.strip(): _figure(value) for name, value in given if value})


def fleet_meant(text: str) -> Any:
    """A fleet: so many servers, of the zoo or of so many chips, and if it is said on which network and where.

    >>> print(fleet_meant("128xdgx-h100/ndr"), "|", fleet_meant("16 x 8 x MI300X"))
    128 × DGX H100 | 16 × 8 × AMD Instinct MI300X
    """
    from solver.zoo.hardware import Hardware
    from solver.zoo.site.datacenter import Datacenters
    from solver.zoo.site.fabric import Fabrics
    from solver.zoo.site.fleet import Fleet
    from solver.zoo.site.server import Server, Servers

    found = FLEET_TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"a fleet is not {text!r}: write how many servers of which kind, as in 128xDGX_H100, or "
                         f"128xDGX_H100/NDR/Average with network and data center, or 16x8xH200 for 16 of 8 chips.")
    count, chips, machine, fabric, datacenter = found.groups()
    if chips:
        chip = Hardware[_key(Hardware, machine, "chip")]
        server = Server(f"{chips} × {chip}", chip, float(chips))
    else:
        server = Servers[_key(Servers, machine, "server")]
    return Fleet(server, float(count), fabric and _key(Fabrics, fabric, "fabric"),
                 datacenter and _key(Datacenters, datacenter, "data center"))


def _key(zoo: Any, text: str, what: str) -> str:
    return meant_name(text.strip(), zoo.keys(), what)


def _class_named(name: str, kind: type) -> Any:
    """A public class of the solver that is, or goes for, one of that kind; None where there is none."""
    import solver

    base = next((one for one in reversed(kind.__mro__) if one.__module__.startswith("solver.")), None)
    if base is None:  # a text: what is named so is no record
        return None
    found = {public: member for public in public_names() if isinstance(member := getattr(solver, public), type)
             and issubclass(member, base)}
    return found[meant_name(name, found, "kind")] if found else None


def _figure(text: str) -> Any:
    """A number, or a quantity."""
    from mlsysim_labs.commands.values import number_of

    return number_of("number", text.strip())


def _split(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]
