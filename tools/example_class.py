"""Make a class of thirty, as a teacher has one: what Canvas exports, a course, and what students handed in.

    example_class.py [FOLDER]        FOLDER is `build/class` if none is named

docs/teach/start.md leads through it. Names are as hard as names are, and what was handed in is as it comes: notebooks,
record files, saved pages, one too late, one that is something else, one of a friend's, and one that was changed.
"""

from __future__ import annotations

import pathlib
import random
import shutil
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

from classes import COURSE, canvas_name, notebook_with, page_with, record_of, zip_with  # noqa: E402
from lab_students import lab_student  # noqa: E402

from mlsysim_labs.classroom.course import course_of  # noqa: E402
from mlsysim_labs.classroom.marked_labs import marked_labs  # noqa: E402
from mlsysim_labs.classroom.roster import roster_of  # noqa: E402
from mlsysim_labs.records.record import Record  # noqa: E402

BUILT = ROOT / "build" / "class"
SLUG, TITLE = "03_kv_cache", "KV cache: the hidden tax"
SECRET = "an example's secret: never take it for a course"
COURSE_TOML = f"""course = "{COURSE}"
secret = "secret.txt"

[[lab]]
notebook = "{SLUG}"
due = 2026-12-05T23:59:00+01:00
points = 10
weights = {{predictions = 0.5, plan = 3}}
"""
MENDED_TOML = COURSE_TOML.replace("plan = 3}", "plan = 3, qwen_users = 0}")
NAMES = (  # last and first
    "Lovelace, Ada", "O'Neill, Siobhán", "Lee, Kim", "Lee, Kim", "Müller-Lüdenscheidt, Jürgen", "李, 雷", "Núñez, José",
    "van der Berg, Anna-Lena", "Ødegaard, Åse", "Nguyễn, Thị Hoa", "Null, Chris", "Sukarno", "al-Khwārizmī, Zaynab",
    "D'Souza, Maria", "Smith, John", "Smithson, John", "Παπαδόπουλος, Νίκος", "Иванова, Анна", "Garcia Marquez, Ana",
    "Byte, Bob", "Stone, Émile", "Wei, Chen", "Kofi, Yaw", "Noor, Farah", "Hopper, Grace", "Ines, Costa", "山田, 太郎",
    "Mia, Rossi", "Zulu, Thandi", "Åkesson, Björn")
LATE, NOTHING, PAPER, FRIENDS, CHANGED = 4, 11, 22, 19, 14  # which of them does what


class Person(NamedTuple):
    """One of them: the number that Canvas has, that of the university, and the name as Canvas sorts it."""

    canvas: int
    id: str
    name: str

    @property
    def called(self) -> str:
        """The name as it is spoken."""
        last, _, first = self.name.partition(", ")
        return f"{first} {last}".strip()


PEOPLE = [Person(40_211 + 37 * i, f"s{2026_100 + i}", name) for i, name in enumerate(NAMES)]


def gradebook_text() -> str:
    """What Canvas exports; it is the roster too."""
    lines = [f"Student,ID,SIS User ID,SIS Login ID,Section,{TITLE} (88123)", "    Points Possible,,,,,10"]
    lines += [f'"{one.name}",{one.canvas},{one.id},{one.id}@example.org,A,' for one in PEOPLE]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def records(folder: pathlib.Path) -> list[Record]:
    """What each of them did in the lab, in their own numbers."""
    course = course_of(folder / "course.toml")
    roster, marked = roster_of((folder / "gradebook.csv").read_bytes()), marked_labs(course)[SLUG]
    made, rng = [], random.Random(7)
    for one in PEOPLE:
        student = roster.student(one.id)
        played = lab_student(marked.lab, one.id, one.called, course.variant(student, SLUG), rng)
        made.append(record_of(played, SLUG, course=course.name, seed=course.seed(student, SLUG),
                              edition=marked.edition, seconds=rng.uniform(30, 90)))
    return made


def handed_in(folder: pathlib.Path) -> dict[str, bytes]:
    """The files of a download of Canvas, by name."""
    made, files = records(folder), {}
    made[FRIENDS] = made[FRIENDS - 1]
    for number, (one, record) in enumerate(zip(PEOPLE, made, strict=True)):
        file, data = ((f"{SLUG}.ipynb", notebook_with([record])), (f"{SLUG}.record.json", record.data),
                      (f"{SLUG}.html", page_with(record)))[number % 3]
        if number == PAPER:
            file, data = "my answers.pdf", b"%PDF-1.7\n"
        if number == CHANGED:
            file, data = f"{SLUG}.record.json", record.data.replace(b'"wrong","text":"', b'"wrong","text":"9', 1)
        if number != NOTHING:
            files[canvas_name(one.called, one.canvas, file, number == LATE)] = data
    return files


def write_class(folder: pathlib.Path) -> None:
    """All of it, in a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in (("course.toml", COURSE_TOML), ("mended.toml", MENDED_TOML), ("secret.txt", f"{SECRET}\n"),
                       ("gradebook.csv", gradebook_text())):
        (folder / name).write_bytes(text.encode())
    (folder / "submissions.zip").write_bytes(zip_with(handed_in(folder)))


def main(folder: str = "") -> int:
    """Make the class, and say where it is."""
    built = pathlib.Path(folder) if folder else BUILT
    write_class(built)
    print(f"A class of {len(PEOPLE)} is in {built}. docs/teach/start.md leads through it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
