"""The page reads and judges as the kernel does: what people have written, and texts that nobody would write."""

from __future__ import annotations

import gzip
import json
import random
import subprocess

import equip
import pytest
from drawn_texts import drawn_text
from paths import ROOT

from mlsysim_labs.marking.question import guess_of, kept_sentence
from mlsysim_labs.marking.tables import AnswerError, marking_table
from mlsysim_labs.marking.verdicts import verdict_on
from mlsysim_labs.widgets.assets import script
from solver.text import number_text

FILE = json.loads((ROOT / "tests/marking/cases.json").read_text(encoding="utf-8"))
QUESTIONS = FILE["questions"]
TABLES = ("units", "words", "rules", "sentences")
MOST_BYTES = 8800  # of all tables, packed: a page of 80 KB carries them
MISSPELT = "I don't know the unit"


def said_of(act, *given):
    """What comes of it, as the twin writes it down."""
    try:
        return act(*given)
    except AnswerError as problem:
        return {"asked": problem.code, "sentence": str(problem)}


def here(cases, guesses=(), numbers=()):
    """What Python says."""
    def verdict(text, truth, unit, settings):
        more = {"asked_before" if name == "askedBefore" else name: value for name, value in settings.items()}
        return vars(verdict_on(text, truth, unit, **more))

    def kept(text, truth, unit, settings):
        before, whole = settings.get("askedBefore", False), settings.get("whole", False)
        return {"sentence": kept_sentence(text, unit, whole, asked_before=before)}

    def guess(text, unit):
        return {"value": guess_of(text, unit)}

    return {"verdicts": [said_of(verdict, *case) for case in cases],
            "kept": [said_of(kept, *case) for case in cases],
            "guesses": [said_of(guess, *given) for given in guesses],
            "numbers": [number_text(number) for number in numbers]}


def there(folder, cases, guesses=(), numbers=()):
    """What the twin says, under node."""
    module = folder / "judging.mjs"
    names = ("wording", "units", "reading", "answering", "judging")
    joined = script(*(f"marking/{name}.js" for name in names))
    module.write_text(f"{joined}\nexport {{ answersOf }};", encoding="utf-8")
    given = {"module": module.as_uri(), "tables": {name: marking_table(name) for name in TABLES},
             "cases": cases, "guesses": guesses, "numbers": numbers}
    node = equip.node()
    assert node, "node is needed: see tools/equip.py"
    run = subprocess.run([node, str(ROOT / "tests/support/twin.mjs")], input=json.dumps(given), capture_output=True,
                         text=True, encoding="utf-8", check=False, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout, parse_int=float)


def differences(given, ours, theirs):
    """Where the two differ, but for what a misspelt unit may have meant."""
    found = []
    for kind in ours:
        asked = given[kind if kind in given else "cases"]
        for what, own, other in zip(asked, ours[kind], theirs[kind], strict=True):
            if isinstance(own, dict) and own.get("sentence", "").startswith(MISSPELT):
                own = own | {"sentence": MISSPELT}
                other = other | {"sentence": other["sentence"][:len(MISSPELT)]}
            if own != other:
                found.append((what, own, other))
    return found


def agree(folder, cases, guesses=(), numbers=()):
    given = {"cases": cases, "guesses": guesses, "numbers": numbers}
    ours = json.loads(json.dumps(here(**given)), parse_int=float)
    assert differences(given, ours, there(folder, **given)) == []


def judged(name, text):
    """A row of the file, as it has to be."""
    question = QUESTIONS[name]
    found = said_of(lambda: vars(verdict_on(text, question["truth"], question["unit"],
                                            tolerance=question["tolerance"], whole=question["whole"])))
    if "asked" in found:
        return [name, text, "ask", found["asked"], found["sentence"]]
    return [name, text, "right" if found["right"] else "wrong", found["code"], found["sentence"]]


def test_what_people_write_is_judged_as_a_careful_teacher_does():
    rows = FILE["cases"]
    assert [row for row in rows if judged(*row[:2]) != row] == []
    assert len({tuple(row[:2]) for row in rows}) == len(rows)


def test_the_page_says_the_same_of_what_people_write(tmp_path):
    def settings(question):
        return {"tolerance": question["tolerance"], "whole": question["whole"]}

    asked = [(text, QUESTIONS[name]) for name, text, *_ in FILE["cases"]]
    cases = [[text, one["truth"], one["unit"], settings(one)] for text, one in asked]
    before = [[text, truth, unit, more | {"askedBefore": True}] for text, truth, unit, more in cases]
    numbers = [0.0, 1.125, 1.135, 2.5, 1000.5, 1001.5, 9.995, 999.5, 0.00012345, 1e-5, 1.25e-7, 1e15, 1.5e20, -2.345]
    agree(tmp_path, cases + before, [[text, one["unit"]] for text, one in asked], numbers)


ASKED = ["s", "ms", "GB", "kB", "GiB", "token", "ktoken", "TFLOP/s", "GB/s", "token/s", "FLOP/B", "$/Mtoken",
         "KiB/token", "users", "GPUs", "×", "", "%", "$/h", "kWh", "W"]


def drawn_case(draw):
    truth = draw.choice([0.0, 4.07, 17.18, 131.072, -3.5, 1e300, 1000.5, "infeasible", draw.uniform(0, 1000)])
    settings = {"tolerance": draw.choice([0.0, 0.01, 0.02]), "whole": draw.random() < 0.3,
                "askedBefore": draw.random() < 0.3, "misconceptions": {"Half of it.": 8.59, "All of it.": 35.0}}
    return [drawn_text(draw), truth, draw.choice(ASKED), settings]


def agree_on_random_texts(folder, count, seed):
    draw = random.Random(seed)
    cases = [drawn_case(draw) for _ in range(count)]
    numbers = [draw.choice([1, -1]) * 10 ** draw.uniform(-8, 17) for _ in range(count // 10)]
    numbers += [draw.randrange(10**6) / 2 ** draw.randrange(12) for _ in range(count // 10)]
    agree(folder, cases, [[case[0], case[2]] for case in cases], numbers)


def test_the_page_says_the_same_of_random_texts(tmp_path):
    agree_on_random_texts(tmp_path, 1_500, 20261128)


@pytest.mark.soak
def test_the_page_says_the_same_of_a_great_many_texts(tmp_path):
    for seed in range(10):
        agree_on_random_texts(tmp_path, 10_000, random.randrange(2**32) if seed else 1)


def test_the_tables_are_small():
    packed = "".join(json.dumps(marking_table(name), ensure_ascii=False, separators=(",", ":")) for name in TABLES)
    assert len(gzip.compress(packed.encode(), 9)) < MOST_BYTES
