"""What the site is put together from: filled forms, teachers' pages without keys, the reference in chapters."""

from __future__ import annotations

import doctest

import chapters
import gallery
import pytest
import teach

REFERENCE = (gallery.ROOT / "docs" / "solver.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [gallery, chapters])
def test_examples_run(module):
    done = doctest.testmod(module)
    assert done.attempted and not done.failed


@pytest.mark.parametrize("file", teach.lab_pages(), ids=lambda file: file.stem)
def test_a_teachers_page_loses_its_key_and_what_is_true_and_nothing_else(file):
    page = file.read_text(encoding="utf-8")
    shown = gallery.without_key(page)
    sections = [line for line in page.splitlines() if line.startswith("## ")]
    assert [line for line in shown.splitlines() if line.startswith("## ")] == [s for s in sections if s != "## The key"]
    assert "<!-- key -->" in page and "key -->" not in shown
    assert "| Students say | What is true | Show |" in page and "| Students say | Show |" in shown
    assert shown.count("\n|") == page.count("\n|") - page[page.index("## The key"):].partition("\n## ")[0].count("\n|")


@pytest.mark.parametrize("page", ["# New\n\n<!-- key -->\n3\n<!-- /key -->\n", "# New\n\n## K\n\n<!-- key -->\n3\n",
                                  "# New\n\n## K\nfirst\n\n<!-- key -->\n\n| a | 3 |\n<!-- /key -->\n\nWhy: 3\n"])
def test_a_key_goes_wherever_it_stands(page):
    assert gallery.without_key(page) == "# New\n\n"


def test_the_reference_is_all_there_in_chapters():
    pages = chapters.chapters(REFERENCE)
    written = "\n".join(pages.values())
    lost = [line for line in REFERENCE.splitlines() if line.lstrip("#").strip() not in written and "](#" not in line]
    assert lost == [chapters.QUESTIONS.strip()] or lost == []
    assert set(chapters.LINK.findall(pages["solver.md"])) == {"names-of-solver"}
    asked = REFERENCE.partition(chapters.QUESTIONS)[2].partition("\n## ")[0]
    assert len(pages) == asked.count("\n### ") + len(("solver", "formulas")) > 30
