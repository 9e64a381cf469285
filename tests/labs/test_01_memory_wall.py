"""The memory wall: its keys another way, what its sentences say, and the numbers of the teacher's page."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import played
import pytest
import teach

from mlsysim_labs import lab_of
from solver import PRECISIONS, Hardware, Models, Profiles, ServingModel
from solver.formulas import forward_traffic, forward_work, ridge_point
from solver.formulas.kernels import Product

A100, H100, L4 = (Hardware.Cloud[name] for name in ("A100", "H100", "L4"))
LLAMA, QWEN, FP16 = Models.Llama3_8B, Models.Qwen3_30B_A3B, PRECISIONS["fp16"]
SOLD = {"gpu": "H100", "buy": "as sold"}


@pytest.fixture
def lab():
    """The lab with its knobs where they start."""
    lab = lab_of("01_memory_wall")
    lab.wiring.move(lab.wiring.start)
    return lab


def best(chip=H100, users=1, context=16, model=LLAMA):
    """A step of a chip that loses nothing, as the solver has it."""
    return ServingModel().solve(model, chip, context, users, profile="ideal")


def at(lab, **knobs):
    """The step where the knobs stand."""
    lab.set(**SOLD | knobs)
    return lab["step"]


# keys -----------------------------------------------------------------------------------------------------------------

def test_truths_are_those_of_data_sheets_by_hand(lab):
    """NVIDIA's data sheets: L4 121 TFLOP/s, 300 GB/s; A100 312, 2,039; H100 989.4, 3,352; H200 4,800 GB/s. A token of
    Qwen3 30B-A3B meets, in each of 48 layers, attention of 32 and 4 heads of 128, a router, and 8 of 128 experts of
    width 768; then 151,936 words of 2,048 numbers (its config.json)."""
    layer = 2048 * 128 * (2 * 32 + 2 * 4) + 2048 * 128 + 8 * 3 * 2048 * 768
    reads = 2 * (48 * layer + 151936 * 2048)
    assert played.truths(lab) == {
        "twice_the_flops": 1.0, "share_at_work": pytest.approx(100 / (989.4e12 / 3.352e12), rel=0.002),
        "ridge_of_an_l4": pytest.approx(121e12 / 300e9), "rows_of_a_product": pytest.approx(3 * 989.4 / 3.352),
        "from_a100_to_h100": pytest.approx(3352 / 2039), "qwen_on_an_h200": pytest.approx(reads / 4.8e9, rel=1e-3)}


def test_keys_agree_with_what_the_solver_says_otherwise(lab):
    sides = [Product(n, n, n) for n in (885, 886)]
    assert sides[0].work / sides[0].traffic < ridge_point(H100, FP16) < sides[1].work / sides[1].traffic
    faster = replace(H100, fp16=2 * H100.fp16)
    assert best().value("itl") == best(faster).value("itl") == pytest.approx(float(at(lab)["done"]), rel=1e-6)
    assert best(Hardware.Cloud.H200, model=QWEN).value("itl") == pytest.approx(lab["facts"]["qwen"], rel=1e-3)


@pytest.mark.parametrize("users, context, met", [
    (512, 128, True), (1024, 256, True), (384, 128, False), (1024, 512, False), (512, 16, False)])
def test_a_plan_is_judged_by_what_binds(lab, users, context, met):
    lab.set(**SOLD, users=users, context=context)
    assert all(lab["bound_by_arithmetic"].values()) == met
    assert (best(H100, users, context).bottleneck == "Compute") == bool(at(lab)["multiply"] > lab["step"]["read"])


def test_a_plan_with_another_chip_or_no_memory_is_named(lab):
    for knobs, missing in (({"gpu": "H200"}, "one H100, as sold"), ({"buy": "2× FLOP/s"}, "one H100, as sold"),
                           ({"context": 8192}, "it fits")):
        lab.set(**SOLD | {"users": 768, "context": 128} | knobs)
        assert not lab["bound_by_arithmetic"][missing], knobs


# words ----------------------------------------------------------------------------------------------------------------

def test_what_it_notices_is_true(lab):
    sold, bought = at(lab), at(lab, buy="2× bandwidth")
    assert bought["done"] == pytest.approx(sold["done"] / 2), "Twice as fast."
    many = at(lab, users=64)
    assert many["done"] < 1.01 * sold["done"] and round(64 * sold["done"] / many["done"]) == 63
    assert [at(lab, users=n)["multiply"] > lab["step"]["read"] for n in (256, 320)] == [False, True], "about 300 users"
    full = at(lab, users=512, context=512)
    assert full["read"] > 1.5 * full["multiply"] and full["need"] < full["have"]


def test_its_title_says_what_is_seen(lab):
    at(lab)
    assert str(lab["sentence"]) == "1 token in 4.48 ms. Reading sets the pace."
    for knobs, said in (
            ({"users": 512}, "512 tokens in 7.77 ms. The multipliers set the pace."),
            ({"users": 1, "buy": "2× FLOP/s"}, "Twice the FLOP/s, and the token is done no earlier."),
            ({"buy": "2× bandwidth"}, "Twice the bandwidth: 2.00× as fast."),
            ({"users": 1024, "context": 8192}, "Does not fit: 1,116 GB into 85.9 GB. Fewer users, or a shorter "
                                               "context.")):
        at(lab, **knobs)
        assert str(lab["sentence"]) == said


def test_the_table_says_what_an_engine_of_today_takes(lab):
    at(lab)
    also, engine = lab["token"]["also"], ServingModel().solve(LLAMA, H100, 16, profile="modern")
    assert also["an engine of 2025-26, expected [ms]"] == pytest.approx(1e3 * engine.value("itl"))
    assert also["8 of 10 runs from [ms]"] < also["an engine of 2025-26, expected [ms]"] < also["to [ms]"]


# what was measured ----------------------------------------------------------------------------------------------------

def seen(lab, name, **knobs):
    """The rows that were measured where the knobs stand."""
    lab.set(**SOLD | {"users": 1, "context": 16} | knobs)
    return [row.name for row, (there, *_) in lab[name].items() if there]


def test_what_was_measured_is_seen_where_it_was_measured(lab):
    assert seen(lab, "steps_measured") == ["torchao_h100"]
    assert seen(lab, "steps_measured", gpu="A100") == ["torchao_a100", "tinychat_a100", "llama_cpp_a100"]
    assert seen(lab, "steps_measured", users=64, context=1024) == ["tokens_1024_64"]
    for knobs in ({"buy": "2× FLOP/s"}, {"gpu": "L4"}, {"users": 64}, {"context": 8192}):
        assert seen(lab, "steps_measured", **knobs) == [], knobs
    for chip, rows in (("H100", 5), ("A100", 5), ("H200", 5), ("L4", 0)):
        assert len(seen(lab, "products_measured", gpu=chip)) == rows
    assert seen(lab, "products_measured", buy="2× bandwidth") == []


def test_nothing_that_was_measured_beats_the_roof_or_the_step(lab):
    at(lab, users=1, context=16)
    for row, (there, time) in lab["steps_measured"].items():
        assert not there or time > lab["step"]["done"], row
    roof = lab["roof"]
    for there, intensity, rate in lab["products_measured"].values():
        assert not there or rate < min(roof["peak"], intensity * roof["bandwidth"])


@pytest.mark.browser
def test_a_learner_sees_it_after_the_lock(jupyter, page, lab):
    played.forget(jupyter, "01_memory_wall.ipynb", "01_memory_wall")
    player = played.walk_in(jupyter, page, "01_memory_wall.ipynb", lab)
    line = player.box.locator(".lab-measured-line:visible")
    assert line.count() == 0
    player.play()
    player.view("One token")
    said = lab.page.measured["steps_measured"].texts[0]
    assert line.inner_text() == said["short"] and said["says"] in line.get_attribute("aria-label")
    assert page.locator(".lab-shown .lab-mark").count() == 1
    player.view("Roofline")
    assert page.locator(".lab-shown .lab-mark").count() == 5
    player.press(line.get_attribute("aria-label"))
    assert page.locator(".lab-measured-card:visible .lab-measured-row").count() == 5
    player.check_access()
    page.keyboard.press("Escape")
    player.choose("gpu", "L4")
    assert line.inner_text() == "Measured at other settings" and page.locator(".lab-shown .lab-mark").count() == 0
    player.menu("Start over")
    assert player.said == []


# the teacher's page ---------------------------------------------------------------------------------------------------

def page_numbers(lab):
    """Every number of the page that the solver knows, as the page writes it."""
    one, pair = at(lab), LLAMA.decode_pair_work
    none, work, longer = (forward_work(LLAMA, pair, 1, 1, n, 1) for n in (0, 16, 128))
    per_work, per_read = 1e6 * longer / H100.fp16, 1e6 * 128 * 131072 / H100.bandwidth  # µs of a user
    limit = none / H100.fp16 / (131072 / H100.bandwidth - (longer - none) / 128 / H100.fp16)
    enough = math.ceil(1e6 * one["weights"] / (per_work - per_read))
    modern = [1e3 * ServingModel().solve(LLAMA, replace(H100, bandwidth=n * H100.bandwidth), 16,
                                         profile="modern").value("itl") for n in (1, 2)]
    read, step = forward_traffic(LLAMA, 1, 1, 16, FP16, FP16), 1e3 * one["done"]
    layered, lanes = best(H100, 512, 512).value("itl"), at(lab, users=512, context=512)["done"]
    slower, rows = at(lab, users=64, context=16)["done"] / one["done"] - 1, 3 * ridge_point(H100, FP16)
    return [f"takes {step:.2f} ms with either", f"{100 * one['multiply'] / one['done']:.3f} %", f"{100 * slower:.1f} %",
            f"Above {limit:.0f} tokens", f"({ridge_point(L4, FP16):.0f} FLOP/B)", f"({rows / 3:.0f} FLOP/B)",
            f"{1e6 * one['multiply']:.1f} µs of work", f"{per_read:.2f} µs of reading", f"are {step:.2f} ms of reading",
            f"So {enough} users", f"{read / 1e9:.2f} GB at {H100.bandwidth / 1e12:.3f} TB/s: {step:.2f} ms",
            f"{work / 1e9:.2f} GFLOP at {H100.fp16 / 1e12:.1f} TFLOP/s, takes {1e6 * work / H100.fp16:.1f} µs",
            f"{3.3 * 2 / 4.8:.2f} ms", f"all {2 * QWEN.parameters / 1e9:.2f} GB", f"takes: {modern[0]:.2f} ms for",
            f"{LLAMA.layers:.0f} layers costs {1e6 * Profiles.modern.launch:.0f} µs", f"that is {modern[1]:.2f} ms",
            f"{modern[0] / modern[1]:.2f}×", f"{1e3 * layered:.0f} ms",
            f"{1e3 * lanes:.1f} ms",
            f"Is {rows:.0f} exact", f"{rows:.1f} is where"]


GIVEN = ["2025-26", "01_memory_wall", "Llama 3.1 8B in 16 bit", "H100", "A100", "H200", "L4", "45 minutes",
         "Most say 2×", "and not 2×", "With 512 the", '"64 users make a token 64 times',
         "512 users of 128 tokens", "1,024 of 256",
         "128 tokens", "the 3.3 billion", "512 users of 512 tokens", "100 %", "within 2 %", "| 3 |", "| 2 |", "| 1 |"]


def test_every_number_of_the_teachers_page_is_the_solvers(root, lab):
    page = (root / "docs" / "teach" / "01_memory_wall.md").read_text(encoding="utf-8")
    rest = re.sub(r"\s+", " ", re.sub(r"\*\*\w+\.?\*\*|\| \d+ to \d+ \|", "", teach.BLOCK.sub("", page)))
    computed = page_numbers(lab)
    assert [text for text in computed if text not in rest] == []
    for text in sorted([*computed, *GIVEN], key=len, reverse=True):
        rest = rest.replace(text, " ")
    assert re.findall(r".{0,30}\d", rest) == [], "a number that nothing computes"
