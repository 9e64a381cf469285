"""Labs out of notebooks: where the notebooks are, and the lab that the cells of one make.

>>> lab = lab_of("03_kv_cache")
>>> lab.questions["token"].key(None)
'131 kB'
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import linecache
import os
import pathlib
from typing import Any

from mlsysim_labs.lab import Lab
from mlsysim_labs.questions.setting import Setting, setting
from mlsysim_labs.widgets.assets import notebooks_folder
from solver.text import nearest

TAG = "lab"  # of the cells that make a lab


def notebook_of(lab: str | os.PathLike[str]) -> pathlib.Path:
    """The notebook of a lab: of the package's own by slug, or the one at a path."""
    path = pathlib.Path(lab)
    if path.suffix != ".ipynb":
        known = {file.stem: file for file in sorted(notebooks_folder().glob("*.ipynb"))}
        if str(lab) not in known:
            raise ValueError(f"There is no lab {str(lab)!r}. {nearest(str(lab), known)}")
        path = known[str(lab)]
    if not path.is_file():
        raise FileNotFoundError(f"There is no notebook {path}. Give the slug of a lab, for example '03_kv_cache', or "
                                f"the path of a notebook.")
    return path.resolve()


def lab_of(lab: str | os.PathLike[str], mode: str = "demo") -> Lab:
    """The lab of a notebook, made in this process by its cells that are tagged "lab".

    It is made once for each mode while the notebook stays as it is, and shared: whoever moves its knobs moves them for
    all. Nothing of a student is in it: no record, environment variable or working folder is read or changed.

    `lab` : the slug of one of the package's own, such as "03_kv_cache", or the path of a notebook
    `mode` : "demo" (everything may be seen), "learn" or "exam"
    """
    path = notebook_of(lab)
    stat = path.stat()
    return _made(path, mode, stat.st_mtime_ns, stat.st_size)


@functools.cache
def _made(path: pathlib.Path, mode: str, changed: int, size: int) -> Lab:
    return new_lab(path, mode)


def new_lab(lab: str | os.PathLike[str], mode: str = "demo", seed: int | None = None, student: str = "",
            course: str = "") -> Lab:
    """As `lab_of`, but a lab of one's own, to be played with; for a student, in whose numbers it is then."""
    made = [value for value in names_of(lab, mode, seed, student, course).values() if isinstance(value, Lab)]
    if not made:
        raise ValueError(f"{notebook_of(lab).name} has no lab. Give the cells that make it the tag {TAG!r}.")
    return made[-1]


def names_of(lab: str | os.PathLike[str], mode: str = "demo", seed: int | None = None, student: str = "",
             course: str = "") -> dict[str, Any]:
    """All names that the cells of a lab make: what a student could use in the next cell."""
    path = notebook_of(lab)
    names: dict[str, Any] = {"__name__": "__main__"}
    said = Setting(mode, course, student, keeps=False, seed=seed)
    with setting(said), contextlib.redirect_stdout(io.StringIO()):
        for place, source in tagged_cells(path):
            exec(_compiled(source, f"<{path.name}, cell {place}>"), names)
    return names


def tagged_cells(notebook: pathlib.Path, tag: str = TAG) -> list[tuple[int, str]]:
    """The code cells with that tag: their places among all cells, from 1 on, and their sources."""
    cells = json.loads(notebook.read_bytes())["cells"]
    return [(place, "".join(cell["source"])) for place, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code" and tag in cell["metadata"].get("tags", [])]


def _compiled(source: str, name: str) -> Any:
    """The code of a cell; its lines are shown where something in it fails."""
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    return compile(source, name, "exec")
