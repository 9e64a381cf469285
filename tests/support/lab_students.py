"""Students who play one of the labs that are shipped, right and wrong, as students do; in their own numbers."""

from __future__ import annotations

import random
from typing import Any

from classes import Played

from mlsysim_labs.lab import Lab
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.questions.explore_items import DesignItem
from mlsysim_labs.questions.items import PredictionItem, key_text
from mlsysim_labs.questions.task_items import TaskItem

PLANS = {  # of a lab: knobs as they stand in a plan that holds, and in ones that do not
    "03_kv_cache": [{"context": 131072, "users": 8, "kv_cache": "8", "weights": "4"},
                    {"context": 131072, "users": 8, "kv_cache": "8"}, {"context": 131072, "kv_cache": "4"}]}
REFLECTIONS = ("The weights are paid once, and each user pays for a cache.", "I thought the GPU was full of weights.",
               "Half the bits, twice the users; I did not expect that of the cache alone.", "很长的上下文占很多内存。")


def lab_student(lab: Lab, id: str, name: str, variant: Variant | None, rng: random.Random) -> Played:
    """What a student does in a lab, with a skill of their own."""
    one, skill = Played(id, name, []), rng.uniform(0.35, 0.95)
    for item in lab.questions.values():
        if isinstance(item, PredictionItem):
            one.acts.append(("prediction", item.name, _guess(item, variant, rng)))
        elif isinstance(item, TaskItem):
            one.acts += _tries(item, variant, skill, rng)
        elif isinstance(item, DesignItem):
            one.acts += _plans(lab, item, skill, rng)
        elif item.name.startswith("explore") and rng.random() < skill:
            one.acts.append(("explored", item.name, {"by": rng.choice(["hand", "button"])}))
        elif item.name == "reflection" and rng.random() < 0.9:
            one.acts.append(("reflection", item.name, {"text": rng.choice(REFLECTIONS)}))
    return one


def _guess(item: PredictionItem, variant: Variant | None, rng: random.Random) -> dict[str, Any]:
    """A guess some way off."""
    if item.shown.options:
        return {"value": rng.choice(item.shown.options), "unit": ""}
    value = item.truth_for(variant) * 10 ** rng.gauss(0.4, 0.6)
    value = min(max(value, item.shown.low), item.shown.high)
    return {"value": float(round(value)) if item.shown.whole else float(f"{value:.2g}"), "unit": item.unit}


def _tries(item: TaskItem, variant: Variant | None, skill: float, rng: random.Random) -> list[tuple[str, str, Any]]:
    """Up to four answers: mistakes that are known, and the key at last, if it is found."""
    acts: list[tuple[str, str, Any]] = []
    for _ in range(4):
        is_right = rng.random() < skill
        acts.append(("answer", item.name, {"text": item.key(variant) if is_right else _wrong(item, variant, rng),
                                           "state": "right" if is_right else "wrong"}))
        if is_right or rng.random() < 0.2:
            break
        if item.hints and rng.random() < 0.5:
            acts.append(("hint", item.name, {"number": 1 + sum(kind == "hint" for kind, _, _ in acts)}))
    return acts


def _wrong(item: TaskItem, variant: Variant | None, rng: random.Random) -> str:
    """An answer that students give who make a known mistake; or another one."""
    if item.options:
        return rng.choice([option for option in item.options if option != item.truth_for(variant)])
    if item.mistakes and rng.random() < 0.7:
        return key_text(item.answer_for(rng.choice(item.mistakes).formula, variant), item.unit, item.whole)
    return key_text(item.truth_for(variant) * rng.choice([0.7, 1.4, 3.0]), item.unit, item.whole)


def _plans(lab: Lab, item: DesignItem, skill: float, rng: random.Random) -> list[tuple[str, str, Any]]:
    """Plans, of which the last one may hold."""
    good, *bad = PLANS[lab.progress.slug]
    made = [rng.choice(bad) for _ in range(rng.choice([0, 1, 2]))] + [good] * (rng.random() < skill)
    return [("plan", item.name, {"settings": lab.wiring.start | lab.wiring.raw_of(one),
                                 "state": "right" if one is good else "wrong"}) for one in made]
