"""A lab as one HTML file that asks nobody for anything.

    text = exported_page("03_kv_cache", "learn")

The lab is made twice over in one process: as it is before its predictions are locked, which stands in the page for
everybody to read, and as it is after that, of which the page holds the difference, packed. See `packing` and `told`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import html
import os
import pathlib
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from mlsysim_labs.export.packing import json_in_html, packed
from mlsysim_labs.export.prose import Prose, prose_of
from mlsysim_labs.export.scripts import page_script
from mlsysim_labs.export.styles import page_style
from mlsysim_labs.export.told import ToldLater, check_followed, guessed_knobs
from mlsysim_labs.export.widgets import ExportError, Widgets, changes
from mlsysim_labs.lab import Lab
from mlsysim_labs.places.notebooks import new_lab, notebook_of
from mlsysim_labs.records.atomic import put
from mlsysim_labs.widgets.assets import PACKAGE, script, style
from solver import __version__

WATCH_SCRIPT = "export/page/watch.js"  # stands first, and says when what follows is not whole
FORM_PLACE = re.compile(r"\{\{(\w+)\}\}")
WRITTEN_OF_RUNNER = ("guesses", "reveal")  # what a page writes itself, from what its student does
WRITTEN_OF_HAND_IN = ("rows", "where", "text", "may_restart", "sealed")
MADE_WITH = "Made with mlsysim-labs {version}. This page works offline, and asks nobody for anything."
HONOUR = f"{MADE_WITH} Nobody watches it either: what is answered here is on the student's honour"
PAGE_NOTES = {"learn": f"{HONOUR}.", "demo": f"{MADE_WITH} It is for a class, and keeps nothing.",
              "exam": f"{HONOUR}, and judged later."}
NEVER_BORN = 0.0  # when a page's lab was shown: it does not scroll to itself


def exported_page(lab: str | os.PathLike[str], mode: str = "learn", seed: int | None = None, student: str = "",
                  course: str = "", due: str = "") -> str:
    """The text of the page of a lab; ExportError, with what to do, for one that cannot do without a kernel.

    `lab` : the slug of one of the package's own, such as "03_kv_cache", or the path of a notebook
    `mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept; no truth, key or hint is there)
    `seed` : of the student whose page it is, if the numbers are to be that student's; its record says it, and
        `student` and `course`; without a seed these two draw the numbers
    `due` : until when, in words

    >>> exported_page("03_kv_cache", "exam")[:15]
    '<!doctype html>'
    """
    notebook = notebook_of(lab)
    with empty_folder():
        made = new_lab(notebook, mode, seed, student, course)
        made.box  # noqa: B018 - showing it is what publishes
        check_followed(made)
        page, parts, widgets = _both_states(made)
    return _filled(page, parts, widgets, prose_of(notebook), made, whose_line(student, course, due))


def whose_line(student: str, course: str, due: str) -> str:
    """Whose page it is, in which course and until when, as HTML; nothing of everybody's.

    >>> whose_line("Ada & Co", "", "Friday")
    '<p class="page-note">Ada &amp; Co · due Friday</p>\\n'
    """
    said = " · ".join(html.escape(text) for text in (student, course, due and f"due {due}") if text)
    return f'<p class="page-note">{said}</p>\n' if said else ""


@contextlib.contextmanager
def empty_folder() -> Iterator[None]:
    """Work in an empty folder meanwhile: what lies in the author's stays out of the page."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


def _both_states(lab: Lab) -> tuple[dict[str, Any], dict[str, Any], Widgets]:
    """What everybody may read, what opens at the locks, and the widgets of both."""
    widgets, runner = Widgets(), lab.page.runner
    lab.page.rail.born = NEVER_BORN
    before = widgets.states(lab.box)
    views = list(runner.views)
    page = _clear(lab, widgets) | {"models": before}
    for item in lab.questions.predictions.values():
        own = item.shown.options[0] if item.shown.options else item.shown.low
        item.shown.hear({"kind": "lock", "id": item.name, "value": own})
    after = widgets.states(lab.box)
    told = ToldLater(lab, widgets, views)
    parts: dict[str, Any] = {}
    if lab.mode != "exam":
        parts = {name: told.of_prediction(item) for name, item in lab.questions.predictions.items()}
    written = {widgets.name(item.shown) for item in lab.questions.predictions.values()}  # by the page itself
    moved = {name: model for name, model in changes(before, after).items() if name not in written}
    for widget, names in ((runner, WRITTEN_OF_RUNNER), (lab.questions.hand_in, WRITTEN_OF_HAND_IN)):
        for name in names:
            moved[widgets.name(widget)]["state"].pop(name, None)
    parts[""] = {"models": moved, "items": told.of_items(), "hand_in": widgets.name(lab.questions.hand_in)}
    return page, parts, widgets


def _clear(lab: Lab, widgets: Widgets) -> dict[str, Any]:
    """What the page has to know before anything is locked, besides its widgets."""
    predictions = [{"name": name, "id": widgets.name(item.shown), "show": item.raw_show(),
                    "guessed": guessed_knobs(lab, item)} for name, item in lab.questions.predictions.items()]
    return {"lab": lab.progress.slug, "mode": lab.mode, "plays": lab.progress.may_play,
            "versions": {"mlsysim-labs": __version__}, "edition": lab.progress.edition(),
            "seed": seed_of(lab.progress.slug), "variant": lab.progress.seed,
            "student": lab.progress.setting.student, "course": lab.progress.setting.course,
            "root": widgets.name(lab.box), "runner": widgets.name(lab.page.runner),
            "rail": widgets.name(lab.page.rail), "line": widgets.name(lab.progress.line),
            "steps": len(lab.progress.steps), "predictions": predictions}


def seed_of(slug: str) -> int:
    """What the mask of a lab's packed parts begins with.

    >>> seed_of("03_kv_cache") == seed_of("03_kv_cache")
    True
    """
    return zlib.crc32(slug.encode())


def _filled(page: dict[str, Any], parts: dict[str, Any], widgets: Widgets, prose: Prose, lab: Lab,
            whose: str) -> str:
    """The page's form with everything in its places."""
    if lab.mode != "exam":
        parts[""]["made"] = prose.made
    clear = json_in_html(page)
    letters = "\n".join(f"{name}:{one}" for name, one in packed_parts(parts, page["seed"], clear).items())
    title = html.escape(re.sub(r"<[^>]*>", "", lab.page.rail.title))
    above = prose.above if "<h1" in prose.above else f"<h1>{title}</h1>\n{prose.above}"
    values = {
        "title": title, "version": __version__, "watch": script(WATCH_SCRIPT),
        "style": _style_of(tuple(widgets.styles)), "script": _script_of(tuple(widgets.scripts.items())),
        "page": clear, "packed": letters,
        "whole": hashlib.sha256(letters.encode()).hexdigest(),
        "whose": whose, "above": above, "below": prose.below, "note": PAGE_NOTES[lab.mode].format(version=__version__)}
    form = (PACKAGE / "export/page/page.html").read_text(encoding="utf-8")
    return FORM_PLACE.sub(lambda place: values[place[1]], form)


@functools.lru_cache(maxsize=8)
def _script_of(modules: tuple[tuple[str, str], ...]) -> str:
    """What runs labs with these modules: of a class's pages it is made once."""
    return inside_html(page_script(dict(modules)))


@functools.lru_cache(maxsize=8)
def _style_of(sheets: tuple[str, ...]) -> str:
    return page_style([style("export/page/page.css"), *sheets])


def packed_parts(parts: Mapping[str, Any], seed: int, clear: str) -> dict[str, str]:
    """What opens, by what opens it; the last part, when all others are open. `clear` is what everybody may read."""
    texts = "".join(json_in_html(part) for name, part in parts.items() if name)
    return {name: packed(part, seed, clear if name else clear + texts) for name, part in parts.items()}


def inside_html(code: str) -> str:
    r"""Code that may stand in an element of HTML: none of its texts ends that.

    >>> print(inside_html('"</script>"'))
    "<\/script>"
    """
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def written_page(lab: str | os.PathLike[str], file: pathlib.Path, mode: str = "learn", seed: int | None = None,
                 student: str = "", course: str = "") -> int:
    """Write the page of a lab, whole or not at all; its size in bytes."""
    if not file.parent.is_dir() or file.is_dir():
        raise ExportError(f"There is no folder {file.parent}. Make it, or name another file." if not file.is_dir()
                          else f"{file} is a folder. Name a file in it, such as {file / 'lab.html'}.")
    data = exported_page(lab, mode, seed, student, course).encode("utf-8", "replace")
    put(file, data, flush=False)
    return len(data)
