"""What was handed in: every file of a folder or an archive, in order; no link is followed, and no pipe opened."""

from __future__ import annotations

import functools
import os
import pathlib
import stat
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mlsysim_labs.classroom.archives import ArchiveError, member_bytes, opened_archive, zip_members
from mlsysim_labs.records.files import read_file

DEEPEST_FOLDER, MOST_FILES_LISTED = 16, 300_000
LARGEST_FILE = 24_000_000  # bytes of one file, which reading may take ten times of
SYSTEM_FILES = {".ds_store", "thumbs.db", "desktop.ini"}
SYSTEM_FOLDERS = {"__macosx", ".ipynb_checkpoints", ".git", "__pycache__"}
NOT_HANDED_IN = "a file of the system, and not of a student"


class Submission(NamedTuple):
    """One file as it was handed in.

    `label` : its path in what was handed in, with / between its parts
    `file` : where it is on the disk; `member` : its place in that, if that is an archive, else -1
    `why` : a reason not to read it, if there is one
    """

    label: str
    file: str
    member: int = -1
    why: str = ""

    @property
    def parts(self) -> list[str]:
        """The parts of its path."""
        return [part for part in self.label.replace("\\", "/").split("/") if part not in ("", ".", "..")]


def submissions_in(source: pathlib.Path, is_somebodys: Callable[[str], bool],
                   out: pathlib.Path | None = None) -> list[Submission]:
    """All files of a folder, or of an archive, in the order of their labels; but none of a folder `out` within.

    An archive in a folder is a student's if its name says so; others are a learning system's, and what is in them is
    listed. ValueError where there is no such folder or file.
    """
    if source.is_dir():
        found = list(_in_folder(source.resolve(), "", is_somebodys, 0, out))
    elif source.suffix.lower() == ".zip" and source.is_file():
        found = list(_in_archive(str(source), ""))
    else:
        raise ValueError(f"{source} is no folder and no zip archive: name what the learning system gave you.")
    return sorted(found, key=lambda one: (one.label, one.member))


def _in_folder(folder: pathlib.Path, above: str, is_somebodys: Callable[[str], bool], depth: int,
               out: pathlib.Path | None) -> Iterator[Submission]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda one: one.name)
    except OSError as problem:
        yield Submission(above or ".", str(folder), why=f"the folder cannot be read: {problem.strerror}")
        return
    for entry in listed:
        label = f"{above}{entry.name}"
        if entry.is_symlink():
            yield Submission(label, entry.path, why="it is a link, and I follow none")
        elif entry.is_dir(follow_symlinks=False):
            if depth == DEEPEST_FOLDER:
                yield Submission(label, entry.path, why=f"its folder is more than {DEEPEST_FOLDER} deep")
            elif entry.name.lower() not in SYSTEM_FOLDERS and pathlib.Path(entry.path) != out:
                yield from _in_folder(pathlib.Path(entry.path), f"{label}/", is_somebodys, depth + 1, out)
        else:
            yield from _file(entry, label, is_somebodys)


def _file(entry: os.DirEntry[str], label: str, is_somebodys: Callable[[str], bool]) -> Iterator[Submission]:
    parts = label.split("/")
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as problem:  # it may be gone by now
        yield Submission(label, entry.path, why=f"it cannot be read: {problem.strerror}")
        return
    if not stat.S_ISREG(mode):
        yield Submission(label, entry.path, why="it is a pipe or a device, not an ordinary file")
    elif entry.name.lower().endswith(".zip") and not any(map(is_somebodys, parts)):
        yield from _in_archive(entry.path, f"{label}/")
    else:
        yield Submission(label, entry.path, why=system_reason(parts))


def _in_archive(file: str, above: str) -> Iterator[Submission]:
    try:
        with opened_archive(file, trusted=True) as archive:
            for count, member in enumerate(zip_members(archive)):
                if count == MOST_FILES_LISTED:
                    raise ArchiveError(f"it has more than {MOST_FILES_LISTED:,} files")
                one = Submission(f"{above}{shown_label(member.name)}", file, member.place, member.why)
                yield one._replace(why=one.why or system_reason(one.parts))
    except ArchiveError as problem:
        yield Submission(above.rstrip("/") or pathlib.Path(file).name, file, why=str(problem))


def system_reason(parts: list[str]) -> str:
    """The sentence on a file that a system has made for itself; nothing of another.

    >>> system_reason(["__MACOSX", "._03_kv_cache.ipynb"])
    'a file of the system, and not of a student'
    """
    lower = [part.lower() for part in parts]
    is_system = not SYSTEM_FOLDERS.isdisjoint(lower[:-1]) or (lower and (
        lower[-1] in SYSTEM_FILES or lower[-1].startswith("._")))
    return NOT_HANDED_IN if is_system else ""


def shown_label(name: str) -> str:
    """A name out of an archive as a label: it has no halves of characters."""
    return name.encode("utf-8", "replace").decode().replace("\x00", " ")


def submission_bytes(one: Submission) -> bytes:
    """What is in it; Unreadable or ArchiveError, with the reason, where that is not an ordinary file of usual size."""
    data = read_file(one.file) if one.member < 0 else member_bytes(_kept_archive(one.file), one.member, LARGEST_FILE)
    if len(data) > LARGEST_FILE:
        raise ArchiveError(f"it has more than {LARGEST_FILE / 1e6:.0f} MB, and I read no more: hand in "
                           f"the record file")
    return data


@functools.lru_cache(maxsize=2)
def _kept_archive(file: str) -> zipfile.ZipFile:
    """The archive of the learning system, whose list of ten thousand files is read once in each process."""
    return opened_archive(file, trusted=True)


def unread_reason(problem: OSError | ArchiveError) -> str:
    """Why a file could not be read.

    >>> unread_reason(ArchiveError("it is damaged"))
    'it is damaged'
    """
    return str(problem) if isinstance(problem, ArchiveError) else problem.strerror or str(problem)
