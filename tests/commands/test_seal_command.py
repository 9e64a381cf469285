"""`seal`: the code that releases an exam."""

from __future__ import annotations

import re

from terminal import terminal

from mlsysim_labs.records.opened import seal_of


def test_the_seal_is_that_of_the_code():
    said = terminal("seal").out
    code = re.search(r"(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", said)[0]
    assert f'seal="{seal_of(code)}"' in said and terminal("seal").out != said, "each one is another"
    assert f'seal="{seal_of("my own")}"' in terminal("seal", "--code", "my own").out
