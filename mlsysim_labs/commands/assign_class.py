"""``mlsysim-labs assign --course FILE.toml --roster FILE.csv -o DIR``: a class's files, and what came of them."""

from __future__ import annotations

import pathlib

import typer

from mlsysim_labs.classroom.assignment.assigning import HANDOUT_ENDINGS, Assigned, assign
from mlsysim_labs.commands.layout import number_with, page_width, sentences_text
from solver.text import nearest

FORMS = (*HANDOUT_ENDINGS, "both")
KEPT_SHOWN = 3  # names of files in a sentence
NOT_ALL = 1  # what the command ends with, where files were kept


def assign_class(course: str, roster: str, out: str, form: str, lab: str, force: bool, encoding: str) -> None:
    """Write the files, and say how many."""
    if form not in FORMS:
        raise ValueError(f"--as is {form!r}. {nearest(form, FORMS)}")
    kinds = tuple(HANDOUT_ENDINGS) if form == "both" else (form,)
    made = assign(course, roster, out, kinds=kinds, lab=lab, force=force, encoding=encoding)
    print(sentences_text(assigned_sentences(made, out), page_width()))
    if made.kept:
        raise typer.Exit(NOT_ALL)


def assigned_sentences(made: Assigned, out: str) -> list[str]:
    """What came of it, a sentence each."""
    count = len(made.roster.students)
    whom = number_with(count, "student", "students") if made.is_own else "all students alike"
    written = number_with(made.written, "file is", "files are")
    there = f" {number_with(made.unchanged, 'is', 'are')} there already as they should be." if made.unchanged else ""
    said = [f"{written} written into {out}, for {whom}.{there}"]
    if made.is_own:
        said.append(f"{pathlib.Path(out) / made.list_name} has a line for each.")
    if made.kept:
        names = ", ".join(made.kept[:KEPT_SHOWN]) + (", ..." if len(made.kept) > KEPT_SHOWN else "")
        said.append(f"{number_with(len(made.kept), 'file differs', 'files differ')} from what I would write, and I "
                    f"left them as they are, since somebody may have worked in them: {names}. Name another folder, or "
                    f"write them anew with --force.")
    if made.new_secret:
        said.append(f"The course's secret is new: {made.new_secret}. Keep it, and give it to nobody: without it these "
                    f"numbers can be neither made again nor graded.")
    return said
