"""Explorations as files: tidy, with units in the header, and as exact as numbers are."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest

from solver import Hardware, Models, ServingModel, explore

SPACE = {"model": Models.Llama3_8B, "hardware": [Hardware.Cloud.A100, Hardware.Cloud.H100],
         "precision": ["fp16", "fp8"],
         "seq_len": [512, 2048], "batch_size": [1, 64, 4096]}
HEADER = ["hardware", "precision", "seq_len [token]", "batch_size [request]", "tokens_per_second", "ttft [ms]",
          "feasible", "excluded", "front"]


@pytest.fixture(scope="module")
def found():
    return explore(ServingModel, SPACE, ("tokens_per_second", "-ttft"), {"feasible": True})


def test_csv(found, tmp_path):
    found.to_csv(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == HEADER and len(rows) == len(found) == 24
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    for place, text in enumerate(columns["ttft [ms]"]):
        assert float(text) == found["ttft"][place].m if text else np.isnan(found["ttft"][place].m)
    assert columns["seq_len [token]"] == tuple(map(str, found["seq_len"]))
    assert columns["front"].count("True") == len(found.front)
    for place, said in enumerate(columns["excluded"]):
        assert bool(said) == bool(found.excluded[place]) and (columns["feasible"][place] == "") == ("no fp8" in said)


def test_csv_of_the_front(found, tmp_path):
    found.front.to_csv(tmp_path / "front.csv")
    lines = (tmp_path / "front.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(HEADER[:-2]) and len(lines) == 1 + len(found.front)


def test_parquet(found, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("solver.design.spaces.designs.AT_A_TIME", 7)  # several blocks, with and without refused points
    found.to_parquet(tmp_path / "all.parquet")
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.column_names == HEADER and table.num_rows == 24
    times = table["ttft [ms]"].to_pylist()
    assert [time for time in times if time is not None] == found["ttft"][~np.isnan(found["ttft"].m)].m.tolist()
    assert table["hardware"].to_pylist() == [str(one) for one in found["hardware"]]
    assert set(table["feasible"].to_pylist()) == {True, False, None}
    assert [said or "" for said in table["excluded"].to_pylist()].count("feasible is False") == found.reasons[
        "feasible is False"]


def test_without_pyarrow_there_is_a_sentence(found, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="Writing Parquet needs pyarrow, which is not installed here"):
        found.to_parquet(tmp_path / "all.parquet")
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_of_points_that_were_not_kept(tmp_path):
    front = explore(ServingModel, SPACE, "-ttft", keep="front")
    with pytest.raises(ValueError, match="the front alone was kept"):
        front.to_csv(tmp_path / "all.csv")
    assert not list(tmp_path.iterdir())
    front.front.to_csv(tmp_path / "front.csv")
    assert len((tmp_path / "front.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_a_front_without_designs_has_a_header(tmp_path):
    none = explore(ServingModel, SPACE | {"reserve": 1.0}, "-ttft")
    none.front.to_csv(tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text(encoding="utf-8").strip() == ",".join([*HEADER[:4], "ttft [ms]"])
