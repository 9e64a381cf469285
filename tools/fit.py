"""Write solver/zoo/fitted.toml: figures that are fitted to measurements. Nobody types one.

    python tools/fit.py FOLDER

FOLDER holds CSV files of measurements, as `python -m solver.validate` reads them. This file only walks over `FITS`. A
fit is a file in `solver/fit` with a `Fit` in it:

    def draft_tables(rows, seed):   # rows of each file, by its name, and the seed of all searches
        made = []
        for kind, cases in by_kind(rows.get("drafts.csv", []), timed_draft).items():   # what a study makes of a row
            found = fitted_to(cases, [Parameter("decay", 0.9, 0.5, 1.0)], draft_ratios, seed)
            made.append(FittedTable("drafts", kind, found.figures, "eagle", DRAFT_FIT.origin(found, seed)))
        return made

    DRAFT_FIT = Fit("drafts", ("drafts.csv",), {"eagle": Source(title, url, date)}, draft_tables)

`draft_ratios(figures, cases)` gives predictions over measurements; `fitted_to` searches, and judges on halves that were
not fitted. The records come back with `fitted("drafts", make)` of `solver.zoo.fitted`; those of the room "profiles" are
in `Profiles`. Tables of a fit whose files are not in the folder stay as they are.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tomllib
from collections.abc import Mapping, Sequence

from solver.fit.apart import LOAD_TEST_FIT
from solver.fit.apple import APPLE_FIT
from solver.fit.bands import BAND_FIT
from solver.fit.collectives import LINK_FIT
from solver.fit.engines import ENGINE_FIT
from solver.fit.file import Fit, FittedTable, file_text, tables_of
from solver.fit.kernels import KERNEL_FIT
from solver.fit.search import MissingToolError
from solver.fit.training import TRAINING_FIT
from solver.validate.tables import BadInputError, Row, tables

FILE = pathlib.Path(__file__).parents[1] / "solver" / "zoo" / "fitted.toml"
# Each reads what was written before it.
STAGES = ((KERNEL_FIT, LINK_FIT, APPLE_FIT, ENGINE_FIT, TRAINING_FIT), (LOAD_TEST_FIT,), (BAND_FIT,))
FITS = STAGES[0]


def fitted_file(before: str, rows: Mapping[str, Sequence[Row]], seed: int, fits: Sequence[Fit] = FITS) -> str:
    """The text of the file: what each fit makes of the rows; what none of them made anew is kept."""
    made: list[FittedTable] = []
    old, sources = tables_of(tomllib.loads(before))
    for fit in fits:
        new = fit.tables(rows, seed)
        made += new or [table for table in old if table.fit["by"] == fit.name]
        sources |= fit.sources
    others = [table for table in old if table.fit["by"] not in {fit.name for fit in fits}]
    return file_text([*made, *others], sources)


def main(given: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 for input that cannot be read and for tools that are missing."""
    parser = argparse.ArgumentParser(description="Fit figures to measurements, and write solver/zoo/fitted.toml.")
    parser.add_argument("folder", type=pathlib.Path, help="a folder of CSV files of measurements")
    parser.add_argument("--seed", type=int, default=0, help="of starts of searches, and of halves (0)")
    parser.add_argument("--file", type=pathlib.Path, default=FILE, help="where to write")
    parser.add_argument("--stage", type=int, default=1, choices=range(1, len(STAGES) + 1),
                        help="1 fits engines and kernels, 2 what load tests make of them, 3 counts bands of both (1)")
    asked = parser.parse_args(given)
    try:
        before = asked.file.read_text(encoding="utf-8") if asked.file.is_file() else ""
        asked.file.write_text(fitted_file(before, tables(asked.folder), asked.seed,
                                           STAGES[asked.stage - 1]), encoding="utf-8")
    except (BadInputError, MissingToolError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{asked.file} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
