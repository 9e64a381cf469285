"""Files that others may have put there, read whole: ordinary ones, and no larger than a small machine can parse."""

from __future__ import annotations

import errno
import os
import stat

LIMIT = 64_000_000  # bytes: JSON of texts and numbers takes 4 times as much memory, and nothing but {} 25 times
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # to open a pipe waits for whoever writes into it; Windows has none in a folder


class Unreadable(OSError):  # noqa: N818 - says what a file is
    """What stands there is no ordinary file, or a very large one; `strerror` is the sentence's end."""


def read_file(file: str | os.PathLike[str]) -> bytes:
    """All of an ordinary file of at most 64 MB; Unreadable for another, without waiting or reading it."""
    with open(file, "rb", opener=open_at_once) as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(errno.EINVAL, "it is a pipe or a device, not an ordinary file", str(file))
        data = b"" if found.st_size > LIMIT else opened.read(LIMIT + 1)
    if found.st_size > LIMIT or len(data) > LIMIT:
        size = max(found.st_size, len(data)) / 1e6
        raise Unreadable(errno.EFBIG, f"it has {size:,.0f} MB, and I read at most {LIMIT / 1e6:.0f} MB", str(file))
    return data


def open_at_once(path: str, flags: int) -> int:
    """Open a file as `flags` say, or fail, and never wait for another program."""
    return os.open(path, flags | NO_WAIT, 0o666)
