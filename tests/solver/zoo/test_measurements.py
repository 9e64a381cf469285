"""Published measurements as records: each says what was asked, what came out, and where that stands."""

from __future__ import annotations

import datetime

import pytest

from solver import Hardware, Measurements, Models, changed
from solver.zoo.measurements import QUANTITIES, measurement_record
from solver.zoo.records import Source

ROWS = pytest.mark.parametrize("row", Measurements, ids=str)
H100 = Hardware.Cloud.H100


def test_they_are_a_handful_of_each_kind():
    assert 10 <= len(Measurements) <= 40
    assert {row.quantity for row in Measurements} == set(QUANTITIES)


@ROWS
def test_each_has_a_public_source_and_a_figure(row):
    assert row.source.url.startswith("https://") and len(row.source.title) > 20
    assert datetime.date(2023, 1, 1) < row.source.date < datetime.date(2027, 1, 1)
    assert row.engine and row.value > 0
    assert not row.note or row.note.endswith(".")


@ROWS
def test_each_says_what_was_asked(row):
    if row.quantity == "product":
        assert row.model is None and min(row.rows, row.inner, row.columns) > 0
    else:
        assert row.model is Models.Llama3_8B and min(row.batch_size, row.seq_len, row.output_len) > 0
    assert row.loaded == (row.batch_size > 1), "many at once are a server's"


def test_a_rate_is_read_as_a_time():
    one, prompt = Measurements.torchao_a100, Measurements.prompt_4096
    assert one.published == "95.64 token/s" and one.value == pytest.approx(1 / 95.64)
    assert prompt.value == pytest.approx(4096 / 6138)
    assert Measurements.room_80gb.value == pytest.approx(53.29 * 2**30)


def test_where_it_was_measured():
    row = Measurements.tokens_2048_32
    assert row.stands(H100, batch_size=32, seq_len=2048, output_len=256) is True
    for chip, asked in ((Hardware.Cloud.A100, {}), (H100, {"batch_size": 31}), (changed(H100, bandwidth=1e12), {})):
        assert not row.stands(chip, **asked)
    assert row.stands()
    with pytest.raises(TypeError, match="no 'users'"):
        row.stands(H100, users=32)


def test_what_nobody_measures_is_refused():
    table = {"quantity": "speed", "hardware": "H100", "precision": "fp16", "source": "mine"}
    with pytest.raises(ValueError, match="'speed' is nothing that is measured"):
        measurement_record(table, {"mine": Source("mine", "https://example.org", datetime.date(2025, 1, 1))})
