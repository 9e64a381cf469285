"""``python -m solver.validate FOLDER``: how well published measurements are predicted."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence

from solver.validate import plot, report, strict
from solver.validate.tables import COLUMNS, BadInputError, unread


def command_line(given: Sequence[str] | None) -> argparse.Namespace:
    """The folder, and where to write what."""
    parser = argparse.ArgumentParser(prog="python -m solver.validate", description="Compare predictions with published "
                                     "measurements, and say which rows are left out and why.")
    parser.add_argument("folder", type=pathlib.Path, help=f"a folder that holds any of {', '.join(COLUMNS)}")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures for programs, as shares")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE", help="draw predicted against measured: into a "
                        "folder, a picture for each data set")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a band does not hold, where rows have "
                        "none, or where too many are left out")
    return parser.parse_args(given)


def write(path: pathlib.Path, text: str) -> None:
    """Write a file, or say in a sentence why it cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadInputError(f"{path} cannot be written: {problem.strerror}. Choose another file.") from None


def validate_folder(given: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where `--strict` finds a fault, or 2 for input that cannot be read."""
    asked = command_line(given)
    try:
        found, others = report.validation(asked.folder)
        print("\n".join([report.text(found, others), *unread(asked.folder)]))
        if asked.json:
            write(asked.json, json.dumps(report.errors(found), indent=1) + "\n")
        if asked.plot:
            plot.save(found, asked.plot)
    except BadInputError as problem:
        print(problem, file=sys.stderr)
        return 2
    found_faults = strict.faults(found) if asked.strict else []
    print(*found_faults, sep="\n", end="\n" * bool(found_faults), file=sys.stderr)
    return int(bool(found_faults))


if __name__ == "__main__":
    sys.exit(validate_folder())
