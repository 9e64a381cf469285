"""What would be installed, without installing it: by uv, which needs no Python of that version, else by pip."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import install
import pytest
from classic_notebook import find_python, run


def resolved(version: str, requirements: str) -> dict[str, str]:
    """Names and versions of what the requirements, a line each, bring into an empty Python; from wheels alone."""
    return by_uv(version, requirements) if install.find_uv() else by_pip(version, requirements)


def by_uv(version: str, requirements: str) -> dict[str, str]:
    """The same by uv."""
    listed = run(sys.executable, "-m", "pip", "config", "list")
    command = [install.find_uv(), "pip", "compile", "-q", "--no-header", "--no-annotate", "--only-binary=:all:",
               f"--python-version={version}", "-"]
    done = subprocess.run(command, input=requirements, capture_output=True, text=True,
                          env=install.settings_for_uv(listed) | os.environ)
    assert done.returncode == 0, done.stderr
    return pins(done.stdout)


def by_pip(version: str, requirements: str) -> dict[str, str]:
    """The same by pip, which resolves for its own Python."""
    python = find_python(version)
    if not python:
        pytest.skip(f"without uv, pip resolves for its own Python, and {version} is not on this machine")
    report = run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--dry-run",
                 "--ignore-installed", "--only-binary=:all:", "--report=-", "-r", "/dev/stdin", text=requirements)
    return {plain(one["metadata"]["name"]): one["metadata"]["version"] for one in json.loads(report)["install"]}


def pins(text: str) -> dict[str, str]:
    """The pinned versions by name; every line must be a pin, a comment, or nothing."""
    lines = (re.sub(r"[#;].*", "", line).strip() for line in text.splitlines())
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) or pytest.fail(f"not a pin: {line}") for line in lines if line]
    return {plain(pin[1]): pin[2] for pin in found}


def plain(name: str) -> str:
    """The name of a distribution, as all tools write it."""
    return re.sub(r"[-_.]+", "-", name).lower()
