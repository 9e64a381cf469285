"""The class report: one page on what a class knows and what it does not, for the next lesson.

It has no names but in its last part, which is folded: notes, and wrong answers that are alike. The page loads nothing
and runs nothing.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from mlsysim_labs.classroom.class_figures import (
    Alike,
    TaskFigures,
    alike_answers,
    guess_ratios,
    mistake_counts,
    option_counts,
    ratios_said,
    task_figures,
)
from mlsysim_labs.classroom.feedback import FEEDBACK_PAGE, as_html, lab_title, question_text
from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import LabMark, StudentMark, number_label
from mlsysim_labs.classroom.report_pictures import bar_picture, histogram_rows, stack_picture, strip_picture
from mlsysim_labs.classroom.roster import Roster
from mlsysim_labs.questions.explore_items import DesignItem
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.questions.task_items import TaskItem

PICTURE_STYLE = ("<style>svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; } "
                 "svg text { fill: currentColor; } details { margin: 2rem 0; } td { overflow-wrap: anywhere; } "
                 ".people td { text-align: left; white-space: normal; }</style>")
ALIKE_SHOWN = 40
FEWEST_BINS, MOST_BINS = 4, 20
CODES_SAID = {  # of mistakes that every question knows, in short
    "wrong kind": "A unit of something else, such as seconds for bytes.", "wrong unit": "The number, in another unit.",
    "infeasible": "A number, where it cannot be done.", "feasible": "That it cannot be done, where it can.",
    "coarse": "Right, with one digit.", "fraction": "Not a whole number.", "rounding": "One off.",
    "negative": "Below zero.", "other task": "The answer to another task.", "range": "No number at all."}


def report_page(course: str, roster: Roster, labs: Mapping[str, MarkedLab], marks: Mapping[str, StudentMark],
                copies: Mapping[tuple[str, str], str]) -> str:
    """The report on all labs of a course."""
    parts = [PICTURE_STYLE, f"<h1>{as_html(course or 'The class')}</h1>"]
    for slug, marked in labs.items():
        own = {id: one for id, mark in marks.items() for one in mark.labs if one.slug == slug}
        parts.append(f"<h2>{as_html(lab_title(marked))}</h2>")
        parts += lab_parts(marked, own, roster) if own else ["<p>Nobody has handed in anything yet.</p>"]
    private = _private_parts(roster, labs, marks, copies)
    parts += ["<details><summary>For you alone: notes with names</summary>", *private, "</details>"]
    return FEEDBACK_PAGE.format(title=as_html(course or "The class"), body="\n".join(parts))


def lab_parts(marked: MarkedLab, marks: Mapping[str, LabMark], roster: Roster) -> list[str]:
    """What there is to say of one lab."""
    own = list(marks.values())
    totals = [mark.points for mark in own]
    parts = [f"<p>{len(own)} of {len(roster.students)} students have handed in. The median is "
             f"{number_label(statistics.median(totals))} of {number_label(marked.most)} points.</p>",
             bar_picture(histogram_rows(totals, marked.most, bins_of(marked.most)),
                         "How many students have how many points.")]
    parts += _task_parts(marked, own)
    parts += _mistake_parts(marked, own)
    for name, item in marked.items.items():
        if isinstance(item, PredictionItem):
            parts += _prediction_parts(marked, name, item, own)
    minutes = [mark.seconds / 60 for mark in own]
    longest = 10.0 * math.ceil(max([*minutes, 10.0]) / 10)
    parts += ["<h3>Time</h3>", f"<p>The median is {statistics.median(minutes):.0f} minutes, pauses aside.</p>",
              bar_picture(histogram_rows(minutes, longest, unit=" min"), "How long students took.")]
    return parts


def _task_parts(marked: MarkedLab, own: Sequence[LabMark]) -> list[str]:
    """The tasks, the hardest first."""
    names = [name for name, item in marked.items.items() if isinstance(item, (TaskItem, DesignItem))]
    figures = task_figures(own, names)
    rows = [(question_text(marked, one.name), one.outcomes) for one in figures]
    table = "".join(_task_row(marked, one) for one in figures)
    return ["<h3>Tasks, the hardest first</h3>", stack_picture(rows, "How each task went, by how many tries it took."),
            "<table><thead><tr><th>Task</th><th>Right</th><th>Tries</th><th>Hints</th></tr></thead>"
            f"<tbody>{table}</tbody></table>"]


def _task_row(marked: MarkedLab, one: TaskFigures) -> str:
    return (f"<tr><td>{as_html(question_text(marked, one.name))}</td><td>{one.share_right:.0%}</td>"
            f"<td>{one.tries:g}</td><td>{one.hints:.1f}</td></tr>")


def _mistake_parts(marked: MarkedLab, own: Sequence[LabMark]) -> list[str]:
    """Known mistakes by the names that their author gave them."""
    found = mistake_counts(own)
    if not found:
        return []
    bars = bar_picture([(f"{mistake} ({name})", count) for name, mistake, count in found],
                       "How many students made which mistake.")
    rows = "".join(f"<tr><td>{as_html(mistake)}</td><td>{as_html(_mistake_sentence(marked, name, mistake))}</td>"
                   f"<td>{count}</td></tr>" for name, mistake, count in found)
    return ["<h3>Mistakes</h3>", bars, "<table><thead><tr><th>Mistake</th><th>What its students are told</th>"
            f"<th>Students</th></tr></thead><tbody>{rows}</tbody></table>"]


def _mistake_sentence(marked: MarkedLab, name: str, mistake: str) -> str:
    item = marked.items.get(name)
    if not isinstance(item, TaskItem):
        return ""
    own = next((item.explained_for(one.sentence, None) for one in item.mistakes if one.name == mistake), "")
    return own or CODES_SAID.get(mistake, "")


def bins_of(most: float) -> int:
    """In how many steps points are counted: in whole ones, where that are not too many.

    >>> bins_of(7.0), bins_of(100.0), bins_of(2.5)
    (7, 10, 10)
    """
    return int(most) if most % 1 == 0 and FEWEST_BINS <= most <= MOST_BINS else 10


def _prediction_parts(marked: MarkedLab, name: str, item: PredictionItem, own: Sequence[LabMark]) -> list[str]:
    """What was predicted, beside the truth."""
    head = f"<h3>{as_html(question_text(marked, name))}</h3>"
    if item.shown.kind == "choice":
        rows = option_counts(own, name, item.shown.options)
        right = [option for option, _, true in rows if true]
        return [head, bar_picture([(option, chosen) for option, chosen, _ in rows],
                                  f"What was chosen; right is {', '.join(right)}.", right)]
    ratios = guess_ratios(own, name)
    if not ratios:
        return [head, "<p>Nobody has guessed.</p>"]
    said = ratios_said(ratios)
    return [head, f"<p>{said}</p>", strip_picture(ratios, said)]


def _private_parts(roster: Roster, labs: Mapping[str, MarkedLab], marks: Mapping[str, StudentMark],
                   copies: Mapping[tuple[str, str], str]) -> list[str]:
    """Notes by code, and wrong answers that are alike; each to be looked into before anything is said."""
    counts = Counter(code for mark in marks.values() for one in mark.labs for code, _ in one.notes)
    counts.update(["copy"] * len(copies))
    parts = ["<p>A note is no verdict: clocks go wrong, machines are shared. Ask first.</p>"]
    if counts:
        rows = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        parts.append(bar_picture(rows, "How many notes of which kind."))
    for slug, marked in labs.items():
        found = alike_answers({id: one for id, mark in marks.items() for one in mark.labs if one.slug == slug})
        parts += _alike_parts(marked, roster, found[:ALIKE_SHOWN]) if found else []
    return parts


def _alike_parts(marked: MarkedLab, roster: Roster, found: Sequence[Alike]) -> list[str]:
    """Who gave an answer that is right for somebody else."""
    rows = "".join(f"<tr><td>{as_html(question_text(marked, one.question))}</td><td>{as_html(one.text)}</td>"
                   f"<td>{_people(roster, one.ids)}</td><td>{_people(roster, one.right_for)}</td></tr>"
                   for one in found)
    return [f"<h3>{as_html(lab_title(marked))}: wrong answers that are alike, under different numbers</h3>",
            "<p>Some are alike by chance, of small counts more than of others.</p>",
            "<table class='people'><thead><tr><th>Question</th><th>Answer</th><th>Wrong for</th><th>Right for</th></tr>"
            "</thead>"
            f"<tbody>{rows}</tbody></table>"]


def _people(roster: Roster, ids: Sequence[str]) -> str:
    shown = [as_html(f"{roster.student(id).name} ({id})") for id in ids[:8]]
    return ", ".join([*shown, *([f"and {len(ids) - 8} more"] if len(ids) > 8 else [])])
