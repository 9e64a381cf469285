"""What holds of every picture, proven by one battery."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import Any

from mlsysim_labs.lab import Lab
from mlsysim_labs.pictures.parts.picture import as_picture
from mlsysim_labs.reactive.values import is_numeric_leaf, leaves
from mlsysim_labs.testing.labs import check_program


def pictures() -> dict[str, Any]:
    """Every class of picture in the package, by name: whatever in `mlsysim_labs.pictures` makes a table of data.

    >>> "Vessel" in pictures()
    True
    """
    folder = importlib.import_module("mlsysim_labs.pictures")
    modules = [importlib.import_module(f"{folder.__name__}.{found.name}")
               for found in pkgutil.iter_modules(folder.__path__) if not found.ispkg]
    return {name: value for module in modules for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "table")}


def check_picture(kind: Any) -> None:
    """Prove what holds of every picture, on its own example: where numbers go, its table, program and sentences."""
    name = kind.__name__
    assert kind.__doc__, f"{name} does not say what it is"
    assert hasattr(kind, "example"), f"{name} has no example: a picture, and what a function may return for it"
    made, data = kind.example()
    picture = as_picture(made)
    targets = picture.targets(data)
    assert any(target.vital for target in targets), f"{name}: nothing dims it, whatever is missing"
    for target in targets:
        known = target.widget.has_trait(target.trait) or target.trait == "here"  # that one is read by nobody
        assert known, f"{name}: {type(target.widget).__name__} has no {target.trait!r}"
    assert picture.table(data), f"{name}: its table is empty"
    _check_wrong_data(name, picture)
    _check_redrawing(made, data)


def _check_wrong_data(name: str, picture: Any) -> None:
    """What is no data of a picture is answered with a sentence."""
    for wrong in (3, {"no such thing": 3}):
        try:
            picture.targets(wrong)
        except TypeError as said:
            assert len(str(said)) > 20, f"{name}: {said}"
        else:
            raise AssertionError(f"{name} takes {wrong!r} for data")


def _check_redrawing(made: Any, data: Any) -> None:
    """In a lab, every number of it follows the hand: the program says what the function says."""
    lab = Lab()
    lab.slider("times", 0.5, 2, start=1, step=0.25)

    def drawn(times: Any) -> Any:
        return leaves(data, lambda path, leaf: times * leaf if is_numeric_leaf(leaf) else leaf, "")

    lab.picture(made, start=True)(drawn)
    check_program(lab, points=8)
    json.dumps(lab.program(), allow_nan=False)
