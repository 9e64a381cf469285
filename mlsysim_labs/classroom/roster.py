"""Who is in a class: a list of ids and names, or what Canvas or Moodle exports, in any language.

>>> roster = roster_of(b"id,name\\ns1,Ada Lovelace\\ns2,Bob Byte\\n")
>>> roster.by_id("S2").name, [student.id for student in roster.named("lovelace ada")]
('Bob Byte', ['s1'])
"""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mlsysim_labs.classroom.spreadsheet import Cell, sheet_of
from mlsysim_labs.records.json_data import DEVICES

COLUMN_WORDS: dict[str, list[str]] = json.loads(
    (pathlib.Path(__file__).parent / "tables" / "columns.json").read_text(encoding="utf-8"))
ID_KINDS = ("id", "bare", "login", "email", "participant")  # the first that a student has is the id
HEADER_ROWS = 5  # among which the header is
PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
LETTERS_AND_DIGITS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Student:
    """One of the class. `id` is what grades are listed under; `ids` are all that a file may name this student by, and
    `participant` is Moodle's number, which its folders have.
    """

    id: str
    name: str
    ids: tuple[str, ...] = ()
    participant: str = field(default="", repr=False)

    @functools.cached_property
    def spellings(self) -> frozenset[str]:
        """The name without spaces and signs, with any of its parts first: Canvas has the last one there."""
        parts = name_parts(self.name)
        return frozenset("".join(parts[i:] + parts[:i]) for i in range(len(parts)))


class Roster:
    """Students in order, found by any of their ids or by name."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = tuple(students)
        self._listed = {one.id: one for one in self.students}
        self._ids: dict[str, set[Student]] = defaultdict(set)
        self._names: dict[str, list[Student]] = defaultdict(list)
        for one in self.students:
            for known in {one.id, *one.ids} - {""}:
                self._ids[folded_id(known)].add(one)
                self._ids[safe_stem(known).casefold()].add(one)
            for spelling in one.spellings:
                self._names[spelling].append(one)

    def student(self, id: str) -> Student:
        """The one whose grades are listed under that id."""
        return self._listed[id]

    def by_id(self, text: str) -> Student | None:
        """The one student with that id; None where nobody has it, or several."""
        found = self._ids.get(folded_id(text), set())
        return next(iter(found)) if len(found) == 1 else None

    def named(self, text: str) -> list[Student]:
        """All students of that name, whatever is first in it."""
        return list(self._names.get("".join(name_parts(text)), []))


def safe_stem(id: str) -> str:
    """An id as the name of a file, wherever it would lead as a path; `Roster.by_id` knows it by that name too.

    >>> safe_stem("s1234567"), safe_stem("../../etc/passwd"), safe_stem("con")
    ('s1234567', 'etc_passwd_3754d6cb', 'con_1143da2b')
    """
    if PLAIN_ID.fullmatch(id) and not DEVICES.fullmatch(id.casefold()):
        return id
    letters = re.sub(r"[^a-z0-9]+", "_", id.casefold()).strip("_")[:30]
    return f"{letters or 'student'}_{hashlib.sha256(id.encode('utf-8', 'replace')).hexdigest()[:8]}"


def folded_id(text: str) -> str:
    """An id as it is compared.

    >>> folded_id(" Ada@Example.org ")
    'ada@example.org'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def name_parts(name: str) -> list[str]:
    """The parts of a name as they are compared: without accents, case and signs.

    >>> name_parts("Müller-Lüdenscheidt, José"), name_parts("李 雷")
    (['muller', 'ludenscheidt', 'jose'], ['李', '雷'])
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [part for part in LETTERS_AND_DIGITS.split(plain) if part]


def roster_of(data: bytes, encoding: str = "") -> Roster:
    """The class in a file; ValueError, with what to do, where it cannot be told who is in it."""
    rows = [row for row in sheet_of(data, encoding).rows if row]
    if not rows:
        raise ValueError("the roster is empty: write a line id,name and a line for each student.")
    at, columns = header_of(rows)
    students = [found for row in rows[at:] if (found := _student(row, columns))]
    if not students:
        raise ValueError("the roster has no student: write a line id,name and a line for each student.")
    return Roster(_distinct(students))


def header_of(rows: Sequence[Sequence[Cell]]) -> tuple[int, dict[str, int]]:
    """Where the students begin, and which column is which; by what stands in it, where no heading is known."""
    for at, row in enumerate(rows[:HEADER_ROWS]):
        columns = known_columns([cell.text for cell in row])
        if columns.keys() & {"name", "first", "last", *ID_KINDS[2:], "id"} and len(row) > 1:
            return at + 1, columns
    return _columns_by_content(rows)


def known_columns(heads: Sequence[str]) -> dict[str, int]:
    """Which column is which, by its heading.

    >>> known_columns(["Vorname", "Nachname", "ID-Nummer", "E-Mail-Adresse"])
    {'id': 2, 'email': 3, 'first': 0, 'last': 1}
    """
    plain = [" ".join(head.casefold().split()) for head in heads]
    found = {kind: plain.index(word) for kind, words in COLUMN_WORDS.items()
             for word in reversed(words) if word in plain}
    if "name" not in found and len(found.keys() & {"first", "last"}) == 1:
        found["name"] = found.pop("first" if "first" in found else "last")
    return found


def _columns_by_content(rows: Sequence[Sequence[Cell]]) -> tuple[int, dict[str, int]]:
    """Addresses have an @, ids are all different and have digits or no blank, and names are the rest."""
    body = rows[1:] or rows
    width = min(map(len, body))
    texts = [[row[i].text.strip() for row in body] for i in range(width)]
    email = [i for i, column in enumerate(texts) if all("@" in one for one in column)]
    ids = [i for i, column in enumerate(texts) if i not in email and len(set(column)) == len(column)
           and all(any(letter.isdigit() for letter in one) for one in column)]
    names = [i for i, column in enumerate(texts) if i not in email
             and all(name_parts(one) and not any(letter.isdigit() for letter in one) for one in column)]
    if not (ids or email) or not names:
        heads = ", ".join(repr(cell.text) for cell in rows[0][:8])
        raise ValueError(f"the roster's first line is {heads}, and I cannot tell ids from names: make its first line "
                         f"id,name.")
    columns = {"name": names[0]} if len(names) != 2 else {"first": names[0], "last": names[1]}
    columns |= {"id": ids[0]} if ids else {}
    columns |= {"email": email[0]} if email else {}
    first = rows[0]
    is_data = len(rows) == 1 or (len(first) == len(body[0]) and all(
        any(letter.isdigit() for letter in first[i].text) for i in ids[:1]) and all(
        "@" in first[i].text for i in email[:1]))
    return (0 if is_data else 1), columns


def _student(row: Sequence[Cell], columns: Mapping[str, int]) -> Student | None:
    """The student of a row; None of one that has no id, such as that of the points."""
    def text(kind: str) -> str:
        return row[columns[kind]].text.strip() if columns.get(kind, len(row)) < len(row) else ""
    name = text("name") or " ".join(filter(None, (text("first"), text("last"))))
    participant = re.sub(r"\D", "", text("participant"))  # "Participant 123" in the language of the site
    ids = [*(text(kind) for kind in ID_KINDS[:-1]), participant]
    known = list(dict.fromkeys(filter(None, ids)))
    return Student(known[0], name or known[0], tuple(known), participant) if known else None


def _distinct(students: Sequence[Student]) -> list[Student]:
    """The same students; ValueError where two have one id."""
    seen: dict[str, Student] = {}
    for one in students:
        other = seen.setdefault(folded_id(one.id), one)
        if other is not one and other != one:
            raise ValueError(f"the roster has the id {one.id!r} twice, for {other.name} and for {one.name}: give each "
                             f"student an id of their own.")
    return list(seen.values())
