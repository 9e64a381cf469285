"""The vessel in a real browser: areas that are true, who is in and who waits, a guess, and what can be grabbed."""

from __future__ import annotations

import itertools
import json

import pytest
from bare_page import NOTHING
from vessels import EMPTY, FITS, FREE, FULL, GB, GIB, NAN, POSED, TOO_BIG, Shown, users_of

from mlsysim_labs.pictures.vessel import Vessel, users_inside
from mlsysim_labs.reactive.trace import program, symbol
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import headroom_bytes

CROWDS = [users_of(n, each) for n, each in itertools.product(
    (1, 2, 3, 5, 7, 40, 333, 4000), (0.003, 0.05, 0.268, 2.15, 17.2, 70.0))]
NARROW = 356


@pytest.fixture
def vessel(page):
    shown = Shown(page)
    shown.resize(576)
    yield shown
    assert shown.errors == []


def area(box) -> float:
    return box[2] * box[3]


@pytest.mark.browser
def test_areas_are_bytes(vessel):
    """Every tile but one has the area of a user, or of ten; all have that of all who are in; none is under the lid."""
    for crowd, width in itertools.product(CROWDS, (576, NARROW)):
        vessel.resize(width)
        vessel.set(**(FITS | crowd | {"beside_cache": NAN}))
        _, top, across, high = vessel.rect("wall")
        per_byte, share = across * high / FITS["capacity"], crowd["cache"] / crowd["users"]
        inside = min(crowd["users"], FREE * (1 + 1e-12) // share)
        boxes, one = vessel.boxes(), share * per_byte
        group = next(10**k for k in range(9) if one * 10**k >= 36 * (1 - 1e-9))
        assert len(boxes) == -(-inside // group)
        for box in boxes[:-1]:
            assert area(box) == pytest.approx(group * one, rel=0.01, abs=0.5)
        assert sum(map(area, boxes)) == pytest.approx(inside * one, rel=0.005, abs=0.5)
        assert all(y >= top + 0.1 * high - 0.01 and x >= -0.01 and x + w <= across + 0.01 for x, y, w, _ in boxes)
        waits, out = [word for word in vessel.words() if " wait" in word], int(crowd["users"] - inside)
        assert waits == ([f"{out:,} wait{'s' * (out == 1)}"] if out else [])
        assert ("a tile is" in " ".join(vessel.words())) == (group > 1)


@pytest.mark.browser
def test_tiles_do_not_overlap_and_rows_are_even(vessel):
    for crowd in (users_of(3, 17.2), users_of(57, 1.07), users_of(228, 0.268), users_of(643, 0.05)):
        vessel.set(**(FITS | crowd))
        boxes = vessel.boxes()
        rows = {y: len(list(row)) for y, row in itertools.groupby(boxes, key=lambda box: box[1])}
        assert max(rows.values()) - min(rows.values()) <= 1
        for row in rows:
            edges = [(x, x + w) for x, y, w, _ in boxes if y == row]
            assert all(a[1] <= b[0] + 0.01 for a, b in itertools.pairwise(edges))
        spans = sorted({(y, y + h) for _, y, _, h in boxes})
        assert all(above[1] <= below[0] + 0.01 for above, below in itertools.pairwise(spans))
    vessel.set(**(FITS | users_of(3, 17.2)))
    assert len({box[1] for box in vessel.boxes()}) == 3, "three slabs"
    assert [word for word in vessel.words() if word.startswith("user ")] == ["user 1", "user 2", "user 3"]


@pytest.mark.browser
def test_the_scale_is_that_of_the_capacity_alone(vessel):
    wall, weights = vessel.rect("wall"), vessel.rect("weights")
    for traits in (FULL, users_of(3000, 0.1), TOO_BIG, POSED, EMPTY, {"guess": 40.0}):
        vessel.set(**(FITS | traits))
        assert vessel.rect("wall") == wall
        assert traits == TOO_BIG or vessel.rect("weights") == weights
    assert weights[3] / wall[3] == pytest.approx(16.1 / 85.9, rel=1e-3)
    vessel.set(**(FITS | {"capacity": 2 * FITS["capacity"]}))
    assert vessel.rect("weights")[3] == pytest.approx(weights[3] / 2, rel=1e-3)


@pytest.mark.browser
def test_who_waits_stands_outside_in_tiles_of_the_same_size(vessel):
    vessel.set(**(FITS | users_of(40, 2.15)))
    one = area(vessel.boxes()[0])
    waiting = vessel.boxes("waits")
    assert len(waiting) == 10 and all(area(box) == pytest.approx(one, rel=0.01) for box in waiting)
    right = sum(vessel.rect("wall")[::2])
    assert all(x > right for x, *_ in waiting)
    vessel.set(**(FITS | users_of(30, 2.15)))
    assert len(vessel.boxes("waits")) == 2 and vessel.words().count("2 wait") == 1
    vessel.set(**(FITS | users_of(8, 70)))
    path = vessel.page.locator(".lab-vessel-waits").first.get_attribute("d")
    assert path and not path.endswith("z"), "a user larger than the vessel has no upper edge"


@pytest.mark.browser
def test_more_users_or_more_of_each_never_let_more_in(vessel):
    counts = []
    for each in (0.2, 0.268, 1, 2.15, 5, 17.2, 30, 61.2, 62):
        vessel.set(**(FITS | users_of(400, each)))
        counts.append(int(vessel.words()[0].replace(",", "")))
    assert counts == sorted(counts, reverse=True) and counts[-1] == 0


@pytest.mark.browser
def test_another_case_stands_beside_at_the_same_scale(vessel):
    vessel.set(**(FITS | users_of(8, 2.15)))
    assert area(vessel.boxes(vessel=1)[0]) == pytest.approx(4 * area(vessel.boxes()[0]), rel=0.01)
    assert {"8", "7", "if every head were a KV head", "1 waits"} <= set(vessel.words())
    vessel.resize(NARROW)
    assert {"8", "7"} <= set(vessel.words()) and vessel.seen(".lab-vessel-one") == [True, False]


@pytest.mark.browser
def test_a_guess_is_shared_out_and_stays_beside_the_truth(vessel):
    vessel.set(**(FITS | POSED))
    shares = vessel.boxes("shared")
    assert len(shares) == 40 and vessel.boxes() == []
    assert max(map(area, shares)) == pytest.approx(min(map(area, shares)), rel=0.01)
    assert vessel.words()[0] == "40"
    lines = {"a tenth is kept back", "61.2 GB are free.", "If 40 users fit, each keeps", "1.53 GB."}
    assert lines <= set(vessel.words())
    vessel.set(**(FITS | users_of(40, 17.2) | {"guess": 40.0}))
    assert len(vessel.boxes("shared", vessel=1)) == 40 and len(vessel.boxes()) == 3
    assert {"3", "40", "you said", "37 wait"} <= set(vessel.words()) and "1.53 GB." not in vessel.words()
    vessel.resize(NARROW)
    assert {"3", "40", "you said", "37 wait"} <= set(vessel.words())
    for reserve, says in ((0.0, ""), (0.05, "5.0 % are kept back")):
        vessel.set(**(FITS | POSED | {"reserve": reserve * 85.9 * GB}))
        assert [word for word in vessel.words() if "kept back" in word] == ([says] if says else [])


@pytest.mark.browser
def test_between_guess_and_truth_users_grow_and_are_pushed_out(vessel):
    fit, sizes = [], []
    for step in range(11):
        cache = FREE + step / 10 * (40 * 17.2 * GB - FREE)
        vessel.set(**(FITS | {"users": 40.0, "cache": cache, "guess": 40.0}))
        boxes, waits = vessel.boxes(), [word for word in vessel.words() if word.endswith(" wait")]
        assert len(boxes) + (int(waits[0].split()[0]) if waits else 0) == 40
        fit.append(len(boxes))
        sizes.append(area(boxes[0]))
    assert fit[0] == 40 and fit[-1] == 3 and fit == sorted(fit, reverse=True) and sizes == sorted(sizes)


@pytest.mark.browser
@pytest.mark.parametrize("width", [576, NARROW])
def test_the_height_of_a_share_can_be_dragged(vessel, width):
    vessel.resize(width)
    vessel.set(**(FITS | EMPTY))
    assert "?" in vessel.words() and vessel.seen(".lab-vessel-handle") == [False]
    base, lid = vessel.rect("weights")[1], vessel.rect("wall")[1] + 0.1 * vessel.rect("wall")[3]
    free = base - lid
    for part in (0.5, 0.25, 0.1):
        assert vessel.drag(base - part * free, (50, base - 20)) == pytest.approx(1 / part, rel=0.02)
    vessel.set(**(FITS | POSED))
    assert vessel.seen(".lab-vessel-handle") == [True]
    grip = vessel.at(".lab-vessel-held")[0]
    assert grip[1] == pytest.approx(base - free / 40, abs=0.1)
    assert vessel.drag(base - free / 2, grip) == pytest.approx(2, rel=0.02)
    assert vessel.drag(0, grip) == 1, "one user has all of it"
    assert 40 < vessel.drag(base + 50, grip) < 1e4, "nobody says infinitely many"
    touch = vessel.page.locator(".lab-vessel-touch").bounding_box()
    assert touch["width"] >= (44 if width == NARROW else 24)
    vessel.set(**(FITS | users_of(40, 17.2) | {"guess": 40.0}))
    assert vessel.seen(".lab-vessel-handle, .lab-vessel-room") == [False, False]


@pytest.mark.browser
def test_hostile_numbers_never_throw(vessel):
    wild = (NAN, float("inf"), -1.0, None, "nan", 0.0, 1e-300, 0.4, 1.5, 1e15, 1e300)
    stages = itertools.cycle(({}, FULL, POSED, {"guess": 40.0}, {}))  # of 5: each value of a trait meets another one
    for (trait, value), traits in zip(itertools.product([*list(FITS)[:8]], wild), stages, strict=False):
        vessel.set(**(FITS | traits | {trait: value}))
        assert not {"NaN", "undefined", "Infinity"} & set(" ".join([*vessel.words(), vessel.sentence]).split())
    for trait, value in itertools.product(list(FITS)[:5], wild[:5]):
        vessel.set(**FITS)
        before = vessel.page.locator("#picture svg").inner_html()
        vessel.set(**{trait: value})
        assert (vessel.sentence, vessel.dim) == (NOTHING, True)
        assert vessel.page.locator("#picture svg").inner_html() == before, "what was drawn stays, dimmed"


@pytest.mark.browser
def test_without_numbers_it_says_so(page):
    shown = Shown(page, capacity=0, weights=NAN, cache=0, reserve=0, users=0, chip="", model="")
    assert (shown.sentence, shown.dim, shown.words(), shown.errors) == (NOTHING, True, [], [])


def test_what_fills_it_is_what_the_solver_says():
    """On numbers, and on symbols, where a program says the same."""
    asked = {"context": 131072, "precision": PRECISIONS["int8"], "reserve": 0.1, "kv_precision": "int4"}
    h100, llama = Hardware.Cloud.H100, Models.Llama3_8B
    users = max_users(llama, h100, **asked)
    for count, fits in ((users, True), (users + 1, False)):
        found = Vessel.filled_by(llama, h100, **asked, users=count)
        free = found["capacity"] - found["reserve"] - found["weights"] - found["cache"]
        assert (free >= 0) == fits and users_inside(found, found["cache"]) == users
    plain = Vessel.filled_by(llama, h100, 8192, users=3)
    free = plain["capacity"] - plain["weights"] - plain["cache"]
    assert free == pytest.approx(headroom_bytes(h100, llama, 3, 8192, PRECISIONS["fp16"])) and plain["reserve"] == 0
    drawn = Vessel.filled_by(llama, h100, symbol("context"), users=symbol("users"))
    assert json.dumps(program({"cache": drawn["cache"]}))


def test_every_number_goes_somewhere_even_those_that_are_left_out():
    """Another program may have set them on the same widget."""
    given = {target.trait: target for target in Vessel(chip="H100").targets({"capacity": 86e9, "posed": 1.0})}
    assert set(given) == {*list(FITS)[:8], "chip", "model"}
    assert (given["chip"].value, given["users"].value, given["posed"].value) == ("H100", 0.0, 1.0)
    assert given["guess"].value != given["guess"].value
    assert [name for name, target in given.items() if target.vital] == ["capacity"]


def test_the_table_counts_who_fits():
    table = Vessel(beside="the other").table(FITS | FULL | {"beside_cache": 8 * 68.8 * GB})
    assert table["users that fit"] == 3 and table["the other: users that fit"] == 0
    assert table["free [GB]"] == pytest.approx(-76.4, abs=0.05)
    nobody = Vessel().table({"capacity": 1e9, "weights": 2e9, "cache": 0, "reserve": 0, "users": 0})
    assert nobody["users that fit"] == 0


def test_the_traits_and_slips_of_the_pen():
    state = Vessel(unit="GiB", capacity=80 * GIB, users=8).get_state()
    assert set(FITS) <= set(state) and (state["unit"], state["users"], state["model"]) == ("GiB", 8.0, "")
    with pytest.raises(TypeError, match=r"no 'capacty'.*capacity"):
        Vessel(capacty=1.0)
    with pytest.raises(ValueError, match="GB or GiB, not in 'MB'"):
        Vessel(unit="MB")
