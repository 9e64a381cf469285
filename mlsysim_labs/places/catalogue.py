"""The page to start from: every lab beside a notebook, what it asks, how far one is, and which comes next.

Labs are read, not run. A notebook with a cell tagged "lab" is one: its title is the first heading, its question the
last sentence of the first paragraph in bold (or that begins in bold), its steps are what its cells ask. A notebook's
metadata go first::

    {"mlsysim_labs": {"title": "KV cache", "question": "How many users fit?", "minutes": 30, "steps": 10}}

What is shown is HTML and a style sheet: without the sheet, as in a saved notebook that nobody trusts yet, it is a list
of links with a sentence each.
"""

from __future__ import annotations

import html
import json
import pathlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from mlsysim_labs.places.cards import card_picture
from mlsysim_labs.questions.setting import setting_of
from mlsysim_labs.records.event import place
from mlsysim_labs.records.files import Unreadable, read_file
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.record_file import RecordFile
from mlsysim_labs.widgets.assets import notebooks_folder, style

MINUTES = 35  # of a lab that does not say how long it takes
DOOR = re.compile(r"([0-9]+_)?kv_cache")  # the lab to begin with, whatever its number
EVENTS_OF = {"predict": "prediction", "task": "answer", "design": "plan"}
KEPT = {"prediction", "explored", "answer", "plan", "reflection"}  # kinds of events that are steps
JUDGED = {"answer", "plan"}
ASKED = re.compile(r"^@lab\.(predict|task|design)\(.*?^def (\w+)\(", re.MULTILINE | re.DOTALL)
EXPLORES = re.compile(r"^lab\.explore\(", re.MULTILINE)
REFLECTS = re.compile(r"^lab\.reflect\(", re.MULTILINE)
SLUG_ARGUMENT = re.compile(r"""\bslug=["']([^"']+)["']""")
HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
BOLD = re.compile(r"(?:\A|\n\n)\*\*((?:(?!\n\n).)+?)\*\*\s*(?=\n\n|\Z)", re.DOTALL)  # a paragraph, not its first words
BEGINS_BOLD = re.compile(r"(?:\A|\n\n)\*\*((?:(?!\n\n).)+?)\*\*", re.DOTALL)
NEXT = re.compile(r"(?<=[.!?]) (?=[A-Z])")  # where another begins
MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]")
COLAB = re.compile(r"\[Open in Colab\]\((https://[^)\s]+)\)")
DOTS = {"done": "●", "tried": "◐", "open": "○"}


@dataclass(frozen=True)
class Listed:
    """One lab, and how each of its steps stands. `link` opens it, where anything does; so for `picture`."""

    slug: str
    title: str
    question: str
    minutes: int
    marks: tuple[str, ...]
    link: str
    picture: str = ""

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(self.marks)

    @property
    def done(self) -> int:
        """How many are done."""
        return self.marks.count("done")

    @property
    def is_begun(self) -> bool:
        """Whether anything is done, or has been tried."""
        return any(mark != "open" for mark in self.marks)

    @property
    def state(self) -> str:
        """How far it is, in words."""
        return f"{self.done} of {self.steps} done" if self.is_begun else "Not started"

    @property
    def anchor(self) -> str:
        """The title, as a link: JupyterLab opens a notebook beside this one itself."""
        away = " target='_blank' rel='noopener'" if self.link.startswith("https:") else ""
        opened = f"<a href='{html.escape(self.link)}'{away}>" if self.link else "<a>"
        return f"{opened}{html.escape(self.title)}</a>"

    def card(self, call: str = "") -> str:
        """The lab as an item of a list; with a `call` it is the large one."""
        counts = ", ".join(f"{self.marks.count(mark)} {mark}" for mark in DOTS if mark in self.marks)
        signs = "".join(DOTS[mark] for mark in self.marks)
        marks = f"<span class='lab-card-marks' role='img' aria-label='{counts}'>{signs}</span>" if signs else ""
        called = f"<div class='lab-card-call'>{call}</div>" if call else ""
        opens = "<div class='lab-card-open' aria-hidden='true'>Open the lab ›</div>" if call and self.link else ""
        kind = "lab-card lab-card-next" if call else "lab-card"
        state = f"<div class='lab-card-state'>{self.state} · {self.minutes}&nbsp;min<br>{marks}</div>"
        return (f"<li class='{kind}'>{card_picture(self.slug, self.picture)}<div>{called}<div class='lab-card-title'>"
                f"{self.anchor}</div><div>{html.escape(self.question)}</div>{state}{opens}</div></li>")


class Catalogue:
    """The labs of a folder, the notebook's own unless one is named; where there are none, those that are installed.

    >>> "03_kv_cache" in [lab.slug for lab in Catalogue().labs]
    True
    """

    def __init__(self, folder: str | pathlib.Path | None = None) -> None:
        self.folder = pathlib.Path(folder or pathlib.Path.cwd()).absolute()
        self.notes: list[str] = []
        self.labs = self._read(self.folder) or self._read(notebooks_folder())

    @property
    def next(self) -> Listed | None:
        """What to open: the first lab that is begun and not done, else the next one; the door, if nothing is begun."""
        left = [lab for lab in self.labs if lab.done < lab.steps]
        fresh = not any(lab.is_begun for lab in self.labs)
        return min(left, key=lambda lab: not (DOOR.fullmatch(lab.slug) if fresh else lab.is_begun), default=None)

    def _read(self, folder: pathlib.Path) -> list[Listed]:
        """The labs of a folder in the order of their files; of copies of one lab, the one that has its name."""
        found: dict[str, Listed] = {}
        for file in sorted(folder.glob("*.ipynb")):
            try:
                lab = self._listed(file)
            except Unreadable as problem:
                self.notes.append(f"{file.name} is left out: {problem.strerror}.")
                continue
            except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
                self.notes.append(f"{file.name} cannot be read as a notebook.")
                continue
            if lab is not None and (lab.slug not in found or lab.slug == file.stem):
                found[lab.slug] = lab
        return sorted(found.values(), key=lambda lab: lab.slug)

    def _listed(self, file: pathlib.Path) -> Listed | None:
        """The lab of a notebook; None if it has none."""
        notebook = json.loads(read_file(file))
        cells = [(cell, "".join(cell["source"])) for cell in notebook["cells"]]
        source = "\n".join(text for cell, text in cells if "lab" in cell["metadata"].get("tags", []))
        if not source:
            return None
        prose = "\n\n".join(text.strip() for cell, text in cells if cell["cell_type"] == "markdown")
        about, beside = notebook["metadata"].get("mlsysim_labs", {}), file.parent == self.folder
        slug = first(SLUG_ARGUMENT, source) or file.stem
        marks = self._marks(source, slug, file if beside else None, int(about.get("steps") or 0))
        pictures = sorted(file.parent.glob(f"pictures/{slug}__*.svg")) if beside else []
        return Listed(slug, str(about.get("title") or first(HEADING, prose) or file.stem),
                      str(about.get("question") or NEXT.split(first(BOLD, prose) or first(BEGINS_BOLD, prose))[-1]),
                      int(about.get("minutes") or MINUTES), marks,
                      quote(file.name) if beside else first(COLAB, prose),
                      quote(f"pictures/{pictures[0].name}") if pictures else "")

    def _marks(self, source: str, slug: str, notebook: pathlib.Path | None, said: int) -> tuple[str, ...]:
        """How each step stands, in the order of the rail; `said` is their number where a notebook's metadata say it."""
        record_file = RecordFile(slug, self.folder, setting_of(None).student)
        marks = marks_of(record_file.load(notebook))
        self.notes += [note for note in record_file.notes if note not in self.notes]
        asked = steps_in(source)
        found = [marks.get(step, "open") for step in asked] if asked else list(marks.values())
        return (*found, *["open"] * (said - len(found)))[:said or None]

    def __repr__(self) -> str:
        return "\n".join(f"{lab.slug}: {lab.title} ({lab.minutes} minutes), {lab.state}" for lab in self.labs)

    def _repr_html_(self) -> str:
        now = self.next
        cards = "".join([now.card(self._call(now))] if now else []) + "".join(
            lab.card() for lab in self.labs if lab is not now)
        notes = "".join(f"<p>⚠ {html.escape(note)}</p>" for note in self.notes)
        return (f"<div class='lab-catalogue'><style>{catalogue_style()}</style>"
                f"<p class='lab-catalogue-sum'>{self._summary()}</p>"
                f"<ul class='lab-cards' role='list'>{cards}</ul>{notes}</div>")

    def _call(self, lab: Listed) -> str:
        """What is said above the lab to open."""
        if lab.is_begun:
            return "Go on here"
        return "Next" if any(other.is_begun for other in self.labs) else "Start here"

    def _summary(self) -> str:
        """All labs in a sentence."""
        if not self.labs:
            return "There are no labs here."
        if self.next is None:
            return "You have done all the labs. To see what to hand in, open a lab and go to <i>Hand in</i>."
        done, steps = (sum(getattr(lab, name) for lab in self.labs) for name in ("done", "steps"))
        many = f"{len(self.labs)} labs" if len(self.labs) > 1 else "1 lab"
        return f"{many} · {done} of {steps} steps done"


def catalogue_style() -> str:
    """How cards look, wherever they stand.

    >>> ".lab-card-title" in catalogue_style()
    True
    """
    return style("pictures/parts/drawing.css").partition("/* The figure.")[0] + style("places/catalogue.css")


def steps_in(source: str) -> list[tuple[str, str]]:
    """Kind and name of what a lab asks for, in the order of its rail."""
    asked = [(EVENTS_OF[kind], name) for kind, name in ASKED.findall(source)]
    explored = [("explored", f"explore_{number}") for number, _ in enumerate(EXPLORES.findall(source), 1)]
    reflects = [("reflection", "reflection")] if REFLECTS.search(source) else []
    first_ones = [step for step in asked if step[0] == "prediction"]
    return [*first_ones, *explored, *(step for step in asked if step not in first_ones), *reflects]


def marks_of(record: Record) -> dict[tuple[str, str], str]:
    """"done" or "tried" for each step in a record, since the lab was last started over: as the lab itself says it."""
    again = record.last("restarted")
    marks: dict[tuple[str, str], str] = {}
    for event in record.events:
        if event.kind not in KEPT or (again is not None and place(event) <= place(again)):
            continue
        done = event.kind not in JUDGED or event.value.get("state") in ("right", "kept")
        marks[event.kind, event.name] = "done" if done else marks.get((event.kind, event.name), "tried")
    return marks


def first(pattern: re.Pattern[str], prose: str) -> str:
    """The first match without its markup, on one line; nothing, if there is none."""
    found = pattern.search(prose)
    return " ".join(MARKUP.sub(r"\1", found[1]).split()) if found else ""
