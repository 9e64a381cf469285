"""The folder that mybinder.org builds from: repo2docker takes it, and its pins are whole, allowed and go together."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from classic_notebook import kept_environment
from on_paper import pins, plain, resolved
from packaging.requirements import Requirement
from paths import ROOT

FOLDER = ROOT / "binder"
PINS = (FOLDER / "requirements.txt").read_text(encoding="utf-8")
TOOL = "jupyter-repo2docker==2026.4.0"
HUB = "jupyterhub==5.*"  # what the image holds beside our pins: it starts the server


def version() -> str:
    return (FOLDER / "runtime.txt").read_text().strip().removeprefix("python-")


def test_the_files_are_of_the_form_that_is_read():
    assert re.fullmatch(r"python-3\.\d+\n", (FOLDER / "runtime.txt").read_text()), "without it: Python 3.10"
    script = FOLDER / "postBuild"
    lines = [line for line in script.read_text().splitlines() if not line.startswith("# ")]
    assert os.access(script, os.X_OK) and lines[0].startswith("#!"), "the run bit, and what runs it"
    assert lines[1] == "set -e", "else a failed step builds an image without the labs"
    assert "--no-deps ." in lines[2], "the labs come from the checkout, and bring nothing that is not pinned"


def test_the_pins_are_those_that_pyproject_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = pins(PINS)
    for need in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["lab"]]):
        assert pinned[plain(need.name)] in need.specifier, need
    assert version() in Requirement(f"python{project['requires-python']}").specifier


@pytest.mark.slow
def test_the_pins_go_together_and_nothing_is_left_unpinned():
    assert resolved(version(), PINS) == pins(PINS)


@pytest.mark.release
def test_the_pins_go_with_the_hub_of_the_image():
    assert pins(PINS).items() <= resolved(version(), f"{PINS}\n{HUB}").items()


@pytest.mark.release
def test_repo2docker_takes_the_folder(tmp_path):
    """It writes a Dockerfile, and builds nothing; no Docker is needed."""
    shutil.copytree(FOLDER, tmp_path / "binder")
    python = kept_environment(ROOT / ".venv-binder", sys.executable, TOOL, made_of=(pathlib.Path(__file__),))
    tool = pathlib.Path(python).with_name("jupyter-repo2docker")
    done = subprocess.run([tool, "--no-build", "--debug", "."], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"python={version()}" in done.stderr
    assert "binder/requirements.txt" in done.stdout and "RUN ./binder/postBuild" in done.stdout
