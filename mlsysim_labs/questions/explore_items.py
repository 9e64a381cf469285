"""What is done with the knobs: things to try, and plans to make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.marking.verdicts import Verdict
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.questions.design import Design
from mlsysim_labs.questions.explore import Explore
from mlsysim_labs.questions.items import Formula
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.tasks import Reply
from mlsysim_labs.questions.texts import explained, stated
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.wiring import Wiring

MANY = 12  # stops, which only a slider has
CLOSE_BY = 0.02  # of a slider's way: as near counts as there


class ExploreItem:
    """One thing to try, the settings at which one has been there, and the record that keeps it."""

    def __init__(self, wiring: Wiring, progress: Progress, number: int, do: str, notice: str, show: Mapping[str, Any],
                 view: str, watched: Any, stage: Any) -> None:
        self.name, self.progress, self.question = f"explore_{number}", progress, stated(wiring, show, do)
        self.shows = list(show)  # names of knobs
        places = [knob_place(wiring.control(name), raw) for name, raw in wiring.raw_of(show).items()]
        self.shown = Explore(name=self.name, lab=progress.slug, question=self.question,
                             notice=stated(wiring, show, notice), places=places, view=view,
                             watched=watched, stage=stage, on_there=self._keep)
        self.shown.add_class(f"lab-step-{self.name}")
        progress.expect(self.name, "explored", self.question, self.shown)

    def ready(self) -> None:
        """Show what the record has."""
        self.shown.done = bool(self.progress.events("explored", self.name))

    def open_again(self) -> None:
        """As if nobody had been there."""
        self.shown.open_again()

    def _keep(self, how: str) -> None:
        self.progress.keep("explored", self.name, {"by": how}, self.shown.act)


def knob_place(control: Control, goal: Any) -> list[Any]:
    """A knob, and between which raw values one has been there."""
    widget, slack = control.widget, 0.0
    if control.table is None and not isinstance(goal, bool):
        slack = max(widget.step, CLOSE_BY * (widget.max - widget.min))
    elif control.table is not None and len(control.table) > MANY:
        slack = 1  # the next stop of a slider
    return [control.trait, widget, goal - slack if slack else goal, goal + slack if slack else goal, goal]


class DesignItem:
    """A plan to make with the knobs, its conditions as a function of the lab's names, and the record that keeps it."""

    def __init__(self, wiring: Wiring, progress: Progress, question: str, formula: Formula, given: str,
                 means: str) -> None:
        self.wiring, self.progress, self.formula = wiring, progress, formula
        self.question = stated(wiring, {}, question)
        self.name, self._means = formula.__name__, means
        self.shown = Design(name=self.name, lab=progress.slug, question=self.question, given=stated(wiring, {}, given),
                            mode=progress.mode, on_plan=self._judge)
        self.shown.add_class(f"lab-step-{self.name}")
        progress.expect(self.name, "plan", self.question, self.shown)

    def targets(self, made: Mapping[str, Any]) -> list[Target]:
        """Where the conditions go, which are named in the order in which the function gives them."""
        if not isinstance(made, Mapping):
            raise TypeError(f"the function of the design {self.name!r} returns a dict of conditions by name, "
                            f"but this one returned {type(made).__name__}.")
        self.shown.conditions = list(made)
        if self.progress.mode == "exam":
            return []  # a tick would be a verdict
        return [Target(self.shown, "met", np.stack([one * 1.0 for one in made.values()]), array=True, vital=False)]

    def ready(self) -> None:
        """Show what the record has, judged anew; and the knobs that make a plan."""
        knobs = [[control.name, control.trait, control.widget] for control in self.wiring.controls.values()]
        if knobs != self.shown.knobs:
            self.shown.knobs = knobs
        plans = self.progress.events("plan", self.name)
        if self.shown.state == "open" and plans:
            verdicts = [self.verdict(event.value.get("settings", {})) for event in plans]
            self.shown.state, self.shown.feedback = verdicts[-1]
            self.shown.tries, self.shown.solved = len(plans), any(v.state == "right" for v in verdicts)
            self.shown.means = self.meaning if self.shown.solved else ""

    def open_again(self) -> None:
        """As if nobody had planned."""
        self.shown.open_again()

    def conditions(self, raw: Mapping[str, Any]) -> dict[str, bool]:
        """Which conditions a plan meets; AnswerError where the settings are none of this lab's."""
        try:
            known = {name: raw[name] for name in self.wiring.controls}
            values = self.wiring.values_at(known, [self.name])
        except (KeyError, IndexError, TypeError, ValueError):
            raise AnswerError("This plan has settings that the lab does not know. Move a knob and try again.") from None
        if self.name not in values:
            raise AnswerError("There is no result at these settings. Move a knob and try again.")
        return {name: bool(met) for name, met in values[self.name].items()}

    def verdict(self, raw: Mapping[str, Any]) -> Reply:
        """What a plan is told; in an exam, that it is kept."""
        found = self.judged(raw, self.progress.variant)
        if self.progress.mode == "exam":
            return Reply("kept", "Plans are judged after the exam.")
        return Reply("right" if found.right else "wrong", found.sentence)

    def judged(self, raw: Mapping[str, Any], variant: Variant | None) -> Verdict:
        """Whether a plan meets every condition, which are the same for everybody; AnswerError as of `conditions`."""
        missing = [name for name, met in self.conditions(raw).items() if not met]
        if missing:
            return Verdict(False, "plan", f"Not there yet: {'; '.join(missing)}.")
        return Verdict(True, "right", "Your plan meets every condition.")

    @property
    def meaning(self) -> str:
        """What a plan that holds says."""
        return explained(self.wiring, {}, self._means)

    def _judge(self, raw: Mapping[str, Any]) -> Reply:
        found = self.verdict(raw)
        self.progress.keep("plan", self.name, {"settings": dict(raw), "state": found.state}, self.shown.act)
        if found.state == "right":
            self.shown.means = self.meaning
        return found
