"""The command that fits: it finds what rows were made with, writes the same file twice, and says what is missing."""

from __future__ import annotations

import sys
import tomllib

import fit
import numpy as np
import pytest
from measured import write

from solver import Hardware
from solver.fit.search import MissingToolError, Parameter, best, fitted_to
from solver.formulas.collectives import AllReduceShares
from solver.formulas.kernels import KernelShares, Product

TRUE = KernelShares(compute=0.8, memory=0.9, launch=4e-6, norm=2.0, step=0.5e-9)
LINK = AllReduceShares(latency=5e-6, growth=0.1, direct=0.5, start=8e-6, bus=0.6)


def products():
    """A dozen products on an H100, as kernels of those shares take."""
    chip = Hardware.Cloud.H100
    for rows, inner, columns in np.random.default_rng(3).integers(1, 40, (12, 3)) * 256:
        time = TRUE.time(Product(rows, inner, columns), chip.fp16, chip.bandwidth)
        yield {"system": "h100_sxm", "framework": "TRTLLM", "gemm_dtype": "bfloat16", "m": rows, "n": columns,
               "k": inner, "latency_ms": float(time) * 1e3}


def reductions():
    """A dozen all-reduces among A100s."""
    link = Hardware.Cloud.A100.link
    for power in (9, 14, 19, 24):
        for chips in (2, 4, 8):
            time = LINK.time(2.0 * 2**power, chips, link)
            yield {"system": "a100_sxm", "kernel_source": "vLLM_custom_graph", "num_gpus": chips,
                   "message_bytes": 2**power, "latency_ms": float(time) * 1e3}


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "gemm_2026.csv", *products(), {"system": "abacus", "gemm_dtype": "fp8", "m": 1, "n": 1, "k": 1})
    write(tmp_path, "allreduce_2026.csv", *reductions())
    return tmp_path


@pytest.mark.slow
def test_the_command_finds_what_the_rows_were_made_with(folder):
    pytest.importorskip("scipy")
    file = folder / "fitted.toml"
    assert fit.main([str(folder), "--file", str(file), "--seed", "5"]) == 0
    written = file.read_text(encoding="utf-8")
    found = tomllib.loads(written)
    assert set(found["kernels"]) == {"Hopper 16-bit"} and set(found["collectives"]) == {"Ampere"}
    table = found["kernels"]["Hopper 16-bit"]
    assert table["compute"] == pytest.approx(0.8, rel=0.01) and table["memory"] == pytest.approx(0.9, rel=0.01)
    assert table["launch"] == "4 us" and table["norm"] == 2.0
    assert table["fit"]["rows"] == 12 and table["fit"]["seed"] == 5 and table["fit"]["by"] == "kernels"
    assert table["fit"]["median"] < 0.02 and table["source"] in found["sources"]
    link = found["collectives"]["Ampere"]
    assert (link["latency"], link["start"]) == ("5 us", "8 us") and link["bus"] == pytest.approx(0.6, rel=0.01)
    assert fit.main([str(folder), "--file", str(file), "--seed", "5"]) == 0
    assert file.read_text(encoding="utf-8") == written


@pytest.mark.slow
def test_tables_of_files_that_are_not_there_stay(folder, tmp_path_factory):
    pytest.importorskip("scipy")
    before = fit.FILE.read_text(encoding="utf-8")
    alone = tmp_path_factory.mktemp("alone")
    write(alone, "allreduce_2026.csv", *reductions())
    file = alone / "fitted.toml"
    file.write_text(before, encoding="utf-8")
    assert fit.main([str(alone), "--file", str(file)]) == 0
    old, new = tomllib.loads(before), tomllib.loads(file.read_text(encoding="utf-8"))
    assert new["kernels"] == old["kernels"] and new["profiles"] == old["profiles"]
    assert set(new["collectives"]) == {"Ampere"}


def test_rows_that_no_model_is_of_do_not_pull():
    """A tenth of the rows takes five times as long: the share stays that of the others."""
    pytest.importorskip("scipy")
    times = [1.0 if i % 10 else 5.0 for i in range(40)]
    share = Parameter("share", 0.5, 0.01, 10.0)
    found = fitted_to(times, [share], lambda figures, some: 0.9 / figures["share"] / np.array(some), 0)
    assert found.figures["share"] == pytest.approx(0.9, rel=0.05)
    assert found.rows == 40 and found.median < 0.05 and found.p90 > 0.05


def test_without_scipy_there_is_a_sentence(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(MissingToolError, match="install it with pip install"):
        best([1.0], [Parameter("share", 0.5, 0.1, 1.0)], lambda figures, cases: figures["share"] / np.array(cases), 0)
    file = folder / "fitted.toml"
    assert fit.main([str(folder), "--file", str(file)]) == 2
    assert "scipy" in capsys.readouterr().err and not file.exists()


def test_a_folder_that_cannot_be_read_is_a_sentence(tmp_path, capsys):
    assert fit.main([str(tmp_path / "gone")]) == 2
    assert "is not a folder. Give one" in capsys.readouterr().err
