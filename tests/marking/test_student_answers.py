"""What students type: every spelling is read, every mistake is told apart, and nothing wrong is told the truth."""

from __future__ import annotations

import math
import time

import pytest
from drawn import RUNS
from hypothesis import assume, given
from hypothesis import strategies as st

from mlsysim_labs.marking.answers import (
    INFEASIBLE,
    LONGEST_ANSWER,
    SPELLINGS,
    AnswerError,
    answer_of,
    count_text,
    known_unit,
)
from mlsysim_labs.marking.verdicts import Question, verdict_on
from solver import Q_

BELOW = ["s", "sec", "h", "B", "token", "Mtoken", "request", "user", "$"]
UNITS = [name for name in SPELLINGS if name] + [
    f"{head}{slash}{below}" for head in ("B", "GiB", "TFLOP", "token", "$", "ms") for below in BELOW
    for slash in ("/", " / ", " per ")]
ASKED = ["s", "ms", "min", "GB", "GiB", "kB", "ktoken", "FLOP", "TFLOP/s", "GB/s", "token/s", "FLOP/B", "$/Mtoken",
         "KiB/token", "token/request", "users", "", "%"]
values = st.floats(1e-12, 1e12)
# Six digits that no sentence has, so that they are in one only if the truth is.
truths = st.integers(100_003, 999_983).filter(lambda n: n % 10 and len(set(str(n))) > 3).map(lambda n: n / 1000)


def refusal(text):
    with pytest.raises(AnswerError) as caught:
        answer_of(text)
    return str(caught.value)


@pytest.mark.parametrize(("text", "number", "unit", "kind"), [
    ("44.2 GB", 44.2, "GB", "byte"), ("44.2GB.", 44.2, "GB", "byte"), ("  ~44.2   gb", 44.2, "gb", "byte"),
    ("1,234.5 ms", 1234.5, "ms", "second"), ("1,234,567 tokens", 1234567, "tokens", "token"),
    ("1_000", 1000, "", ""), ("1e3 B", 1000, "B", "byte"), ("1E-3s", 0.001, "s", "second"),
    (".5 s", 0.5, "s", "second"),
    ("2.5·10^3 B", 2500, "B", "byte"), ("2.5 x 10^-3 s", 0.0025, "s", "second"), ("2.5*10**3 B", 2500, "B", "byte"),
    ("10⁹ FLOP", 1e9, "FLOP", "FLOP"), ("3×10⁻³ s", 0.003, "s", "second"), ("\u22125 GB", -5, "GB", "byte"),
    ("4,8 s", 4.8, "s", "second"), ("0,125 s", 0.125, "s", "second"), ("12,34 s", 12.34, "s", "second"),
    ("4x", 4, "x", ""), ("4 ×", 4, "×", ""), ("4 times", 4, "times", ""), ("50%", 50, "%", ""),
    ("12 µs", 12, "us", "second"), ("12 μs", 12, "us", "second"), ("12 microseconds", 12, "microseconds", "second"),
    ("16 gigabytes", 16, "gigabytes", "byte"), ("16 KB", 16, "KB", "byte"), ("16 Gbps", 16, "Gbps", "byte/second"),
    ("989 TFLOPS", 989, "TFLOPS", "FLOP/second"), ("989 TFLOPs", 989, "TFLOPs", "FLOP"),
    ("9 tflops/s", 9, "tflops/s", "FLOP/second"), ("50 tok/s", 50, "tok/s", "token/second"),
    ("50 tokens per second", 50, "tokens per second", "token/second"),
    ("50 tokens/sec", 50, "tokens/sec", "token/second"),
    ("$0.25/Mtoken", 0.25, "$/Mtoken", "dollar/token"), ("$ 2 per hour", 2, "$ per hour", "dollar/second"),
    ("8192 tokens/user", 8192, "tokens/user", "token"), ("295 FLOP/byte", 295, "FLOP/byte", "FLOP/byte"),
    ("4 GPUs", 4, "GPUs", "chip"), ("1 gpu", 1, "gpu", "chip"), ("8 chips", 8, "chips", "chip"),
    ("300 blocks", 300, "blocks", "block"), ("1 page", 1, "page", "block"), ("4 stages", 4, "stages", "stage"),
    ("2 days", 2, "days", "second"), ("2d", 2, "d", "second"), ("3 years", 3, "years", "second"),
    ("1.5 kg", 1.5, "kg", "kilogram"), ("300 t", 300, "t", "kilogram"), ("2 kilograms", 2, "kilograms", "kilogram"),
    ("3 $/h", 3, "$/h", "dollar/second"), ("$3/day", 3, "$/day", "dollar/second"), ("5 hours", 5, "hours", "second"),
    ("400 g/kWh", 400, "g/kWh", "kilogram/joule"), ("2 $/GPU/h", 2, "$/GPU/h", "dollar/chip/second"),
    ("2 tokens/s/GPU", 2, "tokens/s/GPU", "token/chip/second"), ("16 tokens/block", 16, "tokens/block", "token/block"),
    ("\uff11\uff12 ms", 12, "ms", "second"), ("9 tok/s/user", 9, "tok/s/user", "token/request/second"),
])
def test_what_people_write_is_read(text, number, unit, kind):
    answer = answer_of(text)
    assert (answer.number, answer.unit, answer.kind, answer.text) == (number, unit, kind, text.strip())
    assert answer.value == number * known_unit(unit).factor


@pytest.mark.parametrize("text", ["infeasible", "Infeasible.", " IMPOSSIBLE! ", "does not fit", "It doesn’t fit",
                                  "none", "never", "not possible"])
def test_that_it_cannot_be_done_is_an_answer(text):
    assert answer_of(text).kind == INFEASIBLE and math.isnan(answer_of(text).value)
    assert verdict_on(text, INFEASIBLE, "GB").right


@pytest.mark.parametrize(("text", "says"), [
    ("", "I see no number in your answer. Write a number and its unit"), (" \n\t", "I see no number"),
    ("x" * 61, "has 61 characters, and I read at most 60"), ("GB", "I see no number in “GB”"), ("nan", "no number in"),
    ("perhaps not 5 s", "doesn't start with a number"), ("> 5 s", "only says on which side the number lies"),
    ("4 8 GB", "more than one number"), ("4-8 GB", "is a range"), ("4 to 8 GB", "is a range"),
    ("between 4 and 8 GB", "is a range"), ("17 GB 180 MB", "more than one number"),
    ("9**9**9", "more than one number"), ("2^9999 B", "more than one number"), ("1/0 s", "can't work out"),
    ("16 GB = 16 GiB", "don't agree"), ("16 GB (GiB)", "has a second unit"), ("4.65 = 4", "don't agree"),
    ("16 Gib", "Write Gibit or GiB."), ("131 kb", "Write kbit or kB."), ("€5/h", "another currency"),
    ("infeasible, 17 GB", "that it cannot be done, and gives a number too"), ("not impossible", "no number in"),
    ("1e400 s", "is more than I can count"), ("1e300 TB", "is more than I can count"),
    ("12,34,56 s", "more than one way"),
    ("1,23,456 B", "more than one way"), ("44.2 gigs", "I don't know the unit “gigs”"),
    ("5 secnds", "Did you mean seconds or"), ("5 tokns/s", "Did you mean tok"),
    ("5 quux", "Use one like s, GB, token, FLOP/s or $/Mtoken."), ("5 Gb", "Write Gbit or GB."),
    ("5 Gb/s", "Write Gbit or GB."), ("5 tflops", "an amount or a rate. Write FLOP or FLOP/s"),
    ("5 Tflops", "an amount or a rate"), ("5 mj", "Did you mean mJ or MJ?"),
    ("__import__('os')", "no number in"),
    ("5 <script>alert()</script>", "on which side"), ("5\x00s", "the unit “ s”"), ("\ud800", "no number in “\ufffd”"),
])
def test_what_cannot_be_read_is_answered_with_one_sentence(text, says):
    sentence = refusal(text)
    assert says in sentence and sentence.endswith((".", "?")) and "\n" not in sentence
    assert len(sentence) < 200


@pytest.mark.parametrize("text", [
    "9**9**9**9**9**9**9**9**9**9**9**9**9**9", "1" * 40, "1,000" * 8, "1_" * 20, "1." * 20, "," * 40, "." * 40,
    "1" + ",111" * 9 + "x", "1 " * 20, "10^" * 13, "1e" * 20, "1x10^" * 8, "1 per " * 6, "1" + " per" * 9,
    "1" + "/" * 39, "1 " + "s/" * 19, "1" + " " * 38 + "s", "⁹" * 40, "\ufdfa" * 40, "1" + "\ufdfa" * 39, "~" * 40,
    "1e" + "9" * 38, "1" * 10**6, " " * 10**6, "1," * 10**6, "9**" * 10**6, "\ufdfa" * 10**6,
    " " * 10**6 + "5 s" + " " * 10**6], ids=lambda text: f"{text[:8]!r} of {len(text)}")
def test_hostile_texts_take_no_time(text):
    began = time.perf_counter()
    try:
        verdict_on(text, 5.0, "s")
    except AnswerError as refused:
        assert len(str(refused)) < 300
    assert time.perf_counter() - began < 0.5


@RUNS
@given(values, st.sampled_from(UNITS), st.sampled_from(["", " "]), st.booleans())
def test_every_number_in_every_unit_reads_back(value, unit, space, negative):
    value = -value if negative else value
    answer = answer_of(f"{value!r}{space}{unit}")
    known = known_unit(unit)
    assert (answer.value, answer.kind) == (value * known.factor, known.kind)


@pytest.mark.parametrize(("text", "truth", "unit", "code", "says"), [
    ("4", 4, "GPUs", "right", "Right: 4 GPUs."), ("1 GPU", 1, "GPUs", "right", "Right: 1 GPU."),
    ("4 chips", 4, "GPU", "right", "Right: 4 GPUs."), ("none", 0, "blocks", "right", "Right"),
    ("5", 4, "stages", "rounding", "a count has to be exact"), ("2 days", 48, "hours", "right", "Right: 48 hours."),
    ("3 users", 3, "GPUs", "wrong kind", "“3 users” measures requests, but the question asks for chips."),
    ("300 kg", 0.3, "t", "right", "Right: 0.3 t."), ("3 s", 0.3, "t", "wrong kind", "the question asks for mass"),
    ("48 $/day", 2, "$/h", "right", "Right: 2 $/h.")])
def test_what_labs_count_and_weigh_is_judged(text, truth, unit, code, says):
    verdict = verdict_on(text, truth, unit, whole=unit in ("GPU", "GPUs", "stages", "blocks"))
    assert verdict.code == code and says in verdict.sentence


@pytest.mark.parametrize(("number", "unit", "shown"), [
    ("1", "GPUs", "1 GPU"), ("4", "GPU", "4 GPUs"), ("1", "hours", "1 hour"), ("2", "day", "2 days"), ("1", "s", "1 s"),
    ("4", "ms", "4 ms"), ("1", "tokens per second", "1 tokens per second"), ("2", "kg", "2 kg"),
    ("0.5", "page", "0.5 pages")])
def test_counts_stand_in_the_plural_where_people_say_so(number, unit, shown):
    assert count_text(number, unit) == shown


def test_all_units_are_those_of_the_solver():
    for name in ("g", "kg", "t", "kt", "d", "year",
                 "ms", "us", "min", "kB", "KiB", "TiB", "Gbit", "Mtoken", "GFLOP", "kWh", "request", "GB/s", "FLOP/B"):
        assert known_unit(name).factor == pytest.approx(Q_(1, name).to_root_units().magnitude, rel=1e-15)


@pytest.mark.slow
@RUNS
@given(st.floats(1e-3, 1e6), st.sampled_from(ASKED), st.sampled_from([0.0, 0.02]))
def test_the_truth_is_right_in_every_unit(truth, asked, tolerance):
    known = known_unit(asked)
    for unit in UNITS:
        if known_unit(unit).kind == known.kind:
            number = truth * (known.factor / known_unit(unit).factor)
            verdict = verdict_on(f"{number!r} {unit}", truth, asked, tolerance)
            assert verdict.right and verdict.code == "right", unit


@RUNS
@given(st.integers(0, 10**6), st.floats(0, 0.999), st.sampled_from(["", "users", "requests", "krequest"]))
def test_counts_are_right_exactly(count, more, unit):
    typed = count / known_unit(unit).factor
    assert verdict_on(f"{typed!r} {unit}", count + more, "users", whole=True).right
    for other in (count - 1, count + 1):
        assert not verdict_on(f"{other}", count + more, "users", whole=True).right


@RUNS
@given(st.text(max_size=LONGEST_ANSWER + 2)
       | st.text("0123456789.,_eE+-x×*^/$% GMKikBbstokenFLOPper⁹µ", max_size=LONGEST_ANSWER),
       st.sampled_from([0.0, 1.0, -3.5, 1e300, INFEASIBLE]), st.sampled_from(ASKED), st.booleans())
def test_any_text_is_judged_or_refused(text, truth, asked, whole):
    try:
        verdict = verdict_on(text, truth, asked, misconceptions={"Nothing.": 0.0, "Too much.": math.inf}, whole=whole)
    except AnswerError:
        return
    assert verdict.right == (verdict.code == "right") and verdict.sentence.endswith((".", "?"))


@pytest.mark.slow
@RUNS
@given(truths, values | st.sampled_from([2.0, 0.5, 4.0, 8.0, 1e3, 1024.0, 1.024, 1.073741824, 1 / 1.073741824]).map(
    lambda ratio: -ratio), st.sampled_from(UNITS), st.sampled_from(ASKED), st.booleans(), st.booleans())
def test_nothing_wrong_is_told_the_truth(truth, value, unit, asked, whole, bare):
    """A negative draw stands for a ratio to the truth, so that near misses are drawn too."""
    text = f"{value if value > 0 else -value * truth:.6g} {'' if bare else unit}".strip()
    shown = [f"{truth:.12g}", f"{truth:.3g}", str(math.floor(truth)), f"{truth:.3f}"]
    assume(not any(number in text for number in shown))
    half = {"Each token has a key and a value.": truth / 2}
    try:
        verdict = verdict_on(text, truth, asked, misconceptions=half, whole=whole)
    except AnswerError as problem:  # a missing unit is asked for
        assert not any(number in str(problem).replace(text, "") for number in shown)
        return
    assert verdict.right or not any(number in verdict.sentence.replace(text, "") for number in shown)
    wrong = verdict_on(text, INFEASIBLE, asked)
    assert wrong.right or not any(word in wrong.sentence for word in ("infeasible", "impossible", "cannot"))


KV = {"Each token keeps a key and a value: you counted one of them.": 22.1, "That leaves out the weights.": 30.0}


@pytest.mark.parametrize(("text", "truth", "unit", "code", "says"), [
    ("44.2 GB", 44.2, "GB", "right", "Right: 44.2 GB."),
    ("45 GB", 44.2, "GB", "right", "Right: 44.2 GB."),
    ("41.2 GiB", 44.2, "GB", "right", "Right: 44.2 GB."),
    ("12 s", 12, "ms", "wrong unit", "The number is right in ms, but you wrote s."),
    ("16 s", 44.2, "GB", "wrong kind", "“16 s” measures time, but the question asks for memory."),
    ("16 GB", 44.2, "GB/s", "wrong kind", "“16 GB” measures memory, but the question asks for memory per time."),
    ("44.2 GB", 44.2, "GiB", "GB for GiB", "The number is right in GiB, but you wrote GB. 1 GiB is 1.074 GB."),
    ("44.2 GiB", 44.2, "GB", "GiB for GB", "The number is right in GB, but you wrote GiB. 1 GiB is 1.074 GB."),
    ("131.07 kB/token", 131.07, "KiB/token", "kB for KiB", "1 KiB is 1.024 kB."),
    ("44200 MB", 44.2, "GiB", "wrong", "Not this number"),
    ("22.1 GB", 44.2, "GB", "misconception", "Each token keeps a key and a value: you counted one of them."),
    ("30.1 GB", 44.2, "GB", "misconception", "That leaves out the weights."),
    ("88.4 GB", 44.2, "GB", "factor", "You are off by a factor of 2. Did you count something twice"),
    ("11 GB", 44.2, "GB", "factor", "off by a factor of 4"), ("354 GB", 44.2, "GB", "factor", "off by a factor of 8"),
    ("442 GB", 44.2, "GB", "factor", "a factor of 10"), ("44.2 MB", 44.2e6, "kB", "factor", "factor of 1000"),
    ("1024 s", 1, "s", "factor", "factor of 1024"), ("1000 s", 1, "s", "factor", "factor of 1000"),
    ("-44.2 GB", 44.2, "GB", "wrong", "Not this number"), ("0 GB", 44.2, "GB", "wrong", "Not this number"),
    ("60 GB", 44.2, "GB", "wrong", "Not this number"), ("5 s", 0, "s", "wrong", "Not this number"),
    ("0 s", 0, "s", "right", "Right: 0 s."), ("-3 GB", -3.0, "GB", "right", "Right: -3 GB."),
    ("infeasible", 44.2, "GB", "feasible", "It can be done"),
    ("44.2 GB", INFEASIBLE, "GB", "infeasible", "Before you work out a number"),
    ("44.2 s", INFEASIBLE, "GB", "wrong kind", "“44.2 s” measures time"),
    ("0 GB", INFEASIBLE, "GB", "infeasible", "Before you work out"),
    ("0 users", INFEASIBLE, "users", "right", "Right: it cannot be done."), ("none", 0, "users", "right", "Right"),
    ("0.5", 50, "%", "right", "Right: 50 %."),
    ("4x", 4, "", "right", "Right: 4."), ("50%", 0.5, "", "right", "Right: 0.5."),
    ("4 tokens/s", 4, "", "wrong kind", "measures tokens per time, but the question asks for a ratio."),
    ("8192", 8192, "token/request", "right", "Right: 8,192 token/request."),
    ("8 Kitoken", 8192, "tokens", "right", "Right: 8,192 tokens."),
    ("∞", 4, "users", "wrong", "Not this number"), ("∞ GB", INFEASIBLE, "GB", "infeasible", "Before you work out"),
    ("44 s", 44.2, "s", "right", "Right: 44.2 s."), ("3 s", 3.04, "s", "coarse", "A single digit is too coarse here."),
    ("0.12 Mtoken", 122_532, "token", "right", "Right: 122,532 tokens."),
])
def test_each_mistake_has_its_sentence(text, truth, unit, code, says):
    verdict = verdict_on(text, truth, unit, misconceptions=KV if truth == 44.2 else {})
    assert verdict.code == code and says in verdict.sentence
    assert verdict.right == (code == "right")


@pytest.mark.parametrize(("text", "code"), [
    ("260", "right"), ("260 users", "right"), ("0.26 krequest", "right"), ("260.7", "fraction"), ("261", "rounding"),
    ("259", "rounding"), ("263", "rounding"), ("130", "misconception"), ("520", "factor"), ("300", "wrong"),
    ("260 tokens", "wrong kind"), ("none", "feasible"), ("0", "wrong")])
def test_counts_are_judged_exactly(text, code):
    verdict = verdict_on(text, 260.7, "users", misconceptions={"That is half of the memory.": 130.3}, whole=True)
    assert verdict.code == code
    assert code != "right" or verdict.sentence == "Right: 260 users."


def test_the_nearest_misconception_is_the_one_that_is_said():
    near = {"This one.": 100.0, "That one.": 101.0}
    assert verdict_on("100.9 s", 500, "s", misconceptions=near).sentence == "That one."
    assert verdict_on("100.1 s", 500, "s", misconceptions=near).sentence == "This one."
    assert verdict_on("100 s", 100.5, "s", misconceptions=near).right, "what is right is right, whatever leads there"


def test_the_tolerance_is_a_share_of_the_truth():
    assert verdict_on("102 s", 100, "s").right and not verdict_on("102.1 s", 100, "s").right
    assert verdict_on("98 s", 100, "s").right and not verdict_on("97.9 s", 100, "s").right
    assert verdict_on("150 s", 100, "s", tolerance=0.5).right
    assert not verdict_on("100.01 s", 100, "s", tolerance=0).right


@pytest.mark.parametrize(("call", "says"), [
    (lambda: verdict_on("5 s", float("nan"), "s"), "the truth is nan: give a finite number of 's', or 'infeasible'."),
    (lambda: verdict_on("5 s", "impossible", "s"), "the truth is 'impossible'"),
    (lambda: verdict_on("5 s", 5, "furlong"), "the question's unit cannot be read: I don't know the unit “furlong”"),
    (lambda: verdict_on("5 s", 5, "s", tolerance=1.5), "the tolerance is 1.5"),
    (lambda: Question(5, "s", tolerance=-1), "the tolerance is -1")])
def test_an_authors_mistakes_are_no_students(call, says):
    with pytest.raises(ValueError) as caught:
        call()
    assert says in str(caught.value) and not isinstance(caught.value, AnswerError)
