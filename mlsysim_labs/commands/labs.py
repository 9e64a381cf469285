"""The command ``mlsysim-labs``: copy the labs into a folder of one's own, and open JupyterLab there."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import webbrowser

from mlsysim_labs import __version__
from mlsysim_labs.records.files import Unreadable, read_file
from mlsysim_labs.widgets.assets import notebooks_folder

RECORD = ".mlsysim-labs.json"  # in the user's folder: what was copied there, so that a changed file is known


def digest(file: pathlib.Path) -> str:
    """The hash of a file; nothing for one that no lab can be."""
    try:
        return hashlib.sha256(read_file(file)).hexdigest()
    except Unreadable:
        return ""


def copy_labs(source: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """Copy every lab that is new or that the user has not touched; say in a sentence what was kept.

    A lab that the user changed stays as it is. If ours has changed too, it is put beside it under its version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record_file = folder / RECORD
    record = read_record(record_file)
    said = []
    for lab in sorted(source.glob("*.ipynb")):
        mine, ours = folder / lab.name, digest(lab)
        if mine.exists() and digest(mine) not in (ours, record.get(lab.name)):
            if record.get(lab.name) == ours:
                said.append(f"Kept your {lab.name}.")
                continue
            mine = folder / f"{lab.stem}-{__version__}.ipynb"
            said.append(f"Kept your {lab.name}; the lab of version {__version__} is {mine.name}.")
            if mine.exists():
                continue
        else:
            record[lab.name] = ours
        replace(mine, lab.read_bytes())
    replace(record_file, json.dumps(record, indent=1).encode())
    for picture in sorted((source / "pictures").glob("*.svg")):  # made, not written: nobody's to change
        (folder / "pictures").mkdir(exist_ok=True)
        replace(folder / "pictures" / picture.name, picture.read_bytes())
    return said


def read_record(file: pathlib.Path) -> dict[str, str]:
    """What was copied before; nothing, if there is no record or it is damaged (then every file counts as changed)."""
    try:
        found = json.loads(read_file(file))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def replace(file: pathlib.Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    half = file.with_name(file.name + ".part")
    half.write_bytes(data)
    half.replace(file)


def jupyter_command(folder: pathlib.Path, options: list[str]) -> list[str]:
    """How JupyterLab is started here: as root only with leave, without a browser only where there is none."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    if not has_browser() and "--no-browser" not in options:
        command.append("--no-browser")
    return command


def has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def start(command: list[str]) -> int:
    """Become JupyterLab, so that Ctrl-C reaches it and nobody else; where that cannot be, wait for it."""
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; what stands after ``--`` is handed to JupyterLab."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    cut = given.index("--") if "--" in given else len(given)
    asked, options = parser().parse_args(given[:cut]), given[cut + 1:]
    folder = asked.folder.resolve()
    if asked.here and not folder.is_dir():
        parser().error(f"there is no folder {folder}")
    if not asked.here:
        try:
            said = copy_labs(notebooks_folder(), folder)
        except OSError as problem:
            parser().error(f"the labs cannot be copied to {folder}: {problem.strerror}. Name another folder.")
        print("\n".join([*said, f"Your labs are in {folder}"]), flush=True)
    if asked.copy_only:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        print("JupyterLab is not installed here. Install it: pip install 'mlsysim-labs[lab]'", file=sys.stderr)
        return 1
    return start(jupyter_command(folder, options))


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = argparse.ArgumentParser(
        prog="mlsysim-labs", epilog="Options for JupyterLab stand after --, as in: mlsysim-labs mine -- --port=8899",
        description="Copy the labs into a folder of your own and open JupyterLab there. What you changed is kept.")
    made.add_argument("folder", nargs="?", default="mlsysim-labs", type=pathlib.Path,
                      help="the folder (default: mlsysim-labs, here)")
    made.add_argument("--here", action="store_true", help="open the folder as it is, and copy nothing")
    made.add_argument("--copy-only", action="store_true", help="copy the labs, and open nothing")
    made.add_argument("--version", action="version", version=__version__)
    return made


if __name__ == "__main__":
    sys.exit(main())
