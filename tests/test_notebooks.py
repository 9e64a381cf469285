"""The notebooks: written by the tool that writes them, and read by a person in a real JupyterLab."""

from __future__ import annotations

import notebooks
import pytest
from live_jupyter import errors_in_cells, run_all

from solver import Hardware, Models, ServingModel, max_users

LABS = ["03_kv_cache.ipynb"]


def test_badges_and_first_cells_are_as_the_tool_writes_them():
    for file, text in notebooks.targets().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `make notebooks`"


def test_every_lab_is_walked_through(root):
    assert sorted(file.name for file in (root / "labs").glob("*.ipynb")) == LABS


@pytest.mark.browser
@pytest.mark.parametrize("lab", LABS)
def test_all_cells_run_in_jupyterlab(jupyter, page, lab):
    """Opened, run from top to bottom: no error in a cell or in the console, nothing asked for outside."""
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    jupyter.open(page, lab)
    run_all(page)
    assert errors_in_cells(page) == []
    assert said == []
    assert page.locator(".lab-box .lab-picture").count() >= 1
    assert page.locator(".lab-box .lab-dim").count() == 0, "what a student sees first has numbers"


def test_the_prose_of_the_kv_cache_lab_is_true():
    """Numbers and claims that stand in its text, held against the solver."""
    llama, h100 = Models.Llama3_8B, Hardware.Cloud.H100
    assert 1 / 6 < ServingModel().solve(llama, h100, 1).memory_utilization < 1 / 4, "a fifth of the memory"
    assert max_users(llama.multi_head, h100, 8192) < max_users(llama, h100, 8192), "the dashed line lies below"
    assert not ServingModel().solve(llama, h100, 131072, 8).feasible, "too much"
    assert max_users(llama, Hardware.Cloud.B200, 131072, reserve=0.1) >= 8, "another GPU mends it"
    assert max_users(llama, h100, 131072, reserve=0.1, kv_precision="int4") >= 8, "so do fewer bits for the cache"
    break_even = llama.parameters * 2 // 131072  # question 4: the answer exists, and is a context of the model
    assert break_even < llama.context
