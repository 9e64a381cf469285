"""What chips are fed with: the path, the workers, and laws of both."""

from __future__ import annotations

import numpy as np
import pint
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Q_, DataModel, Hardware, TransformationModel, changed

DATA, TRANSFORMATION, H100 = DataModel(), TransformationModel(), Hardware.Cloud.H100
rates = st.floats(1e6, 1e12)
times = st.floats(1e-4, 10)


def prepared(batch=256, size=110_000, throughput="250 MB/s", step="100 ms", **options):
    return TRANSFORMATION.solve(batch, size, Q_(throughput), Q_(step), **options)


def test_eight_workers_prepare_four_thousand_images_a_second():
    """The lab on starved GPUs: 8 workers of 250 MB/s each, images of 500 KB."""
    r = prepared(1000, 500_000, step="10 ms", workers=8)
    assert r.samples_per_second == pytest.approx(4000) and r.is_stalled
    assert r.workers_needed == 200 and r.stall_share == pytest.approx(0.96)
    assert r.constraint_trace == ["Preparing: the accelerator waits up to 96% of the time. 200 workers would keep up, "
                                  "if they prepare ahead."]


def test_a_size_is_bytes_or_a_quantity():
    assert prepared(size=110_000).transform_time == prepared(size=Q_("110 kB")).transform_time
    with pytest.raises(TypeError, match="without a unit: write Q_"):
        TRANSFORMATION.solve(256, 110_000, 250e6, Q_("100 ms"))
    with pytest.raises(TypeError, match=r"accelerator_step_time is 0\.1, without a unit: write Q_\('100 ms'\)"):
        TRANSFORMATION.solve(256, 110_000, Q_("250 MB/s"), 0.1)
    with pytest.raises(pint.DimensionalityError, match="sample_size_bytes is 3 s"):
        prepared(size=Q_("3 s"))


def test_preparing_ahead_hides_the_shorter():
    ahead, after = prepared(step="150 ms"), prepared(step="150 ms", overlap=0)
    assert ahead.step_time.m_as("ms") == pytest.approx(150) and not ahead.is_stalled
    assert after.step_time.m_as("ms") == pytest.approx(150 + 256 * 0.11 / 250 * 1e3)
    assert ahead.constraint_trace == ["Preparing: hides behind the accelerator's work."]
    assert "prepare batches ahead, and the wait is gone" in after.constraint_trace[0]


@pytest.mark.parametrize("chip, bus", [("A100", 32), ("H100", 64), ("T4", 16), ("CS3", 150)])
def test_the_bus_is_that_of_the_data_sheet(chip, bus):
    """GB/s in one direction: PCIe 3.0, 4.0 and 5.0 x16, and the twelve ports of a wafer."""
    r = DATA.solve(Q_("10 GB/s"), Hardware[chip])
    assert r.supply.m_as("GB/s") == bus and r.bottleneck == "Host bus" and not r.is_stalled


def test_the_slowest_part_of_the_path_decides():
    parts = {"storage_bandwidth": Q_([5, 50, 90], "GB/s"), "network_bandwidth": Q_([25, 25, 100], "GB/s")}
    r = DATA.solve(Q_("20 GB/s"), H100, **parts)
    assert r.bottleneck.tolist() == ["Storage", "Network", "Host bus"]
    np.testing.assert_allclose(r.supply.m_as("GB/s"), [5, 25, 64])
    np.testing.assert_allclose(r.stall_share, [0.75, 0, 0])
    assert r.is_stalled.tolist() == [True, False, False]
    assert DATA.solve(Q_("20 GB/s"), H100, chips=8).supply.m_as("GB/s") == 8 * 64
    assert "limited by the host bus or network or storage" in r.constraint_trace[0]


def test_a_chip_without_a_bus_says_so():
    r = DATA.solve(Q_("2 GB/s"), Hardware.Cloud.TPUv5p)
    assert np.isnan(r.stall_share) and r.bottleneck == "Unknown" and "no known bus" in r.constraint_trace[0]
    assert DATA.solve(Q_("2 GB/s"), changed(Hardware.Cloud.TPUv5p, host="64 GB/s")).stall_share == 0


@RUNS
@given(rates, rates, rates, st.integers(1, 64))
def test_chips_wait_as_much_as_is_missing(demand, storage, network, chips):
    rate = {"storage_bandwidth": Q_(storage, "byte/second"), "network_bandwidth": Q_(network, "byte/second")}
    r = DATA.solve(Q_(demand, "byte/second"), H100, chips=chips, **rate)
    v = r.values
    assert 0 <= r.stall_share < 1 and r.is_stalled == (r.stall_share > 0) == (r.utilization > 1) == (v["margin"] < 0)
    assert v["supply"] == min(storage, network, chips * 64e9)
    assert demand * (1 - r.stall_share) == pytest.approx(min(demand, v["supply"]))


@RUNS
@given(st.integers(1, 10_000), st.floats(1, 1e8), rates, times, st.floats(0, 1), st.integers(1, 256))
def test_a_step_lies_between_the_longer_and_both(batch, size, throughput, step, overlap, workers):
    given = {"overlap": [overlap, 1, 0], "workers": workers}
    r = TRANSFORMATION.solve(batch, size, Q_([throughput], "byte/second"), Q_(step, "s"), **given)
    t, took = r.value("transform_time"), r.value("step_time")
    assert took[1] / CLOSE <= took[0] <= took[2] * CLOSE
    assert took[1] == pytest.approx(max(t[0], step)) and took[2] == pytest.approx(t[0] + step)
    assert ((r.stall_share >= 0) & (r.stall_share <= 1)).all() and (r.slowdown_factor >= 1).all()
    np.testing.assert_allclose(r.accelerator_utilization * r.slowdown_factor, 1)
    np.testing.assert_allclose(r.accelerator_utilization, 1 - r.stall_share, atol=1e-12)  # of 1 - 0.9999999
    twice = TRANSFORMATION.solve(batch, size, Q_(2 * throughput, "byte/second"), Q_(step, "s"), workers=workers)
    assert twice.value("transform_time") == pytest.approx(t[0] / 2)


@RUNS
@given(st.integers(1, 10_000), st.floats(1, 1e7), st.floats(1e7, 1e11), st.floats(1e-3, 10))
def test_so_many_workers_keep_up_and_one_fewer_do_not(batch, size, throughput, step):
    one = TRANSFORMATION.solve(batch, size, Q_(throughput, "byte/second"), Q_(step, "s"))
    needed = one.workers_needed
    workers = [needed, max(needed - 1, 1)]
    r = TRANSFORMATION.solve(batch, size, Q_(throughput, "byte/second"), Q_(step, "s"), workers=workers)
    assert r.slowdown_factor[0] <= 1 + 1e-9
    assert needed == 1 or r.slowdown_factor[1] > 1 - 1e-9


def test_the_browser_says_the_same():
    traced = TRANSFORMATION.solve(symbol("batch"), symbol("size"), symbol("rate"), symbol("step"), overlap=0.5)
    exact = TRANSFORMATION.solve(256, 110_000, Q_("250 MB/s"), Q_("90 ms"), overlap=0.5)
    found = run(program({name: traced.value(name) for name in traced.fields()}),
                {"batch": 256, "size": 110_000, "rate": 250e6, "step": 0.09})
    way = DATA.solve(symbol("demand"), H100, chips=symbol("chips"))
    known = DATA.solve(Q_("90 GB/s"), H100, chips=2)
    found |= run(program({name: way.value(name) for name in way.fields()}), {"demand": 90e9, "chips": 2})
    for result in (exact, known):
        for name in result.fields():
            if name not in ("is_stalled", "stall_share") or result is known:
                np.testing.assert_allclose(found[name], float(result.value(name)), rtol=1e-12, err_msg=name)
    assert way.constraint_trace == traced.constraint_trace == []


@pytest.mark.parametrize("call, says", [
    (lambda: prepared(batch=0), "batch_size is 0"), (lambda: prepared(size=0), "sample_size_bytes is 0"),
    (lambda: prepared(step="0 ms"), "give a time above 0"), (lambda: prepared(overlap=2), "overlap is 2"),
    (lambda: prepared(workers=0.5), "workers is 0.5"), (lambda: DATA.solve(Q_("0 GB/s"), H100), "positive rate"),
    (lambda: DATA.solve(Q_("1 GB/s"), H100, chips=0), "chips is 0")])
def test_bad_input_gets_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
