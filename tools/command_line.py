"""Write what commands print into docs/command_line.md and docs/teach/start.md, in the `text` block below each `sh`.

Prose is written by hand, and so are the commands; a block of output that stands below one is made. A test compares.
"""

from __future__ import annotations

import pathlib
import re
import shlex
import sys

from typer.testing import CliRunner

from mlsysim_labs.commands.app import app

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "command_line.md"
SHOWN = re.compile(r"```sh\nmlsysim-labs ([^\n]*)\n```(?:\n\n```text\n(.*?)```)?", re.DOTALL)


def printed(command: str) -> str:
    """What a person sees: the answer, or the sentence in which it is refused."""
    done = CliRunner().invoke(app, shlex.split(command), prog_name="mlsysim-labs", env={"COLUMNS": "80"})
    return done.stdout or done.stderr


def page_text(text: str) -> str:
    """The page with every output anew."""
    return SHOWN.sub(lambda found: found[0] if found[2] is None else (
        f"```sh\nmlsysim-labs {found[1]}\n```\n\n```text\n{printed(found[1])}```"), text)


def main() -> int:
    """Write the page, and the teacher's that shows commands too."""
    import start_page

    start_page.main()
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
