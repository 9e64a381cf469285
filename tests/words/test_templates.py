"""Sentences: what Python fills, the page fills alike."""

from __future__ import annotations

import json
import random
import shutil
import subprocess

import pytest

from mlsysim_labs.pictures.parts.sentence import said
from mlsysim_labs.widgets.assets import PACKAGE
from mlsysim_labs.words.templates import filled
from solver.units import Q_, factor

KINDS = ["", ":GB", ":time", ":%", ":,", ":user", ":TFLOP/s", ":ms"]
UNITS = {kind: float(factor(kind)) for kind in ("GB", "TFLOP/s", "ms")}


@pytest.mark.skipif(not shutil.which("node"), reason="node is not on this machine")
def test_the_page_writes_numbers_as_python_does():
    rng = random.Random(7)
    numbers = [0.0, 1.0, 0.9996, 999.6, 1000.0, 0.001, 9.995, 1e-12] + [10 ** rng.uniform(-9, 9) for _ in range(300)]
    numbers = [x for x in numbers if all(abs(x / 10**e * 1000 % 1 - 0.5) > 1e-6 for e in range(-12, 16))]  # no ties
    cases = [(f"{{x{kind}}}", x) for kind in KINDS for x in numbers]
    module = (PACKAGE / "pictures/parts/sentence.js").read_text(encoding="utf-8")
    asked = f"{module}\nconst out = {json.dumps(cases)}.map(([t, x]) => filled(t, {{ x }}, {json.dumps(UNITS)}));"
    done = subprocess.run(["node", "--input-type=module", "-e", asked + "console.log(JSON.stringify(out))"],
                          capture_output=True, text=True, check=True)
    wrong = [(t, x, js, filled(t, {"x": x})) for (t, x), js in zip(cases, json.loads(done.stdout), strict=True)
             if js != filled(t, {"x": x})]
    assert not wrong, wrong[:5]


def test_quantities_records_and_parts_of_results():
    values = {"free": Q_(61.2, "GB"), "chip": "H100", "step": {"read": 0.00448}}
    assert filled("{free:GB} on {chip}, {step.read:ms}", values) == "61.2 GB on H100, 4.48 ms"


def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(KeyError, match="Did you mean free"):
        filled("{fre:GB}", {"free": 1.0})
    with pytest.raises(KeyError, match="Did you mean users"):
        said(0, "{user:user}", users=3)
