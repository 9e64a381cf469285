"""Where the labs are."""

from __future__ import annotations

import pathlib

PACKAGE = pathlib.Path(__file__).parent.parent


def notebooks_folder() -> pathlib.Path:
    """Where the labs are: inside the installed package, or beside it in a checkout."""
    installed = PACKAGE / "notebooks"
    return installed if installed.is_dir() else PACKAGE.parent / "labs"
