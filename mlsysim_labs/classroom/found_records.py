"""The records in a file, whatever it is: a record, a notebook, a text, a page, a mail, an archive of these.

All of it is data: nothing is run, unpickled, imported or opened because a file says so. A file is never the reason that
reading stops: there is a limit to its size, and to what an archive may hold, in bytes, files and depth.
"""

from __future__ import annotations

import email
import email.policy
import io
import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlsysim_labs.classroom.archives import ZIP_MARKS, ArchiveError, member_bytes, opened_archive, zip_members
from mlsysim_labs.classroom.submissions import shown_label, system_reason
from mlsysim_labs.records.event import TITLE
from mlsysim_labs.records.in_notebooks import record_bundles
from mlsysim_labs.records.json_data import NewerRecordError, RecordError
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.sound import BYTE_MARKS, sound_events
from mlsysim_labs.records.text import END, TEXT_LIMIT, packed_in, unpacked_bytes

PARSED_WHOLE = 8_000_000  # bytes of JSON, which may take 25 times as much memory; in longer ones I look for entries
MOST_BYTES, MOST_FILES, DEEPEST = 200_000_000, 300, 3  # of one student's archives, together
MOST_RECORDS, MOST_BUNDLES = 20, 200  # in one text, and in the outputs of one notebook
MAIL = re.compile(rb"^Content-Transfer-Encoding:\s*base64", re.IGNORECASE | re.MULTILINE)
LONGEST_MAIL = 20_000_000
ENTRY = re.compile(rb'"hash"\s*:')
NO_RECORD = "no record of a lab is in it"


class FileFound(NamedTuple):
    """What a file holds: its label, the records in it, and what there is to say of it."""

    label: str
    records: tuple[Record, ...]
    why: str = ""


@dataclass
class ReadLimit:
    """What is still read of one student's archives."""

    bytes_left: int = MOST_BYTES
    files_left: int = MOST_FILES
    depth_left: int = DEEPEST


def files_found(data: bytes, label: str, labs: Collection[str], budget: ReadLimit | None = None) -> Iterator[FileFound]:
    """What is in a file; of an archive what is in each of its files. `labs` are those whose damaged records count.

    >>> record = Record("03_kv_cache").added("reflection", "reflection", {"text": "More users."})
    >>> [found] = files_found(f"Hello!\\n{record.text}".encode(), "mail.txt", ["03_kv_cache"])
    >>> found.records[0] == record
    True
    """
    budget = budget or ReadLimit()
    if data.startswith(ZIP_MARKS):
        yield from _of_archive(data, label, labs, budget)
        return
    records, why = records_of_data(data, labs, budget)
    yield FileFound(label, tuple(records), why or ("" if records else NO_RECORD))


def _of_archive(data: bytes, label: str, labs: Collection[str], budget: ReadLimit) -> Iterator[FileFound]:
    if not budget.depth_left:
        yield FileFound(label, (), f"it is an archive in an archive, more than {DEEPEST} deep")
        return
    budget.depth_left -= 1
    try:
        with opened_archive(io.BytesIO(data)) as archive:
            for member in zip_members(archive):
                name = f"{label}/{shown_label(member.name)}"
                if budget.files_left <= 0 or budget.bytes_left <= 0:
                    yield FileFound(label, (), f"it has more than {MOST_FILES} files or {MOST_BYTES / 1e6:.0f} MB: "
                                               f"what comes after {name} was not read")
                    break
                budget.files_left -= 1
                yield from _of_member(archive, member, name, labs, budget)
    except ArchiveError as problem:
        yield FileFound(label, (), str(problem))
    finally:
        budget.depth_left += 1


def _of_member(archive: Any, member: Any, name: str, labs: Collection[str], budget: ReadLimit) -> Iterator[FileFound]:
    """What is in one file of an archive."""
    limit = min(PARSED_WHOLE * 2, budget.bytes_left)
    why = member.why or system_reason(name.split("/"))
    if not why:
        try:
            data = member_bytes(archive, member.place, limit)
            budget.bytes_left -= len(data)
            why = "" if len(data) <= limit else f"it has more than {limit / 1e6:,.0f} MB within its archive"
        except ArchiveError as problem:
            why = str(problem)
    yield from [FileFound(name, (), why)] if why else files_found(data, name, labs, budget)


def records_of_data(data: bytes, labs: Collection[str], budget: ReadLimit) -> tuple[list[Record], str]:
    """The records in the bytes of a file that is no archive, and what there is to say."""
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            records, why = _of_json(data, labs)
        else:
            records, why = _of_text(data, labs, budget)
        if not records and ENTRY.search(data) and not why:
            records = _sound(data, labs)
            why = "it is no whole file any more: its sound entries count" if records else ""
    except (RecursionError, MemoryError):
        return [], "it is nested too deeply, or too large, to be read"
    return records, why


def _of_json(data: bytes, labs: Collection[str]) -> tuple[list[Record], str]:
    """The records in JSON: itself one, or a notebook with some in its outputs."""
    is_record = b'"entries"' in data and b'"record"' in data
    if not is_record and MIME.encode() not in data:
        return _of_text(data, labs, ReadLimit()) if TITLE.encode() in data else ([], "")
    if len(data) > PARSED_WHOLE:
        return _sound(data, labs), "it is very long, so only its sound entries were looked for"
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _sound(data, labs), "it is no whole file any more: its sound entries count"
    found: list[Any] = []
    bundles = [tree] if isinstance(tree, dict) and "entries" in tree and "record" in tree else record_bundles(tree)
    for made in itertools.islice(bundles, MOST_BUNDLES):
        if made not in found:
            found.append(made)
    return _of_bundles(found, labs)


def _of_bundles(bundles: Iterable[Any], labs: Collection[str]) -> tuple[list[Record], str]:
    """Records that stand as JSON; of one that is damaged, what is sound in it."""
    records, said = [], ""
    for made in bundles:
        try:
            records.append(Record.of_json(made))
        except NewerRecordError as problem:
            said = str(problem)
        except RecordError:
            sound = _sound(json.dumps(made).encode(), labs)
            records += sound
            said = said or ("a record in it is damaged: its sound entries count" if sound else
                            "a record in it is damaged, and no entry in it is sound")
    return records, said


def _of_text(data: bytes, labs: Collection[str], budget: ReadLimit) -> tuple[list[Record], str]:
    """The records that stand in a text, a page or a mail, as lines to copy."""
    records: list[Record] = []
    said = ""
    if budget.depth_left and MAIL.search(data[:LONGEST_MAIL]):
        records += _in_mail(data, labs, budget)
    for text in _around_records(_text_of(data)):
        try:
            packed = packed_in(text)
        except RecordError as problem:
            said = said or f"the text of a record in it cannot be read: {problem}"
            continue
        for lab, compressed in packed[:MOST_RECORDS]:
            found, why = _of_packed(lab, compressed, labs)
            records += [one for one in found if one not in records]
            said = said or why
    return records, "" if records and not said.startswith("a record") else said


def _of_packed(lab: str, packed: bytes, labs: Collection[str]) -> tuple[list[Record], str]:
    """The record that was compressed; what is sound in it, where it is damaged or of another lab than it says."""
    try:
        data = unpacked_bytes(packed)
    except RecordError as problem:
        return [], f"the text of a record in it cannot be read: {problem}"
    with suppress(RecordError):
        record = Record.of_data(data)
        if record.lab == lab:
            return [record], ""
    return _sound(data, labs), "a record in it is damaged: its sound entries count"


def _text_of(data: bytes) -> str:
    encoding = next((name for mark, name in BYTE_MARKS.items() if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def _around_records(text: str) -> Iterator[str]:
    """The parts of a text that may hold records: all of it, or of a very long one what is around each title."""
    if len(text) <= TEXT_LIMIT:
        if TITLE.split()[0] in text:
            yield text
        return
    at = [found.start() for found in re.finditer(re.escape(TITLE), text)][:MOST_RECORDS]
    for start in at:
        end = text.find(END, start)
        if 0 <= end - start < 3 * TEXT_LIMIT:
            yield text[start:end + len(END) + 200]


def _in_mail(data: bytes, labs: Collection[str], budget: ReadLimit) -> list[Record]:
    """The records in what a mail carries."""
    budget.depth_left -= 1
    parts = list(itertools.islice(_mail_parts(data), MOST_FILES))
    found = [record for part in parts for one in files_found(part, "", labs, budget) for record in one.records]
    budget.depth_left += 1
    return found


def _mail_parts(data: bytes) -> Iterator[bytes]:
    """What a mail carries: texts and attached files."""
    with suppress(Exception):  # a mail may be anything
        message = email.message_from_bytes(data[:LONGEST_MAIL], policy=email.policy.compat32)
        for part in message.walk():
            made = part.get_payload(decode=True)
            if isinstance(made, bytes):
                yield made


def _sound(data: bytes, labs: Collection[str]) -> list[Record]:
    """What verifies of each lab."""
    found = [Record(lab, events=sound_events(data, lab, rooted=True)) for lab in labs if lab.encode() in data]
    return [record for record in found if record.events]
