"""What there is to do: every lab beside a notebook, what it asks, how much of it has been done, and what comes next.

Labs are read, not run. A notebook with a cell tagged "lab" is one: its title is the first heading, its question the
first paragraph in bold, its steps are what its cell asks. Where a notebook's metadata say it, they go first::

    {"mlsysim_labs": {"title": "KV cache", "question": "How many users fit?", "minutes": 30, "steps": 10}}
"""

from __future__ import annotations

import html
import json
import pathlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from mlsysim_labs.places.notebooks import notebooks_folder
from mlsysim_labs.records.files import Unreadable, read_file
from mlsysim_labs.records.record_file import RecordFile
from mlsysim_labs.widgets.assets import style

MINUTES = 35  # of a lab that does not say how long it takes
KINDS, DONE = {"predict": "prediction", "task": "answer"}, {"prediction", "answer", "reflection"}
ASKED = re.compile(r"^@lab\.(predict|task)\(.*?^def (\w+)\(", re.MULTILINE | re.DOTALL)
REFLECTS = re.compile(r"^lab\.reflect\(", re.MULTILINE)
SLUG_ARGUMENT = re.compile(r"""\bslug=["']([^"']+)["']""")
HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
BOLD = re.compile(r"(?:\A|\n\n)\*\*((?:(?!\n\n).)+?)\*\*\s*(?=\n\n|\Z)", re.DOTALL)  # a paragraph, not its first words
MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]")
COLAB = re.compile(r"\[Open in Colab\]\((https://[^)\s]+)\)")


@dataclass(frozen=True)
class Listed:
    """One lab, and how many of its steps are kept. `link` opens it, where anything does."""

    slug: str
    title: str
    question: str
    minutes: int
    steps: int
    done: int
    link: str

    @property
    def state(self) -> str:
        """How far it is."""
        mark = "●" if self.done == self.steps else "◐"
        return f"{mark} {self.done} of {self.steps} steps" if self.done else "○ not begun"

    @property
    def anchor(self) -> str:
        """The title, as a link: JupyterLab opens a notebook beside this one itself."""
        away = " target='_blank' rel='noopener'" if self.link.startswith("https:") else ""
        opened = f"<a href='{html.escape(self.link)}'{away}>" if self.link else "<a>"
        return f"{opened}{html.escape(self.title)}</a>"


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
        """What to open: the first lab that is begun and not done, else the first that is not begun."""
        left = [lab for lab in self.labs if lab.done < lab.steps]
        return min(left, key=lambda lab: lab.done == 0, default=None)

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
                self.notes.append(f"{file.name} is not a notebook that can be read.")
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
        asked, done = self._steps(source, slug, file if beside else None)
        steps = int(about.get("steps") or asked)
        return Listed(slug, str(about.get("title") or first(HEADING, prose) or file.stem),
                      str(about.get("question") or first(BOLD, prose)), int(about.get("minutes") or MINUTES), steps,
                      min(steps, done), quote(file.name) if beside else first(COLAB, prose))

    def _steps(self, source: str, slug: str, notebook: pathlib.Path | None) -> tuple[int, int]:
        """How many steps a lab asks for, and how many of them are kept."""
        asked = {(KINDS[kind], name) for kind, name in ASKED.findall(source)}
        asked |= {("reflection", "reflection")} if REFLECTS.search(source) else set()
        record_file = RecordFile(slug, self.folder)
        done = {(event.kind, event.name) for event in record_file.load(notebook).events if event.kind in DONE}
        self.notes += [note for note in record_file.notes if note not in self.notes]
        return len(asked), len(done & asked if asked else done)

    def __repr__(self) -> str:
        return "\n".join(f"{lab.slug}: {lab.title} ({lab.minutes} minutes), {lab.state}" for lab in self.labs)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr role='row'><th role='rowheader' scope='row' abbr='{html.escape(lab.title)}'>{lab.anchor}<br>"
            f"{html.escape(lab.question)}</th><td role='cell'>{lab.minutes}&nbsp;min</td>"
            f"<td role='cell'>{lab.state}</td></tr>" for lab in self.labs)
        heads = "".join(f"<th role='columnheader' scope='col'>{name}</th>" for name in ("Lab", "Time", "Your progress"))
        done, steps = (sum(getattr(lab, name) for lab in self.labs) for name in ("done", "steps"))
        table = (f"<table role='table' class='lab-list'><caption>{len(self.labs)} labs, {done} of {steps} steps done"
                 f"</caption><thead role='rowgroup'><tr role='row'>{heads}</tr></thead><tbody role='rowgroup'>{rows}"
                 "</tbody></table>" if rows else "")
        above = f"<style>{style('places/catalogue.css')}</style>{self._advice()}"
        notes = "".join(f"<p>⚠ {html.escape(note)}</p>" for note in self.notes)
        return f"<div class='lab-catalogue'>{above}{table}{notes}</div>"

    def _advice(self) -> str:
        """The next step, in a sentence."""
        if (lab := self.next) is None:
            said = "All labs are done: <code>lab.submit()</code>, at the end of each, shows what to hand in."
        elif lab.done:
            said = f"<b>Go on with</b> {lab.anchor}: {lab.state[2:]} are done"
        else:
            verb = "Next" if any(other.done for other in self.labs) else "Begin with"
            said = f"<b>{verb}:</b> {lab.anchor}, about {lab.minutes} minutes"
        return f"<p class='lab-next'>{said}</p>" if self.labs else "<p>There are no labs here.</p>"


def first(pattern: re.Pattern[str], prose: str) -> str:
    """The first match without its markup, on one line; nothing, if there is none."""
    found = pattern.search(prose)
    return " ".join(MARKUP.sub(r"\1", found[1]).split()) if found else ""
