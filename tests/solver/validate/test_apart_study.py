"""The study of nodes apart: what a row asks of the solver, and rows that do not say what ran."""

from __future__ import annotations

import pytest

from solver import Models
from solver.validate.apart import BURST, STEADY, apart_load, first_token
from solver.validate.kernels import MODERN
from solver.validate.serving import DECODED
from solver.validate.tables import COLUMNS, DoubtfulError, Row

# SemiAnalysis InferenceX, April 2026, as published by ai-dynamo/aiconfigurator: two nodes of 8 that read, three that
# decode.
CELLS = {"id": "dsr1_h200_trtllm_fp8_disagg_8192x1024_c192_cfg325", "silicon_data_source": "",
         "model_path": "deepseek-ai/DeepSeek-R1", "system": "h200_sxm", "precision": "fp8", "isl": "8192",
         "osl": "1024",
         "prefill_num_workers": "2", "prefill_tp_size": "1", "prefill_attention_dp_size": "8",
         "prefill_moe_tp_size": "1", "prefill_moe_ep_size": "8", "decode_num_workers": "3", "decode_tp_size": "1",
         "decode_attention_dp_size": "8", "decode_moe_tp_size": "1", "decode_moe_ep_size": "8",
         "decode_batch_size": "8", "silicon_ttft_ms": "2577.8", "silicon_tpot_ms": "33.1"}


def row(**cells: str) -> Row:
    return Row(DECODED, 2, dict.fromkeys(COLUMNS[DECODED].split(), "") | CELLS | cells)


def test_a_row_asks_with_the_nodes_of_both_kinds():
    asked = apart_load(row())
    assert asked["model"] is Models.DeepSeek_V3 and asked["concurrency"] == 192
    assert (asked["prefill_nodes"], asked["decode_nodes"]) == (2, 3)
    assert (asked["seq_len"], asked["output_len"]) == (7373, 922), "lengths are drawn from 80 to 100 %"
    assert asked["attention_data_parallel"] == asked["decode_expert_parallel"] == 8


def test_the_concurrency_stands_in_the_source_or_the_name_or_is_that_of_all_nodes():
    assert apart_load(row(silicon_data_source="x; silicon_concurrency=190; y"))["concurrency"] == 190
    assert apart_load(row(id="no_name"))["concurrency"] == 8 * 8 * 3


def test_what_is_measured_lies_between_a_steady_state_and_a_burst():
    found = first_token(row())
    assert found.floor < found.predicted[STEADY] < found.measured < found.predicted[BURST]
    assert found.predicted[MODERN] == pytest.approx(found.measured, rel=0.1)


@pytest.mark.parametrize("cells, says", [
    ({"prefill_num_workers": ""}, "how many nodes read"), ({"decode_num_workers": ""}, "how many nodes read"),
    ({"prefill_moe_tp_size": "0"}, "prefill_moe_tp_size is 0")])
def test_rows_that_do_not_say_what_ran_are_doubtful(cells, says):
    with pytest.raises(DoubtfulError, match=says):
        first_token(row(**cells))
