"""What holds of a lab whoever the student is: 200 seeds, each with its own draws."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mlsysim_labs.lab import Lab
from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.marking.variants import Variant, variant_seed
from mlsysim_labs.questions.items import Item, PredictionItem
from mlsysim_labs.questions.task_items import TaskItem
from mlsysim_labs.questions.texts import heads_of
from mlsysim_labs.reactive.graph import needs_of

STUDENTS = 200
MOST_RIGHT = 0.05  # of neighbours' answers: about 20 keys, each as likely as the others
NEARBY = 3  # tolerances: what is further off needs no judge
Whoever = Variant | None
BRACE = re.compile(r"[{}]")


def variants_of(lab: Lab) -> list[Variant]:
    """The draws of many students; always the same ones."""
    return [Variant(variant_seed("check_lab", f"student {n}", lab.progress.slug)) for n in range(STUDENTS)]


def check_draws(lab: Lab) -> None:
    """For everybody and for 200 students: texts fill, truths stand on their scales, keys are right and mistakes are
    not; and if the lab has draws, few of the answers of a neighbour are right.
    """
    students = variants_of(lab)
    for item in lab.questions.values():
        if isinstance(item, Item):
            whoever = [None, *asked_alike(item, students).values()]
            for variant in whoever:
                check_texts(item, variant)
            if isinstance(item, PredictionItem):
                check_scale(item, whoever)
            elif isinstance(item, TaskItem):
                check_judging(item, whoever)
                if lab.draws and (share := share_right(item, students)) > MOST_RIGHT:
                    raise AssertionError(f"{item.name}: {100 * share:.1f} % of a neighbour's answers are right, and "
                                         f"{100 * MOST_RIGHT:.0f} % are the most: draw from more options, or from "
                                         f"options that are further apart")


def asked_alike(item: Item, students: Sequence[Variant]) -> dict[tuple[int, ...], Variant]:
    """One student for each way in which the draws make a question another one."""
    draws = item.drawn(names_asked(item))
    return {tuple(draw.place(variant) for draw in draws): variant for variant in students}


def names_asked(item: Item) -> set[str]:
    """All names of the lab that a question, its answers and its texts depend on."""
    formulas = [item.formula, *(mistake.formula for mistake in getattr(item, "mistakes", ()))]
    texts = [text for _, text in texts_of(item)]
    return {*(need for one in formulas for need in needs_of(one)), *(head for text in texts for head in heads_of(text))}


def texts_of(item: Item) -> Iterator[tuple[bool, str]]:
    """Whether it is computed, and the text, of all that a question may say."""
    yield False, item.question
    yield False, item.given
    if isinstance(item, PredictionItem):
        yield True, item.why
    elif isinstance(item, TaskItem):
        for text in (item.means, item.derivation, *item.hints, *(mistake.sentence for mistake in item.mistakes)):
            yield True, text


def check_texts(item: Item, variant: Whoever) -> None:
    """Each place of a text has something to show."""
    for is_computed, text in texts_of(item):
        try:
            said = item.explained_for(text, variant) if is_computed else item.stated_for(text, variant)
        except (KeyError, ValueError) as problem:
            raise AssertionError(f"{whose(item, variant)}: {problem}") from None
        assert not BRACE.search(said), f"{whose(item, variant)}: a place of {said!r} is not filled"


def check_scale(item: PredictionItem, whoever: Sequence[Whoever]) -> None:
    """A truth can be guessed: it is an option, or it stands on the scale."""
    shown = item.shown
    for variant in whoever:
        truth = item.truth_for(variant)
        if shown.kind == "choice":
            assert truth in shown.options, f"{whose(item, variant)}: {truth!r} is no option"
        elif not isinstance(truth, str):
            assert shown.low <= truth <= shown.high, (
                f"{whose(item, variant)}: {truth:g} is not on the scale from {shown.low:g} to {shown.high:g}")


def check_judging(task: TaskItem, whoever: Sequence[Whoever]) -> None:
    """Each key is right as it is shown; each known mistake is told what it is, and is never right.

    To everybody it is told its own sentence. With other numbers two mistakes may come to the same.
    """
    for variant in whoever:
        key = task.key(variant)
        said = judged_right(task, key, variant)
        assert said is True, f"{whose(task, variant)}: its own key {key!r} is told {said!r}"
        sentences = [task.explained_for(mistake.sentence, variant) for mistake in task.mistakes]
        for mistake, own in zip(task.mistakes, sentences, strict=True):
            text = typed(task, task.answer_for(mistake.formula, variant))
            said, which = judged_right(task, text, variant), f"{text!r}, of the mistake {mistake.name!r},"
            assert said is not True, f"{whose(task, variant)}: {which} is right"
            known = [own] if variant is None else sentences
            assert said in known, f"{whose(task, variant)}: {which} is told {said!r}"


def judged_right(task: TaskItem, text: str, variant: Whoever) -> Any:
    """True where an answer is right, else what it is told."""
    try:
        found = task.judged(text, variant)
    except AnswerError as problem:
        return str(problem)
    return found.right or found.sentence


def typed(task: TaskItem, answer: Any) -> str:
    """What a student types who has come to that answer."""
    if isinstance(answer, str):
        return answer
    return f"{int(answer) if task.whole else float(answer):.15g} {task.unit}".strip()


def share_right(task: TaskItem, students: Sequence[Variant]) -> float:
    """How much of what other students answer is right for one; nothing where no draw could help that: a choice, or what
    nobody can do.
    """
    whose_key = {task.key(variant): variant for variant in students}
    keys = Counter(task.key(variant) for variant in students)
    if task.options or all(isinstance(task.truth_for(variant), str) for variant in whose_key.values()):
        return 0.0
    right = sum(keys[mine] * (keys[other] - (mine == other)) for mine, variant in whose_key.items()
                for other in near_keys(task, variant, whose_key) if judged_right(task, other, variant) is True)
    return right / (len(students) * (len(students) - 1))


def near_keys(task: TaskItem, variant: Variant, whose_key: dict[str, Variant]) -> list[str]:
    """The keys that might be right for that student, too."""
    own = task.truth_for(variant)
    others = [task.truth_for(other) for other in whose_key.values()]
    if isinstance(own, str):
        return [key for key, other in zip(whose_key, others, strict=True) if other == own]
    numbers = np.array([np.nan if isinstance(other, str) else other for other in others])
    near = np.abs(numbers - own) <= np.maximum(NEARBY * task.tolerance * abs(own), float(task.whole))
    return [key for key, is_near in zip(whose_key, near, strict=True) if is_near]


def whose(item: Item, variant: Whoever) -> str:
    """A question, and what is drawn in it, as the beginning of a sentence."""
    drawn = "; ".join(f"{draw.name} = {draw.of(variant)}" for draw in item.drawn(names_asked(item)))
    return f"{item.name} ({drawn})" if drawn and variant else item.name
