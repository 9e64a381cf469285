"""Memory wall: keys and prose against the solver, and the lab played to its end with the keyboard."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import played
import pytest
import teach
from live_jupyter import errors_in_cells

from mlsysim_labs import lab_of
from solver import PRECISIONS, Hardware, Models, Profiles, ServingModel
from solver.formulas.kernels import Product
from solver.formulas.memory import headroom_bytes
from solver.formulas.roofline import ridge_point
from solver.serving.result import SMALL_BATCH

NAME, SLUG = "01_memory_wall.ipynb", "01_memory_wall"
A100, H100, H200, L4 = (Hardware.Cloud[name] for name in ("A100", "H100", "H200", "L4"))
LLAMA, FP16, INT8 = Models.Llama3_8B, PRECISIONS["fp16"], PRECISIONS["int8"]
KEYS = {"twice_the_flops": 1.0, "share_of_the_peak": 0.339, "ridge_of_an_l4": 403.3, "rows_of_a_product": 885.5,
        "tokens_a_second": 223.3, "from_a100_to_h100": 1.644, "flops_for_half": "infeasible",
        "users_for_the_roof": 153.0, "twice_the_flops_for_512": 1.731}
STEPS = [*KEYS, "reflection"]
NOT_SEEN = ["0.34", "4.48", "decode at best", "ITL [ms]", "Buy 2×", "Task", "Reflect"]  # before predictions are locked


def cells(root):
    return json.loads((root / "labs" / NAME).read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def lab():
    """The lab with its knobs where they start."""
    lab = lab_of(SLUG)
    lab.wiring.move(lab.wiring.start)
    return lab


def best(device=H100, users=1, context=1, **how):
    """A step, or the prompt, of a chip that loses nothing."""
    return ServingModel().solve(LLAMA, device, context, users, profile="ideal", **how)


def itl(device=H100, users=1, **how):
    return best(device, users, **how).value("itl")


def faster(times, what="fp16", device=H100):
    return replace(device, **{what: times * getattr(device, what)})


# keys -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["infeasible", "never", "none", "impossible"])
def test_what_cannot_be_done_may_be_said_in_many_words(lab, text):
    task = lab.questions["flops_for_half"]
    assert task.verdict(text).state == "right" and "can be done at all" in task.verdict("2").feedback


def test_truths_and_keys_are_those_of_the_catalogue(lab):
    found = played.truths(lab)
    assert found == {name: key if isinstance(key, str) else pytest.approx(key, rel=0.005) for name, key in KEYS.items()}
    assert list(lab.questions) == STEPS


def test_keys_agree_with_what_the_solver_says_otherwise():
    """Of a product, of the batch where arithmetic binds, and of both purchases."""
    sides = [Product(n, n, n) for n in (885, 886)]
    assert sides[0].work / sides[0].traffic < ridge_point(H100, FP16) < sides[1].work / sides[1].traffic
    assert [best(A100, users).bottleneck for users in (153, 154)] == ["Memory", "Compute"]
    assert [best(H100, users).bottleneck for users in (295, 296)] == ["Memory", "Compute"]
    assert itl() / itl(faster(2, "bandwidth")) == pytest.approx(2) and itl() == itl(faster(1e9))


def test_whatever_is_chosen_fits_and_has_numbers(lab):
    """Memory's size is no matter of this lab, so nothing that one can choose runs out of it."""
    for label in lab.controls["device"].options:
        lab.set(device=label, users=1024, precision="16 bit")
        chip = lab["device"]["nothing"]
        assert min(headroom_bytes(chip, LLAMA, *work, FP16) for work in ((1024, 1), (1, 2048))) > 0
        for precision in lab.controls["precision"].options:
            lab.set(precision=precision)
            assert all(x == x for row in lab["times"].values() for x in row), (label, precision)
            assert all(0 < y <= 1.0001 * lab["serving"]["peak"] for _, y in lab["serving"]["points"].values())


def test_a_purchase_changes_what_it_says(lab):
    sold = lab["serving"]
    lab.set(buy="2× FLOP/s")
    bought, times = lab["serving"], lab["times"]
    assert bought["peak"] == 2 * sold["peak"] and bought["bandwidth"] == sold["bandwidth"]
    assert bought["points"]["decode at best"] == sold["points"]["decode at best"]
    assert times["ITL [ms]"][0] == times["ITL as sold [ms]"][0] == pytest.approx(1e3 * itl())
    assert times["TTFT [ms]"][0] < 0.51 * times["TTFT as sold [ms]"][0]
    assert str(bought["chip"]) == "2× FLOP/s · NVIDIA H100 SXM" and str(sold["chip"]) == "NVIDIA H100 SXM"


# prose ----------------------------------------------------------------------------------------------------------------

def squeezed(text):
    return re.sub(r"\s+", " ", text)


def test_the_prose_of_the_notebook_is_true(root, lab):
    text = squeezed(" ".join("".join(c["source"]) for c in cells(root) if c["cell_type"] == "markdown"))
    weights = {name: itl(precision=name) * H100.bandwidth for name in ("fp16", "int8")}
    low = ServingModel().solve(LLAMA, H100, 1, SMALL_BATCH, profile="tuned")
    claims = {
        "a prompt of 2,048 tokens": lab["times"]["TTFT [ms]"][0] == pytest.approx(
            1e3 * best(context=2048).value("ttft")),
        "*8 bit*: the peak doubles, and the bytes nearly halve": all(
            chips["nothing"].int8 / chips["nothing"].fp16 == pytest.approx(2, rel=0.03)
            for chips in lab.wiring.controls["device"].table) and 1.8 < weights["fp16"] / weights["int8"] < 2,
        "(Weights of 4 bits raise no peak at all.)": H100.peak["w4a16"] == H100.fp16,
        "an L4 with an H200": ridge_point(L4, FP16) > ridge_point(H200, FP16),
        "at one user and at 512": itl(users=512) > 1.5 * itl(),
        "batch of 8 or less": low.interval("itl")[0] == low.floor.value("itl"),
        "starting the work of each layer": Profiles.tuned.launch > 0,
        "drag *matrix rows*": "matrix_rows" in lab.controls, "drag *users*": "users" in lab.controls,
        "Contexts have one token here": True, "twice the FLOP/s and the same memory": True,
        "Llama 3.1 8B": True, "Press *Buy 2× FLOP/s*": True, "*Buy 2× bandwidth*": True}
    for sentence, holds in claims.items():
        assert holds and sentence in text, sentence
    rest = re.sub(r"<!-- badges.*?<!-- /badges -->|!\[.*?\]\(.*?\)", "", text)
    for known in [*claims, "10.1145/1498765.1498785", "(2009)", "10.1145/216585.216588", "(1995)", "2211.05102",
                  "(2022)", *(f" {n}. " for n in range(1, 6))]:
        rest = rest.replace(known, " ")
    assert re.findall(r".{0,30}\d", rest) == [], "a number that no claim is about"


def page_numbers():
    """Every number of the teacher's page that the solver knows, as the page writes it."""
    tuned = {times: ServingModel().solve(LLAMA, faster(times, "bandwidth"), 1, profile="tuned").value("itl")
             for times in (1, 2)}
    read, work = itl() * H100.bandwidth, LLAMA.token_work + LLAMA.lm_head_work
    step, ridge = 1e3 * itl(), {chip.name: ridge_point(chip, FP16) for chip in (A100, H100, H200, L4)}
    share, many = 100 * work / itl() / H100.fp16, 512 * work / itl(users=512) / H100.fp16
    ttft = [1e3 * best(chip, context=2048).value("ttft") for chip in (H100, faster(2))]
    computes = [1e3 * 512 * work / chip.fp16 for chip in (H100, faster(2))]
    flops, bandwidth = H100.fp16 / A100.fp16, H100.bandwidth / A100.bandwidth
    return [
        f"stays at {step:.2f} ms", f"it reaches {share:.3f} % of its peak", f"reach {100 * many:.1f} % of the peak",
        f"{flops:.2f} times as fast", f"grow {flops:.2f} times, bandwidth {bandwidth:.2f} times",
        f"An L4 ({ridge[L4.name]:.0f} FLOP/B)", f"an H200 ({ridge[H200.name]:.0f} FLOP/B)",
        f"512 users get {itl(users=512) / itl(faster(2), 512):.2f}×",
        f"reads {read / 1e9:.2f} GB at {H100.bandwidth / 1e12:.3f} TB/s: {step:.2f} ms",
        f"{work / 1e9:.2f} GFLOP at {H100.fp16 / 1e12:.1f} TFLOP/s, takes {1e3 * work / H100.fp16:.4f} ms",
        f"{1e3 * work / H100.fp16:.4f} ms of {step:.2f} ms", f"ridge of {ridge[H100.name]:.0f} FLOP/B is {share:.3f} %",
        f"{L4.fp16 / 1e12:.0f} TFLOP/s over {L4.bandwidth / 1e9:.0f} GB/s: {ridge[L4.name]:.0f} FLOP/B",
        f"it is {ridge_point(L4, INT8):.0f} FLOP/B",
        f"n/3 = {ridge[H100.name]:.0f} gives n = {3 * ridge[H100.name]:.0f}", f"n/2, and {2 * ridge[H100.name]:.0f}",
        f"1 / {step:.2f} ms = {1 / itl():.0f} token/s", f"streams all {2 * LLAMA.parameters / 1e9:.2f} GB finds "
        f"{H100.bandwidth / LLAMA.parameters / 2:.0f}", f"input embedding is {2 * LLAMA.lm_head / 1e9:.2f} GB",
        f"would allow about {round(H100.fp16 / work, -2):,.0f}",
        f"{read / 1e9:.2f} GB at {A100.bandwidth / 1e12:.3f} TB/s are {1e3 * itl(A100):.2f} ms; "
        f"{1e3 * itl(A100):.2f} / {step:.2f} = {itl(A100) / itl():.2f}",
        f"Half is {step / 2:.2f} ms, and reading takes {step:.2f} ms", f"8 bit: {1e3 * itl(precision='int8'):.2f} ms",
        f"{ridge[A100.name]:.0f} on an A100, {ridge[H100.name]:.0f} on an H100",
        f"arithmetic {computes[0]:.2f} ms, reading {step:.2f} ms. With 2× FLOP/s {computes[1]:.2f} ms",
        f"{computes[0]:.2f} / {step:.2f} = {computes[0] / step:.2f}", f"{step:.2f} to {step / 2:.2f} ms",
        f"from {1e3 * tuned[1]:.2f} to {1e3 * tuned[2]:.2f} ms: {tuned[1] / tuned[2]:.2f}×",
        f"starts {LLAMA.layers:.0f} layers at {1e6 * Profiles.tuned.launch:.0f} us each, "
        f"{1e3 * LLAMA.layers * Profiles.tuned.launch:.2f} ms a step",
        f"from {ttft[0]:.1f} to {ttft[1]:.1f} ms", f"a batch of {SMALL_BATCH} or less", f"cannot be at {share:.3f} %",
        f"I get {H100.bandwidth / LLAMA.parameters / 2:.0f}, and", f"{3 * ridge[H100.name]:.1f} is where both",
        f'Is {3 * ridge[H100.name]:.0f} exact?']


GIVEN = ["01_memory_wall", "Llama 3.1 8B in 16 bit", "H100", "H200", "A100", "L4", "with 2× and with 4×", "2× FLOP/s",
         "so 2×", "2× bandwidth", "At 1 FLOP/B", "512 users", "45 minutes", "0 to 5", "5 to 12", "12 to 17", "17 to 28",
         "28 to 40", "40 to 45", "Most say 2×", "8-bit numbers", "for 16 bits", "2n³", "3n²", "2 bytes", "n/3",
         "no gain: 1×", "picture: 1 FLOP/B over a", "at 16 bit", "2 FLOP", "153 users are", "154 by", "TTFT of 2,048",
         "| 3 |", "| 2 |", "| 1 |", "less than 2×", "shows 100 %", "within 2 %"]


def test_every_number_of_the_teachers_page_is_the_solvers(root, lab):
    page = (root / "docs" / "teach" / "01_memory_wall.md").read_text(encoding="utf-8")
    rest, computed = squeezed(re.sub(r"\*\*\w+\.\*\*", "", teach.BLOCK.sub("", page))), page_numbers()
    assert [text for text in computed if text not in rest] == []
    for text in sorted([*computed, *GIVEN], key=len, reverse=True):
        rest = rest.replace(text, " ")
    assert re.findall(r".{0,30}\d", rest) == [], "a number that nothing computes"


# played ---------------------------------------------------------------------------------------------------------------

@pytest.mark.browser
def test_played_to_the_end_with_the_keyboard(jupyter, page, lab):
    played.forget(jupyter, NAME, SLUG)
    player = played.walk_in(jupyter, page, NAME, lab)
    player.check_access()
    sentence = page.locator(".lab-picture-product figure")
    sentence.wait_for()
    assert page.locator(".lab-box .lab-picture").count() == 1
    assert played.record(jupyter, SLUG) == [], "Run All commits nothing"
    before = page.locator(".lab-box").inner_text()
    assert [text for text in NOT_SEEN if text in before] == []
    was = sentence.inner_text()
    player.move("matrix_rows", *["ArrowRight"] * 8)
    assert "memory-bound" in was and sentence.inner_text() != was

    assert player.lock("twice_the_flops", "2") == "You said 2 ×, it is 1: 2× too high"
    assert "it is 0.339" in player.lock("share_of_the_peak", "60")
    serving, times = (page.locator(f".lab-picture-{name}") for name in ("serving", "times"))
    serving.get_by_text("decode at best").first.wait_for()
    page.wait_for_function("document.querySelector('.lab-picture-times').innerText.includes('4.48')")
    player.press("Buy 2× FLOP/s")
    serving.get_by_text("2× FLOP/s · NVIDIA H100 SXM").first.wait_for()
    assert times.locator("tbody tr").first.inner_text().split()[2] == "4.48", "and ITL stays"
    player.press("512 users")
    page.wait_for_function("document.querySelector('.lab-picture-times').innerText.includes('7.79')")
    player.open_everything()
    player.check_access()
    player.press("Reset")
    assert page.locator(".lab-box .lab-dim").count() == 0

    wrong = "That is the ratio of their FLOP/s. Does a single user wait for those?"
    assert player.answer("from_a100_to_h100", "3.17 ×") == ("Not yet", wrong)
    assert "binds one user's step" in player.hint("from_a100_to_h100")[0]
    for name, text in played.keys(lab).items():
        assert player.answer(name, text)[0].startswith("Right"), name
    assert "no machine judges it" in player.reflect("Long prompts gain. One user's tokens do not, and units idle.")

    assert [state[0] for state, _ in player.handed_in.values()] == ["●"] * len(STEPS)
    kept = [(one["kind"], one["name"]) for one in played.record(jupyter, SLUG)]
    assert {name for _, name in kept} == set(STEPS) and ("hint", "from_a100_to_h100") in kept
    assert errors_in_cells(page) == [] and player.said == []
    played.forget(jupyter, NAME, SLUG)
