"""A thousand squares in a real browser: how many are filled, what a hand fills, the lens, hostile numbers."""

from __future__ import annotations

import itertools
import re

import pytest
from bare_page import FRAME, NOTHING, Shown
from drawings import FEW, NAN

from mlsysim_labs.pictures.multipliers import Multipliers

POSED = {"posed": 1.0, "guess": NAN}


@pytest.fixture
def squares(page):
    page.set_viewport_size({"width": 560, "height": 500})
    made = Multipliers()
    shown = Shown(page, Multipliers, **FEW, of=made.of, note=made.note, hint=made.hint)
    page.add_style_tag(content="body { margin: 0; }")
    page.evaluate(f"async () => {{ {FRAME} }}")  # it has seen its width
    yield shown
    assert shown.errors == []


def area(path: str) -> float:
    """What rectangles of a path cover, in square pixels."""
    return sum(float(width) * float(height) for width, height in re.findall(r"M[\d.]+ [\d.]+h([\d.]+)v([\d.]+)", path))


def filled(shown, kind: str, size: float = 81) -> float:
    """How many squares of the grid have that paint; an enlarged one is larger."""
    paths = shown.page.evaluate("(kind) => [...document.querySelectorAll(`path[fill*='${kind}']`)]"
                                ".map((e) => [e.getAttribute('fill'), e.getAttribute('d')])", f"-{kind})")
    return sum(area(d or "") for fill, d in paths if "lens" not in fill) / size


def hand(shown) -> dict:
    return shown.page.locator(".lab-hand").bounding_box()


@pytest.mark.browser
def test_so_many_squares_are_filled(squares):
    for share in (0.0034, 0.0, 0.01, 0.05, 0.6401, 1.0, 7.0):
        squares.set(share=share, guess=NAN)
        assert filled(squares, "multiply") == pytest.approx(1000 * min(share, 1), abs=0.02)
        assert filled(squares, "line") == pytest.approx(1000)
    squares.set(**POSED)
    assert (filled(squares, "multiply"), filled(squares, "you")) == (0, 0)
    squares.set(guess=0.337)
    assert (filled(squares, "multiply"), filled(squares, "you")) == (0, pytest.approx(337))


@pytest.mark.browser
def test_a_share_that_is_too_small_to_see_is_enlarged(squares):
    lens = "svg > g path[fill*='lens-multiply']"
    assert squares.seen(lens) == [True]
    assert any(text.endswith(": 3.4 of 1,000") for text in squares.texts())
    squares.set(share=0.02)
    assert squares.seen(lens) == [False]
    squares.set(**FEW | POSED)
    assert squares.seen(lens) == [False], "not before the lock, though the share should be there"


@pytest.mark.browser
def test_a_hand_fills_squares_and_the_first_row_finely(squares):
    squares.set(**POSED)
    assert any(text.endswith("Drag over the squares: how many work?") for text in squares.texts())
    box = hand(squares)
    wide, tall = box["width"] / 50, box["height"] / 20
    mouse = squares.page.mouse
    for x, y, share in [(3.4, 0.5, 0.0034), (0.2, 0.1, 0.0002), (49.9, 0.5, 0.0499), (24.5, 10.5, 0.525),
                        (49.9, 19.5, 1.0)]:
        mouse.move(box["x"] + x * wide, box["y"] + y * tall)
        mouse.down()
        trait, value = squares.told("grabbed")[-1]
        assert (trait, value) == ("guess", pytest.approx(share, abs=1e-6))
        mouse.up()
    mouse.move(box["x"] + 1, box["y"] + 1)
    mouse.down()
    for x, y, share in [(-50, 60, 0.3), (-50, -50, 0.0001), (700, 900, 1.0), (5 * wide, -50, 0.005)]:
        mouse.move(box["x"] + x, box["y"] + y)
        assert squares.told("grabbed")[-1][1] == pytest.approx(share, abs=1e-6)
    mouse.up()
    squares.set(posed=0.0)
    before = len(squares.told("grabbed"))
    mouse.click(box["x"] + 50, box["y"] + 50)
    assert len(squares.told("grabbed")) == before, "after the lock nothing is filled any more"


@pytest.mark.browser
def test_sentences(squares):
    assert squares.sentence == "3.4 of 1,000 multipliers work."
    squares.set(says="At most {share:%} of the H100 works.", said_names="share", said=[0.0034])
    assert squares.sentence == "At most 0.340 % of the H100 works."
    squares.set(**FEW | POSED)
    assert squares.sentence == "How many of its multipliers does the chip keep at work?"


@pytest.mark.browser
@pytest.mark.parametrize("width", [340, 560, 900])
def test_texts_stay_inside_and_apart(squares, width):
    squares.resize(width)
    for share, guess, posed in itertools.product([0.0034, 0.0, 0.64, 1.0], [NAN, 0.0001, 0.337, 1.0], [0.0, 1.0]):
        squares.set(share=share, guess=guess, posed=posed)
        squares.assert_texts_inside_and_apart()


@pytest.mark.browser
def test_numbers_beyond_sense_are_borne(squares):
    for share, guess, posed in itertools.product([NAN, float("inf"), -1.0, 0.0, 1e300, None],
                                                 [NAN, float("inf"), -1.0, 1e300, None], [0.0, 1.0, NAN]):
        squares.set(share=share, guess=guess, posed=posed)
        assert squares.dim == (posed != 1 and not (share is not None and 0 <= share < float("inf")))
        assert squares.dim == (squares.sentence == NOTHING)


def test_a_pose_says_nothing_of_the_truth_and_a_table_has_both():
    made = Multipliers()
    posed = {target.trait: target for target in made.targets({"guess": NAN, "posed": 1})}
    assert not posed["share"].vital and posed["share"].value != posed["share"].value
    assert made.table({"guess": 0.5, "posed": 1}) == {"your guess [%]": 50}
    assert made.table({"share": 0.0034, "guess": 0.5}) == {"at work [%]": pytest.approx(0.34), "your guess [%]": 50}
    with pytest.raises(TypeError, match="shows 'share'"):
        made.targets({"guess": 0.5})


def test_squares_may_stand_for_something_else():
    made = Multipliers(of="token", note="Each square: a token.", hint="How many?")
    assert made.table({"share": 0.155, "guess": 0.32}) == {"tokens": 155, "your guess": 320}
    assert (Multipliers().of, Multipliers().table({"share": 0.5})) == ("", {"at work [%]": 50})
