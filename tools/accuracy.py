"""Write docs/accuracy.md: how well published measurements are predicted, where that fails and why, and the bands.

    python tools/accuracy.py FOLDER

FOLDER holds CSV files of measurements, as `python -m solver.validate` reads them.
"""

from __future__ import annotations

import pathlib
import sys
from typing import Any

from solver.validate.plot import file_name, save
from solver.validate.report import errors, reasons, validation
from solver.validate.study import Outcome
from solver.validate.tables import BadInputError
from solver.zoo.bands import Band, bands_of
from solver.zoo.profiles import Profiles

DOCS = pathlib.Path(__file__).parent.parent / "docs"
FILE, PICTURES = DOCS / "accuracy.md", DOCS / "accuracy"
FLOORS = ("roofline", "roofline (file+KV)", "link rate, alpha 0", "constant alpha", "MFU=50% (sources' default)")

BEGIN = """# Accuracy

How far predictions are from published measurements. Error is prediction / measurement - 1. `make accuracy` writes this
page and its pictures; `python -m solver.validate FOLDER` prints the same figures for any folder of measurements, and
[`tests/solver/zoo/figures.toml`](../tests/solver/zoo/figures.toml) holds some fifty of them, each with
its source, as tests.

Figures of engines were fitted to the rows that are counted here (`make fit`). On rows that a fit never saw, errors are
larger by about a twentieth of themselves: `solver/zoo/fitted.toml` says of each table how far it was off on the half
that it was not fitted to.

## By data set

*Roofline* is the floor: nothing lost (for draft tokens, constant acceptance; for MFU, half of the peak). *Peer* is the
formula of another public tool of this kind: half of the peak FLOP/s, all of the bandwidth, 10 us a layer. It is asked
as its users ask it, with prompt and answer together as the context. *In band* is the share of the rows that lie in the
band which a user sees beside the prediction; it is meant to be 80 %. A name leads to a picture of predicted against
measured.
"""

MEANING = """
What buys the accuracy of engines of 2023-24 (`tuned`), in this order: 0.12 ms for each layer and 95 % of the bandwidth;
55 to 70 % of the peak FLOP/s, by chip and number format; 30 us for each all-reduce; arithmetic and reading that add in
quadrature near the ridge point; and, for engines before 2024 alone, attention that is decoded on FP32 units. Of engines
of 2025-26 (`modern`): half of that time a layer, a sixth of it for an all-reduce, some 10 us for each running request;
and for mixtures, what routing takes a layer and how fast small products of experts run, by chip and number format.
"""

BANDS = """
## Bands

What stands beside a prediction: from where to where 8 of 10 measurements are expected, as shares of the time. Each is
counted on the rows of one data set, for what is like them. Where a case is like none of these, no band is printed.

| Profile | Quantity | Of | From | To | Counted on | Inside |
| --- | --- | --- | ---: | ---: | --- | ---: |
"""

FAILURES = """
## Where it fails, and why

- **One profile for three engines.** TensorRT-LLM, vLLM and SGLang differ by 10 to 20 % on the same chips, and releases
  of one engine by as much. `modern` is their middle.
- **Heads that draft in silence.** Some runs of DeepSeek drafted with its MTP head, and their rows do not say so: they
  are up to twice as fast as the prediction.
- **Short answers of the same length.** Where all requests start together and end together, prompts come in waves. Some
  benchmarks are so, and are off by 20 to 50 %.
- **First tokens under load.** They wait in a queue. The model times a prompt that starts at once. For engines of
  2025-26 it gives no band: nothing without load was measured.
- **First tokens of nodes apart.** Load tests send all requests at once, and answers of one length bring them back in
  waves; how long those last is not in the rows. `ttft_load_test` has a share of them, fitted; `ttft`, a steady state,
  is far below what such a test shows. Rows that do not say how many nodes read and decode cannot be predicted.
- **Networks between nodes.** The few steps that were measured over two nodes took 1.5 to 2.6 times as long as
  predicted. There is no band.
- **Cards that share a host's bus, in engines of 2025-26.** The rows of `pcie` are of 2024.
- **Eager frameworks on another host.** The time of a layer is the host's, which launches one kernel after the other; a
  faster or slower CPU moves it. Measure one step at batch 1, divide by the layers, and set `launch`.
- **llama.cpp's prompts.** Shares differ from chip to chip and from build to build: there is a fit, which does not
  transfer, and so no prediction is offered but for the chips that it was fitted to.
- **Batches on a GB10.** Their kernels were not fitted.
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


def page(found: dict[str, Outcome], others: dict[str, int]) -> str:
    """The whole page."""
    head = "| Data set | Form | Rows | Median error, absolute | 90 % below | Median error | In band | Roofline | Peer |"
    rows = [head, "| --- | --- " + "| ---: " * 7 + "|"]
    exact = ["", "## Exact tests", "", "Start-up logs of engines: bytes, blocks and tokens of the KV cache have to "
             "follow from one another.", "", "| Test | Rows | Pass |", "| --- | ---: | ---: |"]
    for name, forms in errors(found).items():
        chosen = found[name].study.form
        if "passed" in forms[chosen]:
            exact.append(f"| {name} | {forms[chosen]['rows']} | {forms[chosen]['passed']} |")
        elif forms[chosen]["rows"]:
            link = f"[{name.removeprefix('- ')}](accuracy/{file_name(name)}.png)"
            rows.append(f"| {' | '.join([link, *headline(forms, chosen)])} |")
    left = ["", "## Rows left out", "", *(f"- {reason}" for reason in reasons(found, others))]
    return "\n".join([BEGIN, *rows, MEANING.rstrip(), *exact, BANDS.rstrip(), *band_rows(), FAILURES.rstrip(), *left,
                      ""])


def band_rows() -> list[str]:
    """A line for each band of a profile."""
    every = [band for bands in map(bands_of, sorted({profile.name for profile in Profiles})) for some in bands.values()
             for band in some]
    return [f"| {band.profile} | `{band.quantity}` | {covered(band)} | {-band.down:.0%} | +{band.up:.0%} | {band.name} "
            f"({band.rows:.0f} rows) | {band.held:.0%} |" for band in every]


def covered(band: Band) -> str:
    """What a band covers, in words."""
    kind = "" if band.dense and band.mixtures else "mixtures, " if band.mixtures else "dense models, "
    many = f"batches from {band.least:g}, " * (band.least > 1) + f"batches up to {band.most:g}, " * (band.most < 1e9)
    return f"{kind}{many}{', '.join(band.families) or 'all chips'}"


def main(given: list[str]) -> int:
    """The exit status: 0, or 2 for input that cannot be read."""
    if len(given) != 1:
        print("Give one folder of measurements: python tools/accuracy.py FOLDER", file=sys.stderr)
        return 2
    try:
        found, others = validation(pathlib.Path(given[0]))
        FILE.write_text(page(found, others), encoding="utf-8")
        save(found, PICTURES)
    except BadInputError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(f"{FILE.relative_to(FILE.parent.parent)} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
