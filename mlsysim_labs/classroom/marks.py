"""Marks: what each question of a lab got, and why; plain enough to be kept as JSON and to travel between processes."""

from __future__ import annotations

from typing import Any, NamedTuple

MARK_STATES = ("right", "partly", "wrong", "done", "open")


class ItemMark(NamedTuple):
    """What one question got.

    `share` : from 0 to 1; `state` : one of MARK_STATES; `text` : the answer that counts; `said` : a sentence on it
    `tries` : how many answers it took, or there were; `mistakes` : known ones that were made on the way, by name
    `hints` : how many were read; `truth` : of a prediction, or the key of a task as a person types it
    """

    name: str
    share: float
    state: str
    text: str = ""
    said: str = ""
    tries: int = 0
    mistakes: tuple[str, ...] = ()
    hints: int = 0
    value: Any = None
    truth: Any = None


class LabMark(NamedTuple):
    """What a student got in one lab, with notes for the teacher: a code and a sentence each.

    `hashes`, `sessions` : of the entries, to be compared with others'; `seconds` : about how long it took
    """

    slug: str
    points: float
    most: float
    items: tuple[ItemMark, ...]
    notes: tuple[tuple[str, str], ...] = ()
    hashes: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    seconds: float = 0.0
    mode: str = ""

    @classmethod
    def of_json(cls, made: Any) -> LabMark:
        """A mark that was kept as JSON.

        >>> LabMark.of_json(["03_kv_cache", 1, 2, [["token", 1, "right"]]]).items[0].state
        'right'
        """
        found = cls(*made)
        items = tuple(ItemMark(*item)._replace(mistakes=tuple(ItemMark(*item).mistakes)) for item in found.items)
        return found._replace(items=items, notes=tuple((code, said) for code, said in found.notes),
                              hashes=tuple(found.hashes), sessions=tuple(found.sessions))


class LogLine(NamedTuple):
    """What became of one file: graded, or reported, and why."""

    file: str
    outcome: str
    why: str = ""


class StudentMark(NamedTuple):
    """All labs of one student, and what became of each file."""

    id: str
    labs: tuple[LabMark, ...]
    log: tuple[LogLine, ...]

    @classmethod
    def of_json(cls, made: Any) -> StudentMark:
        """What was kept as JSON."""
        id, labs, log = made
        return cls(id, tuple(map(LabMark.of_json, labs)), tuple(LogLine(*line) for line in log))


def number_label(value: float) -> str:
    """Points as a person writes them.

    >>> number_label(7.0), number_label(20 / 3), number_label(0.5)
    ('7', '6.67', '0.5')
    """
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")
