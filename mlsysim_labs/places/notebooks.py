"""Where the labs are."""

from __future__ import annotations

import pathlib

from mlsysim_labs.widgets.assets import PACKAGE


def notebooks_folder() -> pathlib.Path:
    """Where the labs are: inside the installed package, or beside it in a checkout."""
    installed = PACKAGE / "notebooks"
    return installed if installed.is_dir() else PACKAGE.parent / "labs"
