"""The command ``mlsysim-labs``: without a word it opens the labs; its commands ask the solver.

Each command loads what it needs when it runs, so that help is there at once and a question waits for no widget.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand, TyperGroup

import solver
from mlsysim_labs.commands import loaded_function as _loaded
from mlsysim_labs.commands.handing_out import add_handing_out

APP_HELP = """Open the labs, or ask the solver from a terminal.

Without a command it copies the labs into the folder mlsysim-labs (or the one you name) and opens JupyterLab there.

Names of models, chips and the like are completed and corrected: case does not matter, and a beginning is enough.
It ends with 0 where there is an answer, 1 where the answer is that it cannot be, and 2 where something in the question
is wrong."""
AS_JSON_TOO = Annotated[bool, typer.Option("--json", help="Print JSON: every figure with its unit, and its source.")]
ASKING = {  # commands whose options are those of a question: module, function, the usual question, its ending, example
    "eval": ("solve", "solving", "Engine", "", "mlsysim-labs eval Llama3_8B H100 --batch-size 8"),
    "solve": ("solve", "solving", "Engine", "", "mlsysim-labs solve ServingModel Llama3_8B H100 --seq-len 8192"),
    "serve": ("solve", "solving", "ServingModel", "", "mlsysim-labs serve Llama3_8B H100 --batch-size 8"),
    "fit": ("fit", "fitting", "fit", "", "mlsysim-labs fit Llama3_8B H100 --context 131072"),
    "compare": ("sweep", "comparing", "ServingModel", "", "mlsysim-labs compare Llama3_8B H100 H200 MI300X"),
    "sweep": ("sweep", "sweeping", "ServingModel", "", "mlsysim-labs sweep Llama3_8B H100 --batch-size 1..256"),
    "explore": ("explore", "exploring", "ServingModel", "",
                "mlsysim-labs explore Llama3_8B A100 H100 --batch-size 1..256 --maximize tokens_per_second "
                "--minimize itl --constraint 'itl <= 20 ms'"),
    "optimize": ("solve", "solving", "", "Optimizer", "mlsysim-labs optimize batching Llama3_8B H100 --seq-len 2048"),
}


class Commands(TyperGroup):
    """The commands. What is none of them is a folder for the labs, or a slip."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without a command, it is `labs`."""
        if not ctx.resilient_parsing and self._opens_labs(ctx, args):
            args = ["labs", *args]
        return super().parse_args(ctx, args)

    def _opens_labs(self, ctx: Any, args: list[str]) -> bool:
        if not args:
            return True
        first = args[0]
        if first.startswith("-"):
            return first.partition("=")[0] in ("--here", "--copy-only", "--")
        return first not in self.list_commands(ctx) and not _is_slip(first, args[1:], self.list_commands(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """A command that asks a question gets the options of the question that its words name."""
        name, command, rest = super().resolve_command(ctx, args)
        if name not in ASKING:
            return name, command, rest
        return _asked(name, command, rest, ctx.resilient_parsing)


def _is_slip(word: str, others: list[str], known: list[str]) -> bool:
    """Whether a first word is meant as a command rather than as a folder."""
    import difflib
    import pathlib

    if pathlib.Path(word).is_dir():
        return False
    more = [other for other in others[:others.index("--") if "--" in others else None] if other[:1] != "-"]
    return bool(more) or bool(difflib.get_close_matches(word.casefold(), known, cutoff=0.7))


def _asked(name: str, command: Any, words: list[str], completing: bool) -> Any:
    """The command with the options of its question, and the words that are left."""
    from mlsysim_labs.commands.asking import asking_command, spoken

    if words[:1] in (["--help"], ["-h"]) and name in ("solve", "optimize"):
        return name, command, words  # of which class, is not said yet
    home, maker, usual, ending, example = ASKING[name]
    made = getattr(importlib.import_module(f"mlsysim_labs.commands.{home}"), maker)
    if completing:
        try:
            made(words, usual, ending)
        except (ValueError, TypeError):
            return name, command, words  # a shell gets nothing rather than a sentence
    question, run, outputs, rest = spoken(made)(words, usual, ending)
    called = name if len(rest) == len(words) else f"{name} {words[0]}"
    return called, asking_command(called, question, run, outputs, command.short_help, example), rest


class HandedOn(TyperCommand):
    """A command whose words go to another parser as they are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args = list(args)
        return ctx.args


def _question_names(incomplete: str) -> list[str]:
    """What a shell offers after `schema`."""
    from mlsysim_labs.commands.names import begun_names, questions

    return begun_names(incomplete, questions())


def _names_of_zoos(ctx: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers after `zoo`: their names, or those of the records of the one that is named."""
    from mlsysim_labs.commands.names import begun_names, zoos

    words = ctx.params.get("words") or []
    return begun_names(incomplete, zoos()[words[0]].keys() if words and words[0] in zoos() else zoos())


app = typer.Typer(cls=Commands, help=APP_HELP, rich_markup_mode=None, pretty_exceptions_enable=False,
                  context_settings={"help_option_names": ["--help", "-h"]})


def _version(asked: bool) -> None:
    if asked:
        typer.echo(solver.__version__)
        raise typer.Exit


@app.callback()
def commands_callback(version: Annotated[bool, typer.Option(
        "--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    pass


@app.command("labs", cls=HandedOn, short_help="Copy the labs into a folder, and open them.")
def open_labs(ctx: typer.Context) -> None:
    """Copy the labs into a folder of your own, and open JupyterLab there."""
    from mlsysim_labs.commands import labs

    raise typer.Exit(labs.main(ctx.args))


add_handing_out(app)


def _stand_in(name: str, short: str, said: str = "") -> None:
    """A command whose options are made when it is asked for."""
    @app.command(name, help=f"{said or short}\n\nExample: {ASKING[name][-1]}", short_help=short)
    def stand_in(ctx: typer.Context) -> None:
        pass


_stand_in("serve", "Serve a batch of requests: times and memory.")
_stand_in("fit", "Does a model fit on a chip, and how many users?")
_stand_in("eval", "One step of a model on a chip, or any class.")
_stand_in("solve", "Ask any class with solve, by its name.",
          "The answer of any class with solve, after its name: solve NAME --help shows its options, and the command "
          "schema lists all of them.")
_stand_in("compare", "Several chips or models side by side.")
_stand_in("sweep", "Answers over one or two arguments.")
_stand_in("explore", "The best designs of a space.")
_stand_in("optimize", "The best choice of something, such as batching.",
          "The best choice of something: of what, is the first word, such as batching, parallelism or placement.")


@app.command("zoo", short_help="Chips, models, networks: figures with sources.")
def zoo_command(words: Annotated[Optional[list[str]], typer.Argument(  # noqa: UP045 - typer reads it
        metavar="[ZOO] [NAME]", show_default=False, hidden=True, autocompletion=_names_of_zoos)] = None,
        as_json: AS_JSON_TOO = False) -> None:
    """Chips, models, networks and the like: a table, or one record with the unit and source of each figure.

    Example: mlsysim-labs zoo hardware H100
    """
    _loaded("zoo", "show_zoo")(words or [], as_json)


@app.command("audit", short_help="Judge a plan in a file as a whole.")
def audit_command(path: Annotated[str, typer.Argument(metavar="PLAN.toml", hidden=True)],
                  as_json: AS_JSON_TOO = False) -> None:
    """A plan, judged as a whole: what fits, what binds, what it costs.

    Example: mlsysim-labs audit plan.toml
    """
    _loaded("audit", "audit_plan")(path, as_json)


@app.command("seal", short_help="A code that releases an exam afterwards.")
def seal_command(code: Annotated[str, typer.Option("--code", help="Your own code; else a new one.")] = "") -> None:
    """A code to keep until the exam is over, and the seal that goes into its notebook.

    Example: mlsysim-labs seal
    """
    _loaded("seal", "print_seal")(code)


@app.command("grade", short_help="Grade what a class has handed in.")
def grade_command(source: Annotated[str, typer.Argument(metavar="DIR_OR_ZIP", hidden=True)],
                  out: Annotated[str, typer.Option("--out", "-o", metavar="OUT", help="Folder of the grades.")],
                  course: Annotated[str, typer.Option(metavar="FILE.toml", help="Labs, weights, secret.")],
                  roster: Annotated[str, typer.Option(metavar="FILE.csv", help="id,name, or what an LMS exports.")],
                  attempt: Annotated[str, typer.Option(metavar="WORD", help="best or latest, not as the course says.")
                                     ] = "",
                  lab: Annotated[str, typer.Option(metavar="SLUG", help="Only this lab of the course.")] = "",
                  executor: Annotated[str, typer.Option(
                      metavar="WHAT", help="processes, processes:4, none, or the address of Dask.")] = "processes",
                  gradebook: Annotated[str, typer.Option(
                      metavar="FILE.csv", help="Fill one column of what the LMS exported.")] = "",
                  column: Annotated[str, typer.Option(metavar="HEADING", help="Which column that is.")] = "",
                  compare: Annotated[str, typer.Option(metavar="OUT", help="List what differs from that run.")] = "",
                  encoding: Annotated[str, typer.Option(metavar="NAME", help="Of both files, if not told right.")] = "",
                  ) -> None:
    """Marks, notes and feedback of a class, from what the learning system gave you: no code of a student is run.

    Example: mlsysim-labs grade submissions.zip -o graded --course course.toml --roster roster.csv
    """
    _loaded("grade_class", "grade_class")(source, out, course, roster, attempt, lab, executor, gradebook, column,
                                             compare, encoding)


@app.command("collect", short_help="A class's guesses as they come in, live.")
def collect_command(source: Annotated[str, typer.Argument(metavar="DIR", hidden=True)],
                    lab: Annotated[str, typer.Option(metavar="SLUG", help="Of this lab, or PATH.ipynb of your own; "
                                                                          "else of the one most have.")] = "",
                    question: Annotated[str, typer.Option(metavar="NAME", help="Only this prediction.")] = "",
                    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
                    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE.html",
                                                        help="The page; else collected.html, here.")] = "",
                    ) -> None:
    """The predictions of a class beside the truth, on a page that follows: DIR is a folder into which records fall.

    The truth appears when you press a button. Control-C ends it; the page stays.

    Example: mlsysim-labs collect shared/handed_in --lab 03_kv_cache
    """
    _loaded("collect_class", "collect_class")(source, lab, question, once, output)


@app.command("schema", short_help="What classes ask and answer, as JSON.")
def schema_command(name: Annotated[Optional[str], typer.Argument(  # noqa: UP045 - typer reads it
        metavar="[CLASS]", hidden=True, autocompletion=_question_names)] = None,
        as_json: Annotated[bool, typer.Option("--json", help="It is JSON anyway.")] = False) -> None:
    """What a class is asked and what it answers, with units, as JSON; without a name, of all of them.

    Example: mlsysim-labs schema ServingModel
    """
    _loaded("schema", "print_schema")(name)


@app.command("validate", short_help="Compare predictions with measurements.")
def validate_command(folder: Annotated[str, typer.Argument(metavar="DIR", hidden=True)],
                     as_json: Annotated[Optional[str], typer.Option(  # noqa: UP045
                         "--json", metavar="FILE", help="Write the figures for programs, as shares.")] = None,
                     plot: Annotated[Optional[str], typer.Option(  # noqa: UP045
                         "--plot", metavar="FILE", help="Draw predicted against measured.")] = None,
                     strict: Annotated[bool, typer.Option(
                         "--strict", help="End with 1 where a band does not hold or is missing.")] = False) -> None:
    """How well published measurements, or your own, are predicted: DIR is a folder of them, as CSV files.

    Example: mlsysim-labs validate measured
    """
    from solver.validate.__main__ import validate_folder

    options = [*(["--json", as_json] if as_json else []), *(["--plot", plot] if plot else [])]
    raise typer.Exit(validate_folder([folder, *options, *["--strict"] * strict]))


def exit_status(arguments: list[str] | None = None) -> int:
    """Run the command as a terminal has it."""
    if arguments is None:  # this process runs nothing else
        sys.modules.setdefault("dask", None)  # type: ignore[arg-type]  # pint loads it where it is, for 0.1 s and no use
    try:
        app(arguments, prog_name="mlsysim-labs")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status())
