"""Write what commands print into docs/teach/start.md, run in the class that `make class` makes.

Below each `sh` block that a `text` block follows stands what it prints; other `sh` blocks are for the reader alone. A
test compares.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import command_line
import example_class

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "teach" / "start.md"
RUN = re.compile(r"```sh\n([^\n]*)\n```\n\n```text\n(.*?)```", re.DOTALL)
WORKERS = " --executor none"  # the same comes of it, and no process is started


def printed_there(command: str) -> str:
    """What a person sees who runs a command where this process is."""
    if command.startswith("mlsysim-labs "):
        more = WORKERS if command.startswith("mlsysim-labs grade") else ""
        return command_line.printed(command.removeprefix("mlsysim-labs ") + more)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, encoding="utf-8", check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    return (done.stdout + done.stderr).replace("\ufeff", "")  # which nobody sees


def start_text(text: str) -> str:
    """The page with every output anew, command after command, in a class of its own."""
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made).resolve() / "class"
        example_class.write_class(folder)
        with contextlib.chdir(folder):
            return RUN.sub(lambda found: f"```sh\n{found[1]}\n```\n\n```text\n{printed_there(found[1])}```", text)


def main() -> int:
    """Write the page."""
    PAGE.write_text(start_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
