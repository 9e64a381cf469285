"""The page that says how to write a lab: its code is a lab that works, and what it says of it is true."""

from __future__ import annotations

import inspect
import json
import re
from itertools import pairwise

import pytest
from fake_model import tell

from mlsysim_labs import Lab, Lanes
from mlsysim_labs.marking.answers import known_unit
from mlsysim_labs.testing import check_draws, check_lab
from mlsysim_labs.testing.labs import LONGEST_CELL
from solver import Hardware, Measurements
from solver.text import number_text

KEY = ("faster_for_64", "first_token")
PLAN = {"weights": "4-bit weights", "users": 20}


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "write-a-lab.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blocks(page) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


@pytest.fixture
def make(blocks, tmp_path, monkeypatch):
    """Makes the lab of the page, shown, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def made(mode: str = "learn") -> Lab:
        monkeypatch.setenv("MLSYSIM_LABS_MODE", mode)
        names: dict = {}
        exec(compile(blocks[0], "write-a-lab.md", "exec"), names)
        names["lab"].box  # noqa: B018 - showing it is what publishes
        return names["lab"]
    return made


def step(lab, name: str, kind: str, value) -> None:
    """What the page sends when a student does something; it has to be saved."""
    assert tell(lab.questions[name].shown, {"kind": kind, "id": f"{name}{kind}{value}", "value": value}) == {
        "saved": f"{name}{kind}{value}"}


def cards(lab) -> list[str]:
    """The steps that may be seen, by name."""
    return [one.name for one in lab.page.layout.cards.children]


def test_it_is_small(blocks):
    code = blocks[0]
    assert sum(bool(line.strip()) for line in code.splitlines()) < 80 and max(map(len, code.splitlines())) <= 120
    kinds = ("picture", "predict", "pose", "task", "design")
    assert [len(re.findall(rf"^@lab\.{kind}", code, re.MULTILINE)) for kind in kinds] == [2, 1, 1, 2, 1]


def cells_of(code: str) -> list[str]:
    """The code in cells as short as they may be."""
    parts = code.split("\n\n\n")
    cells = [parts[0]]
    for part in parts[1:]:
        lines = sum(bool(line.strip()) for text in (cells[-1], part) for line in text.splitlines())
        cells[-1:] = [f"{cells[-1]}\n\n\n{part}"] if lines <= LONGEST_CELL else [cells[-1], part]
    return cells


def test_it_has_what_every_lab_has(blocks, tmp_path, monkeypatch):
    """As a notebook, in cells."""
    monkeypatch.chdir(tmp_path)
    lab = [{"cell_type": "code", "metadata": {"tags": ["lab"], "jupyter": {"source_hidden": True}}, "outputs": [],
            "execution_count": None, "source": source.splitlines(keepends=True)} for source in cells_of(blocks[0])]
    submit = lab[0] | {"metadata": {"tags": ["submit"]}, "source": ["lab.submit()"]}
    (tmp_path / "06_quantization.ipynb").write_text(json.dumps({"cells": [*lab, submit], "metadata": {}}))
    check_lab("06_quantization.ipynb", points=5)


def test_it_is_played_to_the_end(make, tmp_path):
    lab = make()
    assert cards(lab) == ["faster"] and lab.questions["faster"].shown.truth == {}
    step(lab, "faster", "lock", 4.0)
    assert lab.questions["faster"].shown.truth["value"] == pytest.approx(3.04, rel=0.005)
    assert cards(lab) == ["faster", "explore_1", *KEY, "plan", "reflection", "hand_in"]
    step(lab, "explore_1", "there", "button")
    for name in KEY:
        task = lab.questions[name]
        step(lab, name, "hint", None)
        assert task.shown.hints == list(task.hints[:1])
        for mistake in task.mistakes:
            step(lab, name, "answer", f"{task.answer_of(mistake.formula):.3g} ×")
            assert (task.shown.state, task.shown.feedback) == ("wrong", mistake.sentence)
        step(lab, name, "answer", f"{task.truth:.3g}")
        assert task.shown.state == "right"
    step(lab, "plan", "plan", lab.wiring.start | lab.wiring.raw_of(PLAN))
    assert lab.questions["plan"].shown.state == "right"
    step(lab, "reflection", "answer", "For one user. For many it is the cache.")
    assert all(map(lab.progress.done, lab.progress.steps))
    kept = json.loads((tmp_path / "06_quantization.record.json").read_text(encoding="utf-8"))["entries"]
    assert {entry["name"] for entry in kept} - {"lab"} == set(lab.progress.steps)


def test_one_stop_alone_makes_the_plan(make):
    lab = make()
    stops = [value for _, value in lab.controls["users"].options]
    met = {users: lab.questions["plan"].conditions(lab.wiring.start | lab.wiring.raw_of(PLAN | {"users": users}))
           for users in stops}
    assert [users for users, conditions in met.items() if all(conditions.values())] == [PLAN["users"]]


def test_fewer_users_gain_more(make):
    """As the explored step says: the line falls."""
    lab = make()
    line = [lab.wiring.values_at(lab.wiring.start | lab.wiring.raw_of({"users": users}), ["token"])["token"]["times"]
            for users in (1, 16, 64, 128)]
    assert all(one > next_one for one, next_one in pairwise(line))


def test_a_start_picture_that_gives_the_answer_away_is_refused(blocks):
    code = blocks[0]
    first, last, later = code.index("@lab.picture"), code.index("def serve"), code.index("@lab.predict")
    memory = code[first:last].replace("def memory(weights, users):", "def memory(weights, users, token):")
    names: dict = {}
    exec(compile(code[:first] + code[last:later] + memory + code[later:], "write-a-lab.md", "exec"), names)
    with pytest.raises(ValueError, match="both need token"):
        names["lab"].box  # noqa: B018


def test_the_truths_are_those_of_the_page(make, page):
    """And are what a hand gets from the bytes that a step reads."""
    lab = make("demo")
    asked_for = {name: lab.questions[name] for name in ("faster", *KEY)}
    shown = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert shown == {name: f"{number_text(one.truth)} {one.unit}" for name, one in asked_for.items()}
    read = {}
    for weights in ("16 bit", "4-bit weights"):
        lab.set(weights=weights, users=64)
        read[weights] = sum(lab["memory"][name] for name in ("weights", "cache"))
    assert read["16 bit"] / read["4-bit weights"] == pytest.approx(asked_for["faster_for_64"].truth, rel=0.02)
    assert asked_for["first_token"].truth == pytest.approx(1)


def test_what_a_student_is_told_is_on_the_page(make, page):
    lab = make()
    step(lab, "faster", "lock", 4.0)
    assert f"*{lab.questions['faster'].shown.truth['sentence']}*" in " ".join(page.split())


def test_no_mistake_is_right(make):
    lab = make("demo")
    for task in (lab.questions[name] for name in KEY):
        for mistake in task.mistakes:
            assert abs(task.answer_of(mistake.formula) / task.truth - 1) > 2 * task.tolerance


def test_the_other_modes_are_as_the_page_says(make, tmp_path):
    demo = make("demo")
    assert not demo.is_open and cards(demo) == ["faster"]
    demo.unlock()
    assert demo.is_open and [demo.questions[name].shown.state for name in KEY] == ["right"] * 2
    exam = make("exam")
    step(exam, "faster", "lock", 1.0)
    step(exam, "first_token", "answer", "2 ×")
    assert exam.questions["first_token"].shown.state == "kept" and not exam.questions["first_token"].shown.more_hints


def test_what_the_page_names_is_there(page, root):
    for name in {*re.findall(r"`@?lab\.(\w+)", page), *re.findall(r"^@?lab\.(\w+)\(", page, re.MULTILINE)}:
        assert hasattr(Lab, name), name
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", page):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in ("labs/03_kv_cache.ipynb", "labs/00_start_here.ipynb", "tests/support/played.py"):
        assert path in page and (root / path).exists()


def test_other_claims_of_the_page(make):
    stops = make().controls["users"].options
    values = [value for _, value in stops]
    assert inspect.signature(Lab.check).parameters["points"].default == 50
    assert inspect.signature(Lab.task).parameters["tolerance"].default == 0.02
    assert 20 in values and 24 in values and 21 not in values, "a key between two stops"
    assert Hardware.Cloud.H100.memory == 80 * known_unit("GiB").factor != 80 * known_unit("GB").factor


def test_what_is_drawn_is_as_the_page_says(blocks):
    lab = Lab(mode="demo")
    lab.slider("users", 1, 128, scale="log2")
    exec(compile(next(block for block in blocks if "lab.draw" in block), "write-a-lab.md", "exec"), {"lab": lab})
    kept = lab.questions["kept"]
    assert kept.shown.question == "Sixty-four users keep 2 GB each. How many TB is that?"
    assert kept.shown.given == "64 users" and kept.key(None) == "0.128 TB" and kept.judged("128 GB", None).right
    assert kept.judged("2 GB", None).sentence == "That is one user's, 2 GB."
    check_draws(lab)


def test_what_was_measured_is_shown_as_the_page_says(blocks):
    code = next(block for block in blocks if "@lab.measured" in block)
    lab = Lab()
    lab.choice("gpu", [Hardware.Cloud.H100, Hardware.Cloud.A100])
    lab.slider("users", 1, 8)

    @lab.picture(Lanes())
    def token(users):
        return {"lanes": {"read": (("weights", 4e-3),)}}

    exec(compile(code, "write-a-lab.md", "exec"), {"lab": lab, "token": token, "Measurements": Measurements})
    seen = [row.name for row, (there, _) in lab["tokens_measured"].items() if there]
    assert seen == ["torchao_h100"]
