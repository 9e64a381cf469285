"""Zip archives that somebody else made: looked into within limits, and never unpacked onto the disk.

Names in an archive are labels and no paths: nothing is opened or written under them. What is stored in another way than
as it is or deflated, or is encrypted, is not read; and no member is read further than its limit, whatever it says.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
DIRECTORY_LIMIT = 4_000_000  # bytes of the list of an archive that a student made: 40,000 names
TAIL = 65_557  # bytes, in which the end of an archive is
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveError(ValueError):
    """An archive cannot be read; the sentence says why."""


class ZipMember(NamedTuple):
    """One file of an archive: its name as a label, its place in the list, its size as the archive states it, and a
    reason not to read it, if there is one.
    """

    name: str
    place: int
    size: int
    why: str = ""


def opened_archive(source: str | BinaryIO, trusted: bool = False) -> zipfile.ZipFile:
    """A zip archive; ArchiveError where it is none, or where a student's has too long a list.

    >>> opened_archive(io.BytesIO(b"PK\\x05\\x06" + bytes(18))).namelist()
    []
    """
    if not trusted:
        _check_directory(source)
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError, IndexError):
        raise ArchiveError("it is a damaged zip archive: zip the files anew") from None


def _check_directory(source: str | BinaryIO) -> None:
    """Of a list of a million names, parsing would take a gigabyte."""
    assert not isinstance(source, str)
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - TAIL - 20))
    tail = source.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 16:
        raise ArchiveError("it is a damaged zip archive: zip the files anew")
    if b"PK\x06\x07" in tail or int.from_bytes(tail[at + 12:at + 16], "little") > DIRECTORY_LIMIT:
        raise ArchiveError("its zip archive has far too many files")


def zip_members(archive: zipfile.ZipFile) -> Iterator[ZipMember]:
    """The files of an archive in order, folders aside."""
    for place, info in enumerate(archive.infolist()):
        if not info.is_dir():
            yield ZipMember(info.filename, place, info.file_size, _unread(info))


def _unread(info: zipfile.ZipInfo) -> str:
    """Why a member is not read; nothing, if it may be."""
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link, and I follow none"
    if info.flag_bits & 1:
        return "it is encrypted: hand it in without a password"
    if info.compress_type not in ZIP_METHODS:
        return "it is compressed in a way that I do not read: zip it as usual"
    return ""


def member_bytes(archive: zipfile.ZipFile, place: int, limit: int) -> bytes:
    """A member as it is, but at most `limit` bytes and one more; ArchiveError where it is damaged."""
    try:
        with archive.open(archive.infolist()[place]) as member:
            return member.read(limit + 1)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error,
            struct.error, IndexError):
        raise ArchiveError("it is damaged within its zip archive") from None
