"""Build the site: every lab live in its page, pages for teachers without keys, and the reference.

    gallery.py [FOLDER]        FOLDER is `build/site` if none is named

What Sphinx reads is put together in a folder beside it first: the pages of `site/` and `docs/`, a page for each lab
from `site/lab.md`, and the labs themselves as `mlsysim-labs export` writes them. What a student must not read never
gets there, so neither the search nor a copy of a source can hold it.
"""

from __future__ import annotations

import html
import json
import pathlib
import re
import shutil
import sys

import notebooks
import teach
from chapters import chapters

from mlsysim_labs.export.exported import written_page
from mlsysim_labs.places.cards import card_picture
from mlsysim_labs.places.catalogue import BOLD, Catalogue, Listed, catalogue_style, first

ROOT = pathlib.Path(__file__).parent.parent
BUILT = ROOT / "build" / "site"
LIVE = "_extra/live"  # in the sources; `live` in the site
BRANCH = f"{notebooks.repository()}/blob/{notebooks.BRANCH}"
OUTSIDE = re.compile(r"\]\((?:\.\./)+([^)]+)\)")  # what a page of docs says of a file that is not in docs
KEYS = re.compile(r"(?:^## [^\n]*\n(?:(?!^## ).)*?)?<!-- key -->.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
TRUTHS = "What is true"  # the column of a table that says what a lab lets students find out
STORY = ("How a lab goes", "Words")  # sections of the first notebook


def gather(sources: pathlib.Path) -> None:
    """Put together what Sphinx reads; what lies there goes."""
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(ROOT / "site", sources, ignore=shutil.ignore_patterns("__pycache__"))
    form = (sources / "lab.md").read_text(encoding="utf-8")
    (sources / "lab.md").unlink()
    catalogue, pages = listed(sources / "_extra"), documents()
    for lab in catalogue.labs:
        pages[f"labs/{lab.slug}.md"] = filled(form, about(lab))
    pages["index.md"] = (sources / "index.md").read_text(encoding="utf-8").replace("<!-- cards -->", cards(catalogue))
    pages["teachers.md"] = (sources / "teachers.md").read_text(encoding="utf-8").replace(
        "<!-- teach -->", "\n".join(f"- [{lab.title}](teach/{lab.slug}.md)" for lab in catalogue.labs if teaches(lab)))
    pages["words.md"] = story(ROOT / "labs" / "00_start_here.ipynb")
    pages["_static/cards.css"] = catalogue_style()
    for name, text in pages.items():
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "accuracy", sources / "accuracy")
    (sources / LIVE).mkdir()
    for lab in catalogue.labs:
        written_page(ROOT / "labs" / f"{lab.slug}.ipynb", sources / LIVE / f"{lab.slug}.html")


def listed(folder: pathlib.Path) -> Catalogue:
    """The labs, read where nobody's record lies beside them; their pictures stay in that folder."""
    folder.mkdir()
    copies = [pathlib.Path(shutil.copy(file, folder)) for file in (ROOT / "labs").glob("*.ipynb")]
    if (ROOT / "labs" / "pictures").is_dir():
        shutil.copytree(ROOT / "labs" / "pictures", folder / "pictures")
    found = Catalogue(folder)
    for copy in copies:
        copy.unlink()
    return found


def documents() -> dict[str, str]:
    """The pages of docs, and those for teachers without their keys."""
    folder = ROOT / "docs"
    found = {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
             for file in [*folder.glob("*.md"), *folder.glob("teach/*.md")]}
    found |= chapters(found["solver.md"])
    labs = {f"teach/{file.name}" for file in teach.lab_pages()}
    for name, text in found.items():
        if name in labs:
            found[name] = with_door(without_key(text), name.removeprefix("teach/"))
        elif not name.startswith("teach/"):
            found[name] = OUTSIDE.sub(rf"]({BRANCH}/\1)", text)
    return found


def with_door(page: str, lab: str) -> str:
    """A teacher's page with the way to its lab below its title.

    >>> with_door("# Teaching\\n\\nAims.", "03_kv_cache.md")
    '# Teaching\\n\\n[Open the lab](../labs/03_kv_cache.md)\\n\\nAims.'
    """
    return re.sub(r"\A(# .*\n)", rf"\1\n[Open the lab](../labs/{lab})\n", page)


def without_key(page: str) -> str:
    """A teacher's page as students may read it: without the section of the key, and the columns of what is true.

    >>> without_key("# A lab\\n\\n## The key\\n\\n<!-- key -->\\n3 users\\n<!-- /key -->\\nWhy.\\n\\n## Rubric\\n")
    '# A lab\\n\\n## Rubric\\n'
    >>> print(without_key("| Says | What is true | Show |\\n|---|---|---|\\n| 40 | 3 | a knob |"))
    | Says | Show |
    |---|---|
    | 40 | a knob |
    """
    lines, left_out = [], None
    for line in KEYS.sub("", page).splitlines():
        cells = line.split("|") if ROW.fullmatch(line) else []
        if not cells:
            left_out = None
        elif TRUTHS in map(str.strip, cells):
            left_out = [cell.strip() for cell in cells].index(TRUTHS)
        lines.append("|".join(c for i, c in enumerate(cells) if i != left_out) if cells else line)
    return "\n".join(lines) + "\n" * page.endswith("\n")


def teaches(lab: Listed) -> bool:
    """Whether there is a page for its teachers."""
    return (ROOT / "docs" / "teach" / f"{lab.slug}.md").is_file()


def about(lab: Listed) -> dict[str, str]:
    """What the form of a lab's page asks for."""
    file = f"{lab.slug}.ipynb"
    teach = f"[Teaching this lab](../teach/{lab.slug}.md) has a plan for a lesson." if teaches(lab) else ""
    return {"title": html.escape(lab.title), "slug": lab.slug, "minutes": str(lab.minutes), "teach": teach,
            "notebook": f"{BRANCH}/labs/{file}", "badges": notebooks.badges(file).strip().replace(") [", ") · [")}


def filled(form: str, values: dict[str, str]) -> str:
    """A form with its values.

    >>> filled("# {{title}}", {"title": "KV cache"})
    '# KV cache'
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place[1]], form)


def cards(catalogue: Catalogue) -> str:
    """The labs as the start page shows them, the one to begin with first."""
    door = catalogue.next
    others = [lab for lab in catalogue.labs if lab is not door]
    made = "".join([card(door, "Start here")] if door else []) + "".join(card(lab) for lab in others)
    return f"<div class='lab-catalogue'><ul class='lab-cards' role='list'>{made}</ul></div>"


def card(lab: Listed, call: str = "") -> str:
    """One of them: picture, title, question, minutes."""
    called = f"<div class='lab-card-call'>{call}</div>" if call else ""
    opens = "<div class='lab-card-open' aria-hidden='true'>Open the lab ›</div>" if call else ""
    return (f"<li class='lab-card{' lab-card-next' if call else ''}'>{card_picture(lab.slug, lab.picture)}<div>{called}"
            f"<div class='lab-card-title'><a href='labs/{lab.slug}.html'>{html.escape(lab.title)}</a></div>"
            f"<div>{html.escape(opening(lab) or lab.question)}</div><div class='lab-card-state'>{lab.minutes} minutes"
            f"</div>{opens}</div></li>")


def opening(lab: Listed) -> str:
    """The paragraph in bold that a lab begins with: its question, and what it is about."""
    cells = json.loads((ROOT / "labs" / f"{lab.slug}.ipynb").read_bytes())["cells"]
    return first(BOLD, "\n\n".join("".join(c["source"]).strip() for c in cells if c["cell_type"] == "markdown"))


def story(notebook: pathlib.Path) -> str:
    """How a lab goes, and the words, as the first notebook says them."""
    cells = ["".join(cell["source"]) for cell in json.loads(notebook.read_bytes())["cells"]]
    told = [cell for name in STORY for cell in cells if cell.startswith(f"## {name}\n")]
    return f"# {', and its '.join([STORY[0], STORY[1].lower()])}\n\n" + "\n\n".join(told) + "\n"


def sources_of(built: pathlib.Path) -> pathlib.Path:
    """Where lies what a site is built from."""
    return built.with_name(f"{built.name}-sources")


def build(built: pathlib.Path, builder: str = "html") -> int:
    """What Sphinx ends with: 0, if there was nothing to warn of."""
    from sphinx.cmd.build import build_main

    shutil.rmtree(built, ignore_errors=True)
    sources, read = sources_of(built), built.with_name(f"{built.name}-read")
    shutil.rmtree(read, ignore_errors=True)
    return build_main(["-q", "-W", "--keep-going", "-b", builder, "-d", str(read), str(sources), str(built)])


def main(folder: str = "") -> int:
    """Gather and build; say where it is."""
    built = pathlib.Path(folder) if folder else BUILT
    gather(sources_of(built))
    failed = build(built)
    if not failed:
        print(f"The site is in {built}. Begin with {built / 'index.html'}.")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
