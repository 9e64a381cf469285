"""Whose file it is: by its name, as Canvas, Moodle or a person gave it, and by the roster; never by what is in it.

What the learning system has put in front decides alone, so that no student can hand in under another's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlsysim_labs.classroom.roster import Roster, Student, folded_id, name_parts

CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<id>[0-9]+)_(?P<file>[0-9]+)_.", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>[0-9]+)_assignsubmission_", re.DOTALL)
LONG_ID = 5  # characters, of which no number of a section or a lab has so many
TOKENS = re.compile(r"[^\w.@+-]+|_+")


@dataclass(frozen=True)
class Attribution:
    """Whose a file is, and whether the learning system calls it late; or why that cannot be told."""

    student: Student | None
    why: str = ""
    is_late: bool = False


def attribution(parts: Sequence[str], roster: Roster, labs: Iterable[str] = ()) -> Attribution:
    """Whose file stands at a path; its outermost part that names somebody decides. `labs` are names of no student.

    >>> from mlsysim_labs.classroom.roster import roster_of
    >>> roster = roster_of(b"id,name\\n17,Ada Lovelace\\n18,Bob Byte\\n")
    >>> attribution(["byteb_LATE_9_3_x.ipynb"], roster).why
    'nobody on the roster has the Canvas id 9 or the name “byteb”'
    >>> attribution(["lovelaceada_LATE_9_3_x.ipynb"], roster)
    Attribution(student=Student(id='17', name='Ada Lovelace', ids=('17',)), why='', is_late=True)
    >>> attribution(["B-Bob Byte_77_assignsubmission_file_", "lovelaceada_1_2_x.ipynb"], roster).student.name
    'Bob Byte'
    """
    plain = list(labs)
    for part in parts:
        if found := _of_system(part, roster) or _of_person(part, roster, plain, part is parts[-1]):
            return found
    return Attribution(None, "no student of the roster is in its name: put it into a folder named by an id or a name")


def is_named(part: str, roster: Roster, labs: Iterable[str] = ()) -> bool:
    """Whether a part of a path says whose everything in it is, be it that this cannot be told."""
    return bool(_of_system(part, roster) or _of_person(part, roster, list(labs), is_last=True))


def _of_system(part: str, roster: Roster) -> Attribution | None:
    """What the prefix of a learning system says; None where there is none."""
    if found := MOODLE.match(part):
        name = found["name"]
        starts = [0, *(i + 1 for i, letter in enumerate(name) if letter == "-")]  # a group may stand in front
        return _one(found["id"], [name[i:] for i in starts], "Moodle", roster)
    if found := CANVAS.match(part):
        one = _one(found["id"], [found["name"]], "Canvas", roster)
        return Attribution(one.student, one.why, bool(found["late"]))
    return None


def _one(number: str, names: Sequence[str], system: str, roster: Roster) -> Attribution:
    """The student with that number, or else the only one with the first name that anybody has."""
    called = next((found for name in names if (found := roster.named(name))), [])
    by_number = roster.by_id(number)
    if by_number and (by_number in called or not called):  # else the number is another system's
        return Attribution(by_number)
    if len(called) == 1:
        return Attribution(called[0])
    if called:
        return Attribution(None, f"{len(called)} students are called {called[0].name}, and none of them has the "
                                 f"{system} id {number}: use the roster that {system} exports")
    return Attribution(None, f"nobody on the roster has the {system} id {number} or the name “{names[0]}”")


def _of_person(part: str, roster: Roster, labs: Sequence[str], is_last: bool) -> Attribution | None:
    """Who is named in a part that a person wrote: by an id or a name as a whole, or among other words.

    The 17 of a folder called Section 17 is not the id of a student; that of a file's name is.
    """
    stem = part
    for lab in labs:
        stem = stem.replace(lab, " ")
    stem = re.sub(r"\.(ipynb|json|zip|txt|html?|eml|record)\b", " ", stem, flags=re.IGNORECASE).strip(" _-")
    if whole := roster.by_id(part) or roster.by_id(stem):
        return Attribution(whole)
    called = roster.named(stem) or _names_within(stem, roster)
    words = {folded_id(word.strip(".-")) for word in TOKENS.split(stem)} - {""}
    if len(called) > 1:  # two people of one name, and the id beside it
        called = [one for one in called if one in map(roster.by_id, words)] or called
    found = {one for word in words if (is_last or len(word) >= LONG_ID) and (one := roster.by_id(word))}
    found |= set(called) if len(called) == 1 else set()
    if len(found) == 1:
        return Attribution(found.pop())
    if found or called:
        several = sorted(found or called, key=lambda one: one.id)
        people = " or ".join(f"{one.name} ({one.id})" for one in several[:4])
        return Attribution(None, f"its name may be that of {people}")
    return None


def _names_within(stem: str, roster: Roster) -> list[Student]:
    """Students whose name stands in a text, word by word; of two names that overlap, the longer one."""
    parts = name_parts(stem)
    for length in range(min(len(parts), 8), 1, -1):
        found = {one for i in range(len(parts) - length + 1) for one in roster.named(" ".join(parts[i:i + length]))}
        if found:
            return sorted(found, key=lambda one: one.id)
    return []
