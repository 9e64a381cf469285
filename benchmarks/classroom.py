"""How fast a class is graded: 10,000 notebooks of 50 to 300 KB, each student with numbers of their own, on two cores.

    make bench
"""

from __future__ import annotations

import functools
import pathlib
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

ROOT = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support")]

from large_class import large_class  # noqa: E402

from solver.show import table  # noqa: E402

COUNT, MOST_SECONDS, CORES = 10_000, 60.0, 2


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        class_, _ = large_class(pathlib.Path(folder), COUNT)
        begin = time.perf_counter()
        class_.graded(executor=functools.partial(ProcessPoolExecutor, CORES))
        first = time.perf_counter() - begin
        class_.graded(executor=functools.partial(ProcessPoolExecutor, CORES))
        again = time.perf_counter() - begin - first
    rows = [[f"{COUNT:,} notebooks graded", f"{first:.1f} s", f"at most {MOST_SECONDS:.0f} s, with nothing else to do"],
            ["the same again, when nothing has changed", f"{again:.1f} s", ""]]
    table(["what", "time", "wanted"], rows)


if __name__ == "__main__":
    main()
