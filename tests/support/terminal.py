"""The command line as a person has it, in this process."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any, NoReturn

from typer.testing import CliRunner

from mlsysim_labs.commands.app import app

COLUMNS = 80


def terminal(*words: str) -> SimpleNamespace:
    """What a command prints, says on stderr and ends with; a traceback fails the test."""
    done = CliRunner().invoke(app, list(words), prog_name="mlsysim-labs")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return SimpleNamespace(out=done.stdout, err=done.stderr, status=done.exit_code)


def refused(*words: str) -> str:
    """The sentence in which a command refuses its input, on one line."""
    done = terminal(*words)
    assert done.status == 2 and done.out == "", done
    assert "Traceback" not in done.err and wide_lines(done.err) == []
    return " ".join(done.err.split())


def data(*words: str, status: int = 0) -> Any:
    """The JSON that a command prints."""
    done = terminal(*words, "--json")
    assert done.status == status and done.err == "", done
    return json.loads(done.out, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON")


def wide_lines(text: str) -> list[str]:
    """Lines that a terminal of 80 columns would break; an address, or the path of a file, stays whole."""
    return [line for line in text.splitlines() if len(line) > COLUMNS and "://" not in line
            and not re.search(rf"/\S{{{COLUMNS // 2}}}", line)]
