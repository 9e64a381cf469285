"""docs/command_line.md shows what happens: each command that it shows prints what stands below it."""

from __future__ import annotations

import re
import shlex

import command_line
import pytest
from terminal import terminal

PAGE = command_line.PAGE.read_text(encoding="utf-8")
SHOWN = command_line.SHOWN.findall(PAGE)


@pytest.mark.parametrize("command, printed", SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_page_says(command, printed):
    done = terminal(*shlex.split(command))
    assert printed in ("", done.out or done.err), "docs/command_line.md is stale: run `make terminal`"


def test_every_command_of_the_page_exists():
    assert len(SHOWN) >= 8
    known = set(re.findall(r"^  ([a-z]+) ", terminal("--help").out.partition("Commands:")[2], re.MULTILINE))
    assert {command.split()[0] for command, _ in SHOWN} <= known
    assert set(re.findall(r"`mlsysim-labs ([a-z]+)", PAGE)) <= known


def test_the_page_is_written_from_what_commands_print():
    changed = re.sub(r"(?<=```text\n).*?(?=```)", "stale\n", PAGE, flags=re.DOTALL)
    assert changed != PAGE and command_line.page_text(changed) == PAGE


@pytest.mark.parametrize("command, place", [("explore", 0), ("audit", 1), ("audit", 2)])
def test_the_files_of_the_page_can_be_read(command, place, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[place])
    assert terminal(command, str(file)).status == 0
