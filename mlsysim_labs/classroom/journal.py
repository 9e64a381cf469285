"""What has been graded already: a line for each student, so that a run that was killed goes on where it was.

A line is written at once, after the student's feedback, and a line that was cut short is forgotten. The file is named
by all that marks depend on; with another course, roster or notebook it is another one.
"""

from __future__ import annotations

import json
import os
import pathlib

from mlsysim_labs.classroom.marks import StudentMark

JOURNAL_FOLDER = ".grading"


class Journal:
    """Marks by student, each with a digest of what was handed in.

    >>> import tempfile
    >>> journal = Journal(pathlib.Path(tempfile.mkdtemp()), "v1")
    >>> journal.keep("17", "a digest", StudentMark("17", (), ()))
    >>> Journal(journal.file.parent.parent, "v1").digests
    {'17': 'a digest'}
    """

    def __init__(self, out: pathlib.Path, version: str) -> None:
        self.file = out / JOURNAL_FOLDER / f"{version}.jsonl"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.digests: dict[str, str] = {}
        self.marks: dict[str, StudentMark] = {}
        data = self.file.read_bytes() if self.file.exists() else b""
        whole = data[:data.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._take(line)
        if len(whole) < len(data):
            os.truncate(self.file, len(whole))
        self._handle = self.file.open("ab", buffering=0)

    def _take(self, line: bytes) -> None:
        try:
            digest, mark = json.loads(line)
            one = StudentMark.of_json(mark)
        except (ValueError, TypeError, RecursionError):  # a disk, or a person
            return
        self.digests[one.id], self.marks[one.id] = digest, one

    def keep(self, id: str, digest: str, mark: StudentMark) -> None:
        """A student's marks, for good."""
        self.digests[id], self.marks[id] = digest, mark
        self._handle.write(json.dumps([digest, mark], separators=(",", ":")).encode("ascii") + b"\n")

    def close(self) -> None:
        """Nothing more is graded; journals of other versions are of no use any more."""
        self._handle.close()
        for other in self.file.parent.glob("*.jsonl"):
            if other != self.file:
                other.unlink()
