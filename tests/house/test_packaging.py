"""What is shipped: the wheel and the sdist hold what they should, and work where nothing else is."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest
from paths import ROOT

pytestmark = pytest.mark.slow

QUESTION = ("from solver import Hardware, Models, max_users; import mlsysim_labs; "
            "print(max_users(Models.Llama3_8B, Hardware.Cloud.H100, 131072))")


def build(root: pathlib.Path, folder: pathlib.Path, kind: str) -> pathlib.Path:
    """A distribution of a checkout."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder], cwd=root, check=True,
                   capture_output=True)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The files that git knows, as they are now, and litter beside them that must not be shipped."""
    root, copy = ROOT, tmp_path_factory.mktemp("checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    for name in [*tracked.stdout.split(), ".gitignore"]:
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((root / name).read_bytes())
    for litter in ("labs/.ipynb_checkpoints/03_kv_cache-checkpoint.ipynb", "solver/__pycache__/x.pyc", ".venv/x.py"):
        (copy / litter).parent.mkdir(parents=True, exist_ok=True)
        (copy / litter).write_text("litter")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return build(checkout, tmp_path_factory.mktemp("wheel"), "wheel")


def files(root: pathlib.Path, folder: str) -> set[str]:
    """Files of a folder of the checkout, without litter."""
    return {f.relative_to(root).as_posix() for f in (root / folder).rglob("*")
            if f.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(f.parts)}


def test_the_wheel_holds_the_packages_and_the_labs(wheel, checkout):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    labs = {name.replace("labs/", "mlsysim_labs/notebooks/") for name in files(checkout, "labs")}
    assert held == files(checkout, "solver") | files(checkout, "mlsysim_labs") | labs
    assert {"solver/units.txt", "solver/zoo/models.toml", "mlsysim_labs/reactive/program.js"} <= held
    assert "mlsysim_labs/notebooks/03_kv_cache.ipynb" in held


def test_the_sdist_holds_what_builds_and_tests_it(checkout, tmp_path):
    with tarfile.open(build(checkout, tmp_path, "sdist")) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {name for folder in ("solver", "mlsysim_labs", "labs", "tests", "tools", "benchmarks", "binder", "docs",
                                  "site") for name in files(checkout, folder)}
    top = {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "Makefile", "PKG-INFO",
           ".gitignore"}
    assert wanted | top <= held
    assert held == wanted | top


def environment(folder: pathlib.Path, *install: str) -> pathlib.Path:
    """The Python of a fresh environment in which that has been installed."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *install], check=True)
    return python


def run(python: pathlib.Path, *arguments: str, where: pathlib.Path) -> str:
    settings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([python, *arguments], cwd=where, capture_output=True, text=True, env=settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.release
def test_a_fresh_environment_with_the_wheel_works(wheel, tmp_path):
    python = environment(tmp_path / "env", str(wheel))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(python, "-c", QUESTION, where=elsewhere) == "4\n"
    said = run(python.with_name("mlsysim-labs"), "mine", "--copy-only", where=elsewhere)
    assert "Your labs are in" in said and (elsewhere / "mine" / "03_kv_cache.ipynb").exists()
    version = run(python.with_name("mlsysim-labs"), "--version", where=elsewhere).strip()
    assert version in wheel.name


@pytest.mark.release
def test_an_editable_install_works(checkout, tmp_path):
    python = environment(tmp_path / "env", "-e", str(checkout))
    assert run(python, "-c", QUESTION, where=tmp_path) == "4\n"
    run(python.with_name("mlsysim-labs"), "mine", "--copy-only", where=tmp_path)
    assert (tmp_path / "mine" / "03_kv_cache.ipynb").exists()
    place = run(python, "-c", "import solver; print(solver.__file__)", where=tmp_path)
    assert place.startswith(str(checkout))
