"""KV cache, the hidden tax: keys and prose against the solver, and the lab played to its end with the keyboard."""

from __future__ import annotations

import json
import re

import played
import pytest
import teach
from live_jupyter import errors_in_cells

from mlsysim_labs import lab_of
from mlsysim_labs.page.controls import octaves
from mlsysim_labs.testing import tasks_of
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import kv_bytes_per_token, kv_cache_bytes, usable_bytes, weights_bytes

NAME, SLUG = "03_kv_cache.ipynb", "03_kv_cache"
H100, H200, LLAMA, WIDE = Hardware.Cloud.H100, Hardware.Cloud.H200, Models.Llama3_8B, Models.Llama3_8B.multi_head
FP16, LONG, TENTH = PRECISIONS["fp16"], 131072, {"reserve": 0.1}
KEYS = {"users_at_128k": 3, "best_change": "a KV cache in 8 bit", "token": 131.072, "user": 17.179869184,
        "unreserved": 4, "every_head": 1, "crossover": 122_532, "seventy": "infeasible", "h200": 16}
STEPS = [*KEYS, "reflection"]
NOT_SEEN = ["17.2", "KV head", "most that fit", "Out of memory", "Task", "Reflect"]  # before the predictions are locked


def cells(root):
    return json.loads((root / "labs" / NAME).read_text(encoding="utf-8"))["cells"]


@pytest.fixture
def lab():
    return lab_of(SLUG)


# keys -----------------------------------------------------------------------------------------------------------------

def test_truths_and_keys_are_those_of_the_catalogue(lab):
    found = played.truths(lab)
    assert found == {name: key if isinstance(key, str) else pytest.approx(key, rel=0.005) for name, key in KEYS.items()}
    assert list(lab.questions) == STEPS
    assert all(isinstance(found[name], str) or found[name] == int(found[name])
               for name, one in tasks_of(lab).items() if one.whole)


@pytest.mark.parametrize(("task", "text", "state", "says"), [
    ("token", "128 KiB", "right", ""), ("token", "131072 B", "right", ""), ("token", "512 KiB", "wrong", "every head"),
    ("token", "128 kB", "wrong", "1 KiB = 1.024 kB"), ("token", "128 KB", "wrong", "Right number in KiB"),
    ("token", "4 KiB", "wrong", "Not right"), ("token", "128 KiB/s", "wrong", "measures"),
    ("user", "16 GiB", "right", ""), ("user", "16 GB", "wrong", "1 GiB = 1.074 GB"), ("user", "17.2", "wrong", "unit"),
    ("unreserved", "4 users", "right", ""), ("unreserved", "4.07", "wrong", "whole"),
    ("unreserved", "3", "wrong", "80 GiB are more"), ("unreserved", "5", "wrong", "the weights are in it"),
    ("every_head", "1", "right", ""), ("every_head", "0", "wrong", "a tenth reserved"),
    ("crossover", "122,528 tokens", "right", ""), ("crossover", "30,600", "wrong", "every head"),
    ("seventy", "none", "right", ""), ("seventy", "0 users", "right", ""), ("seventy", "3", "wrong", "at all"),
    ("h200", "16", "right", ""), ("h200", "14", "wrong", "Twice"), ("h200", "infeasible", "wrong", "can be done")])
def test_what_students_type_is_told_what_it_is(lab, task, text, state, says):
    verdict = lab.questions[task].verdict(text)
    assert verdict.state == state and says in verdict.feedback


# prose ----------------------------------------------------------------------------------------------------------------

def users(context=LONG, model=LLAMA, device=H100, weights="fp16", cache="fp16", **how):
    return max_users(model, device, context, weights, **how, kv_precision=cache)


UNITS = "[GMk]B|[GK]iB|bit|byte|tokens|users|heads|KV|billion"
NAMES = (r"<!--.*?-->|\[Open in Colab\].*|\(https?://[^)]*\)|arXiv:[\d.]+|, \d{4}[,:]|section 2|^\d\. |"
         r"^\| \d+ (to \d+ )?\||Llama[ _\d.]*\w*|[BH]\d00|MI300X|\w*128k|h200|03_kv\w*|2³[⁰⁴]|10⁹|128K")


def numbers(text):
    """Every number of a text, with the unit that follows it; without names, addresses, years and places in a list."""
    text = re.sub(r"\s+", " ", re.sub(NAMES, " ", text, flags=re.MULTILINE))
    return set(re.findall(rf"\d(?:[\d,.]*\d)?(?: %| (?:{UNITS})\b)?", text))


def test_the_prose_of_the_notebook_is_true(root):
    text = "\n".join("".join(c["source"]) for c in cells(root) if c["cell_type"] == "markdown")
    user = kv_cache_bytes(LLAMA, 1, LONG, FP16)
    assert 1 / 6 < weights_bytes(LLAMA, FP16) / H100.memory < 1 / 4, "a fifth"
    assert (H100.memory - 80e9) / user == pytest.approx(1 / 3, abs=0.02), "a third"
    assert users(**TENTH) < 8 <= min(users(device=Hardware.Cloud.B200, **TENTH), users(cache="int4", **TENTH))
    assert 3.5 < users(8192, **TENTH) / users(8192, WIDE, **TENTH) < 4.5
    assert numbers(text) == {"80 GB", "80 GiB", f"{H100.memory / 1e9:.1f} GB", "8 users", "2,048 tokens", "131,072"}
    assert H100.memory == 80 * 2**30 and {2048, LONG} <= set(octaves(512, LONG))


def test_the_numbers_in_questions_are_those_of_the_records():
    attention = LLAMA.attention
    assert (LLAMA.layers, attention.heads, attention.kv_heads, attention.head_dim) == (32, 32, 8, 128)
    assert H200.memory == 141 * 2**30 and FP16.size == 2
    assert users(2048, WIDE) == pytest.approx(64, rel=0.03), "what some say is about right then"


def page_numbers():
    """Every number of the teacher's page that the solver knows, as the page writes it."""
    weights, token, wide_token = weights_bytes(LLAMA, FP16), *(kv_bytes_per_token(m, FP16) for m in (LLAMA, WIDE))
    user, wide, narrow = LONG * token, LONG * wide_token, LONG * token / 2
    chip, large, kept, seventy = H100.memory, H200.memory, usable_bytes(H100, 0.1), Models.Llama3_70B
    bits4, bits8 = (weights_bytes(LLAMA, PRECISIONS[name]) for name in ("int4", "int8"))
    short, eight = weights / (weights + 2048 * token), (kept - weights) / 8 / token
    sizes = [chip, kept, kept - weights, user, 80e9 - weights, chip - weights, bits4, weights - bits4, 128e3 * token,
             wide, weights, weights_bytes(seventy, FP16), large, bits8, large - bits8, narrow]
    ratios = [(kept - weights) / user, (chip - weights) / user, large / chip,
              (chip - weights) / wide, (large - bits8) / narrow, (large - weights) / user, (large - weights) / narrow,
              (chip - weights) / 1e9, wide / 1e9, (large - weights) / 1e9, user / 1e9, narrow / 1e9]
    counts = [users(), users(**TENTH), users(device=H200, **TENTH), users(weights="int4", **TENTH),
              users(cache="int8", **TENTH), users(8192, **TENTH), chip / user, users(model=WIDE), users(2048),
              users(model=WIDE, **TENTH), users(2048, WIDE, **TENTH), users(device=H200, weights="int8", cache="int8"),
              users(device=H200), 2 * users(device=H200), users(device=H200, cache="int8"),
              users(cache="int4", **TENTH),
              *(users(device=Hardware.Cloud[name], **TENTH) for name in ("B200", "MI300X"))]
    assert octaves(512, LONG)[octaves(512, LONG).index(57344) + 1] > eight > 57344
    return {*(f"{size / 1e9:.3g} GB" for size in sizes), *(f"{ratio:.3g}" for ratio in ratios),
            *(f"{count:.0f}" for count in counts), f"{users(2048, WIDE)} users", f"{users(**TENTH)} users",
            f"{(80e9 - weights) / user:.3g} users",
            f"{token:,.0f} byte", f"{token / 1e3:.0f} kB", f"{wide_token / 1e3:.0f} kB", f"{token / 1024:.0f} KiB",
            f"{user / 2**30:.0f} GiB", f"{user / 2**30:.0f} GB", f"{token / 1024:.0f} kB", f"{eight:,.0f}",
            f"{weights / token:,.0f} tokens", f"{weights / wide_token:,.0f} tokens", f"{100 * short:.0f} %",
            f"{seventy.parameters / 1e9:.1f} billion", f"{100 * weights / (weights + user):.0f} %"}


GIVEN = {"16 bit", "8 bit", "4 bit", "80 GB", "80 GiB", "32 heads", "8 KV", "32", "128", "2", "2 byte", "2,048 tokens",
         "8,192 tokens", "131,072 tokens", "128,000 tokens", "57,344 tokens", "0 users", "64 users", "45",
         "1,024", "1,000"}


def test_every_number_of_the_teachers_page_is_the_solvers(root, lab):
    page = (root / "docs" / "teach" / "03_kv_cache.md").read_text(encoding="utf-8")
    assert numbers(teach.BLOCK.sub("", page)) == page_numbers() | GIVEN


# played ---------------------------------------------------------------------------------------------------------------

@pytest.mark.browser
def test_played_to_the_end_with_the_keyboard(jupyter, page, lab):
    played.forget(jupyter, NAME, SLUG)
    player = played.walk_in(jupyter, page, NAME, lab)
    player.check_access()
    player.picture("empty").locator("figure").wait_for()
    assert page.locator(".lab-box .lab-picture").count() == 1 and "0 of 10" in player.line
    assert played.record(jupyter, SLUG) == [], "Run All commits nothing"
    assert not [text for text in NOT_SEEN if text in page.locator(".lab-box").inner_text()]
    before = player.picture("empty").inner_text()
    player.move("device", "ArrowUp")
    assert player.picture("empty").inner_text() != before, "it moves"

    assert player.lock("users_at_128k", "40") == "You said 40 users, it is 3: 13× too many"
    assert page.locator(".lab-picture-memory").count() == 0, "not before both are locked"
    assert player.lock("best_change", "weights in 4 bit") == "You chose weights in 4 bit; it is a KV cache in 8 bit"
    tank, wide = (player.picture(name).locator("figure") for name in ("memory", "multi_head"))
    player.open_everything()
    player.check_access()
    player.press("Reset")
    start = tank.inner_text(), wide.inner_text()
    player.move("context", "ArrowRight", "ArrowRight")
    assert all(now.inner_text() != was for now, was in zip((tank, wide), start, strict=True))
    player.press("Too much")
    tank.get_by_text("5 of 8 users do not fit").wait_for()
    assert "First remedy: fewer users at once (room for 3)" in tank.inner_text()
    assert "8 of 8 users do not fit" in wide.inner_text() and "First remedy: a shorter context" in wide.inner_text()

    assert player.answer("token", "128 kB") == ("Not yet", "Right number in KiB, but you wrote kB: 1 KiB = 1.024 kB.")
    assert player.hint("token") == ["A key and a value for each KV head, in each layer."]
    for name, text in played.keys(lab).items():
        assert player.answer(name, text)[0].startswith("Right"), name
    assert player.reflect("A cache in 4 bit makes room. Answers may get worse.").startswith("Saved.")

    assert "10 of 10" in player.line and SLUG in player.line
    kept = [(one["kind"], one["name"]) for one in played.record(jupyter, SLUG)]
    assert kept == [("prediction", "users_at_128k"), ("prediction", "best_change"), ("answer", "token"),
                    ("hint", "token"), *(("answer", name) for name in played.keys(lab)), ("reflection", "reflection")]
    assert {state[:6] for state, _ in player.handed_in.values()} == {"● done"} and len(player.handed_in) == len(STEPS)
    assert player.said == errors_in_cells(page) == []
    played.forget(jupyter, NAME, SLUG)
