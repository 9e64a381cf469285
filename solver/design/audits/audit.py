"""An audit of a plan: all walls that its data reach, the one that binds, and the first remedy, which was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from solver.design.audits.plan import ServingPlan, serving_plan
from solver.design.audits.remedies import Change, first_remedy
from solver.design.audits.served import Served
from solver.design.audits.serving_remedies import tried_plans
from solver.design.audits.serving_walls import SERVING_WALLS
from solver.design.audits.trained import TRAINING_WALLS, Trained
from solver.design.audits.training_plan import PlannedTraining, training_plan
from solver.design.audits.training_remedies import tried_trainings
from solver.design.audits.walls import WalkedPlan, Wall, WallKind
from solver.text import nearest

AnyPlan: TypeAlias = "ServingPlan | PlannedTraining"


@dataclass(frozen=True)
class Walk:
    """How plans of a kind are judged: what is asked of them, their walls, what is tried, and what no wall looks at."""

    asked: Callable[[Any], Any]
    kinds: tuple[WallKind, ...]
    tried: Callable[[Any, Wall], Iterator[Change]]
    unseen: str

    def judged(self, plan: AnyPlan) -> WalkedPlan:
        """Such a plan's walls."""
        return WalkedPlan(self.asked(plan), self.kinds)


MAKERS: dict[str, Callable[..., Any]] = {"serving": serving_plan, "training": training_plan}
WALKS: dict[type, Walk] = {
    ServingPlan: Walk(Served, SERVING_WALLS, tried_plans,
                      "the load that other replicas have while one is down; hosts, storage and staff"),
    PlannedTraining: Walk(Trained, TRAINING_WALLS, tried_trainings,
                          "loading of data; hosts, storage and staff")}


@dataclass(frozen=True, repr=False)
class Audit:
    """What an audit found: the walls, the tightest first, and the first remedy for that one."""

    plan: AnyPlan
    walls: tuple[Wall, ...]
    remedy: str
    left_out: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        """Whether every wall that was reached holds."""
        return self.binding.margin >= 0

    @property
    def binding(self) -> Wall:
        """The wall with the smallest margin."""
        return self.walls[0]

    @property
    def margins(self) -> dict[str, float]:
        """The margin of each wall, at its tightest."""
        return {wall.name: wall.margin for wall in reversed(self.walls)}

    @property
    def constraint_trace(self) -> list[str]:
        """What was found, in sentences."""
        holds = "holds" if self.feasible else "does not hold"
        return [f"{self.plan} {holds}: {self.binding.name} binds.", *map(str, self.walls), self.remedy, *self.left_out]

    def __repr__(self) -> str:
        return "\n".join(self.constraint_trace)


def audit(plan: AnyPlan | Mapping[str, Any]) -> Audit:
    """Walk all walls that a plan's data reach: memory, time, load, failures, energy, carbon, cost.

    A plan is what `serving_plan` takes, as a mapping, or what `training_plan` takes beside `"kind": "training"`; or
    what one of them made. Times of serving are walls where the plan has a target for them: `ttft` for reading prompts,
    `itl` for decoding, `p99` for whole requests that wait. The part that binds a step is charged with all of it.

    >>> from solver import Fleet, Hardware, Models, Q_, Servers
    >>> audit({"model": Models.Llama3_70B, "hardware": Hardware.Cloud.H100, "batch_size": 4}).remedy
    'Remedy: weights in fp8; 15% is left then.'
    >>> audit({"kind": "training", "model": Models.Llama3_8B, "fleet": Fleet(Servers.DGX_H100, 16), "tokens": 1e12,
    ...        "batch_size": 256, "zero_stage": 1, "deadline": Q_("20 day")})  # doctest: +NORMALIZE_WHITESPACE
    Training of Llama 3.1 8B on 16 × DGX H100 holds: memory capacity binds.
    memory capacity: what the fullest chip holds, most of it activations, takes 53.23 GB of 85.9 GB, 38% is left.
    compute: a training, most of it arithmetic, takes 11.7 d of 20 d, 42% is left.
    network: exchange among chips takes 3.04 d of 20 d, 85% is left.
    For more: zero_stage=2; 57% is left then.
    Left out for want of data: failures (mttf), energy (energy_budget), carbon (carbon_budget), cost (budget, chip_hour
    or chip_price).
    Left out: loading of data; hosts, storage and staff.
    """
    if not isinstance(plan, (ServingPlan, PlannedTraining)):
        if not isinstance(plan, Mapping):
            raise TypeError(f"plan is {plan!r}, and should be a mapping of what serving_plan takes, such as "
                            f"{{'model': Models.Llama3_8B, 'hardware': Hardware.Cloud.H100}}.")
        plan = made_plan(plan)
    walk = WALKS[type(plan)]
    judged = walk.judged(plan)
    walls = judged.walls
    remedy = first_remedy(walls[0], walk.tried(plan, walls[0]), walk.judged)
    return Audit(plan, tuple(walls), remedy, (*_untimed(plan), *judged.left_out, f"Left out: {walk.unseen}."))


def made_plan(given: Mapping[str, Any]) -> AnyPlan:
    """The plan that a mapping describes, of serving unless it says its kind."""
    asked = dict(given)
    kind = asked.pop("kind", "serving")
    made: AnyPlan = plan_maker(kind, asked)(**({"hardware": None} if kind == "serving" else {}) | asked)
    return made


def plan_maker(kind: Any, names: Mapping[str, Any]) -> Callable[..., Any]:
    """What makes plans of a kind; where a name is of the other kind alone, a sentence says so."""
    if kind not in MAKERS:
        raise ValueError(f"kind is {kind!r}, and a plan is of serving or training. {nearest(kind, MAKERS)}")
    maker, (other,) = MAKERS[kind], MAKERS.keys() - {kind}
    for name in names:
        if name not in maker.arguments and name in MAKERS[other].arguments:  # type: ignore[attr-defined]
            raise ValueError(f"a plan of {kind} has no {name}, and one of {other} has: give kind={other!r} too, or "
                             f"leave it out.")
    return maker


def _untimed(plan: AnyPlan) -> Iterator[str]:
    """Which times of serving have no target."""
    if isinstance(plan, ServingPlan) and (plan.ttft is None or plan.itl is None):
        missing = " and ".join(name for name in ("ttft", "itl") if getattr(plan, name) is None)
        yield f"Left out: times without a target; give {missing}."
