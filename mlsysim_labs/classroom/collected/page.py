"""The page that a class looks at: each prediction as a histogram, and the truth when the teacher shows it.

It is one file, which loads nothing but itself: every two seconds it reads itself in a frame that nobody sees, and shows
what is new, so that nothing flickers. Names are never in it, the truth is, for it is the teacher's.
"""

from __future__ import annotations

import base64
import hashlib
import html
import statistics
from collections.abc import Sequence

from mlsysim_labs.classroom.class_figures import guess_pairs, guess_ratios, option_counts, ratios_said
from mlsysim_labs.classroom.collected.guesses import prediction_items
from mlsysim_labs.classroom.feedback import as_html, lab_title
from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import LabMark
from mlsysim_labs.classroom.report_pictures import StripLine, StripScale, bar_picture, dot_picture, ratio_scale
from mlsysim_labs.marking.answers import count_text
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.reactive.graph import needs_of
from mlsysim_labs.widgets.assets import script, style
from solver.text import number_text

CLASS_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' \
file:; script-src '{hash}'">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<style>
{style}
</style></head><body>
<main>
{body}
</main>
<script>{script}</script>
</body></html>
"""
HEIGHT, DOT = 150, 16  # of a strip and of its dots, where the picture is 720 wide
CLASS_MEDIAN = "The class’s median was"


def class_page(marked: MarkedLab, marks: Sequence[LabMark], said: str) -> str:
    """The page of a lab, with what there is to say of its files."""
    title = as_html(lab_title(marked))
    parts = [f"<h1>{title}</h1>"]
    for name, item in prediction_items(marked).items():
        parts.append(f"<section data-name='{html.escape(name)}' aria-labelledby='q-{html.escape(name)}'>"
                     f"{''.join(question_parts(name, item, marks))}</section>")
    return filled_page(title, [*parts, f"<p class='said'>{as_html(said)}</p>"])


def waiting_page(said: str) -> str:
    """The page before anybody has handed in anything."""
    return filled_page("The class", ["<h1>Waiting for the first guess.</h1>", f"<p class='said'>{as_html(said)}</p>"])


def filled_page(title: str, parts: Sequence[str]) -> str:
    """A whole page of these parts, which runs one script, and no other."""
    code = script("classroom/collected/page.js")
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return CLASS_PAGE.format(title=title, hash=f"sha256-{digest}", style=style("classroom/collected/page.css"),
                             script=code, body="\n".join(parts))


def question_parts(name: str, item: PredictionItem, marks: Sequence[LabMark]) -> list[str]:
    """A question with what the class guessed; what gives the truth away has the class `told`."""
    own = [mark for mark in marks if any(one.name == name for one in mark.items)]
    count = f"{len(own)} guess{'es' * (len(own) != 1)}"
    given = item.stated_for(item.given, None)
    head = [f"<p class='given'>{as_html(given)}</p>" if given else "",
            f"<h2 id='q-{html.escape(name)}'>{as_html(item.stated_for(item.question, None))}</h2>",
            f"<p class='row'><strong class='count'>{count}</strong>"
            "<button type='button' class='show' aria-pressed='false'>Show the truth</button></p>"]
    if is_drawn(item):
        head[0] += "<p class='given'>Everybody has their own numbers. Here you see one set of them.</p>"
    shown = _options_shown if item.shown.kind == "choice" else _drawn_shown if is_drawn(item) else _numbers_shown
    return [*head, *shown(name, item, own)]


def is_drawn(item: PredictionItem) -> bool:
    """Whether students have truths of their own."""
    return bool(item.drawn(needs_of(item.formula)))


def _told(sentences: Sequence[str]) -> str:
    return f"<div class='told' role='status'>{''.join(f'<p>{as_html(one)}</p>' for one in sentences if one)}</div>"


def _guess_scale(item: PredictionItem) -> StripScale:
    """The scale on which a student guesses."""
    low, high = item.shown.low, item.shown.high
    return StripScale(low, high, is_even=item.unit == "%" and low >= 1)


def _numbers_shown(name: str, item: PredictionItem, own: Sequence[LabMark]) -> list[str]:
    """Guesses on the scale of the question, and on it the truth."""
    scale, truth = _guess_scale(item), item.truth_for(None)
    values = [value for value, _ in guess_pairs(own, name)]
    lines = []
    said = f"It is {truth_text(item, truth)}."
    if values:
        median = statistics.median_low(values) if item.shown.whole else statistics.median(values)
        lines.append(StripLine(scale.place(median), f"median {number_text(median)}", "median told"))
        said = comparison(median, truth, item.unit).replace("You said", CLASS_MEDIAN)
    if not isinstance(truth, str):
        lines.append(StripLine(scale.place(truth), f"truth {number_text(truth)}", "truth told"))
    picture = dot_picture(map(scale.place, values), scale, f"Guesses in {item.unit or 'numbers'}.", lines, HEIGHT, DOT)
    return [picture, _told([said, item.explained_for(item.why, None)])]


def truth_text(item: PredictionItem, truth: float | str) -> str:
    """A truth as people read it."""
    return truth if isinstance(truth, str) else count_text(number_text(truth), item.unit)


def _drawn_shown(name: str, item: PredictionItem, own: Sequence[LabMark]) -> list[str]:
    """Guesses as they were made; and then as multiples of the truth that each student had."""
    scale, ratios = _guess_scale(item), guess_ratios(own, name)
    guesses = dot_picture((scale.place(value) for value, _ in guess_pairs(own, name)), scale,
                          f"Guesses in {item.unit or 'numbers'}.", (), HEIGHT, DOT)
    if not ratios:
        return [guesses, _told(["Everybody’s own truth stands in their own lab."])]
    of_truth, said = ratio_scale(ratios), ratios_said(ratios)
    median = statistics.median(ratios)
    lines = [StripLine(of_truth.place(median), f"median {median:.2g}×", "median"),
             StripLine(of_truth.place(1), "truth", "truth")]
    told = dot_picture(map(of_truth.place, ratios), of_truth, said, lines, HEIGHT, DOT)
    return [f"<div class='untold'>{guesses}</div>", f"<div class='told'>{told}</div>", _told([said])]


def _options_shown(name: str, item: PredictionItem, own: Sequence[LabMark]) -> list[str]:
    """How many chose each option."""
    rows = option_counts(own, name, item.shown.options)
    right = [option for option, _, true in rows if true] if is_drawn(item) else [str(item.truth_for(None))]
    hits = sum(one.value == one.truth for mark in own for one in mark.items if one.name == name)
    is_ = "" if is_drawn(item) else f"It is {right[0]}. "
    picture = bar_picture([(option, chosen) for option, chosen, _ in rows], "What was chosen.", right, above=True)
    return [picture, _told([f"{is_}{hits} of {len(own)} chose that.", item.explained_for(item.why, None)])]
