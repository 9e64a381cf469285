"""The main job on real input: how many users fit, for every chip and model, in Python and in the browser."""

from __future__ import annotations

import json

import equip
import numpy as np
import pytest
from browser_parity import INTERPRETER, case, under_node
from drawn import CHIPS, TRANSFORMERS

from mlsysim_labs import program, symbol
from mlsysim_labs.reactive.trace import Choice
from solver import PRECISIONS, Models, ServingModel, max_users

CONTEXTS = 2.0 ** np.arange(9, 18)  # 512 to 131,072: the curve of the lab
FORMATS = [PRECISIONS["fp16"], PRECISIONS["int8"]]
RESERVE = 0.1


def answers(model, device, precision, context, users):
    """What the KV-cache lab shows: plain text in, numbers out; `solve` and `max_users` are called as a person would."""
    r = ServingModel().solve(model, device, seq_len=context, batch_size=users)
    return {
        "weights": r.values["model_weights_size"], "cache": r.values["kv_cache_size"], "headroom": r.values["headroom"],
        "fits": r.values["feasible"], "itl": r.values["itl"],
        "users": max_users(model, device, context, precision=precision, reserve=RESERVE),
        "multi_head": max_users(model.multi_head, device, context, precision=precision, reserve=RESERVE),
        "curve": max_users(model, device, CONTEXTS, precision=precision, reserve=RESERVE)}


LAB_MODELS = [model for model in TRANSFORMERS if model.context >= CONTEXTS[-1]]
OFFERED = [Models.Llama3_8B, Models.Llama3_70B, *LAB_MODELS[-14:]]  # as many as a person would choose from
SYMBOLS = {"model": Choice(symbol("model"), LAB_MODELS), "device": Choice(symbol("device"), CHIPS),
           "precision": Choice(symbol("precision"), FORMATS), "context": symbol("context"), "users": symbol("users")}


def test_the_interpreter_answers_as_the_solver_does():
    """Every model, each on some chips, and so every chip, at contexts and users that a person would choose."""
    rng = np.random.default_rng(3)
    able = [d for d, chip in enumerate(CHIPS) if not np.isnan(chip.fp16)]
    steps = range(0, len(able), 5)
    pairs = [(m, able[(m + step) % len(able)]) for m in range(len(LAB_MODELS)) for step in steps]
    blocks = [{"model": m, "device": d, "precision": int(rng.integers(2)), "context": int(rng.choice(CONTEXTS)),
               "users": int(rng.integers(1, 257))} for m, d in pairs]
    assert {d for _, d in pairs} == set(able)
    plain = {"model": LAB_MODELS.__getitem__, "device": CHIPS.__getitem__, "precision": FORMATS.__getitem__,
             "context": int, "users": int}
    report = under_node([case(answers, SYMBOLS, blocks, plain)])["cases"][0]
    assert report["wrong"] == [] and float(report["worst"]) <= 1e-9


def question() -> tuple[dict, dict]:
    """Llama 3.1 8B on an H100 at 128K, and the program that answers it."""
    chosen = {"model": 0,
              "device": next(i for i, c in enumerate(CHIPS) if c.name == "NVIDIA H100 SXM"),
              "precision": 0, "context": 131072, "users": 3}
    return program(answers(**SYMBOLS | {"model": Choice(symbol("model"), OFFERED)})), chosen


def test_the_program_is_small():
    code, _ = question()
    assert len(json.dumps(code, separators=(",", ":"))) < 10_500
    assert INTERPRETER.stat().st_size < 15_000


@pytest.mark.browser
def test_a_real_browser_answers_it(page):
    """The interpreter as a module in Chromium, without a kernel or a network."""
    code, chosen = question()
    source = INTERPRETER.read_text(encoding="utf-8")
    said = page.evaluate(
        """async ([source, program, inputs]) => {
            const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
            const { load } = await import(url);
            const run = load(program), out = run(inputs);
            const again = run(inputs), moved = run({...inputs, users: 4});
            return { users: out.users, multi: out.multi_head, fits: out.fits, curve: [...out.curve],
                     again: Object.keys(again), moved: Object.keys(moved).sort() };
        }""", [source, code, chosen])
    assert (said["users"], said["multi"], said["fits"]) == (3, 0, 1)
    assert said["curve"] == max_users(Models.Llama3_8B, CHIPS[chosen["device"]], CONTEXTS, reserve=RESERVE).tolist()
    assert said["again"] == [], "nothing moved, so nothing is computed"
    assert said["moved"] == ["cache", "fits", "headroom", "itl"], "only what follows from the users is computed again"


def test_equipment_is_found():
    assert equip.node()
