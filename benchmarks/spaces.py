"""How fast design spaces are explored, alone and on two processes, and how much memory they take.

    make bench
"""

from __future__ import annotations

import subprocess
import sys

from solver.show import table

SPACE = """
import resource, sys, time
from concurrent.futures import ProcessPoolExecutor
import numpy as np
from solver import Hardware, Models, ServingModel, explore

def explored(points, **options):
    side = round((points / 4) ** 0.5)
    return explore(
        ServingModel, {"model": Models.Llama3_8B, "hardware": [Hardware.Cloud.A100, Hardware.Cloud.H100],
                       "precision": ["fp16", "int8"], "batch_size": np.arange(1, side + 1), "output_len": 256,
                       "seq_len": np.linspace(128, 131072, side).round().astype(int)},
        {"tokens_per_second": "max", "ttft": "min"} | GOALS, {"itl": "<= 20 ms"}, progress=False, **options)

def most_memory():
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6

if __name__ == "__main__":
    explored(1000)
    begin = time.perf_counter()
    found = RUN
    print(len(found), time.perf_counter() - begin, most_memory(), len(found.front))
"""
RUNS = [
    ["1 M points, 2 objectives", "explored(1e6)", "{}", "about 1 s"],
    ["1 M points, 3 objectives", "explored(1e6)", '{"headroom": "max"}', ""],
    ["10 M points", "explored(1e7)", "{}", ""],
    ["10 M points on two processes", "explored(1e7, executor=lambda: ProcessPoolExecutor(2))", "{}",
     "below 30 s and 2 GB"],
    ["100 M points, the front alone", 'explored(1e8, keep="front", executor=lambda: ProcessPoolExecutor(2))', "{}", ""],
]


def measured(run: str, goals: str) -> list[float]:
    """Points, seconds, GB at most (workers included once), and designs on the front, in a fresh Python."""
    code = SPACE.replace("RUN", run).replace("GOALS", goals)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    rows = []
    for what, run, goals, wanted in RUNS:
        points, seconds, memory, front = measured(run, goals)
        rows.append([what, f"{seconds:.2f} s", f"{1e9 * seconds / points:.0f} ns a point", f"{memory:.2f} GB",
                     f"{front:.0f}", wanted])
    table(["what", "time", "each", "memory at most", "on the front", "wanted"], rows)


if __name__ == "__main__":
    main()
