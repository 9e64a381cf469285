"""Files written whole or not at all, one writer at a time, and why that could not be done."""

from __future__ import annotations

import errno
import os
import pathlib
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlsysim_labs.records.event import now
from mlsysim_labs.records.files import Unreadable, open_at_once

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE = 10.0  # s to wait for another window; one save takes milliseconds
BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}  # the lock is another's
LACKING = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}  # this file system cannot
STILL_HERE = "Your work is still here while this notebook's kernel runs."
REASONS = {
    "the disk is full. Free some space, then save again": {errno.ENOSPC, errno.EDQUOT},
    "you can't write there. Open the notebook from a folder of your own, then save again":
        {errno.EACCES, errno.EPERM, errno.EROFS},
    "the folder is gone. Put it back, then save again": {errno.ENOENT, errno.ENOTDIR, errno.ESTALE},
}


class NotSaved(Exception):  # noqa: N818 - a state to tell a student, rarely a mistake
    """The record could not be written; the sentence says why and what to do next."""


def put(file: pathlib.Path, data: bytes, flush: bool = True) -> None:
    """Write a file whole or not at all; with `flush`, it outlasts a loss of power."""
    part = file.with_name(f".{file.name.lstrip('.')}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as handle:
            handle.write(data)
            if flush:
                handle.flush()
                os.fsync(handle.fileno())
        os.replace(part, file)  # noqa: PTH105 - named as the guarantee that it is
    except BaseException:  # an interrupted kernel leaves no litter either
        with suppress(OSError):
            part.unlink()
        raise
    if flush and os.name == "posix":
        flush_folder(file.parent)


def flush_folder(folder: pathlib.Path) -> None:
    """Make a new name in a folder outlast a loss of power, where the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in LACKING:
            raise
    finally:
        os.close(handle)


@contextmanager
def lock_held(file: pathlib.Path) -> Iterator[None]:
    """Hold the lock of a file that stays when it is freed: to delete it would let two in at once."""
    with open(file, "ab", opener=open_at_once) as handle:
        deadline = time.monotonic() + PATIENCE
        while not take_lock(handle.fileno()):
            if time.monotonic() > deadline:
                raise NotSaved(f"Not saved: another window has kept {file.name} for {PATIENCE:.0f} s. Close the other "
                               f"windows of this lab, then save again. {STILL_HERE}")
            time.sleep(0.002)
        yield


def take_lock(handle: int) -> bool:
    """Take the lock if it is free; closing the file frees it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in BUSY:
            return False
        if problem.errno not in LACKING:
            raise
    return True


def unused_name(folder: pathlib.Path, start: str) -> pathlib.Path:
    """A name with the time in it that no file has."""
    while (path := folder / f"{start}{now().replace(':', '-')}.json").exists():
        time.sleep(0.001)
    return path


def reason(problem: OSError) -> str:
    """Why nothing was written, and the next move."""
    if isinstance(problem, Unreadable):
        name = pathlib.Path(problem.filename).name
        return f"{name} cannot be read: {problem.strerror}. Move it away, then save again"
    known = (said for said, codes in REASONS.items() if problem.errno in codes)
    return next(known, f"the system says \"{problem.strerror or problem}\". Save again, or try another folder")
