"""Notes on a record for a human to look into; none of them takes a point away.

A note is a code and a sentence. What it says is what the entries say, and a machine's clock, a shared kernel or a
template with somebody's outputs may be behind it: whoever reads it asks first.

`changed` (an entry is not as it was written), `missing` (one that others follow is gone), `fork` (two first
predictions, neither of which knew the other), `identity` (another name, or another student's numbers), `speed`,
`time`, `mode`, `course`, `edition`, `late`, and between students `copy`.
"""

from __future__ import annotations

import datetime
import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mlsysim_labs.classroom.course import Course
from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.roster import Roster, Student
from mlsysim_labs.records.event import FORMATS_READ, Event, moment, place, root
from mlsysim_labs.records.owner import is_one_person, openings, students
from mlsysim_labs.records.record import Record

STEP_KINDS = {"prediction", "answer", "plan", "reflection"}
FEWEST_STEPS, QUICK = 4, 3.0  # steps of which half took less time than that, in seconds, are a note
LONGEST_GAP = 600.0  # seconds; a longer gap is a pause
CLOCK_SLACK = datetime.timedelta(minutes=15)  # by which clocks may differ
MOST_FIRST = 20  # predictions of one name that are compared
NAMES_SHOWN = 5  # names in a sentence
COMMON = 5  # so many others with one entry had it from a common file, rather than from one another

Note = tuple[str, str]


@dataclass(frozen=True)
class JoinedEntries:
    """All entries of one lab that one student handed in, once each, and how many were changed."""

    events: tuple[Event, ...]
    changed: int
    said: tuple[str, ...] = ()  # names in the heads of records of format 1

    @property
    def sound(self) -> tuple[Event, ...]:
        """Those that are as they were written."""
        return tuple(event for event in self.events if event.verifies)


def joined_entries(records: Iterable[Record]) -> JoinedEntries:
    """The entries of several files as one set; of two with one hash the true one."""
    kept: dict[str, Event] = {}
    changed: set[str] = set()
    heads = []
    for record in records:
        heads.append(str(record.head.get("parameters", {}).get("student") or "").strip())
        for event in record.events:
            if event.lab not in ("", record.lab):
                continue
            if not event.verifies:
                changed.add(event.line)
            known = kept.setdefault(event.hash, event)
            if known is not event and not known.verifies:
                kept[event.hash] = event
    events = tuple(sorted(kept.values(), key=place))
    return JoinedEntries(events, len(changed), tuple(filter(None, dict.fromkeys(heads))))


def own_events(found: JoinedEntries, student: Student, roster: Roster) -> tuple[tuple[Event, ...], list[Note]]:
    """The entries that count as a student's, and a note where others' names are in them.

    Where the student's own sessions are among them, those of others on the roster are left out. Where all are in
    another's name they count, with a note: names are typed, machines are shared, and a human decides.
    """
    names = students(found.events)
    others = {session: who for session, name in names.items() if (who := _other_on_roster(name, student, roster))}
    has_own = any(session not in others for session in {event.session for event in found.sound})
    strangers = [name for name in dict.fromkeys([*names.values(), *found.said]) if not _is_own(name, student)
                 and name not in others.values()]
    notes = []
    if others:
        left = "they do not count" if has_own else "they count, since there are no others"
        notes.append(("identity", f"entries in the name of {_listed(others.values())}: {left}"))
    if strangers:
        notes.append(("identity", f"it was played as {_listed(strangers)}"))
    if not has_own:
        return found.events, notes
    return tuple(event for event in found.events if event.session not in others), notes


def _is_own(name: str, student: Student) -> bool:
    known = Roster([student])
    return is_one_person(name, student.name) or bool(known.by_id(name) or known.named(name))


def _other_on_roster(name: str, student: Student, roster: Roster) -> str:
    """The name, if it is another student's; nothing where it may be the student's own, or nobody's."""
    if _is_own(name, student):
        return ""
    return name if roster.by_id(name) or roster.named(name) else ""


def lab_notes(found: JoinedEntries, events: Sequence[Event], student: Student, marked: MarkedLab, course: Course,
              is_late: bool) -> list[Note]:
    """All notes on one student's lab but for those that compare it with others."""
    sound = [event for event in events if event.verifies]
    notes = [("changed", f"{found.changed} changed {_entries(found.changed)}, not counted")] if found.changed else []
    notes += _chain_notes(sound, marked.slug)
    notes += _opened_notes(sound, student, marked, course)
    notes += _speed_notes(sound)
    notes += _due_notes(sound, marked, is_late)
    return notes


def _chain_notes(sound: Sequence[Event], slug: str) -> Iterator[Note]:
    """What the chain of hashes shows."""
    times = {event.hash: event.time for event in sound} | {root(slug, one): "" for one in FORMATS_READ}
    orphans = [event for event in sound if event.previous not in times]
    opened = {event.session for event in openings(sound)}
    bare = {event.session for event in sound if event.lab} - opened  # format 1 opened nothing
    if orphans or bare:
        count = max(len(orphans), len(bare))
        follows = "entry follows" if count == 1 else "entries follow"
        yield "missing", f"what {count} {follows} is gone, the first of {_first_time(orphans or sound)}"
    early = [event for event in sound if times.get(event.previous, "") > event.time]
    if early:
        yield "time", f"{len(early)} {_entries(len(early))} dated before what they follow"
    if forked := _forked(sound):
        yield "fork", f"first predictions that did not know one another: {_listed(forked)}"


def _forked(sound: Sequence[Event]) -> list[str]:
    """Predictions that were made first twice: neither stands in the chain before the other."""
    by_hash = {event.hash: event for event in sound}
    firsts = defaultdict(list)
    for event in sound:
        if event.kind == "prediction":
            firsts[event.name].append(event)
    return [name for name, found in firsts.items()
            if len(found) > 1 and any(not _precedes(found[0], one, by_hash) for one in found[1:MOST_FIRST])]


def _precedes(first: Event, event: Event, by_hash: dict[str, Event]) -> bool:
    """Whether an entry stands in the chain that leads to another."""
    seen = 0
    at: Event | None = event
    while at is not None and seen <= len(by_hash):
        if at is first:
            return True
        at, seen = by_hash.get(at.previous), seen + 1
    return False


def _opened_notes(sound: Sequence[Event], student: Student, marked: MarkedLab, course: Course) -> Iterator[Note]:
    """What the entries say that opened the lab: course, mode, numbers and questions."""
    opened = [event.value for event in openings(sound)]
    modes = _other({str(one.get("mode", "")) for one in opened}, marked.rules.mode)
    if modes:
        yield "mode", f"it was opened in {_listed(modes)}, and is to be done in {marked.rules.mode}"
    if courses := _other({str(one.get("course") or "") for one in opened}, course.name):
        yield "course", f"it was opened for {_listed(courses)}"
    if _other({str(one.get("edition") or "") for one in opened}, marked.edition):
        yield "edition", "some of it was done with other questions than the course has"
    seed = course.seed(student, marked.slug)
    if any(repr(one.get("seed")) != repr(seed) for one in opened):
        whose = "with other numbers than this student's" if seed is not None else "with numbers of somebody's own"
        yield "identity", f"it was done {whose}"


def _other(found: set[str], wanted: str) -> list[str]:
    return sorted(found - {wanted, ""}) if wanted else []


def _speed_notes(sound: Sequence[Event]) -> Iterator[Note]:
    """Whether half of the steps took less time than it takes to read what is asked."""
    steps = [moment(event.time) for event in sound if event.kind in STEP_KINDS]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(steps)]
    if len(steps) >= FEWEST_STEPS and statistics.median(gaps) < QUICK:
        yield "speed", f"{len(steps)} steps in {(steps[-1] - steps[0]).total_seconds():.0f} s"


def _due_notes(sound: Sequence[Event], marked: MarkedLab, is_late: bool) -> Iterator[Note]:
    """Lateness, which is the learning system's to say; and what clocks say about it."""
    times = [moment(event.time) for event in sound]
    if is_late:
        yield "late", "the learning system says so"
    if times and marked.rules.due and max(times) > marked.rules.due + CLOCK_SLACK:
        yield ("late" if not is_late else "time"), f"the last entry is of {max(times):%Y-%m-%d %H:%M} UTC"
    if times and marked.rules.opens and min(times) < marked.rules.opens - CLOCK_SLACK:
        yield "time", f"the first entry is of {min(times):%Y-%m-%d %H:%M} UTC, before the lab was given out"


def seconds_spent(events: Iterable[Event]) -> float:
    """About how long a student was at it: the time between entries of one session, pauses aside."""
    sessions: dict[str, list[datetime.datetime]] = defaultdict(list)
    for event in events:
        sessions[event.session].append(moment(event.time))
    gaps = ((after - before).total_seconds() for times in sessions.values()
            for before, after in itertools.pairwise(sorted(times)))
    return sum(gap for gap in gaps if gap < LONGEST_GAP)


def copy_notes(traces: Iterable[tuple[str, str, Sequence[str]]]) -> dict[str, str]:
    """Whose entries or sessions others have too, as a sentence by student.

    `traces` : id, name, and the hashes and sessions of what was handed in

    >>> copy_notes([("1", "Ada", ["a", "b"]), ("2", "Bob", ["b"]), ("3", "Eve", ["c"])])
    {'1': 'entries that Bob (2) has too', '2': 'entries that Ada (1) has too'}
    """
    owners: dict[str, list[int]] = defaultdict(list)
    people = []
    for number, (id, name, marks) in enumerate(traces):
        people.append((id, f"{name} ({id})"))
        for mark in dict.fromkeys(marks):
            owners[mark].append(number)
    met: dict[int, set[int]] = defaultdict(set)
    for several in owners.values():
        if len(several) > 1:
            for one in several:
                met[one].update(several[:COMMON * 4])
    said = {}
    for number in sorted(met):
        others = [people[other][1] for other in sorted(met[number] - {number})]
        hint = ": perhaps the file that all were given has them" if len(others) > COMMON else ""
        said[people[number][0]] = f"entries that {_listed(others)} has too" if len(others) == 1 else \
            f"entries that {_listed(others)} have too{hint}"
    return said


def _listed(names: Iterable[str]) -> str:
    """Names in a row; of many the first."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
    return ", ".join(found[:NAMES_SHOWN]) + more


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _first_time(events: Sequence[Event]) -> str:
    return f"{min(event.time for event in events)[:16].replace('T', ' ')} UTC"
