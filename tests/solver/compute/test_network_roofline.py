"""Training under the roof of a network: intensities worked out by hand, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS, TRANSFORMERS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import Fabric, Fleet, Hardware, Models, NetworkRooflineModel, Server, Servers, changed

POD, LLAMA = Fleet(Servers.DGX_H100, 128, "NDR"), Models.Llama3_8B
models = st.sampled_from([model for model in TRANSFORMERS if not model.head])


def solve(model=LLAMA, fleet=POD, **asked):
    return NetworkRooflineModel().solve(model, fleet, **asked)


def test_a_chip_of_one_each_needs_6600_tokens():
    """Flat: 2 bytes a gradient twice over 50 GB/s, against 6 FLOP a parameter at half of 989.4 TFLOP/s: 6,595."""
    alone = Fleet(Server("One", Hardware.Cloud.H100, 1), 2**16, "NDR")
    assert solve(fleet=alone).hiding_tokens.m == pytest.approx(6596, rel=1e-4)
    assert solve(fleet=alone).hiding_batch == pytest.approx(6596 / 2048, rel=1e-4)


def test_servers_save_an_eighth_of_the_network():
    """128 servers of eight: 127/128 of it through eight NICs."""
    r = solve()
    assert r.hiding_tokens.m == pytest.approx(6596 / 8 * 127 / 128, rel=1e-3)
    assert r.ridge_point.m == pytest.approx(0.5 * 989.4e12 / 50e9, rel=1e-4)
    assert r.arithmetic_intensity.m == pytest.approx(6 * 2048 / (2 * 2 / 8 * 127 / 128), rel=1e-9)


def test_which_roof_binds():
    few = {"batch_size": 1, "seq_len": 128}
    slow = Fleet(Servers.DGX_H100, 128, Fabric("Slow", "5 GB/s"))
    assert solve(seq_len=8192).bottleneck == "Compute" and solve(**few).bottleneck == "Memory"
    assert solve(fleet=slow, **few).bottleneck == "Network"
    weak = Fleet(Server("Weak", changed(Hardware.Cloud.H100, link=20e9), 8), 1)
    assert solve(fleet=weak, **few).bottleneck == "Link"
    assert solve(batch_size=[1, 8], seq_len=512).bottleneck.tolist() == ["Memory", "Compute"]


def test_a_chip_alone_exchanges_nothing():
    r = solve(fleet=Fleet(Server("One", Hardware.Cloud.H100, 1)))
    assert r.network_bytes.m == 0 and np.isinf(r.arithmetic_intensity.m) and r.hiding_tokens.m == 0
    assert "Exchange: none, for one chip trains alone." in r.constraint_trace


def test_a_rate_that_nobody_publishes_is_unknown():
    chip = changed(Hardware.Cloud.H100, link=float("nan"), host=float("nan"))
    assert solve(fleet=Fleet(Server("Apart", chip, 8))).bottleneck == "Unknown"


@RUNS
@given(models, st.sampled_from([1, 2, 16, 128]), st.integers(1, 64), st.floats(0.05, 1))
def test_laws_of_the_roofs(model, count, batch, efficiency):
    fleet, wide = Fleet(Servers.DGX_H100, count, "NDR"), Fleet(Servers.DGX_H100, count, "XDR")
    r, twice, fast = (solve(model, one, batch_size=n, efficiency=efficiency).values
                      for one, n in ((fleet, batch), (fleet, 2 * batch), (wide, batch)))
    parts = [r[name] for name in ("latency_compute", "latency_memory", "latency_link", "latency_network")]
    assert r["latency"] == max(parts) and r["mfu"] <= efficiency * CLOSE
    assert twice["latency_compute"] == pytest.approx(2 * r["latency_compute"])
    assert twice["latency_network"] == r["latency_network"] == pytest.approx(2 * fast["latency_network"])
    assert r["latency"] <= twice["latency"] <= 2 * r["latency"] * CLOSE and fast["latency"] <= r["latency"]
    hidden = batch * 2048 >= r["hiding_tokens"]
    assert hidden == (r["latency_compute"] * CLOSE >= max(parts[2:])) or batch * 2048 == pytest.approx(
        r["hiding_tokens"])
    if count > 1:
        assert (r["arithmetic_intensity"] > r["ridge_point"]) == (r["latency_compute"] > r["latency_network"])


def test_it_can_be_followed_by_the_browser():
    assert isinstance(solve(batch_size=symbol("batch"), seq_len=symbol("tokens")).latency, Symbol)


def test_a_format_that_the_chips_lack_is_refused():
    with pytest.raises(ValueError, match="NVIDIA A100 SXM 80 GB has no fp8 rate"):
        solve(fleet=Fleet(Servers.DGX_A100, 2, "HDR"), precision="fp8")
