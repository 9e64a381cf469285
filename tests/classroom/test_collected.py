"""A class's predictions as they come in: what counts, what is read again, and what the class may see."""

from __future__ import annotations

import os
import re

import pytest
from classes import Played, notebook_with, page_with, record_of, zip_with
from drawn_notebook import DRAWN, amount_of, write_drawn_notebook
from graded import ADA
from large_class import large_class
from simulated import SECRET, seed_of
from terminal import refused, terminal
from test_attacks import FILES

from mlsysim_labs.classroom.collected import folder as watched
from mlsysim_labs.classroom.collected.guesses import class_marks
from mlsysim_labs.commands import collect_class
from mlsysim_labs.commands.collect_class import Collecting

KV, USERS, BEST = "03_kv_cache", "users_at_128k", "best_change"


def guess(value, name=USERS):
    return "prediction", name, {"value": value, "unit": "users"}


def record(who, *acts, slug=KV, **options):
    return record_of(Played(who, who, list(acts)), slug, **options)


class Lecture:
    """A folder into which a class's files fall, and the page of it."""

    def __init__(self, folder, lab=KV):
        self.shared, self.page, self.now = folder / "in", folder / "page.html", 0.0
        self.shared.mkdir()
        self.collecting = Collecting(self.shared, self.page, lab)

    def put(self, name, data):
        file = self.shared / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def look(self, seconds=2.0):
        self.now += seconds
        return self.collecting.look(self.now)

    def guesses(self, name=USERS):
        """What counts, after another look."""
        self.look()
        marks = class_marks(self.collecting.folder.acts, self.collecting.marked)
        return sorted(item.value for mark in marks for item in mark.items if item.name == name)


@pytest.fixture
def lecture(tmp_path):
    return Lecture(tmp_path)


def test_each_kind_of_file_counts_as_in_grading(lecture):
    records = [record(f"s{i}", guess(float(i))) for i in range(1, 6)]
    lecture.put("ada/a.ipynb", notebook_with([records[0]] * 2, 5000))
    lecture.put("b.record.json", records[1].data)
    lecture.put("c.txt", records[2].text.encode())
    lecture.put("d.html", page_with(records[3]))
    lecture.put("all.zip", zip_with({"x/e.ipynb": notebook_with(records[4:]), "y/a.ipynb": notebook_with(records[:1])}))
    assert lecture.guesses() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_first_guess_of_a_person_counts_once(lecture):
    first = record("Ada", guess(40.0), ("restarted", "lab", {}), guess(3.0))
    lecture.put("a.record.json", first.data)
    lecture.put("copy of a.ipynb", notebook_with([first]))
    lecture.put("b.record.json", record(" ada", guess(7.0), session="at home", seconds=500.0).data)
    assert lecture.guesses() == [40.0]


def test_who_has_no_name_is_told_apart_by_the_window(lecture):
    for i, window in enumerate("xyx"):
        lecture.put(f"{i}.record.json", record("", guess(2.0 + i), session=window, seconds=40.0 + i).data)
    assert lecture.guesses() == [2.0, 3.0]


def test_a_guess_after_the_truth_was_seen_is_none(lecture):
    lecture.put("a.record.json", record("Ada", ("played", "lab", {}), guess(3.0)).data)
    assert lecture.guesses() == []


def test_a_half_written_file_waits_until_it_is_whole(lecture):
    data = notebook_with([record("Ada", guess(40.0))])
    file = lecture.put("a.ipynb", data[:-40])
    assert lecture.guesses() == [] and "1 file, 1 not whole yet" in lecture.collecting.folder.said()
    file.write_bytes(data)
    assert lecture.guesses() == [40.0] and lecture.collecting.folder.said() == "1 file"
    file.write_bytes(data[:-50])
    assert lecture.guesses() == [40.0], "what was known of it stays"


def test_what_stays_damaged_counts_as_in_grading(lecture):
    lecture.put("a.ipynb", notebook_with([record("Ada", guess(40.0))])[:-40])
    assert lecture.guesses() == []
    lecture.look(watched.SETTLED)
    assert lecture.guesses() == [40.0] and "damaged" in lecture.collecting.folder.said()


def test_only_what_has_changed_is_read(lecture):
    files = [lecture.put(f"{i}.record.json", record(f"s{i}", guess(5.0)).data) for i in range(4)]
    folder = lecture.collecting.folder
    assert "(+4)" in lecture.look() and folder.read == 4
    written = lecture.page.stat().st_mtime_ns
    assert lecture.look() == "" and folder.read == 4 and lecture.page.stat().st_mtime_ns == written
    files[2].write_bytes(record("s2", guess(6.0), ("hint", "x", {})).data)
    assert lecture.look() and folder.read == 5 and lecture.guesses() == [5.0, 5.0, 5.0, 6.0]
    files[0].unlink()
    assert "(-1)" in lecture.look()


def test_hostile_files_hold_up_nobody(tmp_path):
    """What grading has met, at once: none is run or unpacked, and the honest one counts."""
    write_drawn_notebook(tmp_path)
    lecture = Lecture(tmp_path, str(tmp_path / f"{DRAWN}.ipynb"))
    prediction = "prediction", "guessed", {"value": 22.0, "unit": "GB"}
    own = ("answer", "weights", {"text": "7 GB", "state": "wrong"})
    lecture.put("good.ipynb", notebook_with([record("Ada", prediction, slug=DRAWN)]))
    names = FILES.keys() - {"bomb.zip", "bundles.ipynb", "braces.ipynb"}  # which take a second each
    for name in names:
        lecture.put(name, FILES[name](record("Bob", own, slug=DRAWN)))
    assert lecture.guesses("guessed") == [22.0] and lecture.collecting.folder.said().startswith(f"{len(names) + 1} ")
    assert {file.name for file in lecture.shared.rglob("*")} == {"good.ipynb", *names}


VALUES = [float("nan"), 10**400, -5, 0, 1001.0, 4.5e300, True, None, [], {"a": 1}, "40", "<img src=x onerror=a>"]


def test_hostile_values_names_links_and_pipes(lecture, tmp_path):
    evil = "</script><script>alert(1)</script>"
    for i, value in enumerate(VALUES):
        try:
            data = record(f"{evil}{i}", guess(value), guess(value, BEST), seed=value).data
        except Exception:  # no record can hold it, but a file may
            data = record(f"{evil}{i}", guess(987.5)).data.replace(b"987.5", b"1e400")
        lecture.put(f"{i} <b> {evil.replace('/', '')}.record.json", data)
    good = lecture.put("good.record.json", record(evil, guess(40.0), guess("an H200", BEST)).data)
    os.mkfifo(lecture.shared / "pipe.ipynb")
    (lecture.shared / "link.record.json").symlink_to(good)
    (lecture.shared / "loop").symlink_to(lecture.shared)
    with (lecture.shared / "huge.ipynb").open("wb") as file:
        file.truncate(200_000_000)
    assert lecture.guesses() == [40.0] and lecture.guesses(BEST) == ["an H200"]
    page = lecture.page.read_text(encoding="utf-8")
    assert page.count("<script") == 1 and "alert" not in page and "onerror" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page.partition("<script>")[0])


def test_own_numbers_are_shown_as_multiples_of_each_ones_truth(tmp_path):
    write_drawn_notebook(tmp_path)
    lecture = Lecture(tmp_path, str(tmp_path / f"{DRAWN}.ipynb"))
    truths = {who: 2.0 * amount_of("CS249r 2026", who, SECRET) for who in ("s1", "s2", "s3")}
    assert len(set(truths.values())) > 1
    for who, truth in truths.items():
        act = "prediction", "guessed", {"value": 4 * truth, "unit": "GB"}
        lecture.put(f"{who}.record.json", record(who, act, slug=DRAWN, seed=seed_of(who, DRAWN)).data)
    lecture.look()
    page = lecture.page.read_text(encoding="utf-8")
    assert "the median is 4×, and 0 of 3 are within a factor of 1.5" in page


def test_without_a_name_it_is_the_lab_of_most(tmp_path):
    lecture = Lecture(tmp_path, "")
    assert "0 people" in lecture.look() and "Waiting for the first guess" in lecture.page.read_text()
    lecture.put("a.record.json", record("Ada", guess(1.0), slug="99_other").data)
    assert "also records of 99_other" in lecture.look()
    lecture.put("b.record.json", record("Bob", guess(40.0)).data)
    assert lecture.guesses() == [40.0] and "KV cache" in lecture.page.read_text()


def test_a_large_class_is_read_once(tmp_path):
    class_, _ = large_class(tmp_path, 60)
    page = tmp_path / "page.html"
    collecting = Collecting(class_.handed, page, str(tmp_path / f"{DRAWN}.ipynb"))
    assert collecting.look(0.0).startswith("") and collecting.folder.read == 60
    assert collecting.look(2.0) == "" and collecting.folder.read == 60


@pytest.mark.browser
def test_a_class_sees_it_grow_and_the_truth_when_it_is_shown(lecture, page):
    """By keyboard, while the page follows; what the teacher has chosen outlives a reload."""
    from axe_playwright_python.sync_playwright import Axe

    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    lecture.put("a.record.json", record("Ada", guess(40.0), guess("an H200", BEST)).data)
    lecture.look()
    page.goto(lecture.page.as_uri())
    section = page.locator("section:visible")
    assert section.locator("h2").inner_text().startswith("How many users fit at once")
    assert "3" not in section.inner_text().replace("3.1", "").split() and section.locator(".told:visible").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Hide the truth"
    assert "The class’s median was 40 users. It is 3: 13× too many." in section.inner_text()
    for i in range(5):
        lecture.put(f"{i}.record.json", record(f"s{i}", guess(2.0), guess("a KV cache in 8 bit", BEST)).data)
    lecture.look()
    section.get_by_text("6 guesses").wait_for(timeout=6000)
    assert section.locator("circle").count() == 6 and "median was 2 users" in section.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Hide the truth", "the focus stays"
    for scheme, width in (("light", 1366), ("dark", 400)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 768})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("button", name="Question 2").click()
    assert section.locator(".right text").first.evaluate("(e) => getComputedStyle(e).fontWeight") == "400"
    page.reload()
    page.get_by_role("button", name="Show the truth").locator("visible=true").click()
    assert "It is a KV cache in 8 bit. 5 of 6 chose that." in section.inner_text()
    page.get_by_role("button", name="Question 1").click()
    assert "It is 3" in section.inner_text() and said == []
    page.emulate_media(color_scheme="light")


# the command --------------------------------------------------------------------------------------------------------


def test_once_writes_a_page_and_says_how_many(lecture):
    lecture.put("a.record.json", record(ADA.name, guess(40.0)).data)
    done = terminal("collect", str(lecture.shared), "--once", "-o", str(lecture.page), "--lab", KV, "--question", USERS)
    assert done.status == 0 and "1 person · 1 file (+1)" in done.out
    page = lecture.page.read_text(encoding="utf-8")
    assert "Lovelace" not in page and page.count("<section data-name") == 1 and "1 guess<" in page


def test_it_goes_on_while_the_folder_is_away(lecture, capsys):
    """And says so, a line a change, until somebody ends it."""
    def away():
        lecture.shared.rename(lecture.shared.with_name("gone"))

    def back():
        lecture.shared.with_name("gone").rename(lecture.shared)
        lecture.put("b.record.json", record("Bob", guess(4.0)).data)

    steps = [away, back, lambda: None]

    def pause(seconds):
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    lecture.put("a.record.json", record("Ada", guess(40.0)).data)
    collect_class.collect_class(str(lecture.shared), KV, "", False, str(lecture.page), pause)
    first, shows, gone, again, ended = capsys.readouterr().out.splitlines()
    assert "1 person" in first and lecture.page.as_uri() in shows and "there is no folder" in gone
    assert "2 people · 2 files (+1)" in again and ended.startswith("Ended.")


@pytest.mark.parametrize("more, said", [
    (("--lab", "03_kv_cach"), "Did you mean 03_kv_cache"), (("--lab", KV, "--question", "users"), "users_at_128k"),
    (("--lab", "00_start_here"), "no"), (("-o", "in/page.html"), "the page holds the truth"),
    (("-o", "nowhere/page.html"), "there is no folder nowhere")])
def test_a_slip_gets_a_sentence(lecture, monkeypatch, more, said):
    monkeypatch.chdir(lecture.shared.parent)
    assert said in refused("collect", "in", "--once", *more)


def test_a_folder_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "there is no folder nowhere" in refused("collect", "nowhere", "--once")
