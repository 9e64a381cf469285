"""What holds of every picture, and that the battery which proves it bites; pictures find their way by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from bare_page import Shown

from mlsysim_labs.pictures.parts.picture import Target, as_picture
from mlsysim_labs.pictures.vessel import Vessel
from mlsysim_labs.reactive.trace import json_numbers
from mlsysim_labs.testing import check_picture, pictures

ALL = pictures()
OWN = {name: kind for name, kind in ALL.items() if hasattr(kind, "_esm")}  # drawn by a script of ours, not by bqplot
every_picture = pytest.mark.parametrize("kind", ALL.values(), ids=ALL)
every_own = pytest.mark.parametrize("kind", OWN.values(), ids=OWN)


@every_picture
def test_what_holds_of_every_picture(kind):
    check_picture(kind)


class Leaky:
    """A picture whose function may return anything."""

    def table(self, data):
        return data

    @classmethod
    def targets(cls, data):
        return []

    @classmethod
    def example(cls):
        return cls(), {"capacity": 1.0}


class Misspelt(Leaky):
    """A vessel whose numbers go nowhere."""

    @classmethod
    def targets(cls, data):
        return [Target(Vessel(), "wieghts", 1.0)]


@pytest.mark.parametrize("kind, says", [
    (Leaky, "nothing dims it"), (Misspelt, "has no 'wieghts'"), (int, "has no example")])
def test_a_fault_is_named(kind, says):
    with pytest.raises(AssertionError, match=says):
        check_picture(kind)


def state(kind) -> dict:
    """All traits of a picture as the program leaves them for its example, as JSON."""
    made, data = kind.example()
    given = {target.trait: target.value for target in as_picture(made).targets(data)}
    found = {name: given.get(name, getattr(made, name)) for name in made.trait_names(sync=True)
             if name[0] != "_" and name not in ("layout", "tabbable", "tooltip")}
    return {name: json_numbers(np.asarray(value, float)) if isinstance(value, (np.ndarray, np.number)) else value
            for name, value in found.items()}


def numbers_changed(told: dict, change) -> dict:
    """The state with other numbers where a picture's function gives them."""
    def other(value):
        if isinstance(value, list) and value and not isinstance(value[0], str):
            return [change(number) for number in value]
        return change(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    return {name: other(value) for name, value in told.items()}


@pytest.mark.browser
@every_own
def test_it_draws_its_example_redraws_it_and_leaves_nothing_behind(page, kind):
    told = state(kind)
    shown = Shown(page, kind, **told)
    place = page.locator("#picture")
    assert place.inner_text().strip(), "it says something"
    first = place.inner_html()
    shown.set(**numbers_changed(told, lambda number: 2 * number))
    assert place.inner_html() != first, "it follows"
    shown.set(**told)
    for width in (360, 900):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"it fits {width} px"
    shown.set(**numbers_changed(told, lambda number: float("nan")))
    assert "NaN" not in place.inner_text() and "undefined" not in place.inner_text()
    page.evaluate("picture.stop()")
    assert page.evaluate("picture.held()") == [], "nothing listens any more"
    assert shown.errors == []


@every_own
def test_its_files_are_small_and_lie_beside_it(kind, root):
    module = root.joinpath(*kind.__module__.split(".")).with_suffix(".py")
    assert module.with_suffix(".js").is_file() and module.with_suffix(".css").is_file()
    assert len(str(kind._esm)) < 28_000 and len(kind._css) < 5_600
    assert "transition" not in kind._css, "a move is shown at once: what glides is late"


@every_picture
def test_it_has_tests_of_its_own(kind, root):
    name = kind.__module__.rpartition(".")[2]
    assert (root / "tests" / "pictures" / f"test_{name}.py").is_file()
