"""`audit`: a plan in a file is judged as the solver judges it, and a bad file is answered in a sentence."""

from __future__ import annotations

import pytest
from terminal import data, refused, terminal, wide_lines

from solver import Hardware, Models

PLAN = """
model = "Llama3_8B"
hardware = "h100"
seq_len = 2048
batch_size = 32
itl = "20 ms"
ttft = "1 s"
"""
TRAINING = """
kind = "training"
model = "Llama3_8B"
fleet = "16xDGX_H100"
batch_size = 256
zero_stage = 1
overlap_comm = true
tokens = 1e12
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(PLAN)
    return file


def test_the_audit_is_that_of_the_solver(plan):
    from solver import Q_
    from solver.design.audits.audit import audit

    own = audit({"model": Models.Llama3_8B, "hardware": Hardware["H100"], "seq_len": 2048, "batch_size": 32,
                 "itl": Q_("20 ms"), "ttft": Q_("1 s")})
    found = data("audit", str(plan))
    assert found["feasible"]["value"] == own.feasible and found["binding"]["value"] == own.binding.name
    assert [wall["margin"]["value"] for wall in found["walls"]] == [wall.margin for wall in own.walls]
    assert found["constraint_trace"] == own.constraint_trace
    done = terminal("audit", str(plan))
    assert done.status == 0 and wide_lines(done.out) == []
    assert all(wall.name in done.out for wall in own.walls) and own.remedy in " ".join(done.out.split())


def test_a_plan_that_does_not_hold_ends_with_one(plan):
    plan.write_text(PLAN.replace("Llama3_8B", "Llama3_70B"))
    done = terminal("audit", str(plan))
    assert done.status == 1 and "does not hold: memory " in done.out and "Remedy: " in done.out


def test_a_fleet_has_its_chips(plan):
    plan.write_text(PLAN.replace('hardware = "h100"', 'fleet = "2xDGX_H100"'))
    assert "2 × DGX H100" in terminal("audit", str(plan)).out


def test_a_plan_may_name_budgets_and_records(plan):
    plan.write_text(PLAN + """
output_len = 256
mttf = "llama_3_405b"
duration = "30 day"
chip_hour = "h100_lambda"
budget = "3000 USD"
region = "france"
carbon_budget = "100 kg"
""")
    found = data("audit", str(plan))
    walls = {wall["name"]: wall for wall in found["walls"]}
    assert found["feasible"]["value"] and walls["cost"]["have"] == {"value": 3000, "unit": "USD"}
    assert walls["cost"]["need"]["value"] == pytest.approx(3.99 * 720)
    assert walls["failures"]["have"] == {"value": pytest.approx(5), "unit": "%"}
    assert wide_lines(terminal("audit", str(plan)).out) == []


def test_a_plan_of_training_says_so(plan):
    from solver.design.audits.audit import audit
    from solver.zoo.site.fleet import Fleet
    from solver.zoo.site.server import Servers

    plan.write_text(TRAINING)
    own = audit({"kind": "training", "model": Models.Llama3_8B, "fleet": Fleet(Servers.DGX_H100, 16),
                 "batch_size": 256, "zero_stage": 1, "overlap_comm": True, "tokens": 1e12})
    assert data("audit", str(plan))["constraint_trace"] == own.constraint_trace
    done = terminal("audit", str(plan))
    assert done.status == 0 and "Training of Llama 3.1 8B on 16 × DGX H100 holds" in done.out


@pytest.mark.parametrize("change, says", [
    (('"training"', '"trainig"'), "Did you mean training"), (('kind = "training"', ""), "give kind='training' too"),
    (("zero_stage", "zero_stages"), "Did you mean zero_stage"), (('fleet = "16xDGX_H100"', ""), "fleet is missing"),
    (("zero_stage = 1", "zero_stage = 7"), "zero"), (("256", "100"), "multiple of 128")])
def test_a_bad_plan_of_training_is_answered_in_a_sentence(plan, change, says):
    plan.write_text(TRAINING.replace(*change))
    assert says in refused("audit", str(plan))


@pytest.mark.parametrize("change, says", [
    (("h100", "H10O"), "Did you mean H100"), (('hardware = "h100"', ""), "hardware is missing"),
    (('model = "Llama3_8B"', ""), "model is missing"), (("seq_len", "sequence_len"), "Did you mean seq_len"),
    (("20 ms", "20 GB"), "itl"), (("20 ms", "20"), "without a unit"), (("32", "[32, 64]"), "has one value here"),
    (("32", "{a = 1}"), "should be a value"), (("32", "-1"), "at least 1"), (("32", "nan"), "whole number"),
    (("=", ":"), "is no TOML")])
def test_a_bad_plan_is_answered_in_a_sentence(plan, change, says):
    plan.write_text(PLAN.replace(*change))
    assert says in refused("audit", str(plan))


def test_files_that_cannot_be_read_are_sentences(plan, tmp_path):
    assert "there is no file" in refused("audit", str(tmp_path / "nowhere.toml"))
    assert "cannot be read" in refused("audit", str(tmp_path))
    plan.write_bytes(b"\xff\xfe")
    assert "is no TOML" in refused("audit", str(plan))
