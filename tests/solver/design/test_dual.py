"""Dual numbers: their values are those of floats, and their slopes those of small steps, for every formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlsysim_labs.reactive.symbols import ELEMENTWISE, FOLDS
from mlsysim_labs.reactive.symbols import FUNCTIONS as TRACED
from solver import Hardware, Models, ServingModel, changed
from solver.design.dual import CONDITIONS, JUMPS, RULES_OF_TWO, SMOOTH, Dual, NotDifferentiable, seeds
from solver.design.dual_arrays import ARRAY_RULES
from solver.design.figures import CHIP_RATES, ENGINE_OVERHEADS
from solver.testing import formulas
from solver.testing.drawn import parameters, random_arguments, random_records
from solver.zoo.hardware import Accelerator
from solver.zoo.node import Node
from solver.zoo.profiles import Shares
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Server

COUNTS = {"streaming.fitting_batch"}  # whole numbers of requests, by the billion: every step jumps
FORMULAS, STEPS_TRIED = {k: v for k, v in formulas().items() if k not in COUNTS}, (1e-6, 1e-7, 1e-8, 1e-9)
FIGURES = (*CHIP_RATES, "memory", "bandwidth", "link", "host", "power")
QUICK = 4  # draws a formula; soak has more
# Differences of nearly equal numbers, of which few digits are left for a small step.
CANCELS = {"requests.mixed_prompt_time": 1e-2, "paging.fragmentation": 1e-2, "fleet.reliability.goodput": 1e-2}


class Moved:
    """Arguments of a formula, and the same after a step of each in a direction of its own: small or infinitesimal."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.weights = rng, {}

    def scaled(self, key: str, value: float, step: float | None) -> object:
        """The value times exp(weight * step); without a step a dual number."""
        weight = self.weights.setdefault(key, self.rng.uniform(-1, 1))
        return value * (Dual(1.0, np.array([weight, weight])) if step is None else np.exp(weight * step))

    def chip(self, key: str, chip: Accelerator, step: float | None) -> Accelerator:
        known = {name: getattr(chip, name) for name in FIGURES if not np.isnan(getattr(chip, name))}
        return changed(chip, **{name: self.scaled(f"{key}.{name}", value, step) for name, value in known.items()})

    def record(self, key: str, value: object, step: float | None) -> object:
        if isinstance(value, Accelerator):
            return self.chip(key, value, step)
        if isinstance(value, Server):
            return replace(value, device=self.chip(key, value.device, step))
        if isinstance(value, Fleet):
            return replace(value, node=self.record(key, value.node, step))
        if isinstance(value, Node):
            profile = value.profile
            figures = {name: self.overhead(f"{key}.{name}", getattr(profile, name), step) for name in ENGINE_OVERHEADS}
            return replace(value, device=self.chip(key, value.device, step), profile=replace(profile, **figures))
        return value

    def overhead(self, key: str, value: object, step: float | None) -> object:
        if not isinstance(value, Shares):
            return self.scaled(key, value, step)
        return Shares(self.scaled(key, value.default, step),
                      {kind: self.scaled(key, one, step) for kind, one in value.named.items()})

    def arguments(self, drawn: dict, kinds: dict, step: float | None) -> dict:
        return {name: self.record(name, value, step) if kinds.get(name) in random_records()
                else self.scaled(name, value, step) for name, value in drawn.items()}


def agrees(name: str, function: object, rng: np.random.Generator) -> bool:
    """Whether the slopes at a random point are those of small steps to both sides; False where nothing is finite.

    Counts are moved off whole numbers, where pages and chunks jump. A step that still meets a jump is tried smaller.
    """
    moved, drawn, kinds = Moved(rng), random_arguments(function, rng), parameters(function)
    drawn |= {name: value * rng.uniform(1.0, 1.02) for name, value in drawn.items() if isinstance(value, float)}
    with np.errstate(all="ignore"):
        before = np.float64(function(**drawn))
        found = function(**moved.arguments(drawn, kinds, None))
        if not np.isfinite(before):
            return False
        value, slopes = (found.value, found.slopes) if isinstance(found, Dual) else (found, np.zeros(2))
        assert value == pytest.approx(before, rel=1e-12), name
        for side, slope in zip((-1, 1), slopes, strict=True):
            room = CANCELS.get(name, 1e-4) * (abs(slope) + abs(before))
            steps = (side * size for size in STEPS_TRIED)
            assert any(abs((function(**moved.arguments(drawn, kinds, step)) - before) / step - slope) <= room
                       for step in steps), (name, drawn)
    return True


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_has_the_slopes_of_small_steps(name):
    rng = np.random.default_rng(20261201)
    assert sum(agrees(name, FORMULAS[name], rng) for _ in range(QUICK))


@pytest.mark.soak
@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_at_five_hundred_points(name):
    rng = np.random.default_rng(20261202)
    assert sum(agrees(name, FORMULAS[name], rng) for _ in range(500))


def test_every_function_that_the_browser_knows_has_a_rule():
    assert set(CONDITIONS) | set(RULES_OF_TWO) | set(SMOOTH) | set(JUMPS) | {"where"} >= ELEMENTWISE
    assert set(ARRAY_RULES) | {"where"} >= set(TRACED) | set(FOLDS) | {"linspace"}


SMOOTH_CASES = {
    "powers": lambda x, y: x**2.5 + y**x + 2.0**y, "roots": lambda x, y: np.sqrt(x) * np.square(y),
    "exponentials": lambda x, y: np.exp(-x) + np.expm1(y) - np.log(x) * np.log1p(y),
    "logarithms": lambda x, y: np.log2(x) - np.log10(y), "signs": lambda x, y: np.abs(x - y) * np.sign(y) + -x + +y,
    "steps": lambda x, y: x * np.floor(7.3 * y) + np.ceil(x) + np.rint(3 * x) + np.trunc(5 * y),
    "quotients": lambda x, y: (5 * x) // y + (5 * x) % y + 1 / x - 3 / y, "limits": lambda x, y: np.clip(x, 0.1, y),
    "choices": lambda x, y: np.where(x > y, x * x, y) + np.where(x > 0, 1, y) + np.where(x < y, y, 2),
    "lines": lambda x, y: np.linspace(x, y, 5)[3], "stacks": lambda x, y: np.stack([x * 1.0, y * 2.0]).sum(),
    "sums": lambda x, y: np.sum(np.cumsum(x * np.arange(4.0) + y)[1:3]),
    "extremes": lambda x, y: np.max(x * np.arange(4.0) - y) * np.min(np.stack([x, y])) + np.argmax(x * np.arange(3.0)),
    "tables": lambda x, y: (x * np.arange(6.0).reshape(2, 3) + y).T.reshape(-1)[4],
    "tables of sums": lambda x, y: np.sum(x * np.arange(6.0).reshape(2, 3) * y, axis=-1)[1] + (
        np.broadcast_to(x, (2, 2)).max(axis=0)[1] + np.broadcast_to(y, 3).min())}


@pytest.mark.parametrize("function", SMOOTH_CASES.values(), ids=SMOOTH_CASES)
def test_every_rule_has_the_slopes_of_small_steps(function):
    x, y = seeds("x", "y").values()
    found = function(0.7 * x, 0.61 * y)
    for place, (right, up) in enumerate(((1, 0), (0, 1))):
        def at(step, right=right, up=up):
            return function(0.7 * (1 + right * step), 0.61 * (1 + up * step))

        assert found.value == pytest.approx(at(0.0))
        for side, slope in ((-1, found.slopes[place]), (1, found.slopes[2 + place])):
            assert slope == pytest.approx((at(side * 1e-7) - at(0.0)) / (side * 1e-7), abs=1e-5)


def test_arrays_are_as_their_elements():
    chip, factor = Hardware.Cloud.H100, seeds("bandwidth")["bandwidth"]
    faster = changed(chip, bandwidth=chip.bandwidth * factor)
    whole = ServingModel().solve(Models.Llama3_8B, faster, [[128], [4096]], [1, 64, 512]).value("itl")
    for i, context in enumerate((128, 4096)):
        for j, batch in enumerate((1, 64, 512)):
            one = ServingModel().solve(Models.Llama3_8B, faster, context, batch).value("itl")
            assert np.allclose(whole.full[i, j], one.slopes, rtol=1e-12) and whole.value[i, j] == one.value


@pytest.mark.parametrize("kink, less, more", [
    (lambda x: np.maximum(x, 1), 0, 1), (lambda x: np.minimum(x, 1.0), 1, 0), (lambda x: abs(x - 1), -1, 1),
    (lambda x: np.max(np.stack([x, 1.0, 2 * x - 1])), 0, 2), (lambda x: np.floor(x), np.inf, 0),
    (lambda x: np.ceil(x), 0, np.inf), (lambda x: np.ceil(-x), -np.inf, 0), (lambda x: np.rint(x / 2), 0, np.inf),
    (lambda x: np.trunc(-x), -np.inf, 0), (lambda x: np.sign(x - 1), np.inf, np.inf),
    (lambda x: np.maximum(0.1 * x * 3, 0.3), 0, 0.3)])
def test_both_sides_of_a_kink(kink, less, more):
    assert kink(seeds("x")["x"]).slopes.tolist() == pytest.approx([less, more])


@pytest.mark.parametrize("call", [np.sin, np.mean, np.add.reduce, lambda x: np.where(x)])
def test_what_has_no_rule_is_refused(call):
    with pytest.raises(NotDifferentiable, match=r"rule|condition"):
        call(seeds("x")["x"])
