"""docs/command_line.md shows what happens: each command that it shows prints what stands below it."""

from __future__ import annotations

import re
import shlex

import pytest
from paths import ROOT
from terminal import terminal

PAGE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```sh\nmlsysim-labs (.*?)\n```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)


@pytest.mark.parametrize("command, printed", SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_page_says(command, printed):
    done = terminal(*shlex.split(command))
    assert printed in ("", done.out or done.err)


def test_every_command_and_option_of_the_page_exists():
    assert len(SHOWN) >= 8
    known = set(re.findall(r"^  ([a-z]+) ", terminal("--help").out.partition("Commands:")[2], re.MULTILINE))
    assert {command.split()[0] for command, _ in SHOWN} <= known
    assert set(re.findall(r"`mlsysim-labs ([a-z]+)", PAGE)) <= known


def test_the_space_of_the_page_can_be_explored(tmp_path):
    pytest.importorskip("solver.design.space")
    file = tmp_path / "space.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    assert terminal("explore", str(file)).status == 0
