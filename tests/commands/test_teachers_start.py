"""docs/teach/start.md leads a teacher to grades: its commands print what stands below them."""

from __future__ import annotations

import re

import pytest
import start_page
from terminal import terminal

PAGE = start_page.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page():
    """The page with every output anew."""
    changed = start_page.RUN.sub(lambda found: found[0].replace(found[2], "stale\n"), PAGE)
    assert changed != PAGE
    return start_page.start_text(changed)


def test_the_page_says_what_its_commands_print(page):
    assert page == PAGE, "docs/teach/start.md is stale: run `make terminal`"


def test_it_goes_the_whole_way(page):
    commands = [command for command, _ in start_page.RUN.findall(page)]
    assert len(commands) >= 12 and "make class" in page
    known = set(re.findall(r"^  ([a-z]+) ", terminal("--help").out.partition("Commands:")[2], re.MULTILINE))
    assert set(re.findall(r"mlsysim-labs ([a-z]+)", page)) <= known
    assert "Traceback" not in page and "error" not in page.lower()
    for said in ("for 30 students", "28 of 30 students are graded", "ready to be imported",
                 "identity: it was done with", "another total than before"):
        assert said in " ".join(page.split()), said
