"""A folder's name for each student: it sorts by id, fits every file system, and tells `grade` whose it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from mlsysim_labs.classroom.identity import attribution
from mlsysim_labs.classroom.roster import Roster, Student, safe_stem
from mlsysim_labs.records.json_data import DEVICES

NO_FILE_NAME = re.compile(r"[^\w.@+'() -]+")  # none of these means anything to a file system or in a list
NO_END = " .-+@'()"  # at the beginning or end of a name
LONGEST_PART = 80  # bytes of an id, and of a name: paths of Windows have 260


def folder_labels(roster: Roster, slugs: Sequence[str]) -> dict[str, str]:
    """Each student's, by id; ValueError where none would tell whose it is.

    >>> from mlsysim_labs.classroom.roster import roster_of
    >>> folder_labels(roster_of(b"id,name\\n17,Ada Lovelace\\n../8,CON\\n9,Bob/Byte\\n"), ["03_kv_cache"])
    {'17': '17 Ada Lovelace', '../8': '8_dcd845a0', '9': '9 Bob Byte'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for student in roster.students:
        for label in _candidates(student):
            whose = attribution([label, f"{slugs[0]}.ipynb"], roster, slugs).student if label else None
            if whose == student and _compared(label) not in taken:
                break
        else:
            raise ValueError(f"no name of a folder would tell that it is that of {student.name} ({student.id}): give "
                             f"each student of the roster an id that nobody else has, of letters and digits.")
        found[student.id] = label
        taken.add(_compared(label))
    return found


def _compared(label: str) -> str:
    """A name as file systems compare it that are not exact."""
    return unicodedata.normalize("NFKC", label).casefold()


def _candidates(student: Student) -> Iterator[str]:
    """As Moodle calls it, if the roster has its numbers, so that it hands the files out; else id and name; else the id
    alone; else what stands for an id that is no name of a file; else the name.
    """
    id, name = _part(student.id), _part(student.name)
    if student.participant:
        yield f"{name.replace('_', ' ') or 'student'}_{student.participant}_assignsubmission_file_"
    yield f"{id} {name}".strip() if name and name != id else id
    yield id
    yield safe_stem(student.id)
    yield name
    yield f"{id} {name}".replace("_", "-")  # whose id looks like a file of Canvas


def _part(text: str) -> str:
    """What of a text may stand in the name of a file; nothing, where that would be a device of Windows."""
    plain = " ".join(NO_FILE_NAME.sub(" ", unicodedata.normalize("NFC", text)).split()).strip(NO_END)
    short = plain.encode("utf-8", "ignore")[:LONGEST_PART].decode("utf-8", "ignore").strip(NO_END)
    return "" if DEVICES.fullmatch(short.partition(".")[0].casefold().strip()) and " " not in short else short
