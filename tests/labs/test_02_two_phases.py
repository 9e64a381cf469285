"""Two phases, one request: keys and prose against the solver, and the lab played to its end with the keyboard."""

from __future__ import annotations

import json
import re

import played
import pytest
import teach
from live_jupyter import errors_in_cells

from mlsysim_labs.places.notebooks import names_of
from solver import Hardware, Models, ServingModel
from solver.formulas.roofline import ridge_point

NAME, SLUG = "02_two_phases.ipynb", "02_two_phases"
H100, A100, LLAMA = Hardware.Cloud.H100, Hardware.Cloud.A100, Models.Llama3_8B
KEYS = {"tokens_for_one": 154.909, "ttft": 60.323, "itl": 4.5628, "chatbot": 3.8429, "crossover": 32312}
STEPS = ["decode_share", "tokens_for_one", "ttft", "itl", "chatbot", "purchase", "crossover", "reflection"]


def cells(root):
    return json.loads((root / "labs" / NAME).read_text(encoding="utf-8"))["cells"]


@pytest.fixture(scope="module")
def names():
    """All names that the lab's cell makes."""
    return names_of(SLUG)


@pytest.fixture
def lab(names):
    return names["lab"]


# keys -----------------------------------------------------------------------------------------------------------------

def test_truths_and_keys_are_those_of_the_catalogue(lab):
    found = played.truths(lab)
    assert {name: found[name] for name in KEYS} == {name: pytest.approx(key, rel=0.005) for name, key in KEYS.items()}
    assert found["decode_share"] == "over 90 %" and list(found) == STEPS[:-1]
    assert found["purchase"] == "FLOP/s halve TTFT, bandwidth halves ITL"


def test_the_purchase_is_true_of_both_chips(names):
    now, flops, bandwidth = (names["solve"](names[chip], 2048, 256) for chip in ("H100", "FLOPS", "BANDWIDTH"))
    assert [float(now.ttft / r.ttft) for r in (flops, bandwidth)] == pytest.approx([2, 1], rel=0.01)
    assert [float(now.itl / r.itl) for r in (flops, bandwidth)] == pytest.approx([1, 2], rel=0.01)


def test_each_prediction_is_an_option_and_each_option_can_be_true(names):
    lab, asks = names["lab"], names["lab"].questions["decode_share"]
    settings = [(65536, 4), (65536, 128), (8192, 16), (2048, 256)]
    said = [lab.wiring.value_at(asks.formula, {"prompt": p, "answer": a}) for p, a in settings]
    assert len(set(said)) >= 3 and set(said) <= set(names["SHARES"])


# prose ----------------------------------------------------------------------------------------------------------------

def half(prompt, answer, device=H100, **how):
    """TTFT, ITL and the time in all, in seconds."""
    r = ServingModel().solve(LLAMA, device, prompt, output_len=answer, **how)
    return r.value("ttft"), r.value("itl"), r.value("e2e_latency")


def share(prompt, answer, **how):
    ttft, _, in_all = half(prompt, answer, **how)
    return 1 - ttft / in_all


def test_the_prose_of_the_notebook_is_true(root, names):
    text = re.sub(r"\s+", " ", " ".join("".join(c["source"]) for c in cells(root) if c["cell_type"] == "markdown"))
    ttft, itl, _ = half(2048, 256)
    short, per_token, work = half(50, 256), itl / (ttft / 2048), names["work"]
    ridge = ridge_point(H100, names["FP16"])
    claims = {
        "more than 100 times as long as one read": 100 < per_token < 200,
        "*half of the ridge point* in tokens": per_token == pytest.approx(ridge / 2, rel=0.1),
        "at less than 1 % of the peak": 1e12 * work(1, 2176) / itl < 0.01 * H100.fp16,
        "most of the arithmetic, and little of the time": work(2048, 0) > 0.8 * (work(2048, 0) + 255 * work(1, 2176))
        and share(2048, 256) > 0.9,
        "a whole reading of the weights, as long as a step": short[0] == pytest.approx(short[1], rel=0.02),
        "Below some length it stops falling": short[0] == pytest.approx(half(128, 256)[0], rel=0.01),
        "an MFU of 50 %": half(2048, 256) == half(2048, 256, efficiency=0.5),
        "8 of 10 measurements": True, "1. Drag": True, "2. Under": True, "3. Press": True, "4. Back": True,
        "At 2,048 tokens in": True, "section 2": True, "et al. 2023": True, "Patterson 2009": True, "al. 2024": True,
        "H100": True, "weights of 16 bits": half(2048, 256) == half(2048, 256, precision="fp16")}
    for sentence, holds in claims.items():
        assert holds and sentence in text, sentence
    rest = text.replace("<!-- badges: written by `make notebooks` -->", "")
    rest = re.sub(r"\[Open in Colab\].*?<!-- /badges -->|!\[.*?\]\(.*?\)", "", rest)
    for sentence in claims:
        rest = rest.replace(sentence, "")
    assert re.findall(r"\d", rest) == [], "a number that no claim is about"


def page_numbers(names):
    """Every number of the teacher's page that the solver knows, as the page writes it."""
    ttft, itl, in_all = half(2048, 256)
    work, size = names["work"], LLAMA.token_work / 2
    token_share, work_share = 256 / 2304, 255 * work(1, 2176) / (255 * work(1, 2176) + work(2048, 0))
    flops, bandwidth = (half(2048, 256, names[chip]) for chip in ("FLOPS", "BANDWIDTH"))
    crossing, ideal = (names["crossover"](H100, 256, profile) for profile in (None, "ideal"))
    a100 = half(2048, 256, A100)
    ms, percent = (lambda t: f"{1e3 * t:.3g} ms"), (lambda x: f"{100 * x:.3g} %")
    return [
        f"{100 * token_share:.0f} % of the tokens", f"{100 * work_share:.0f} % of the arithmetic",
        f"{100 * share(2048, 256):.0f} % of the time", f"ITL at {ms(itl)}", f"{in_all / flops[2]:.2f} times as fast",
        f"{itl / ttft * 2048:.0f} are read", f"50 tokens take {ms(half(50, 256)[0])}",
        f"{size / 1e9:.2f}e9 parameters", f"{2 * size * 2048 / 1e12:.1f} TFLOP,",
        f"attention adds {work(2048, 0) - 2 * size * 2048 / 1e12:.1f} TFLOP", f"{H100.fp16 / 1e12:.1f} TFLOP/s",
        f"{H100.fp16 / 2e12:.1f} TFLOP/s", f"{1e15 * work(2048, 0) / (H100.fp16 / 2):.1f} ms",
        f"{2e3 * LLAMA.lm_head / H100.bandwidth:.1f} ms more", f"all {LLAMA.parameters / 1e9:.2f}e9 parameters",
        f"gets {4e3 * LLAMA.parameters * 2048 / H100.fp16:.1f} ms", f"forgets the half, {ms(flops[0])}",
        f"lm_head, {2 * (size + LLAMA.lm_head) / 1e9:.2f} GB", f"average {2048 + 128:,} tokens",
        f"{2 * LLAMA.kv_elements:,.0f} byte are {2 * LLAMA.kv_elements * 2176 / 1e9:.2f} GB",
        f"{H100.bandwidth / 1e12:.3f} TB/s that is {ms(itl)}", f"give {2e3 * LLAMA.parameters / H100.bandwidth:.2f} ms",
        f"cache alone, {2e3 * (size + LLAMA.lm_head) / H100.bandwidth:.2f} ms",
        f"done in {1e15 * work(1, 2176) / H100.fp16:.3f} ms", f"{ms(itl)} divided by {ms(ttft)} / 2,048",
        f"half of the ridge point, {ridge_point(H100, names['FP16']) / 2:.0f}.",
        f"is {ridge_point(A100, names['FP16']):.0f} FLOP/B", f"says {a100[1] / a100[0] * 2048:.0f}:",
        f"255 steps of {ms(itl)} are {255 * itl:.3f} s of {in_all:.3f} s: {percent(share(2048, 256))}",
        f"At best it is {percent(share(2048, 256, profile='ideal'))}",
        f"tuned engine {percent(share(2048, 256, profile='tuned'))}",
        f"{half(50, 500)[2]:.3f} s against {half(4096, 100)[2]:.3f} s",
        f"{4096 + 100:,} tokens, the chatbot {50 + 500}",
        f"{100 * share(4096, 100):.0f} % of its time", f"TTFT {ms(flops[0])}, ITL {ms(flops[1])}",
        f"TTFT {ms(bandwidth[0])}, ITL {ms(bandwidth[1])}", f"{in_all / bandwidth[2]:.2f} with bandwidth",
        f"{in_all / flops[2]:.2f} with FLOP/s",
        f"At {crossing:,} tokens both phases take {half(crossing, 256)[0]:.3f} s",
        f"{itl / ttft * 2048:.0f} tokens for each of 255 steps gives {255 * itl / ttft * 2048:,.0f}",
        f"it would be {ideal:,}", f"the ridge point, {ridge_point(H100, names['FP16']) / 2:.0f} tokens",
        f"fitted with {100 * names['Profiles'].tuned.compute.default:.0f} % of the peak",
        f"{1e3 * names['Profiles'].tuned.launch:.2f} ms in each layer"]


GIVEN = ["02_two_phases", "16 bits and batch 1", "Llama 3.1 8B", "H100", "A100", "MFU of 50 %", "2,048 in and 256 out",
         "2× FLOP/s", "and not 2,", "2 FLOP", "2,048 tokens are", "2 bytes", "28,672 and 32,768", "within 3 %",
         "guess of 50 %", "less than 1 %", "45 minutes", "0 to 5", "5 to 10", "10 to 15", "15 to 30", "30 to 40",
         "40 to 45", "of 50 %;"]


def test_every_number_of_the_teachers_page_is_the_solvers(root, names):
    page = (root / "docs" / "teach" / "02_two_phases.md").read_text(encoding="utf-8")
    lab = names["lab"]
    rest = re.sub(r"\s+", " ", teach.BLOCK.sub("", page))
    computed = page_numbers(names)
    assert [text for text in computed if text not in rest] == []
    for text in sorted([*computed, *GIVEN], key=len, reverse=True):
        rest = rest.replace(text, "")
    assert re.findall(r".{0,30}\d", rest) == [], "a number that nothing computes"
    stops = [value for _, value in lab.controls["prompt"].options]
    assert stops[stops.index(28672) + 1] == 32768 and 28672 < lab.questions.tasks["crossover"].truth < 32768


# played ---------------------------------------------------------------------------------------------------------------

@pytest.mark.browser
def test_played_to_the_end_with_the_keyboard(jupyter, page, lab):
    played.forget(jupyter, NAME, SLUG)
    player = played.walk_in(jupyter, page, NAME, lab)
    player.check_access()
    page.wait_for_selector(".lab-picture-arithmetic")
    assert page.locator(".lab-box .lab-picture").count() == 1
    assert played.record(jupyter, SLUG) == [], "Run All commits nothing"
    before = page.locator(".lab-box").inner_text()
    assert not any(text in before for text in ("155", "60.3", "4.56", "time since"))

    assert player.lock("decode_share", "about 10 %") == "You chose about 10 %; it is over 90 %"
    assert player.lock("tokens_for_one", "20") == "You said 20 tokens, it is 155: 7.7× too few"
    timeline = player.picture("time").locator("figure")
    timeline.get_by_text("half of the FLOP/s").first.wait_for()
    start = timeline.get_attribute("aria-label")
    assert "60.3 ms until the first token, then 255 steps of 4.56 ms: 95 % is decode" in start
    player.move("prompt", "ArrowRight", "ArrowRight")
    assert timeline.get_attribute("aria-label") != start
    assert page.locator(".lab-box .lab-dim").count() == 0
    player.open_everything()
    player.check_access()
    player.press("Reset")
    page.wait_for_function("was => document.querySelector('.lab-picture-time figure').ariaLabel === was", arg=start)

    assert player.answer("ttft", "30.3 ms") == ("Not yet", "That is at all of the peak; half of it takes longer.")
    assert "6.98e9 parameters" in player.hint("ttft")[0]
    for name, text in played.keys(lab).items():
        assert player.answer(name, text)[0].startswith("Right"), name
    assert "no machine judges it" in player.reflect("Steps got faster. The first token did not.")

    assert [state[0] for state, _ in player.handed_in.values()] == ["●"] * len(STEPS)
    kept = [(one["kind"], one["name"]) for one in played.record(jupyter, SLUG)]
    assert [name for _, name in kept] == [*STEPS[:2], "ttft", "ttft", *STEPS[2:]] and ("hint", "ttft") in kept
    assert errors_in_cells(page) == [] and player.said == []
    played.forget(jupyter, NAME, SLUG)
