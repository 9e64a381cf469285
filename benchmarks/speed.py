"""How fast the solver is, as ratios in one run: machines differ, and this one may be busy.

    make bench
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable

import numpy as np

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import ContinuousBatchingModel, Engine, Hardware, Models, Node, ServingModel, precision_named
from solver.formulas.transformer import decode_time
from solver.show import table

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
    base, ours = importing("import numpy, pint"), importing("import solver")
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
        ["import solver / import numpy, pint", f"{ours:.0f} ms / {base:.0f} ms", f"{ours / base:.2f}", "at most 1.3"],
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


def shown() -> None:
    """Every quantity of a result, made."""
    result = SERVING.solve(LLAMA, H100, 2048)
    for name in result.fields():
        getattr(result, name)


if __name__ == "__main__":
    main()
