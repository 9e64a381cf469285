"""Two hundred students who answer as students do, with what a careful human would give them for it.

What is right is worked out by hand, from the amount that each student got drawn: 2 GB for each billion of parameters.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from classes import COURSE, Played, names
from drawn_notebook import amount_of

from mlsysim_labs.marking.variants import variant_seed

SECRET = "a secret of sixteen letters or more"
WEIGHTS = {"guessed": 0.5, "larger": 0.5, "weights": 2.0, "shared": 2.0, "grows": 1.0, "plan": 3.0, "reflection": 1.0}
RIGHT_GB: tuple[Callable[[float], str], ...] = (
    lambda x: f"{x:g} GB", lambda x: f"{x:g}GB", lambda x: f"{1000 * x:g} MB", lambda x: f"{x / 1.073741824:.4g} GiB",
    lambda x: f"about {x:g} GB", lambda x: f"{x / 1000:g} TB", lambda x: f"2 * {x / 2:g} GB",
    lambda x: f"{x:g}e9 bytes", lambda x: f"{x:.1f} GB".replace(".", ","), lambda x: f"{x:g} gigabytes")
WRONG_GB: tuple[Callable[[float], str], ...] = (
    lambda x: f"{x / 2:g} GB", lambda x: f"{8 * x:g} GB", lambda x: f"{x:g} TB", lambda x: f"{1.3 * x:.3g} GB",
    lambda x: f"{x:g} s", lambda x: "infeasible", lambda x: f"{-x:g} GB", lambda x: f"{x:g} GB/s",
    lambda x: f"{x:g}")  # without a unit a lab asks back, and keeps nothing
RIGHT_USERS: tuple[Callable[[int], str], ...] = (
    lambda n: f"{n} users", str, lambda n: f"{n} requests", lambda n: f" {n} people ", lambda n: f"= {n}")
WRONG_USERS: tuple[Callable[[int], str], ...] = (
    lambda n: f"{n + 1} users", lambda n: f"{n + 0.5} users", lambda n: f"{2 * n}", lambda n: f"{n} GB")


def simulated_student(id: str, name: str, rng: random.Random, attempt: str = "best", own: bool = True) -> Played:
    """One student, with `right` as a human marks it; `own` : with numbers of their own."""
    amount = amount_of(COURSE, id, SECRET if own else None)
    one = Played(id, name, [])
    if rng.random() < 0.9:
        one.acts.append(("prediction", "guessed", {"value": round(rng.uniform(2, 900), 1), "unit": "GB"}))
        one.right["guessed"] = 1.0
    if rng.random() < 0.9:
        one.acts.append(("prediction", "larger", {"value": rng.choice(["weights", "cache"]), "unit": ""}))
        one.right["larger"] = 1.0
    gigabytes, users = 2.0 * amount, math.floor(amount / 1.5)
    right, wrong = ([form(gigabytes) for form in forms] for forms in (RIGHT_GB, WRONG_GB))
    _answers(one, "weights", rng, right, wrong, attempt)
    right, wrong = ([form(users) for form in forms] for forms in (RIGHT_USERS, WRONG_USERS))
    _answers(one, "shared", rng, right, wrong, attempt)
    _answers(one, "grows", rng, ["cache"], ["weights", "neither", "Cache!"], attempt)
    _plans(one, rng, attempt)
    if rng.random() < 0.8:
        text = rng.choice(["Weights stay.", "<b>much</b>", "=1+1", "很多"])
        one.acts.append(("reflection", "reflection", {"text": text}))
        one.right["reflection"] = 1.0
    return one


def _answers(one: Played, task: str, rng: random.Random, right: list[str], wrong: list[str], attempt: str) -> None:
    """Some tries, right and wrong, in any order; what they say of themselves is made up."""
    tries = [rng.random() < 0.45 for _ in range(rng.choice([0, 1, 1, 2, 3, 4]))]
    for is_right in tries:
        text = rng.choice(right if is_right else wrong)
        one.acts.append(("answer", task, {"text": text, "state": rng.choice(["right", "wrong", "kept"])}))
        if rng.random() < 0.3:
            one.acts.append(("hint", task, {"number": 1}))
    if tries and (any(tries) if attempt == "best" else tries[-1]):
        one.right[task] = 1.0


def _plans(one: Played, rng: random.Random, attempt: str) -> None:
    """Plans: 60 users and at most 70 GB, of 2 GB each, or 1 GB if halved. Some knobs stand where none can."""
    made = [{"users": rng.choice([8, 59, 60, 64, 70, 71, 100, 500]), "halved": rng.random() < 0.6}
            for _ in range(rng.choice([0, 1, 2]))]
    holds = [60 <= plan["users"] <= 70 and plan["halved"] for plan in made]
    one.acts += [("plan", "plan", {"settings": plan, "state": "right"}) for plan in made]
    if holds and (any(holds) if attempt == "best" else holds[-1]):
        one.right["plan"] = 1.0


def simulated_class(count: int, attempt: str = "best", own: bool = True) -> list[Played]:
    """That many of them, the same at each run."""
    rng = random.Random(f"{count} {attempt} {own}")
    return [simulated_student(f"s{i:04d}", name, rng, attempt, own) for i, name in enumerate(names(count, rng))]


def total_of(one: Played) -> float:
    """What a human adds up."""
    return sum(WEIGHTS[name] * share for name, share in one.right.items())


def seed_of(id: str, lab: str) -> int:
    """The seed that the teacher's secret gives."""
    return variant_seed(COURSE, id, lab, key=SECRET)
