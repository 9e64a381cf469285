"""KV cache, the hidden tax: keys and prose against the solver, and that picture and verdict agree."""

from __future__ import annotations

import json
import math
import random
import re

import numpy as np
import played
import pytest
import teach

from mlsysim_labs import lab_of
from mlsysim_labs.places.notebooks import new_lab
from mlsysim_labs.testing import tasks_of
from mlsysim_labs.testing.labs import stage_settings
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import kv_bytes_per_token, usable_bytes, weights_bytes

NAME, SLUG = "03_kv_cache.ipynb", "03_kv_cache"
H100, H200, LLAMA, QWEN = Hardware.Cloud.H100, Hardware.Cloud.H200, Models.Llama3_8B, Models.Qwen3_30B_A3B
WIDE, FP16, LONG = LLAMA.multi_head, PRECISIONS["fp16"], 131072
# By hand. A token: 2 · layers · KV heads · 128 · 2 B, from each model's config.json; GPUs from their data sheets.
FREE, ONE = 0.9 * 80 * 2**30 - 2 * 8_030_261_248, LONG * 2 * 32 * 8 * 128 * 2
KEYS = {"users_at_128k": FREE // ONE, "best_change": "a KV cache in 8 bit", "room_left": (FREE - 10 * ONE / 4) / 1e9,
        "token": 131.072, "crossover": 2 * 8_030_261_248 / 131_072,
        "qwen_users": (0.9 * 141 * 2**30 - 2 * 30_532_110_336) // (32768 * 2 * 48 * 4 * 128 * 2)}


@pytest.fixture
def lab():
    return lab_of(SLUG)


def users(context=LONG, model=LLAMA, device=H100, weights="fp16", cache="fp16", reserve=0.1):
    return max_users(model, device, context, weights, reserve, kv_precision=cache)


def test_truths_and_keys_worked_out_by_hand(lab):
    known = {name: key if isinstance(key, str) else pytest.approx(key) for name, key in KEYS.items()}
    assert played.truths(lab) == known and list(tasks_of(lab)) == list(KEYS)[2:]


@pytest.mark.parametrize(("task", "text", "state", "says"), [
    ("room_left", "18.3 GB", "right", ""), ("room_left", "26.9 GB", "wrong", "kept back"),
    ("room_left", "42.9 GB", "wrong", "what the ten"), ("room_left", "17 GB", "wrong", "1 GiB"),
    ("token", "128 KiB", "right", ""), ("token", "131072 B", "right", ""), ("token", "512 KiB", "wrong", "32 heads"),
    ("token", "128 kB", "wrong", "in KiB, but"), ("token", "64 KiB", "wrong", "keys alone"),
    ("crossover", "122,500 tokens", "right", ""), ("crossover", "30,600", "wrong", "all 32 heads"),
    ("qwen_users", "23", "right", ""), ("qwen_users", "40", "wrong", "all of them lie"),
    ("qwen_users", "28", "wrong", "kept back"), ("qwen_users", "20", "wrong", "141 GiB"),
    ("qwen_users", "2", "wrong", "every head")])
def test_what_students_type_is_told_what_it_is(lab, task, text, state, says):
    verdict = lab.questions[task].verdict(text)
    assert verdict.state == state and says in verdict.feedback


@pytest.mark.parametrize(("settings", "missing"), [
    ({"context": 8192}, ["8 users of 128K"]), ({}, ["nobody waits"]), ({"kv_cache": "8"}, ["nobody waits"]),
    ({"kv_cache": "8", "weights": "8"}, ["nobody waits"]), ({"kv_cache": "8", "weights": "4"}, []),
    ({"kv_cache": "8", "weights": "4", "device": "A100"}, []),
    ({"kv_cache": "8", "device": "H200"}, ["80 GB or less"]), ({"kv_cache": "4"}, ["KV cache of 8 bit or more"])])
def test_a_plan_takes_both(lab, settings, missing):
    met = lab.questions["plan"].conditions(lab.wiring.start | lab.wiring.raw_of({"context": LONG} | settings))
    assert [name for name, is_met in met.items() if not is_met] == missing


def test_at_the_reveal_the_picture_says_what_the_verdict_says():
    """Wherever the knobs were left, and whatever was guessed."""
    lab, rng = new_lab(SLUG), random.Random(3)
    asked = lab.questions["users_at_128k"]
    for guess in [1, 2, 3, 4, 7, 99, 101, 337, 999, 1000, *(round(1000 ** rng.random()) for _ in range(50))]:
        for control in lab.wiring.controls.values():
            control.widget.index = rng.randrange(len(control.table))
        asked.shown.locked = {"value": float(guess), "unit": "users", "time": ""}
        raw = asked.raw_show() | {"guess": float(guess)}
        shown = lab.wiring.values_at(raw, ["memory"])["memory"]
        table = lab.pictures["memory"].picture.table(shown)
        assert table["users that fit"] == min(asked.truth, guess) and table["users"] == shown["guess"] == guess
        assert math.isclose(shown["cache"], guess * ONE)


def test_each_change_is_seen_with_as_many_users_as_its_bar_has(lab):
    asked = lab.questions["best_change"]
    bars = lab.wiring.value_at(asked.formula, asked.at)
    for place, fit in enumerate(bars.values()):
        raw = asked.raw_show() | {"guess": float(place)}
        values = lab.wiring.values_at(raw, ["changed_memory", "memory"])
        assert lab.pictures["changed_memory"].picture.table(values["changed_memory"])["users that fit"] == fit
        assert math.isnan(values["memory"]["guess"]), "an option is no number of users"
    assert list(bars.values()) == [6, 3, 4, 7], "as the teacher's page works them out"


def test_neither_vessel_says_a_key_where_the_lab_itself_leads(lab):
    for raw in stage_settings(lab):
        shown = lab.wiring.values_at(raw, ["memory"])["memory"]
        room = shown["capacity"] - shown["reserve"] - shown["weights"]
        free = np.array([room - shown["cache"], room - shown["beside_cache"]]) / 1e9
        assert not np.isclose(free, KEYS["room_left"], rtol=0.02).any()


def test_what_is_to_be_noticed_is_there():
    assert users(2048) >= 200 and users() == 3, "three long users, 200 short ones"
    assert users(32768) == 14 and users(32768, WIDE) == 3, "about a quarter"
    assert users(device=Hardware.Cloud.L4) == 0 < users(32768, device=Hardware.Cloud.L4)
    assert users(16384) == 28 and LLAMA.attention.heads == 4 * LLAMA.attention.kv_heads
    assert 3.75 < QWEN.parameters / LLAMA.parameters < 4 and round(100 * H100.memory / 80e9) == 107


UNITS = "[GMk]B|[GK]iB|bit|byte|tokens|users|heads|KV|billion"
NAMES = (r"<!--.*?-->|\[Open in Colab\].*|\(https?://[^)]*\)|\(pictures.*?\)|arXiv:[\d.]+|, \d{4}[,:]|section 2|"
         r"^\| \d+ (to \d+ )?\||Llama[ _\d.]*\w*|Qwen3 30B-A3B|[BHA]\d00|\w*128k|03_kv\w*|2³⁰|10⁹|128K|^\| \d \|")


def numbers(text):
    """Every number of a text, with the unit that follows it; without names, addresses, years and places in a list."""
    text = re.sub(r"\s+", " ", re.sub(NAMES, " ", text, flags=re.MULTILINE))
    return set(re.findall(rf"\d(?:[\d,.]*\d)?(?: %| (?:{UNITS})\b)?", text))


def page_numbers():
    """What the solver knows of the teacher's page, as the page writes it."""
    weights, token, kept = weights_bytes(LLAMA, FP16), kv_bytes_per_token(LLAMA, FP16), usable_bytes(H100, 0.1)
    w8, w4 = (weights_bytes(LLAMA, PRECISIONS[name]) for name in ("int8", "int4"))
    one, qwen = LONG * token, kv_bytes_per_token(QWEN, FP16)
    sizes = [H100.memory, kept, kept - weights, one, w4, weights - w4, one / 4, weights, 8 * one / 2 - (kept - w8),
             H200.memory, usable_bytes(H200, 0.1), weights_bytes(QWEN, FP16), 32768 * qwen]
    ratios = [(kept - weights) / one, H200.memory / H100.memory, *(2 * (kept - w) / one for w in (weights, w8, w4)),
              (usable_bytes(H200, 0.1) - weights_bytes(QWEN, FP16)) / 32768 / qwen]
    counts = [users(), users(device=H200), users(weights="int4"), users(cache="int8"), users(8192), users(2048, WIDE),
              users(2048, WIDE, reserve=0), users(model=WIDE), users(model=WIDE, reserve=0),
              users(device=H200, cache="int8"), users(57344), KEYS["qwen_users"]]
    return {*(f"{x / 1e9:.3g} GB" for x in sizes), *(f"{x:.3g}" for x in ratios), *(f"{x:.0f}" for x in counts),
            f"{2 * (kept - w8) / one:.3g} users", f"{2 * (kept - weights) / one:.3g} users", f"{token:,.0f} byte",
            f"{token / 1e3:.0f} kB", f"{4 * token / 1e3:.0f} kB", f"{token / 1024:.0f} KiB", f"{qwen / 1e3:.3g} kB",
            f"{weights / token:,.0f} tokens", f"{weights / token / 4:,.0f} tokens",
            *(f"{n / 1e9:.3g} billion" for n in (QWEN.parameters, QWEN.active_parameters)),
            *(f"{100 * weights / (weights + n * token):.0f} %" for n in (2048, LONG))}


GIVEN = {"16 bit", "8 bit", "4 bit", "32 heads", "8 KV", "32", "128", "2", "2 byte", "131,072 tokens", "2,048 tokens",
         "8,192 tokens", "32,768 tokens", "57,344 tokens", "64 users", "128 kB", "45", "1,024", "1,000", "4", "8"}


def test_every_number_of_the_prose_is_the_solvers(root, lab):
    page = (teach.PAGES / f"{SLUG}.md").read_text(encoding="utf-8")
    assert numbers(teach.BLOCK.sub("", page)) - GIVEN <= page_numbers()
    cells = json.loads((root / "labs" / NAME).read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert numbers(prose) == {"80 GB"} and H100.memory == 80 * 2**30


def test_the_numbers_in_conditions_are_those_of_the_records(lab):
    llama, qwen = LLAMA.attention, QWEN.attention
    assert lab.questions["token"].shown.given.startswith(
        f"{LLAMA.layers:g} layers · {llama.heads:g} heads, sharing {llama.kv_heads:g} KV heads of {llama.head_dim:g} ")
    assert lab.questions["qwen_users"].shown.given == (
        f"{QWEN} · {QWEN.parameters / 1e9:.1f} billion parameters, {QWEN.active_parameters / 1e9:.3g} billion active · "
        f"{QWEN.layers:g} layers, {qwen.kv_heads:g} KV heads of {qwen.head_dim:g} · 16 bit · "
        f"H200 with {H200.memory / 2**30:g} GiB, a tenth kept back · the picture stays with Llama")


def seen(lab, name, **knobs):
    """The places of the rows that were measured where the knobs stand."""
    found = lab.wiring.values_at(lab.wiring.start | lab.wiring.raw_of(knobs), [name])[name]
    places = [place if isinstance(place, tuple) else (place,) for place in found.values()]
    return [place[1:] for place in places if place[0]]


def test_what_was_measured_is_seen_where_it_was_measured(lab):
    assert len(seen(lab, "room_measured")) == len(seen(lab, "room_measured", device="A100")) == 1
    for knobs in ({"device": "L4"}, {"device": "H200"}, {"weights": "8"}):
        assert seen(lab, "room_measured", **knobs) == seen(lab, "users_measured", **knobs) == []
    (context, fit), = seen(lab, "users_measured", context=LONG)
    assert context == LONG and fit == pytest.approx(53.29 * 2**30 / ONE) and math.floor(fit) == KEYS["users_at_128k"]
    (_, halved), = seen(lab, "users_measured", context=LONG, kv_cache="8")
    assert halved == pytest.approx(2 * fit)


@pytest.mark.browser
def test_what_was_measured_stands_where_the_axes_say(jupyter, page, lab):
    played.forget(jupyter, NAME, SLUG)
    player = played.walk_in(jupyter, page, NAME, lab)
    player.play()
    player.view("Users by context")
    page.locator(".lab-shown .lab-mark").wait_for()
    x, y = page.evaluate("""() => { const sign = document.querySelector(".lab-shown .lab-mark-sign").getCTM();
        return [sign.e, sign.f]; }""")
    ticks = dict(page.evaluate("""() => [...document.querySelectorAll(".lab-shown .axis .tick")].map(
        (tick) => [tick.textContent, [tick.getCTM().e, tick.getCTM().f]])"""))
    (_, fit), = seen(lab, "users_measured")
    between = (math.log10(fit) - 1) / (math.log10(100) - 1)
    assert x == pytest.approx(ticks["8,192"][0], abs=0.6)
    assert y == pytest.approx(ticks["10"][1] + between * (ticks["100"][1] - ticks["10"][1]), abs=0.6)
