"""The fit of engines: it finds the figures of the profile that rows were made with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from measured import write

from solver import ContinuousBatchingModel, Hardware, Models, Profiles
from solver.fit.apart import PARAMETERS, FirstToken, first_token_ratios, share_error
from solver.fit.engines import Measured, measurements, modern_cases, profile_of, searched
from solver.fit.search import Parameter, fitted_to
from solver.formulas.apart import load_test_time
from solver.validate.loads import DRAWN
from solver.validate.tables import tables

TRUE = replace(Profiles.modern, launch=44e-6, request=17e-6)
CELLS = {"model_path": "meta-llama/Meta-Llama-3.1-8B", "system": "h100_sxm", "precision": "fp8", "isl": "1024",
         "osl": "1024", "tp_size": "1", "pp_size": "1", "attention_dp_size": "1", "moe_tp_size": "1",
         "moe_ep_size": "1", "gemm_quant_mode": "fp8", "moe_quant_mode": "fp8"}


@pytest.fixture
def rows(tmp_path):
    """Steps as an engine of `TRUE` takes them, and a row that nobody can use."""
    made = []
    for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        r = ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, batch, output_len=1024,
                                            precision="fp8", kv_precision="fp8", profile=TRUE, lengths=DRAWN)
        made.append(CELLS | {"batch_size": batch, "silicon_tpot_ms": 1e3 * r.value("itl")})
    write(tmp_path, "serving_2026.csv", *made, CELLS | {"batch_size": 8, "silicon_tpot_ms": 1, "tp_size": 3})
    return tables(tmp_path)


def test_rows_become_loads_with_what_was_measured(rows):
    cases = measurements(rows)
    assert len(cases) == 9 and all(isinstance(case, Measured) for case in cases) and modern_cases(cases) == cases
    assert cases[3].load.requests == 8 and cases[3].load.model is Models.Llama3_8B


def test_the_search_finds_what_the_rows_were_made_with(rows):
    pytest.importorskip("scipy")
    parameters = [Parameter("launch", 55.0, 5.0, 200.0, "us"), Parameter("request", 12.0, 0.5, 100.0, "us/request")]
    found = searched(measurements(rows), parameters, replace(Profiles.modern, launch=0.0, request=0.0))
    assert found["launch"] == pytest.approx(TRUE.launch, rel=0.03)
    assert found["request"] == pytest.approx(TRUE.request, rel=0.1)


def test_figures_make_a_profile_and_shares_of_a_kind():
    made = profile_of({"launch": 1e-6, "bus.Hopper": 0.5, "bus.Ada": 0.3}, Profiles.ideal)
    assert made.launch == 1e-6 and made.bus["Hopper"] == 0.5 and made.bus["Ampere"] == 0.4


def test_what_load_tests_add_is_found():
    pytest.importorskip("scipy")
    cases = [FirstToken(steady, burst, float(load_test_time(steady, burst, 0.4, 0.12)))
             for steady, burst in ((0.05, 0.05), (0.1, 3.0), (1.0, 9.0), (0.05, 1.0), (0.3, 0.9), (0.1, 12.0))]
    found = fitted_to(cases, PARAMETERS, first_token_ratios, 1, share_error)
    assert found.figures == {"waves": 0.4, "handover": "120 ms"} and found.p90 < 0.01
