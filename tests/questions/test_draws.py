"""Each student's own numbers: drawn by a seed, filled into what is asked, and judged by one lab for everybody."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lab import USERS, small_lab, step

from mlsysim_labs import Lab, Vessel
from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.marking.draws import Draw, settled
from mlsysim_labs.marking.variants import SEED_BITS, Variant, variant_seed
from mlsysim_labs.questions.keeping import UNSAVED
from mlsysim_labs.testing import check_draws
from mlsysim_labs.testing.draws import share_right, variants_of
from solver import Hardware

CROWDS = tuple({"users": n, "who": who} for n, who in ((8, "Eight"), (12, "Twelve"), (16, "Sixteen"), (24, "Many")))
STARTS = (40, *range(50, 350, 10))
seeds = st.integers(0, 2**SEED_BITS - 1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, and nothing from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("MODE", "COURSE", "STUDENT", "SEED", "PLAY", "SEAL", "RELEASE"):
        monkeypatch.delenv(f"MLSYSIM_LABS_{name}", raising=False)
    UNSAVED.clear()
    return tmp_path


def drawn_lab(by_name: bool = False, crowds=CROWDS, **options) -> Lab:
    """A lab in which everything is drawn that can be."""
    lab = Lab("Drawn", slug="97_drawn", **options)
    lab.slider("users", 1, 100, start=10, unit="user")
    lab.slider("context", 512, 8192, start=1024, unit="token", scale="log2")
    crowd, each = lab.draw("crowd", crowds), lab.draw("each", [2, 3, 5])
    lab.draw("least", STARTS)

    @lab.picture(Vessel(), view="Memory", start=True)
    def memory(users):
        return {"capacity": 1e11, "weights": 1e10, "cache": users * 1e9, "users": users}

    @lab.derive
    def room(users, each):
        return {"all": users * each, "half": users * each / 2}

    @lab.predict("How much do {crowd.who} take?", unit="GB", low=1, high=1000, at={"users": crowd["users"]},
                 given="{users:user} of {each:,} GB", why="{users:,} times {each:,} is {room.all:,}.")
    def taken(room):
        return room["all"]

    @lab.task("{crowd.who} of {size:,} GB, and {least:,} more: how much?", unit="GB", whole=True, given="{users:user}",
              at={"users": crowd["users"], "size": "each" if by_name else each}, means="Half is {room.half:,}.",
              hints=["{size:,} each."])
    def more(users, size, least):
        return users * size + least

    @lab.mistake(more, "Where are the {least:,}?")
    def forgot(room):
        return room["all"]

    lab.derivation(more, "{room.all:,} and {least:,}.")

    @lab.task("Which is more?", options=["few", "many"], hints=["Count."])
    def which(crowd):
        return "few" if crowd["users"] < 15 else "many"

    @lab.design("Make room.")
    def plan(users):
        return {"ten": users >= 10}

    lab.reflect("So?")
    return lab


def shown(lab: Lab) -> Lab:
    """The lab, on its page."""
    lab.box  # noqa: B018 - showing it is what publishes
    return lab


def by_hand(variant: Variant | None) -> tuple[dict, int, int]:
    """Crowd, size and the rest of a student."""
    if variant is None:
        return CROWDS[0], 2, STARTS[0]
    return variant.choice("crowd", CROWDS), variant.choice("each", [2, 3, 5]), variant.choice("least", STARTS)


ASKED = drawn_lab(mode="demo")


# one lab for everybody ------------------------------------------------------------------------------------------------

@given(st.none() | seeds)
def test_one_lab_answers_for_everybody(seed):
    variant = None if seed is None else Variant(seed)
    crowd, each, least = by_hand(variant)
    task = ASKED.questions["more"]
    truth = crowd["users"] * each + least
    assert ASKED.questions["taken"].truth_for(variant) == crowd["users"] * each
    assert task.truth_for(variant) == truth and task.key(variant) == f"{truth} GB"
    assert task.judged(f"{truth} GB", variant).right and not task.judged(f"{truth + 7} GB", variant).right
    told = task.judged(f"{crowd['users'] * each} GB", variant)
    assert told.code == "misconception" and told.sentence == f"Where are the {least}?"
    assert ASKED.questions["which"].judged("few", variant).right == (crowd["users"] < 15)
    assert ASKED.questions["plan"].judged(ASKED.wiring.start, variant).right
    assert task.explained_for(task.derivation, variant) == f"{crowd['users'] * each} and {least}."


@given(seeds)
def test_what_a_student_sees_is_what_one_lab_says_of_the_student(seed):
    variant, own = Variant(seed), drawn_lab(seed=seed, mode="demo")
    for name, item in ASKED.questions.items():
        if name in ("taken", "more"):
            asked = own.questions[name]
            assert asked.truth == item.truth_for(variant)
            assert asked.shown.question == item.stated_for(item.question, variant)
            assert asked.shown.given == item.stated_for(item.given, variant)


def test_the_first_option_is_everybodys_and_knobs_and_pictures_are_the_same_for_all():
    lab, own = shown(drawn_lab()), shown(drawn_lab(seed=1))
    assert lab.questions["more"].shown.question == "Eight of 2 GB, and 40 more: how much?"
    assert lab.questions["taken"].shown.given == "8 users of 2 GB" and lab.variant is None
    assert own.questions["more"].shown.question != lab.questions["more"].shown.question
    assert own.program() == lab.program() and own.wiring.start == lab.wiring.start
    assert lab.draws == {"crowd": CROWDS, "each": (2, 3, 5), "least": STARTS}


def test_a_draw_may_stand_by_its_name():
    variant = Variant(5)
    assert drawn_lab(by_name=True).questions["more"].truth_for(variant) == ASKED.questions["more"].truth_for(variant)


def test_each_student_gets_each_option_about_as_often():
    counts = Counter(ASKED.questions["which"].truth_for(Variant(variant_seed("c", str(n), "x"))) for n in range(2000))
    assert abs(counts["few"] - 1000) < 120


def test_what_is_played_is_told_in_the_students_numbers():
    lab = shown(drawn_lab(seed=3))
    crowd, each, least = by_hand(lab.variant)
    told = step(lab, "taken", "lock", 30.0).truth
    users = crowd["users"]
    assert told["value"] == users * each and told["why"] == f"{users} times {each} is {users * each}."
    assert step(lab, "more", "hint", None).hints == [f"{each} each."]
    assert step(lab, "more", "answer", f"{users * each} GB").feedback == f"Where are the {least}?"
    assert step(lab, "more", "answer", f"{users * each + least} GB").state == "right"
    assert lab.questions["more"].shown.means == f"Half is {users * each // 2}."
    assert lab.questions["taken"].raw_show()["users"] == users, "the reveal goes where the question is"


# who it is ------------------------------------------------------------------------------------------------------------

def test_the_seed_that_a_lab_was_given_draws_and_stands_in_the_record(monkeypatch):
    lab = shown(drawn_lab(seed=77, course="ML", student="Ada"))
    assert lab.variant == Variant(77)
    step(lab, "taken", "lock", 30.0)
    assert lab.progress.record.all("opened")[-1].value["seed"] == 77
    monkeypatch.setenv("MLSYSIM_LABS_SEED", "78")
    assert small_lab().variant == Variant(78) and small_lab(seed=5).variant == Variant(5)
    monkeypatch.setenv("MLSYSIM_LABS_SEED", "")
    assert small_lab().variant is None


@pytest.mark.parametrize("text", ["ada", "-3", "1e5", "٣", str(2**SEED_BITS)])
def test_a_seed_of_the_environment_that_is_none_is_a_sentence(monkeypatch, text):
    monkeypatch.setenv("MLSYSIM_LABS_SEED", text)
    with pytest.raises(ValueError, match=r"seed is|MLSYSIM_LABS_SEED is"):
        small_lab()


@pytest.mark.parametrize("seed", [True, 1.5, "12", -1, 2**SEED_BITS])
def test_a_seed_that_is_none_is_a_sentence(seed):
    with pytest.raises((TypeError, ValueError), match="seed is"):
        small_lab(seed=seed)


def test_a_name_that_comes_later_asks_in_that_students_numbers(tmp_path):
    lab = shown(drawn_lab(course="ML", mode="learn"))
    everybodys = lab.questions["more"].shown.question
    step_name = lab.questions.steps()[0][2]
    step_name.hear({"kind": "name", "id": "n", "value": "Ada Lovelace", "time": ""})
    own = drawn_lab(seed=variant_seed("ML", "Ada Lovelace", "97_drawn"), mode="demo")
    for name in ("taken", "more"):
        now, then = lab.questions[name].shown, own.questions[name].shown
        assert (now.question, now.given) == (then.question, then.given)
        assert lab.progress.steps[name][1] == then.question
    assert lab.questions["more"].shown.question != everybodys, "of another student with another name"
    step(lab, "taken", "lock", 30.0)
    assert own.questions["more"].shown.question in lab.progress.summary()


def test_the_edition_has_what_may_be_drawn_and_not_what_was():
    same = drawn_lab().progress.edition()
    assert {drawn_lab(seed=n).progress.edition() for n in range(9)} == {same}
    assert drawn_lab(crowds=CROWDS[:3]).progress.edition() != same != drawn_lab(crowds=CROWDS[::-1]).progress.edition()


# what authors get wrong -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, options, says", [
    ("users", [1, 2], "is a control here"), ("guess", [1, 2], "what a learner guesses"),
    ("two words", [1, 2], "Python"), ("one", [1], "give two or more"),
    ("text", "abc", "give a list"), ("by_name", {"a": 1, "b": 2}, "give a list"),
    ("room", [1, 2], "is a function here")])
def test_what_cannot_be_drawn_is_a_sentence(name, options, says):
    with pytest.raises((TypeError, ValueError), match=says):
        drawn_lab().draw(name, options)


def test_a_draw_again_replaces_the_first():
    lab = drawn_lab()
    lab.draw("least", [1000, 2000])
    assert lab.questions["more"].truth_for(None) == 1016


@pytest.mark.parametrize("at, says", [({"usres": 3}, "'usres'.*users"), ({"room": 3}, "'room'"),
                                      ({"users": "crowed"}, "has no|choose from|not supported")])
def test_a_setting_that_nobody_asks_for_is_named(at, says):
    lab = drawn_lab()
    with pytest.raises((KeyError, ValueError, TypeError), match=says):
        lab.task("How many?", at=at)(lambda room, users: users)
        lab.questions["<lambda>"].truth  # noqa: B018


def test_the_page_follows_no_draw():
    lab = drawn_lab()

    @lab.picture(Vessel(), view="Another")
    def another(room):
        return {"capacity": 1e11, "weights": room["all"], "cache": 1e9, "users": 1}

    with pytest.raises(ValueError, match=r"another is on the page.* needs the draw each\b"):
        shown(lab)


# the battery bites ----------------------------------------------------------------------------------------------------

def test_the_lab_of_these_tests_holds_for_200_students():
    check_draws(drawn_lab(mode="demo"))


def lab_with(formula, question="How many, {many:,}?", many=range(100, 200), task=True, **how) -> Lab:
    """A lab with one draw and one question."""
    lab = Lab("x", slug="x", mode="demo")
    lab.draw("many", list(many))
    ask = lab.task if task else lab.predict
    ask(question, **how)(formula)
    return lab


def test_a_fault_that_some_students_meet_is_named():
    def key(many):
        return many

    for lab, says in ((lab_with(key, hints=["Add {more}."]), "'more'"),
                      (lab_with(key, task=False, high=150), "on the scale"),
                      (lab_with(lambda many: many // 90, tolerance=0), r"69\.7 % of a neighbour"),
                      (lab_with(key, "{many}, {"), "is not filled"),
                      (lab_with(key, mistakes={"No.": lambda many: max(many, 150)}), r"'1\d\d', of the mistake")):
        with pytest.raises(AssertionError, match=says):
            check_draws(lab)


def test_how_much_of_a_neighbours_answers_is_right_is_counted_as_a_grader_would():
    lab = lab_with(lambda many: many, many=range(100, 140))
    task, students = lab.questions["<lambda>"], variants_of(lab)[:60]
    pairs = [(mine, other) for mine in students for other in students if mine is not other]
    right = sum(task.judged(task.key(other), mine).right for mine, other in pairs)
    assert share_right(task, students) == pytest.approx(right / len(pairs)) and right > 60


def test_what_cannot_differ_is_not_asked_to():
    assert share_right(ASKED.questions["which"], variants_of(ASKED)) == 0
    lab = lab_with(lambda many: float("inf"))
    assert share_right(lab.questions["<lambda>"], variants_of(lab)) == 0
    check_draws(lab)


# draws ----------------------------------------------------------------------------------------------------------------

@given(st.integers(2, 60), seeds)
def test_parts_of_an_option_come_together(count, seed):
    whole = Draw("n", tuple({"number": n, "word": f"word {n}"} for n in range(count)))
    at = settled({"users": whole["number"], "said": whole["word"], "context": 5}, Variant(seed))
    assert at == {"users": at["users"], "said": f"word {at['users']}", "context": 5}
    assert whole.of(None)["number"] == 0 and at["users"] == Variant(seed).choice("n", range(count))


def test_an_option_may_be_a_record():
    lab = lab_with(lambda many: many.bandwidth / 1e9, "How fast is one {many}?", many=[*Hardware.Cloud], unit="GB/s")
    item = lab.questions["<lambda>"]
    assert item.stated(item.question) == f"How fast is one {next(iter(Hardware.Cloud))}?"
    with pytest.raises(AnswerError):
        item.judged("five", None)


def test_a_lab_without_draws_is_as_it_was():
    lab = shown(small_lab())
    assert lab.draws == {} and lab.questions[USERS].shown.question == "How many users of 128K fit at once?"
    assert lab.questions[USERS].truth_for(Variant(9)) == lab.questions[USERS].truth
