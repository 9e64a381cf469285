"""Scripts of a lab's page under node, and pages of labs as files."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import subprocess
from typing import Any

import equip

from mlsysim_labs.export.exported import exported_page
from mlsysim_labs.export.packing import json_in_html, unpacked
from mlsysim_labs.export.scripts import PAGE_CONSTANTS, shortened
from mlsysim_labs.places.notebooks import notebooks_folder, tagged_cells
from mlsysim_labs.questions.predict import READING
from mlsysim_labs.widgets.assets import script

SLUGS = [file.stem for file in sorted(notebooks_folder().glob("*.ipynb")) if tagged_cells(file)]  # of all labs
PLAIN = tuple(f"export/page/{name}.js" for name in ("sha256", "packing", "plain", "record"))  # touch no document
JUDGE = ("reactive/program.js", *READING, "marking/judging.js", "export/page/judge.js", "export/page/compared.js")


def under_node(names: tuple[str, ...], code: str, given: Any) -> Any:
    """What `code`, the body of a function of `given` that may wait, returns where these scripts of the page stand."""
    text = script(*names, **PAGE_CONSTANTS).replace("export ", "")
    made = shortened(f"{text}\nconst run = async (given) => {{ {code} }};")  # as it is in a page
    program = f"{made};\nconsole.log(JSON.stringify(await run({json.dumps(given)})));"
    node = equip.node()
    assert node, "node is needed: see tools/equip.py"
    command = [node, "--input-type=module", "-"]
    done = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@functools.cache
def page_text(slug: str, mode: str = "learn") -> str:
    """The page of a lab, made once."""
    return exported_page(slug, mode)


def page_file(folder: pathlib.Path, slug: str, mode: str = "learn") -> pathlib.Path:
    """The page of a lab as a file."""
    file = folder / f"{slug}.{mode}.html"
    if not file.exists():
        file.write_text(page_text(slug, mode), encoding="utf-8")
    return file


def element(text: str, name: str) -> str:
    """What stands in an element of a page, by its id."""
    return re.search(rf'id="{name}"[^>]*>(.*?)</', text, re.DOTALL)[1]


def clear_data(text: str) -> dict[str, Any]:
    """What everybody may read of a page."""
    return json.loads(element(text, "page-data"))


def parts_of(text: str) -> dict[str, Any]:
    """What a page holds back, by what opens it."""
    clear = known = element(text, "page-data")
    parts = {}
    for line in element(text, "page-packed").split():
        name, _, letters = line.partition(":")
        parts[name] = unpacked(letters, clear_data(text)["seed"], clear if name else known)
        known += json_in_html(parts[name])
    return parts
