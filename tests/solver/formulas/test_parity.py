"""The fourth reader: formula, Python evaluator and browser interpreter agree, and a broken interpreter is caught."""

from __future__ import annotations

import numpy as np
import pytest
from browser_parity import case, under_node

from mlsysim_labs.reactive.choices import Choice, choose
from mlsysim_labs.reactive.symbols import ELEMENTWISE, FOLDS
from mlsysim_labs.reactive.trace import symbol
from solver.testing import formulas
from solver.testing.drawn import amounts, parameters, random_records

NASTY = [0.0, 1.0, -1.0, 2.0, 0.1, 0.5, 1.5, 2.5, -0.5, -2.5, 3.0, 8.0, 1e-308, 1e308, 5e-324, 1e16, 2.0**53,
         float("inf"), float("-inf"), float("nan"), 1000.0, 0.3, 4.35, 1e-12]
BINARY = ["add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "maximum", "minimum", "less",
          "less_equal", "greater", "greater_equal", "equal", "not_equal"]
UNARY = ["negative", "absolute", "sign", "sqrt", "square", "exp", "expm1", "log", "log1p", "log2", "log10", "ceil",
         "floor", "rint", "trunc", "isfinite", "isnan"]
TABLE = [1.0, 16.0, 64.0, 2048.0]


def elementwise(x, y):
    out = {op: getattr(np, op)(x, y) for op in BINARY} | {op + "_": getattr(np, op)(x) for op in UNARY}
    out["where"] = np.where((x > y) & ~(x < 0) | (y == 2), x, y)
    out["clip"] = np.clip(x, -1, 1)
    out["chosen"] = np.where(x, 1, y)
    out["by_zero"] = x / -0.0
    out["both"] = (x > 0) & (y > 0)
    out["either"] = (x > 0) | (y > 0)
    out["neither"] = ~(x > y)
    return out


def shaped(x, y, k):
    a = np.linspace(0, 3, 7)
    m = a[:, None] * x + np.arange(5.0) * y
    out = {"grid": m, "row": m[2], "column": m[:, 1], "back": m[::-1, 1:4], "turned": m.T, "element": m[1, 2],
           "last": m[-1, -2], "flat": m.reshape(-1)[3], "wide": np.broadcast_to(m[0], (3, 5)),
           "line": np.linspace(x, y, 9), "stack": np.stack([x * a, y + a]), "pair": np.stack([x, y])}
    for fold in ("sum", "max", "min", "argmax", "argmin"):
        call = getattr(np, fold)
        out |= {fold: call(m, axis=0), f"{fold}1": call(m, axis=1), f"{fold}_all": call(m)}
    out |= {"one": np.stack([np.array([1.0]) * x, m[:1].sum(axis=1)]), "truth": np.max(m > 1, axis=0) & (x > 0)}
    out |= {"cumsum": np.cumsum(m, axis=1), "cumsum0": np.cumsum(m, axis=0)}
    return out | {"picked": k, "picked_row": k * a}


def folded(x, y):
    """Every fold along every axis of arrays of one, two and three dimensions, and what is then done with it."""
    out, line = {}, np.arange(24.0) * x + np.arange(24.0)[::-1] * y
    for array in (line[:5], line[:6].reshape(2, 3), line.reshape(2, 3, 4), line[:4].reshape(2, 1, 2)):
        known = np.arange(1.0, 1 + np.size(array)).reshape(np.shape(array))
        for fold in ("cumsum", "sum", "max", "min", "argmax", "argmin"):
            for axis in (None, *range(-np.ndim(array), np.ndim(array))):
                name, one = f"{fold} {np.shape(array)} {axis}", getattr(np, fold)(array, axis=axis)
                out |= {name: one, f"{name} again": np.sum(one), f"{name} end": one[..., None][-1]}
                if axis is not None and np.shape(one) == np.shape(array):  # beside numbers of that shape
                    out |= {f"{name} beside": one * known, f"{name} below": known[:1] + one}
                elif axis == 0:
                    out[f"{name} over"] = known - one
    return out


@pytest.fixture(scope="module")
def edges():
    """Every operation on numbers that trip a careless interpreter, and every way of arranging arrays."""
    rng = np.random.default_rng(1)
    pairs = [(a, b) for a in NASTY for b in NASTY] + rng.normal(0, 3, (600, 2)).tolist()
    pairs += [(float(i), 2.0) for i in range(-20, 40)] + [(2.0, float(i)) for i in range(-60, 60)]
    xs, ys = np.array(pairs).T
    both = {"x": symbol("x"), "y": symbol("y")}
    some = [*rng.normal(0, 3, (150, 2)).tolist(), (float("nan"), 1.0), (1.0, float("nan")), (0.0, 0.0), (-1.0, -1.0)]
    return [
        case(folded, both, [{"x": x, "y": y} for x, y in some[:20]]), case(elementwise, both, [{"x": xs, "y": ys}]),
        case(shaped, both | {"k": choose(symbol("k"), TABLE)},
             [{"x": x, "y": y, "k": i % len(TABLE)} for i, (x, y) in enumerate(some)],
             {"k": lambda k: TABLE[int(k)]})]


def test_every_operation_on_hard_numbers(edges):
    for report in under_node(edges)["cases"]:
        assert report["wrong"] == []
        assert float(report["worst"]) <= 1e-9


def test_every_operation_is_covered(edges):
    used = {line[0] for one in edges for line in one["program"]["code"]}
    assert ELEMENTWISE | set(FOLDS.values()) | {"pick", "view", "stack"} <= used


@pytest.mark.slow
def test_every_break_of_the_interpreter_is_caught(edges):
    report = under_node(edges, mutants=True)
    assert report["survivors"] == []
    assert report["broken"] >= 60


DIFFERENCE = "requests.mixed_prompt_time"  # of two long steps, each compared by itself: what is left has fewer digits
SUBJECTS_WITH_AN_AXIS = ("waiting.",)  # their formulas add up along an axis of their own: tried point by point


@pytest.mark.slow
def test_all_formulas_at_a_thousand_points():
    agree_at_random_points(elementwise_formulas(), groups=25, count=40, seed=2)


@pytest.mark.slow
def test_formulas_with_an_axis_at_a_hundred_points():
    agree_at_random_points(formulas_with_an_axis(), groups=100, count=None, seed=3)


@pytest.mark.soak
def test_all_formulas_at_a_hundred_thousand_points():
    """In parts: Node reads no text of more than half a gigabyte."""
    for seed in range(4, 12):
        agree_at_random_points(elementwise_formulas(), groups=250, count=50, seed=seed)
    agree_at_random_points(formulas_with_an_axis(), groups=3000, count=None, seed=12)


def elementwise_formulas():
    every = {name: one for name, one in formulas().items() if name != DIFFERENCE}
    return {name: one for name, one in every.items() if not name.startswith(SUBJECTS_WITH_AN_AXIS)}


def formulas_with_an_axis():
    return {name: one for name, one in formulas().items() if name.startswith(SUBJECTS_WITH_AN_AXIS)}


def agree_at_random_points(every, groups: int, count: int | None, seed: int) -> None:
    """Formulas of the solver in one program, on random chips, models, number formats and amounts."""
    options = random_records()
    kinds, hints = {}, {}
    for function in every.values():
        for name, hint in parameters(function).items():
            (kinds if hint in options else hints).setdefault(name, hint)
    kinds.pop("convnet", None)  # a single record: passed as it is
    convnet = options[parameters(formulas()["images.image_time"])["convnet"]][0]

    def all_at_once(**given):
        return {key: function(**{name: given.get(name, convnet) for name in parameters(function)})
                for key, function in every.items()}

    rng = np.random.default_rng(seed)
    blocks = [{name: int(rng.integers(len(options[hint]))) for name, hint in kinds.items()}
              | {name: amounts(name, hint, rng, count) for name, hint in hints.items()} for _ in range(groups)]
    symbols = {name: Choice(symbol(name), options[hint]) for name, hint in kinds.items()}
    symbols |= {name: symbol(name) for name in hints}
    plain = {name: options[hint].__getitem__ for name, hint in kinds.items()}
    report = under_node([case(all_at_once, symbols, blocks, plain)])["cases"][0]
    assert report["wrong"] == []
    assert report["values"] == groups * (count or 1) * len(every)
    assert float(report["worst"]) <= 1e-9
