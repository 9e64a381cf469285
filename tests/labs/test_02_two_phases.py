"""Two phases, one request: its keys another way, what its sentences say, and the numbers of the teacher's page."""

from __future__ import annotations

import re
from dataclasses import replace

import played
import pytest
import teach

from mlsysim_labs import lab_of
from solver import Hardware, Models, ServingModel

A100, H100, H200 = (Hardware.Cloud[name] for name in ("A100", "H100", "H200"))
LLAMA, QWEN = Models.Llama3_8B, Models.Qwen3_30B_A3B
FASTER = replace(H100, fp16=2 * H100.fp16)
START = {"prompt": 2048, "answer": 256, "gpu": "H100"}
LAYERS, HEAD = 32 * (4096 * 128 * (2 * 32 + 2 * 8) + 3 * 4096 * 14336), 128256 * 4096  # parameters, by config.json


@pytest.fixture
def lab():
    """The lab with its knobs where they start."""
    lab = lab_of("02_two_phases")
    lab.wiring.move(lab.wiring.start)
    return lab


def at(lab, **knobs):
    """The times where the knobs stand."""
    lab.set(**START | knobs)
    return lab["times"]


def read_by_hand(prompt, peak=989.4e12, bandwidth=3.352e12):
    """Seconds until the first token, by arithmetic: layers, causal attention of 32 heads in each, the last matrix."""
    work = 2 * LAYERS * prompt + 4 * 32 * 4096 * prompt * (prompt + 1) / 2
    return work / (peak / 2) + 2 * HEAD / bandwidth


def write_by_hand(prompt, answer):
    """Seconds from one token to the next: weights and, on average, half of the answer's cache."""
    return (2 * (LAYERS + HEAD) + 131072 * (prompt + answer / 2)) / 3.352e12


# keys -----------------------------------------------------------------------------------------------------------------

def test_truths_are_those_that_one_works_out_by_hand(lab):
    read, step = read_by_hand(2048), write_by_hand(2048, 256)
    short = 2 * (LAYERS + HEAD) / 3.352e12  # 64 tokens are fewer than half of the ridge: reading the weights binds
    chat, summary = short + 511 * write_by_hand(64, 512), read_by_hand(4096) + 127 * write_by_hand(4096, 128)
    layer = 2048 * 128 * (2 * 32 + 2 * 4) + 2048 * 128 + 8 * 3 * 2048 * 768  # of Qwen3 30B-A3B, which has 48
    qwen = (2 * 48 * layer * 2048 + 4 * 48 * 4096 * 2048 * 2049 / 2) / (989.4e12 / 2) + 2 * 151936 * 2048 / 3.352e12
    assert played.truths(lab) == {name: pytest.approx(key, rel=0.003) for name, key in {
        "share_of_writing": 100 * 255 * step / (255 * step + read), "tokens_for_one": step / read * 2048,
        "long_prompt_on_an_h200": 1e3 * read_by_hand(16384, bandwidth=4.8e12), "chat_against_summary": chat / summary,
        "twice_the_flops": 1e3 * read_by_hand(2048, 2 * 989.4e12), "qwen_reads": 1e3 * qwen}.items()}


def test_reading_the_weights_of_the_mixture_does_not_bind(lab):
    """So that the key of the last task is arithmetic alone, as its given says."""
    assert 2 * QWEN.parameters / H100.bandwidth < 0.8 * lab["facts"]["qwen_time"]


@pytest.mark.parametrize("knobs, met", [
    ({"prompt": 32768}, True), ({"prompt": 28672}, False), ({"prompt": 40960}, False), ({}, False),
    ({"prompt": 32768, "gpu": "A100"}, False), ({"prompt": 24576, "answer": 192}, False)])
def test_a_plan_is_judged_by_both_times(lab, knobs, met):
    at(lab, **knobs)
    assert all(lab["balance"].values()) == met


# words ----------------------------------------------------------------------------------------------------------------

def test_what_it_notices_is_true(lab):
    sold, longer = at(lab), at(lab, answer=1024)
    assert longer["writing"] / sold["writing"] == pytest.approx(4, rel=0.01) and longer["reading"] == sold["reading"]
    book = at(lab, prompt=65536, answer=4)
    assert book["share"] < 0.01 and book["read_token"] > 2 * sold["read_token"]
    older = at(lab, gpu="A100")
    assert older["reading"] / sold["reading"] == pytest.approx(3, rel=0.1) and older["token"] < 2 * sold["token"]
    points, ridge = lab["roof"]["points"], A100.fp16 / A100.bandwidth
    assert points["writing a token"][0] < ridge < points["reading the prompt"][0], "under the slope, and the flat roof"


def test_its_title_says_what_is_seen(lab):
    for knobs, said in (({}, "Writing takes 95.1 % of the 1.22 s."),
                        ({"prompt": 65536, "answer": 4}, "Reading takes 99.5 % of the 4.15 s.")):
        at(lab, **knobs)
        assert str(lab["sentence"]) == said


def test_what_does_not_fit_is_said(lab):
    """Only the longest prompts on an L4, of whose 24 GiB error correction keeps a sixteenth."""
    at(lab, gpu="L4", prompt=65536, answer=4)
    assert str(lab["sentence"]) == "Does not fit: weights and cache take 24.7 GB, the GPU has 24.2 GB."
    for chip, prompt in (("L4", 57344), ("A100", 65536), ("H100", 65536), ("H200", 65536)):
        assert ServingModel().solve(LLAMA, Hardware.Cloud[chip], prompt, output_len=4096).value("headroom") > 0


@pytest.mark.browser
def test_the_request_plays_once_when_the_truth_is_shown(jupyter, page, lab):
    played.forget(jupyter, "02_two_phases.ipynb", "02_two_phases")
    player = played.walk_in(jupyter, page, "02_two_phases.ipynb", lab)
    player.guess("share_of_writing", "50")
    player.press("Lock my guess")
    play = page.locator(".lab-lanes-play button").first
    play.filter(has_text="Pause").wait_for()
    play.filter(has_text="Send").wait_for()
    assert page.locator(".lab-lanes-clock").text_content() == "1.22 s"


def test_the_table_says_what_an_engine_of_today_takes(lab):
    at(lab)
    also, engine = lab["request"]["also"], ServingModel().solve(LLAMA, H100, 2048, output_len=256, profile="modern")
    assert also["engine of 2025-26: first token [ms]"] == pytest.approx(1e3 * engine.value("ttft"))
    assert also["a written token, expected [ms]"] == pytest.approx(1e3 * engine.value("itl"))
    assert also["8 of 10 runs from [ms]"] < also["a written token, expected [ms]"] < also["to [ms]"]


# what was measured ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("knobs, rows", [
    ({}, ["tokens_2048_8", "first_2048_8"]), ({"prompt": 64}, ["torchao_h100"]),
    ({"gpu": "A100", "prompt": 4096}, ["prompt_4096"]), ({"gpu": "L4"}, []), ({"prompt": 16384}, []),
    ({"gpu": "A100", "prompt": 512}, ["torchao_a100", "tinychat_a100", "llama_cpp_a100"])])
def test_what_was_measured_is_seen_where_it_was_measured(lab, knobs, rows):
    lab.set(**{"prompt": 2048, "answer": 256, "gpu": "H100"} | knobs)
    found = lab["request_measured"].items()
    assert [row.name for row, place in found if (place[0] if isinstance(place, tuple) else place)] == rows


# the teacher's page ---------------------------------------------------------------------------------------------------

def share(**how):
    """Percent of the time that goes into writing."""
    one = ServingModel().solve(LLAMA, H100, 2048, output_len=256, **how)
    return 100 * 255 * one.value("itl") / (one.value("ttft") + 255 * one.value("itl"))


def page_numbers(lab):
    """Every number of the page that the solver knows, as the page writes it."""
    one, faster = at(lab), ServingModel().solve(LLAMA, FASTER, 2048, output_len=256)
    modern = ServingModel().solve(LLAMA, H100, 2048, output_len=256, profile="modern")
    gain = one["all"] / (faster.value("ttft") + 255 * faster.value("itl"))
    short, plan, below = at(lab, prompt=64), at(lab, prompt=32768), at(lab, prompt=28672)
    long, older, step = at(lab, prompt=65536, answer=4), at(lab, gpu="A100"), 1e3 * one["token"]
    half, attention = H100.fp16 / 2, 4 * 32 * 4096 * 2048 * 2049 / 2
    ridge, work = H100.fp16 / H100.bandwidth, 2 * LAYERS * 2048
    return [f"{100 * one['share']:.1f} % of the time", f"{100 * 256 / 2304:.0f} % of the tokens",
            f"one, {one['a_read']:.0f} are read", f"at {step:.2f} ms; the request", f"{gain:.2f} times as fast",
            f"64 tokens take {1e3 * short['reading']:.2f} ms", f"{long['read_token'] / one['read_token']:.2f} times as",
            f"takes {plan['reading']:.2f} s and writing {plan['writing']:.2f} s",
            f"{100 * (1 - below['reading'] / below['writing']):.0f} % shorter", f"255 steps of {step:.2f} ms are "
            f"{one['writing']:.2f} s of {one['all']:.2f} s", f"best it is {share(profile='ideal'):.1f} %",
            f"2025-26 {share(profile='modern'):.1f} %",
            f"{step:.2f} ms divided by {1e3 * one['reading']:.1f} ms / 2,048",
            f"half of the ridge point, {ridge / 2:.0f}",
            f"A100 it is {older['a_read']:.0f}",
            f"{LAYERS / 1e9:.2f} billion parameters", f"are {work / 1e12:.1f} TFLOP", f"{attention / 1e12:.1f} TFLOP.",
            f"{half / 1e12:.1f} TFLOP/s: {1e3 * (work + attention) / half:.1f} ms",
            f"{2e3 * HEAD / H100.bandwidth:.1f} ms, which stay", f"{QWEN.parameters / 1e9:.1f} billion",
            f"in {2e3 * (QWEN.parameters - QWEN.lm_head) / H100.bandwidth:.1f} ms",
            f"{QWEN.token_work / 2e9:.1f} billion",
            f"after {1e3 * modern.value('ttft'):.1f} ms", f"every {1e3 * modern.value('itl'):.2f} ms"]


GIVEN = ["2025-26", "02_two_phases", "Llama 3.1 8B", "Qwen3 30B-A3B", "H100", "A100", "2,048", "256", "16 bit",
         "45 minutes", "64K", "32,768", "28,672", "2 bytes", "2 FLOP"]


def test_every_number_of_the_teachers_page_is_the_solvers(root, lab):
    page = (root / "docs" / "teach" / "02_two_phases.md").read_text(encoding="utf-8")
    rest = re.sub(r"\s+", " ", re.sub(r"\*\*\w+\.?\*\*|\| \d+ to \d+ \|", "", teach.BLOCK.sub("", page)))
    computed = page_numbers(lab)
    assert [text for text in computed if text not in rest] == []
    for text in sorted([*computed, *GIVEN], key=len, reverse=True):
        rest = rest.replace(text, " ")
    assert re.findall(r".{0,30}\d", rest) == [], "a number that nothing computes"
