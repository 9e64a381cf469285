"""Seeds and draws: the same everywhere and for ever, different for different people, and as likely as each other."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.marking.variants import SEED_BITS, Variant, variant_seed

KEY = "a secret of the teacher's"
GOLDEN = {"open": 5292146621808950, "secret": 1901299998949328, "unicode": 8867531714410935,
          "draws": [621, 124, 276], "context": 70656, "share": 0.6}
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip)


def test_seeds_stay_what_they_were():
    """Made once by this code, and by hand with hashlib: whoever changes one deals all students new numbers."""
    assert variant_seed("CS249r 2026", "ada", "kv_cache") == GOLDEN["open"]
    assert variant_seed("CS249r 2026", "ada", "kv_cache", key=KEY) == GOLDEN["secret"]
    assert variant_seed("机器学习系统", "José", "roofline") == GOLDEN["unicode"]


def test_draws_stay_what_they_were():
    variant = Variant(GOLDEN["open"])
    assert [variant.choice(name, range(1000)) for name in ("chip", "model", "context")] == GOLDEN["draws"]
    assert variant.number("context", 1024, 131072, step=1024) == GOLDEN["context"]
    assert variant.number("share", 0.1, 0.9, step=0.05) == GOLDEN["share"]


def test_a_seed_is_a_hash_of_what_the_docstring_says():
    import hashlib
    import hmac

    fields = [text.encode() for text in ("CS249r 2026", "ada", "kv_cache")]
    message = b"mlsysim-labs seed 1" + b"".join(len(f).to_bytes(8, "big") + f for f in fields)
    for key, digest in ((None, hashlib.sha256(message)), (KEY, hmac.new(KEY.encode(), message, "sha256"))):
        first = int(digest.hexdigest(), 16) >> (256 - SEED_BITS)
        assert variant_seed("CS249r 2026", "ada", "kv_cache", key=key) == first


def test_another_process_draws_the_same():
    """Python's own hash differs from process to process; this one must not."""
    code = ("from mlsysim_labs.marking.variants import *; "
            "print(variant_seed('c', 's', 'l'), Variant(5).choice('x', range(99)))")
    for salt in ("0", "1"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                              env={"PYTHONHASHSEED": salt, "PYTHONPATH": ":".join(sys.path)})
        assert done.stdout.split() == [str(variant_seed("c", "s", "l")), str(Variant(5).choice("x", range(99)))]


def test_fields_do_not_run_into_each_other():
    seeds = [variant_seed(*fields) for fields in (
        ("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("c", "ab", "d"), ("a\0b", "c", "d"), ("a", "b\0c", "d"))]
    assert len(set(seeds)) == len(seeds)


def test_names_are_compared_as_people_see_them():
    jose = variant_seed("c", "Jos\u00e9", "l")
    assert variant_seed("\tc", "Jose\u0301 ", "l") == jose != variant_seed("c", "Jose", "l")
    assert variant_seed("c", "ada", "l") != variant_seed("c", "Ada", "l"), "capitals are the course's own business"
    assert Variant(1).number("Jose\u0301", 0, 10**6) == Variant(1).number("Jos\u00e9", 0, 10**6)


def test_a_key_hides_the_seed():
    seeds = {variant_seed("c", "ada", "l", key=key) for key in (None, KEY, KEY + "!", b"\x00" * 16, b"\x01" * 16)}
    assert len(seeds) == 5
    assert variant_seed("c", "ada", "l", key=KEY + "\n") == variant_seed("c", "ada", "l", key=KEY.encode())


@RUNS
@given(names, names, names)
def test_a_seed_is_a_number_that_javascript_keeps(course, student, lab):
    seed = variant_seed(course, student, lab)
    assert 0 <= seed < 2**53 and int(float(seed)) == seed and Variant(seed).seed == seed


@RUNS
@given(st.integers(0, 2**53 - 1), st.lists(names, min_size=2, max_size=6, unique=True), st.randoms())
def test_a_draw_depends_on_its_name_alone(seed, asked, order):
    first = {name: Variant(seed).number(name, 0, 1000) for name in asked}
    variant = Variant(seed)
    order.shuffle(asked)
    assert {name: variant.number(name, 0, 1000) for name in asked} == first


@RUNS
@given(st.integers(0, 2**53 - 1), st.integers(-1000, 1000), st.integers(0, 1000), st.integers(1, 50))
def test_numbers_stay_on_their_steps(seed, low, width, step):
    drawn = Variant(seed).number("n", low, low + width, step)
    assert isinstance(drawn, int) and low <= drawn <= low + width and (drawn - low) % step == 0


def chi_square(counts, expected):
    return sum((n - expected) ** 2 / expected for n in counts)


def test_all_options_are_as_likely():
    """Nine degrees of freedom: chance alone exceeds 27.9 once in a thousand. Seeds are fixed: no flakes."""
    variants = [Variant(variant_seed("c", f"student {i}", "l")) for i in range(10_000)]
    for name in ("chip", "model", "context"):
        counts = Counter(variant.choice(name, range(10)) for variant in variants)
        assert len(counts) == 10 and chi_square(counts.values(), 1000) < 27.9
    steps = Counter(variant.number("share", 0.1, 1.0, step=0.1) for variant in variants)
    assert sorted(steps) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert chi_square(steps.values(), 1000) < 27.9


def test_one_draw_says_nothing_about_another():
    """99 degrees of freedom for pairs: chance alone exceeds 149 once in a thousand."""
    pairs = Counter((Variant(seed).choice("chip", range(10)), Variant(seed).choice("model", range(10)))
                    for seed in range(10_000))
    assert len(pairs) == 100 and chi_square(pairs.values(), 100) < 149


def test_seeds_do_not_collide_in_a_large_course():
    assert len({variant_seed("c", str(i), "l") for i in range(20_000)}) == 20_000


@pytest.mark.parametrize(("call", "kind", "says"), [
    (lambda: variant_seed("c", " ", "l"), ValueError, "student is empty: give the name"),
    (lambda: variant_seed("c", 17, "l"), TypeError, "student is 17, a int: give a text."),
    (lambda: variant_seed("c", "\ud800", "l"), ValueError, "a broken character"),
    (lambda: variant_seed("c", "s", "l", key="short"), ValueError, "key has 5 bytes, which somebody could guess"),
    (lambda: variant_seed("c", "s", "l", key=b""), ValueError, "give at least 16"),
    (lambda: variant_seed("c", "s", "l", key=3.5), TypeError, "key is a float: give bytes or a text"),
    (lambda: Variant(-1), ValueError, "from 0 to 2^53 - 1"),
    (lambda: Variant(2**53), ValueError, "from 0 to 2^53 - 1"),
    (lambda: Variant(1.5), TypeError, "give a whole number"),
    (lambda: Variant(True), TypeError, "give a whole number"),
    (lambda: Variant(1).choice("chip", []), ValueError, "chip has no options"),
    (lambda: Variant(1).choice("chip", "H100"), TypeError, "are a str: give a list"),
    (lambda: Variant(1).choice("chip", {"H100", "H200"}), TypeError, "are a set: give a list"),
    (lambda: Variant(1).choice("", [1]), ValueError, "the parameter's name is empty"),
    (lambda: Variant(1).number("n", 2, 1), ValueError, "n goes from 2 to 1"),
    (lambda: Variant(1).number("n", 0, 1, step=0), ValueError, "a step above 0"),
    (lambda: Variant(1).number("n", 0, float("inf")), ValueError, "give finite numbers"),
    (lambda: Variant(1).number("n", float("nan"), 1), ValueError, "give finite numbers"),
])
def test_bad_input_is_answered_with_a_sentence(call, kind, says):
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)


def test_a_secret_is_not_shown():
    with pytest.raises(ValueError) as caught:
        variant_seed("c", "s", "l", key="hunter2")
    assert "hunter2" not in str(caught.value)
