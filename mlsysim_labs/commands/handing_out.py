"""The commands by which a lab leaves the house: as a page, and to each student of a class."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mlsysim_labs.commands import loaded_function as _loaded


def add_handing_out(app: typer.Typer) -> None:
    """These commands, beside the others."""
    app.command("export", short_help="Write a lab as one HTML file, without a kernel.")(export_command)
    app.command("assign", short_help="Write each student's notebooks or pages.")(assign_command)
    app.command("nbgrader", short_help="Write a lab as an assignment of nbgrader.")(nbgrader_command)


def export_command(lab: Annotated[str, typer.Argument(metavar="LAB", hidden=True)],
                   output: Annotated[str, typer.Option(
                       "--output", "-o", metavar="FILE", help="The file; without it LAB.html, here.")] = "",
                   mode: Annotated[str, typer.Option(
                       "--mode", metavar="MODE", help="learn, demo (before a class, nothing is kept) or exam (kept, "
                                                      "not judged).")] = "learn",
                   student: Annotated[str, typer.Option(metavar="NAME", help="Whose page it is.")] = "",
                   course: Annotated[str, typer.Option(metavar="NAME", help="The course that it is for.")] = "",
                   seed: Annotated[Optional[int], typer.Option(  # noqa: UP045
                       metavar="NUMBER", help="Draws this student's numbers; without it course and name do.")] = None,
                   ) -> None:
    """A lab as one HTML file: it opens from a mail, a phone or a course's site, without a kernel and offline.

    LAB is the name of a lab, such as 03_kv_cache, or the path of a notebook.

    Example: mlsysim-labs export 03_kv_cache -o kv_cache.html
    """
    _loaded("export_lab", "export_lab")(lab, output, mode, seed, student, course)


def assign_command(course: Annotated[str, typer.Option(metavar="FILE.toml", help="Labs, dates, modes, secret.")],
                   roster: Annotated[str, typer.Option(metavar="FILE.csv", help="id,name, or what an LMS exports.")],
                   out: Annotated[str, typer.Option("--out", "-o", metavar="DIR", help="Folder of the files.")],
                   form: Annotated[str, typer.Option("--as", metavar="WHAT", help="notebooks, pages or both.")
                                   ] = "notebooks",
                   lab: Annotated[str, typer.Option(metavar="SLUG", help="Only this lab of the course.")] = "",
                   force: Annotated[bool, typer.Option("--force", help="Write files anew that have changed.")] = False,
                   encoding: Annotated[str, typer.Option(metavar="NAME", help="Of the roster, if not told right.")
                                       ] = "") -> None:
    """For each student of a course a folder with the labs, in that student's numbers and name; and a list of them.

    Example: mlsysim-labs assign --course course.toml --roster roster.csv -o handed_out --as pages
    """
    _loaded("assign_class", "assign_class")(course, roster, out, form, lab, force, encoding)


def nbgrader_command(lab: Annotated[str, typer.Argument(metavar="LAB", hidden=True)],
                     out: Annotated[str, typer.Option("--out", "-o", metavar="COURSE",
                                                      help="The folder of your course in nbgrader.")],
                     course: Annotated[str, typer.Option(metavar="FILE.toml", help="Weights, points, mode.")] = "",
                     ) -> None:
    """A lab's notebook with an autograded cell for each question, in the folder source of a course in nbgrader.

    LAB is the name of a lab, such as 03_kv_cache, or the path of a notebook.

    Example: mlsysim-labs nbgrader 03_kv_cache -o course101
    """
    _loaded("nbgrader_assignment", "write_assignment")(lab, out, course)
