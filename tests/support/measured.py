"""Folders of measurements, and what the command that compares them with predictions says."""

from __future__ import annotations

import csv
import json

from solver.validate.__main__ import validate_folder
from solver.validate.tables import COLUMNS


def write(folder, file, *rows, drop=()):
    """A CSV file with the columns that are read of it; cells that a row leaves out are empty."""
    columns = [column for column in COLUMNS[file].split() if column not in drop]
    with (folder / file).open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def validate(folder, capsys, *options):
    """Exit status, what is printed, and what is said on the error stream."""
    status = validate_folder([str(folder), *map(str, options)])
    said = capsys.readouterr()
    return status, said.out, said.err


def figures(folder, capsys):
    """The figures of all data sets, and what is printed."""
    status, out, err = validate(folder, capsys, "--json", folder / "figures.json")
    assert (status, err) == (0, "")
    return json.loads((folder / "figures.json").read_text(encoding="utf-8")), out
