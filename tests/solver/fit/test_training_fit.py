"""The fit of training frameworks: it finds what runs were made with, and what the file has is plausible."""

from __future__ import annotations

import numpy as np
import pytest

from solver import TrainingProfile, TrainingProfiles
from solver.fit import search
from solver.fit.training import cases_of, framework_of, fsdp_ratios, training_tables
from solver.validate.tables import DoubtfulError, OutOfScopeError, Row
from solver.validate.training import fsdp_run, megatron_run
from solver.zoo.profiles import Shares

TRUE = TrainingProfile("true", compute=Shares(0.6, {"Ampere": 0.8, "Hopper": 0.6}), overlap=0.3, again=0.8,
                       attention=Shares(0.2, {"Ampere": 0.3, "Hopper": 0.2}), vector=40.0, scores=5.0, optimizer=80.0)
PARAMETERS = {"MPT-125m": 125_311_488, "MPT-3b": 2_651_837_440, "MPT-7b": 6_658_859_008, "MPT-70b": 64_862_437_376}


def row_of(**cells):
    return Row("training_mfu.csv", 2, {key: str(value) for key, value in cells.items()})


def fsdp_row(model="MPT-7b", gpu="h100_80gb", chips=8, batch=64, micro=8, again=False, mfu=40.0, **more):
    return row_of(**{"model": model, "params": PARAMETERS[model], "gpu": gpu, "n_gpu": chips, "precision": "amp_bf16",
                     "seq_len": 2048, "gbs": batch, "mbs": micro, "dp_or_sharding": "FULL_SHARD", "act_ckpt": again,
                     "mfu_pct": mfu, "framework": "llm-foundry (FSDP)", "notes": ""} | more)


def runs():
    """Rows as a framework of those figures would have them."""
    for gpu in ("a100_80gb", "h100_80gb"):
        for model, chips, micro in (("MPT-125m", 8, 32), ("MPT-3b", 16, 8), ("MPT-7b", 64, 8), ("MPT-70b", 32, 2)):
            for again in (False, True):
                asked = {"model": model, "gpu": gpu, "chips": chips, "micro": micro, "batch": chips * micro,
                         "again": again}
                (case,) = cases_of([fsdp_row(**asked)], fsdp_run)
                yield fsdp_row(**asked, mfu=100 * case.run.reached(case.time(TRUE)))


@pytest.mark.slow
def test_the_fit_finds_what_runs_were_made_with(monkeypatch):
    pytest.importorskip("scipy")
    monkeypatch.setattr(search, "STARTS", 2)
    monkeypatch.setattr(search, "HALVES", 1)
    (table,) = training_tables({"training_mfu.csv": list(runs())}, 0)
    assert (table.room, table.key, table.fit["rows"]) == ("training", "fsdp", 16) and table.fit["median"] < 0.05
    assert table.figures["compute"]["Ampere"] == pytest.approx(0.8, rel=0.05)
    assert table.figures["compute"]["Hopper"] == table.figures["compute"]["default"] == pytest.approx(0.6, rel=0.05)


def test_figures_that_are_searched_make_a_profile():
    profile = framework_of({"compute Ampere": 0.7, "compute Hopper": 0.6, "attention Ampere": 0.2, "vector": 50.0})
    assert profile.compute["Ampere 16-bit"] == 0.7 and profile.compute["Blackwell 16-bit"] == 0.6
    assert profile.vector == 50.0 and not profile.knows("Blackwell") and profile.knows("Hopper")


def test_ratios_are_one_where_the_figures_are_true():
    figures = {"compute Ampere": 0.8, "compute Hopper": 0.6, "attention Ampere": 0.3, "attention Hopper": 0.2,
               "vector": 40.0, "scores": 5.0, "again": 0.8, "optimizer": 80.0, "overlap": 0.3}
    np.testing.assert_allclose(fsdp_ratios(figures, cases_of(list(runs()), fsdp_run)), 1, rtol=1e-9)


@pytest.mark.parametrize("name", ["fsdp", "megatron"])
def test_frameworks_reach_a_share_of_a_chip(name):
    found = TrainingProfiles[name]
    assert 0.5 < found.compute["Ampere 16-bit"] < 0.9 and 0.1 < found.attention["Ampere 16-bit"] < 0.5
    assert 0.5 < found.again <= 1 and 0 <= found.overlap < 1 and 10 < found.vector < 200
    assert found.optimizer >= 28, "Adam reads and writes 28 bytes of each parameter at least"
    assert found.scope and found.sources["compute"].url.startswith("https://")


@pytest.mark.parametrize("cells, error, says", [
    ({"gpu": "NVIDIA B200"}, OutOfScopeError, "no training on"), ({"precision": "fp8"}, OutOfScopeError, "bfloat16"),
    ({"dp_or_sharding": "NO_SHARD"}, OutOfScopeError, "'NO_SHARD' is not known"),
    ({"params": 9e9}, DoubtfulError, "not those of the model"), ({"mbs": 5}, OutOfScopeError, "whole"),
    ({"gpu": "Abacus"}, OutOfScopeError, "not in the registry")])
def test_rows_that_are_left_out_say_why(cells, error, says):
    with pytest.raises(error, match=says):
        fsdp_run(fsdp_row(**cells)).solved()
    assert cases_of([fsdp_row(**cells)], fsdp_run) == []


def test_a_row_without_a_shape_is_out_of_scope():
    with pytest.raises(OutOfScopeError, match="no architecture"):
        megatron_run(row_of(notes="data parallel size 1"))
    with pytest.raises(OutOfScopeError, match="shape of MPT-9t"):
        fsdp_run(row_of(**fsdp_row().cells | {"model": "MPT-9t"}))
