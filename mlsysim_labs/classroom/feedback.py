"""What a student gets back: each question with the answer, what is said of it and its points; as HTML and Markdown.

Answers and names are shown as text, whatever is in them. Keys are not told, so that others may still be working on
them, nor are the notes that only the teacher reads.
"""

from __future__ import annotations

import html
import pathlib
import re
from collections.abc import Callable, Mapping

from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import ItemMark, LabMark, StudentMark, number_label
from mlsysim_labs.classroom.roster import Student, safe_stem
from mlsysim_labs.classroom.spreadsheet import HIDDEN
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.questions.items import Item

FEEDBACK_FOLDER = "feedback"
STATE_SIGNS = {"right": "✓", "done": "✓", "partly": "◐", "wrong": "✗", "open": "○"}
STATE_SAID = {"right": "Right.", "done": "Done.", "partly": "Partly right.", "wrong": "Not right.",
              "open": "Not answered."}
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&-])")
FEEDBACK_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ddd; }}
td:last-child, th:last-child {{ text-align: right; white-space: nowrap; }}
.yours {{ overflow-wrap: anywhere; }}
.said {{ color: #555; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee; }} .said {{ color: #aaa; }} }}
</style></head><body>
{body}
</body></html>
"""

Variants = Mapping[str, Variant | None]  # a student's, by lab
Writer = Callable[[Student, Mapping[str, MarkedLab], StudentMark, Variants], str]


def feedback_files(out: pathlib.Path, student: Student) -> dict[pathlib.Path, Writer]:
    """The files of a student's feedback, each with what writes its text."""
    stem = out / FEEDBACK_FOLDER / safe_stem(student.id)
    return {stem.with_name(f"{stem.name}.html"): feedback_page, stem.with_name(f"{stem.name}.md"): feedback_markdown}


def feedback_page(student: Student, labs: Mapping[str, MarkedLab], mark: StudentMark, variants: Variants) -> str:
    """The feedback as a page that loads nothing and runs nothing."""
    name = as_html(student.name)
    parts = [f"<h1>{name}</h1>"]
    for one in mark.labs:
        parts.append(f"<h2>{as_html(lab_title(labs[one.slug]))}: {points_text(one)}</h2>")
        rows = "".join(_page_row(labs[one.slug], item, variants[one.slug]) for item in one.items)
        parts.append(f"<table><thead><tr><th>Question</th><th>Yours</th><th>Points</th></tr></thead>"
                     f"<tbody>{rows}</tbody></table>")
    if not mark.labs:
        parts += ["<p>No record of a lab could be read in what you handed in:</p>", "<ul>", *(
            f"<li>{as_html(line.file)}: {as_html(line.why)}</li>" for line in mark.log), "</ul>"]
    return FEEDBACK_PAGE.format(title=name, body="\n".join(parts))


def _page_row(marked: MarkedLab, item: ItemMark, variant: Variant | None) -> str:
    return (f"<tr><td>{as_html(question_text(marked, item.name, variant))}</td>"
            f"<td class='yours'>{STATE_SIGNS[item.state]} {as_html(item.text)}<br>"
            f"<span class='said'>{as_html(item_sentence(item))}</span></td>"
            f"<td>{item_points(marked, item)}</td></tr>")


def feedback_markdown(student: Student, labs: Mapping[str, MarkedLab], mark: StudentMark, variants: Variants) -> str:
    """The feedback as Markdown, to be pasted into a comment."""
    parts = [f"# {as_markdown(student.name)}"]
    for one in mark.labs:
        parts.append(f"## {as_markdown(lab_title(labs[one.slug]))}: {points_text(one)}")
        asked = {item.name: question_text(labs[one.slug], item.name, variants[one.slug]) for item in one.items}
        rows = [" | ".join(["", STATE_SIGNS[item.state], as_markdown(asked[item.name]), as_markdown(item.text),
                            as_markdown(item_sentence(item)), item_points(labs[one.slug], item), ""]).strip()
                for item in one.items]
        parts.append("\n".join(["| | Question | Yours | | Points |", "|---|---|---|---|---|", *rows]))
    if not mark.labs:
        parts += ["No record of a lab could be read in what you handed in:", "\n".join(
            f"- {as_markdown(line.file)}: {as_markdown(line.why)}" for line in mark.log)]
    return "\n\n".join(parts) + "\n"


def lab_title(marked: MarkedLab) -> str:
    """What a lab is called."""
    return str(marked.lab.page.rail.title or marked.slug)


def question_text(marked: MarkedLab, name: str, variant: Variant | None = None) -> str:
    """What a question asks, in a student's numbers."""
    item = marked.lab.questions[name]
    return item.stated_for(item.question, variant) if isinstance(item, Item) else str(item.question)


def item_sentence(item: ItemMark) -> str:
    """What is said of an answer, with how many tries it took."""
    said = item.said or STATE_SAID[item.state]
    return f"{said} At try {item.tries}." if item.state == "right" and item.tries > 1 else said


def item_points(marked: MarkedLab, item: ItemMark) -> str:
    """The points of a question, of how many."""
    return f"{number_label(marked.points({item.name: item.share}))} of {number_label(marked.points({item.name: 1.0}))}"


def points_text(mark: LabMark) -> str:
    """The points of a lab, of how many."""
    return f"{number_label(mark.points)} of {number_label(mark.most)} points"


def as_html(text: str) -> str:
    """A text in HTML, as text.

    >>> as_html("<b onclick='x'>1 & 2")
    '&lt;b onclick=&#x27;x&#x27;&gt;1 &amp; 2'
    """
    return html.escape(HIDDEN.sub(" ", text))


def as_markdown(text: str) -> str:
    """A text in a cell of Markdown, as text: no link, no image, no HTML.

    >>> as_markdown("<b>1 & 2"), "://" in as_markdown("http://a")
    ('&lt;b&gt;1 &amp; 2', False)
    """
    plain = MARKDOWN.sub(r"\\\1", HIDDEN.sub(" ", text)).replace(r"\<", "&lt;").replace(r"\>", "&gt;")
    return plain.replace(r"\&", "&amp;").replace("://", ":&#47;&#47;")
