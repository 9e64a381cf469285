"""What is run from a terminal. The function behind a command is loaded when the command runs."""

from __future__ import annotations

import importlib
from typing import Any


def loaded_function(home: str, name: str) -> Any:
    """What does the work, loaded now; what it refuses is said in a sentence."""
    from mlsysim_labs.commands.asking import spoken

    return spoken(getattr(importlib.import_module(f"mlsysim_labs.commands.{home}"), name))
