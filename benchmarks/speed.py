"""How fast the solver is, as ratios in one run: machines differ, and this one may be busy.

    make bench
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator

import numpy as np

import solver
from mlsysim_labs.reactive.trace import program, run, symbol
from solver import ContinuousBatchingModel, Engine, ForwardModel, Hardware, Models, Node, ServingModel, precision_named
from solver.base.declared import REQUIRED
from solver.base.kinds import Number
from solver.formulas.transformer import decode_time
from solver.show import table
from solver.testing.odd import good_value

LLAMA, H100, FP16 = Models.Llama3_8B, Hardware.Cloud.H100, precision_named("fp16")
SERVING, BATCHING = ServingModel(), ContinuousBatchingModel()
MANY = np.arange(1, 10_001)


def microseconds(call: Callable[[], object], seconds: float = 0.3) -> float:
    """Median time of a call."""
    timer = timeit.Timer(call)
    once = max(timer.timeit(1), 1e-7)
    number = max(1, int(seconds / 7 / once))
    return statistics.median(t / number for t in timer.repeat(7, number)) * 1e6


def importing(code: str, times: int = 9) -> float:
    """Median time of a fresh Python that runs `code`, in milliseconds."""
    def once() -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin
    return statistics.median(once() for _ in range(times)) * 1e3


def main() -> None:
    base, ours = importing("import numpy, pint"), importing("from solver import Hardware, Models, ServingModel")
    point = microseconds(lambda: SERVING.solve(LLAMA, H100, 2048))
    sweep = microseconds(lambda: SERVING.solve(LLAMA, H100, MANY))
    node = Node(H100, FP16)
    formula = microseconds(lambda: decode_time(node, LLAMA, 1.0, 2048.0))
    traced = program({"itl": SERVING.solve(LLAMA, H100, symbol("context")).itl})
    batching = microseconds(lambda: BATCHING.solve(LLAMA, H100, 2048))
    engine = microseconds(lambda: Engine.solve(LLAMA, H100))
    quantities = microseconds(shown)
    carried = microseconds(lambda: run(traced, {"context": 2048}))
    rows = [
        ["import a class and the zoo / numpy, pint", f"{ours:.0f} ms / {base:.0f} ms", f"{ours / base:.2f}",
         "at most 1.3"],
        ["decode_time on floats", f"{formula:.1f} us", "1", ""],
        ["ServingModel.solve, one point", f"{point:.0f} us", f"{point / formula:.1f} formulas", "at most 100 us"],
        ["the same, every figure as a quantity", f"{quantities:.0f} us", f"{quantities / formula:.1f} formulas", ""],
        ["ServingModel.solve, 10,000 points", f"{sweep / 1e3:.2f} ms", f"{sweep / point:.1f} points", "at most 5 ms"],
        ["the same in a loop", f"{point * 1e-3 * len(MANY):.0f} ms", f"{point * len(MANY) / sweep:.0f} sweeps", ""],
        ["ContinuousBatchingModel.solve", f"{batching:.0f} us", f"{batching / formula:.1f} formulas", ""],
        ["Engine.solve", f"{engine:.0f} us", f"{engine / formula:.1f} formulas", ""],
        ["program of the ITL, run in Python", f"{carried:.0f} us", f"{carried / formula:.1f} formulas", ""],
    ]
    table(["what", "time", "ratio", "wanted"], rows)
    table(["one solve of", "time", "10,000 points", "wanted"], sorted(every_class()))


def every_class() -> Iterator[list[str]]:
    """One solve of each class with its usual arguments, and one of 100,000 values of its first number."""
    for name in solver.__all__:
        found = getattr(solver, name)
        if isinstance(found, type) and issubclass(found, ForwardModel) and found.question and found.__name__ == name:
            solve, arguments = found().solve, found.solve.arguments
            given = {key: one.usual for key, one in arguments.items()
                     if one.default is REQUIRED or one.example is not None}
            first = next((key for key, one in arguments.items() if isinstance(one, Number) and not one.single), "")
            many = {first: good_value(arguments[first]) * np.ones(10_000)} if first else {}
            yield [name, f"{microseconds(lambda: solve(**given)):.0f} us",  # noqa: B023 - timed at once
                   f"{microseconds(lambda: solve(**given | many)) / 1e3:.0f} ms" if first else "",  # noqa: B023
                   "at most 150 us"]


def shown() -> None:
    """Every quantity of a result, made."""
    result = SERVING.solve(LLAMA, H100, 2048)
    for name in result.fields():
        getattr(result, name)


if __name__ == "__main__":
    main()
