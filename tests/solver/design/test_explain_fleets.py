"""Causes of what is asked about fleets: what was given, each with what follows from it."""

from __future__ import annotations

import pytest

from solver import (
    Q_,
    CollectiveModel,
    DistributedModel,
    EconomicsModel,
    Fleet,
    Models,
    ReliabilityModel,
    Servers,
    explain,
)

LLAMA, FLEET, TWICE = Models.Llama3_8B, Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_H100, 32)


def train(fleet=FLEET, batch_size=128, **given):
    return DistributedModel().solve(LLAMA, fleet, batch_size, **given)


def test_replicas_that_follow_from_servers_are_no_cause():
    found = explain(train(tp_size=8), train(TWICE, tp_size=8))
    assert found.shares == {"servers": 1.0} and found.change < 0
    assert str(found).splitlines()[1].startswith("servers from 16 to 32: step_latency_total falls by")
    assert found.method == "Shared out over its only cause."


def test_chips_that_share_a_layer_have_all_of_what_follows():
    found = explain(train(tp_size=8), train(tp_size=4))
    assert found.shares == {"tp_size": 1.0} and found.causes[0].before == "8" and found.causes[0].after == "4"


def test_replicas_that_were_given_go_with_what_makes_them_possible():
    """Neither 32 replicas on 16 servers nor 16 on 32 can be had."""
    found = explain(train(tp_size=8, dp_size=16), train(TWICE, tp_size=8, dp_size=32))
    assert found.shares == {"dp_size and servers": 1.0} or found.shares == {"servers and dp_size": 1.0}
    half = explain(train(tp_size=8, dp_size=16), train(TWICE, tp_size=8))
    assert list(half.shares.values()) == [1.0] and half.causes[0].before == "16, 16"


def test_an_efficiency_of_training_is_a_cause():
    found = explain(train(efficiency=0.4), train(efficiency=0.8))
    assert found.shares == {"efficiency": 1.0}
    other = explain(train(efficiency=0.4), train(profile="megatron"))
    assert other.shares == {"efficiency and profile": 1.0} and other.causes[0].after == "Megatron-LM"


OTHER = Fleet(Servers.DGX_A100, 32, "HDR")
PAIRS = {
    "training": (train(), train(TWICE, 256, tp_size=2, seq_len=4096), {"servers", "batch_size", "tp_size", "seq_len"}),
    "chips": (train(tp_size=8), train(OTHER, tp_size=8), {"FLOP/s", "bandwidth", "link", "servers", "fabric"}),
    "exchange": (CollectiveModel().solve(FLEET, Q_("1 MB")), CollectiveModel().solve(OTHER, Q_("1 GB"), library="nccl"),
                 {"message", "link", "servers", "fabric", "library"}),
    "failures": (ReliabilityModel().solve(FLEET, 1000), ReliabilityModel().solve(TWICE, 1000, 10, mttf=Q_("5000 hour")),
                 {"servers", "checkpoint_time_s", "mttf"}),
    "costs": (EconomicsModel().solve(FLEET, 30, chip_hour=Q_("2 USD/hour")),
              EconomicsModel().solve(TWICE, 60, chip_hour=Q_("3 USD/hour"), chip_price=Q_("25000 USD")),
              {"servers", "duration_days", "chip_hour", "chip_price"})}
FIELDS = {"failures": "fleet_mtbf", "costs": "rented_usd"}


@pytest.mark.parametrize("a, b, names, field", [(*pair, FIELDS.get(name)) for name, pair in PAIRS.items()],
                         ids=PAIRS.keys())
def test_causes_are_what_was_given_and_add_up(a, b, names, field):
    there, back = explain(a, b, field), explain(b, a, field)
    assert names <= {one for name in there.changes for one in name.split(" and ")}
    assert sum(there.changes.values()) == pytest.approx(there.change, rel=1e-9) and there.change
    assert {name: pytest.approx(-change) for name, change in there.changes.items()} == back.changes
    assert "dp_size" not in there.changes and "chips" not in there.changes


def test_costs_are_shared_out_as_by_hand():
    """Twice the servers, twice the days, half as much more a chip-hour: of 1 to 6, in units of what it was.

    A factor comes first or last in a third of the orders each, and after each of the other two in a sixth.
    """
    found = explain(*PAIRS["costs"][:2], "rented_usd")
    unit = found.before
    of_two = (1 / 3) * (1 + 2 * 1.5) + (1 / 6) * (2 + 1.5)
    of_price = (1 / 3) * (0.5 + 0.5 * 4) + (1 / 6) * (1 + 1)
    assert found.changes["servers"] == pytest.approx(of_two * unit)
    assert found.changes["duration_days"] == pytest.approx(of_two * unit)
    assert found.changes["chip_hour"] == pytest.approx(of_price * unit)
    assert found.changes["chip_price"] == 0 and of_two * 2 + of_price == pytest.approx(5)


def test_failures_go_with_chips_and_their_mean_time():
    found = explain(*PAIRS["failures"][:2], "fleet_mtbf")
    assert found.changes["checkpoint_time_s"] == 0 and found.changes["servers"] < 0 and found.changes["mttf"] < 0
