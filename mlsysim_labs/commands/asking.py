"""Commands that ask a question: their options are made from what it declares, so a new one needs nothing here."""

from __future__ import annotations

import functools
import inspect
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Optional, TypeAlias

import typer

from mlsysim_labs.commands.layout import page_width, sentences_text
from mlsysim_labs.commands.named_records import begun_in_list, offered_names
from mlsysim_labs.commands.names import (
    folded_name,
    key_of,
    no_such_class,
    public_names,
    question_named,
    questions,
    records_in,
    zoos,
)
from mlsysim_labs.commands.values import names_like, option, single_value
from solver.base.declared import REQUIRED, Argument
from solver.base.kinds import Amount, Number, OneOf, RecordOf, YesNo
from solver.base.recorded import Recorded
from solver.text import nearest

TAKEN_TEXTS = {"ServingModel": {"seq_len": "2048"}}  # for what a command that names no question leaves out

CLASS_ENDINGS = ("Model", "Optimizer", "Solver")  # of classes with solve
HELP_WIDTH = 76
WORDS_HELP = "What has to be given may stand as words, in that order, or as options."
PYTHON_PATH = re.compile(r"\b(?:[A-Z]\w+\.)+(\w+)")  # in sentences for Python; a terminal wants the last name alone
# A question, who answers it, with which options of its own, and the words that are left.
Answering: TypeAlias = "tuple[NamedQuestion, Callable[..., None], Mapping[str, Any], list[str]]"


@dataclass(frozen=True)
class NamedQuestion:
    """A class with `solve`, or a function, by name; `taken` are texts of arguments that need not be given."""

    name: str
    member: Any
    taken: Mapping[str, str]

    @functools.cached_property
    def solve(self) -> Callable[..., Any]:
        """What answers it."""
        member: Any = self.member
        made: Any = member() if isinstance(member, type) else member
        found: Callable[..., Any] = getattr(made, "solve", made)
        return found

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """Its declared arguments."""
        found: Mapping[str, Argument] = self.solve.arguments  # type: ignore[attr-defined]
        return found

    @property
    def required(self) -> list[str]:
        """The arguments without a default, which may stand as words."""
        return [name for name, one in self.arguments.items() if one.default is REQUIRED]

    @property
    def meaning(self) -> str:
        """Its first sentences, and that it leaves no argument untold."""
        said = [(inspect.getdoc(one) or "").partition("\n\n")[0] for one in (self.solve, self.member)]
        return " ".join(" ".join(dict.fromkeys(said)).split())


def question_asked(words: Sequence[str], usual: str, ending: str = "") -> tuple[NamedQuestion, list[str]]:
    """The question that the first word names, or the usual one; and the other words."""
    first = words[0] if words and not words[0].startswith("-") else ""
    if first and (not usual or names_question(first)):
        name, member = question_named(first, ending)
        return NamedQuestion(name, member, {}), list(words[1:])
    if not usual:
        known = [known for known in questions() if known.endswith(ending)]
        raise ValueError(f"say first which: {', '.join(known)}." if known else no_such_class(ending))
    name, member = question_named(usual)
    return NamedQuestion(name, member, TAKEN_TEXTS.get(name, {})), list(words)


def names_question(word: str) -> bool:
    """Whether a word is meant as the name of a question: it is one, case aside, or nearly one or ends as classes do,
    and is no record's."""
    import difflib

    known = {folded_name(name) for name in public_names() if name.endswith(CLASS_ENDINGS) or name[0].islower()}
    wanted = folded_name(word)
    if wanted in map(folded_name, public_names()):
        return True
    if not wanted.endswith(tuple(map(folded_name, CLASS_ENDINGS))) and not difflib.get_close_matches(
            wanted, known, n=1, cutoff=0.8):
        return False
    return wanted not in {folded_name(name) for zoo in zoos().values() for name in records_in(zoo)}


def given_texts(question: NamedQuestion, words: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of all arguments that are given: words stand for the required ones that no option gives."""
    texts = {name: text for name, text in options.items() if text is not None}
    places = [name for name in question.required if name not in texts]
    if len(words) > len(places):
        left = words[len(places)]
        names = ", ".join(option(name) for name in question.arguments if name not in {*texts, *places})
        raise ValueError(f"{left!r} is one word too many for {question.name}: give it by the name of an option, "
                         f"one of {names}.")
    return complete_texts(question, dict(zip(places, words, strict=False)) | texts)


def complete_texts(question: NamedQuestion, texts: Mapping[str, Any]) -> dict[str, Any]:
    """The same with what is taken where nothing is said; a sentence where something is missing."""
    found = dict(question.taken) | dict(texts)
    for name in question.required:
        if name not in found:
            argument = question.arguments[name]
            raise ValueError(f"{name} is missing. {plain_sentence(argument)} Write {option(name)} "
                             f"{_sample(argument)}, for example.")
    return {name: found[name] for name in question.arguments if name in found}


def _sample(argument: Argument) -> str:
    """A value as it would be typed."""
    if isinstance(argument, Amount):
        return f"'{argument.sample or f'2 {argument.unit}'}'"
    return typed_value(1 if argument.usual is REQUIRED or argument.usual is None else argument.usual)


def typed_value(value: Any) -> str:
    """A value as it would be typed: a record by its name, a quantity with its unit.

    >>> from solver import Hardware, Q_
    >>> typed_value(Hardware.Cloud.H100), typed_value(Q_("2 GiB")), typed_value([1, 2])
    ('H100', '2 GiB', '1,2')
    """
    if isinstance(value, (list, tuple)):
        return ",".join(map(typed_value, value))
    if isinstance(value, (str, int, float)):
        return str(value)
    if hasattr(value, "node") and hasattr(value, "count"):
        return f"{value.count:g}x{key_of(value.node)}"
    return f"{value.magnitude} {value.units}" if hasattr(value, "units") else key_of(value)


def texts_of_table(question: NamedQuestion, table: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values of a file as they would be typed; a key that is no argument is answered with what is near."""
    for key, value in table.items():
        if key not in question.arguments:
            raise ValueError(f"{path}: {question.name} has no argument {key!r}. {nearest(key, question.arguments)}")
        if not isinstance(value, (bool, str, int, float, list)):
            raise ValueError(f"{path}: {key} is {value!r}, and should be a value, a list of values, or a text such as "
                             f"'1..256'.")
    return {key: value if isinstance(value, bool) else typed_value(value) for key, value in table.items()}


def values_of(question: NamedQuestion, texts: Mapping[str, Any]) -> dict[str, Any]:
    """What `solve` is given."""
    return {name: text if isinstance(text, bool) else single_value(question.arguments[name], text)
            for name, text in texts.items()}


def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with what it refuses said in a sentence, and exit status 2; 1 where it is for want of memory."""
    @functools.wraps(function)
    def wrapper(*args: Any, **given: Any) -> Any:
        status = 1
        try:
            return function(*args, **given)
        except BrokenPipeError:
            raise  # who reads it has seen enough
        except OSError as problem:
            said, status = f"{problem.filename}: {problem.strerror}." if problem.strerror else str(problem), 2
        except (ValueError, TypeError, KeyError, ArithmeticError, MemoryError) as problem:
            said = str(problem.args[0]) if isinstance(problem, KeyError) and problem.args else str(problem)
            status += type(problem).__name__ != "OutOfMemoryError"  # which is an answer: it does not fit
        print(sentences_text([said], page_width()), file=sys.stderr)
        raise typer.Exit(status)
    return wrapper


def asking_command(name: str, question: NamedQuestion, run: Callable[..., Any], outputs: Mapping[str, Any],
                   purpose: str, example: str) -> Any:
    """The command that asks a question: its arguments as options, and `outputs`, options of the command itself."""
    def ask(**given: Any) -> None:
        own = {key: given.pop(key) for key in outputs}
        run(question, given.pop("words") or [], given, **own)

    offered = functools.partial(_offered_words, question)
    kinds: dict[str, Any] = {"words": Annotated[Optional[list[str]], typer.Argument(  # noqa: UP045 - typer reads it
        metavar=" ".join(map(str.upper, question.required)) or "WORDS", show_default=False, hidden=True,
        autocompletion=_completion(offered))]}
    kinds |= {one: _option(argument, question.taken.get(one)) for one, argument in question.arguments.items()}
    kinds |= {one: kind for one, (kind, _) in outputs.items()}
    usual = {one: default for one, (_, default) in outputs.items()}
    ask.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=usual.get(one))
        for one, kind in kinds.items()])
    ask.__annotations__ = kinds
    example = example_of(name, question) if " " in name else example
    shown = sentences_text([f"Example: {example}"], HELP_WIDTH)  # which click would break within an option's name
    return command_of(name, ask, f"{purpose}\n\n{question.name}: {question.meaning}\n\n{WORDS_HELP}\n\n\b\n{shown}")


def example_of(name: str, question: NamedQuestion) -> str:
    """The shortest way to ask it, with what its declarations give as an example."""
    words = [_sample(question.arguments[one]).strip("'") for one in question.required]
    for one, argument in question.arguments.items():
        if argument.default is not REQUIRED and argument.example is not None:  # its default is none, or no good alone
            words += [option(one), typed_value(argument.example)]
    return " ".join(["mlsysim-labs", name, *map(shlex.quote, words)])


def command_of(name: str, function: Callable[..., Any], said: str) -> Any:
    """A function as a command of a terminal."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, help=said)(spoken(function))
    return typer.main.get_command(app)


def _option(argument: Argument, taken: str | None) -> Any:
    """The option of an argument, as its declaration describes it."""
    flag, said = option(argument.name), _said(argument, taken)
    if isinstance(argument, YesNo):
        return Annotated[Optional[bool], typer.Option(  # noqa: UP045
            f"{flag}/--no-{flag[2:]}", help=said, show_default=False)]
    return Annotated[Optional[str], typer.Option(  # noqa: UP045
        flag, help=said, metavar=_metavar(argument), show_default=False,
        autocompletion=_completion(functools.partial(_offered_values, argument)))]


def _said(argument: Argument, taken: str | None) -> str:
    unit = "" if isinstance(argument, Amount) else argument.counted_in
    default = argument.default if taken is None else taken
    values = "" if isinstance(argument, (RecordOf, YesNo)) else for_terminal(argument.values)
    notes = [*filter(None, (values, unit))]
    if default is REQUIRED:
        notes.append("required")
    elif default is not None:
        notes.append(f"default {'no' if default is False else 'yes' if default is True else _default_text(default)}")
    return plain_sentence(argument) + (f" [{'; '.join(notes)}]" if notes else "")


def _default_text(default: Any) -> str:
    return typed_value(default) if isinstance(default, (list, tuple)) else str(default)


def plain_sentence(argument: Argument) -> str:
    """Its sentence for a terminal."""
    return for_terminal(argument.sentence)


def for_terminal(text: str) -> str:
    """What a declaration says, without what only Python needs."""
    return PYTHON_PATH.sub(r"\1", text).replace("`", "")


def _metavar(argument: Argument) -> str:
    kinds = ((Amount, "QUANTITY"), (Number, "NUMBER"), (RecordOf, "NAME"), (OneOf, "WORD"))
    return next((word for kind, word in kinds if isinstance(argument, kind)), "VALUE")


def _completion(offered: Callable[[str], list[str]]) -> Callable[..., list[str]]:
    """What typer asks for completions; a shell gets nothing rather than an error."""
    def complete(incomplete: str) -> list[str]:
        try:
            return offered(incomplete)
        except Exception:
            return []
    return complete


def _offered_values(argument: Argument, incomplete: str) -> list[str]:
    if isinstance(argument, OneOf):
        return [str(choice) for choice in argument.choices if str(choice).startswith(incomplete)]
    if isinstance(argument, RecordOf):
        return offered_names(argument, incomplete)
    if isinstance(argument, Recorded):
        return begun_in_list(incomplete, argument.zoo().keys())
    known = [] if isinstance(argument, (Number, YesNo)) else names_like(argument.usual)
    return begun_in_list(incomplete, known)


def _offered_words(question: NamedQuestion, incomplete: str) -> list[str]:
    """Names of every record that may stand as a word."""
    records = [question.arguments[name] for name in question.required]
    return list(dict.fromkeys(name for one in records for name in _offered_values(one, incomplete)))
