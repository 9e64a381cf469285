"""A record as lines to copy, mail and paste: compressed, wrapped, with a checksum, found amid other words."""

from __future__ import annotations

import base64
import hashlib
import html
import quopri
import re
import zlib
from typing import Any

from mlsysim_labs.records.event import FORMAT, FORMATS_READ, TITLE
from mlsysim_labs.records.json_data import SLUG, NewerRecordError, RecordError

END = "end of record"
NEWER = "This record comes from a newer mlsysim-labs. Update yours, then open it again."
LINE_LENGTH = 76  # what mail passes on unwrapped
TEXT_LIMIT = 1_000_000  # bytes of a record that travels as text
MARKS = re.compile(r"[\s>|\u00ad\u200b\u2060\ufeff]+")  # what mail and chat put between the letters
HTML_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
QUOTED_PRINTABLE = re.compile(r"=(?:\r?\n|3D|20)")
WHOLE = re.compile(rf"{TITLE} ([0-9]{{1,4}}) ({SLUG.pattern}) ([A-Za-z0-9+/= ]*?){END} ([0-9a-f]{{8}})(?![0-9a-f])")


def packed_lines(lab: str, data: bytes) -> str:
    """The bytes of a record as lines; RecordError if they are too many."""
    if len(data) > TEXT_LIMIT:
        raise RecordError("This record is too long to copy. Hand in its file instead.")
    packed = zlib.compress(data, 9)
    letters = base64.b64encode(packed).decode("ascii")
    lines = [letters[i:i + LINE_LENGTH] for i in range(0, len(letters), LINE_LENGTH)]
    return "\n".join([f"{TITLE} {FORMAT} {lab}", *lines, f"{END} {checksum(packed)}", ""])


def packed_in(text: Any) -> list[tuple[str, bytes]]:
    """The slug and the compressed bytes of each whole record in a text; RecordError if there is none."""
    if not isinstance(text, str) or len(text) > 4 * TEXT_LIMIT:  # base64 and quote marks need less
        raise RecordError("This is not the text of a record, or it is far too long. Paste only the record.")
    ways = [MARKS.sub(" ", way) for way in readings(text)]
    found: dict[bytes, str] = {}
    refused: RecordError | None = None
    for whole in (one for flat in ways for one in WHOLE.finditer(flat)):
        try:
            found.setdefault(packed_bytes(*whole.groups()), whole[2])
        except RecordError as problem:
            refused = problem
    if not found:
        raise refused or RecordError(incomplete_sentence(max(ways, key=lambda flat: TITLE in flat)))
    return [(lab, packed) for packed, lab in found.items()]


def readings(text: str) -> list[str]:
    """The text as it is; as quoted-printable mail; and both without the tags and entities that a course's site adds."""
    ways = [text]
    if QUOTED_PRINTABLE.search(text):
        ways.append(quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace"))
    return list(dict.fromkeys([*ways, *(undressed(undressed(way)) for way in ways)]))


def undressed(text: str) -> str:
    """The text without tags and entities; once, as some sites escape what was escaped."""
    return html.unescape(HTML_TAG.sub(" ", text))


def packed_bytes(version: str, lab: str, letters: str, said: str) -> bytes:
    """The compressed bytes of one record; RecordError if they are not what was sent."""
    if int(version) not in FORMATS_READ:
        raise NewerRecordError(NEWER)
    try:
        packed = base64.b64decode(letters.replace(" ", ""), validate=True)
    except ValueError:  # letters are missing
        packed = b""
    if checksum(packed) != said:
        raise RecordError("This record changed on the way: some letters are missing or different. Copy it again, and "
                          "paste it without editing it.")
    return packed


def incomplete_sentence(text: str) -> str:
    """The sentence for a text without a whole record."""
    if TITLE not in text:
        return (f"I see no record here. It begins with a line such as \"{TITLE} {FORMAT} 03_kv_cache\". Copy "
                f"everything from there to the line \"{END}\".")
    if not re.search(rf"{END} [0-9a-f]{{8}}", text):
        return f"The end of this record is missing. Copy everything down to the line that begins with \"{END}\"."
    return "Something else is in the middle of this record. Copy it again, and paste it without editing it."


def unpacked_bytes(packed: bytes) -> bytes:
    """The bytes of a record; RecordError, and no more memory than the limit, if they would be too many."""
    engine = zlib.decompressobj()
    try:
        data = engine.decompress(packed, TEXT_LIMIT + 1)
    except zlib.error:
        raise RecordError("I can't unpack this record, so no lab made it. Copy it again.") from None
    if len(data) > TEXT_LIMIT or not engine.eof:
        raise RecordError("This record is longer than a lab makes it. Hand in the file instead.")
    return data


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]
