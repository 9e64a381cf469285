"""Write docs/accuracy.md: how well published measurements are predicted, where that fails and why, and the bands.

    python tools/accuracy.py FOLDER

FOLDER holds CSV files of measurements, as `python -m solver.validate` reads them.
"""

from __future__ import annotations

import pathlib
import sys
from typing import Any

from solver.validate.report import errors, reasons, validation
from solver.validate.tables import BadInputError

FILE = pathlib.Path(__file__).parent.parent / "docs" / "accuracy.md"
FLOORS = ("roofline", "roofline (file+KV)", "link rate, alpha 0", "constant alpha", "MFU=50% (sources' default)")

BEGIN = """# Accuracy

How far predictions are from published measurements. Error is prediction / measurement - 1. `make accuracy` writes this
page; `python -m solver.validate FOLDER` prints the same figures for any folder of measurements, and
[`tests/solver/zoo/figures.toml`](../tests/solver/zoo/figures.toml) holds some fifty of them, each with
its source, as tests.

## By data set

*Roofline* is the floor: nothing lost (for draft tokens, constant acceptance; for MFU, half of the peak). *Peer* is the
formula of another public tool of this kind: half of the peak FLOP/s, all of the bandwidth, 10 us a layer. The share in
the band says how many rows are no further off than the band that is printed beside a prediction.
"""

MEANING = """
What buys the accuracy, in this order: 0.12 ms for each layer and 95 % of the bandwidth; 55 to 70 % of the peak FLOP/s,
by chip and number format; 30 us for each all-reduce; arithmetic and reading that add in quadrature near the ridge
point; and, for engines before 2024 alone, attention that is decoded on FP32 units.
"""

BANDS = """
## Bands

What is printed beside a prediction: 8 of 10 measurements should be inside.

| Quantity | Band |
| --- | --- |
| Time to first token, tuned engine, NVLink, no load | ±20 % (98 of 100 within 30 %) |
| Throughput of a static batch | ±20 %, the worst 30 % |
| Continuous batching with requests always waiting, dense model, FP8, H100 or H200 | ±15 % |
| llama.cpp at batch 1, CUDA | ±15 % (Apple ±35 %) |
| A mixture of experts at batch 1 | ±10 % |
| One matrix product | ±10 % up to 64 rows, ±20 % from 128 to 1024 |
| Eager framework on another host | ITL by a factor of 1.5, TTFT ±30 % |
| Acceptance length from one measured value | ±5 %; heads that saturate -35 % |
| KV blocks from KV bytes | exact |
| MFU of training | ±20 % of the value |
"""

FAILURES = """
## Where it fails, and why

- **Large models over PCIe.** An all-reduce is timed with the share of the link that NVLink reaches. Over the host's bus
  less is reached, and chips share it: take such predictions as a floor.
- **Small mixtures of experts in very large batches.** Routing, permuting tokens, sampling and the host's work for each
  request are not counted, and at thousands of tokens a step they show. Not validated.
- **FP4 on Blackwell.** The share of the peak is an assumption, and an optimistic one. Not validated.
- **Eager frameworks on another host.** The time of a layer is the host's, which launches one kernel after the other; a
  faster or slower CPU moves it. Measure one step at batch 1, divide by the layers, and set `launch`.
- **ITL at small batches in engines since 2024.** CUDA graphs have made launches cheaper than 0.12 ms a layer, and no
  row of 16 bits on a data-centre chip is among the measurements. Read it as an interval from the floor to 10 % above
  the prediction, and set `launch` if you know it.
- **llama.cpp's prompts.** Shares differ from chip to chip and from build to build: there is a fit, which does not
  transfer, and so no prediction is offered.
- **4-bit files on Apple's chips, and batches on a GB10.** There dequantization is the limit, which is arithmetic, and
  the model counts bytes.
- **First tokens under load.** They wait in a queue. The model times a prompt that starts at once; add a queue to it.
- **Draft heads that saturate.** Acceptance that drops steeply after the third token breaks the constant decay.
- **Chips with a power cap, first releases of an engine.** Both are slower than their data sheet or their successors.
"""


def headline(forms: dict[str, dict[str, Any]], chosen: str) -> list[str]:
    """Cells of one data set: its recommended form, then the roofline's and the peer's median."""
    best = forms[chosen]
    floor = next((forms[name] for name in FLOORS if name in forms), None)
    return [chosen, str(best["rows"]), *(percent(best[key]) for key in ("median_abs_error", "p90_abs_error")),
            percent(best["median_error"], "+"), percent(best["within_band"]),
            percent(floor and floor["median_abs_error"]),
            percent(forms.get("peer's formula", {}).get("median_abs_error"))]


def percent(share: float | None, sign: str = "") -> str:
    return "-" if share is None else f"{100 * share:{sign}.1f} %"


def page(folder: pathlib.Path) -> str:
    """The whole page."""
    found, others = validation(folder)
    head = "| Data set | Form | Rows | Median error, absolute | 90 % below | Median error | In band | Roofline | Peer |"
    rows = [head, "| --- | --- " + "| ---: " * 7 + "|"]
    exact = ["", "## Exact tests", "", "Start-up logs of engines: bytes, blocks and tokens of the KV cache have to "
             "follow from one another.", "", "| Test | Rows | Pass |", "| --- | ---: | ---: |"]
    for name, forms in errors(found).items():
        chosen = found[name].study.form
        if "passed" in forms[chosen]:
            exact.append(f"| {name} | {forms[chosen]['rows']} | {forms[chosen]['passed']} |")
        elif forms[chosen]["rows"]:
            rows.append(f"| {' | '.join([name.removeprefix('- '), *headline(forms, chosen)])} |")
    left = ["", "## Rows left out", "", *(f"- {reason}" for reason in reasons(found, others))]
    return "\n".join([BEGIN, *rows, MEANING.rstrip(), *exact, BANDS.rstrip(), FAILURES.rstrip(), *left, ""])


def main(given: list[str]) -> int:
    """The exit status: 0, or 2 for input that cannot be read."""
    if len(given) != 1:
        print("Give one folder of measurements: python tools/accuracy.py FOLDER", file=sys.stderr)
        return 2
    try:
        FILE.write_text(page(pathlib.Path(given[0])), encoding="utf-8")
    except BadInputError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{FILE.relative_to(FILE.parent.parent)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
