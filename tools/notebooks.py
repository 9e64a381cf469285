"""Write what the notebooks and README have in common: badges and first cells, from the repository's one address.

Also strips outputs, counts and editors' marks, so that a notebook in the repository is what a student opens.
Running it twice changes nothing; a test checks that it has been run.
"""

from __future__ import annotations

import json
import pathlib
import re
import tomllib
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent
BRANCH = "main"  # until there is a release, whose tag does not move
OURS = "mlsysim_labs"  # what a notebook's metadata say of its lab, for the catalogue
MARK = "setup"  # the tag of a notebook's first code cell
FOLDED = {MARK, "lab"}  # tags of cells whose source is folded away: the lab is what a student should see
SECTION = "jp-MarkdownHeadingCollapsed"  # of a heading whose section is folded away
BADGES = re.compile(r"(<!-- badges[^>]*-->\n).*?(<!-- /badges -->)", re.DOTALL)


def repository() -> str:
    """The address, from where it stands."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]


def badges(notebook: str, picture: bool = False) -> str:
    """Markdown that opens a notebook elsewhere. In a notebook it is text: opening one asks for nothing outside."""
    path = repository().removeprefix("https://github.com/")
    places = {
        "Open in Colab": (f"https://colab.research.google.com/github/{path}/blob/{BRANCH}/labs/{notebook}",
                          "https://colab.research.google.com/assets/colab-badge.svg"),
        "Try on Binder": (f"https://mybinder.org/v2/gh/{path}/{BRANCH}?urlpath=lab/tree/labs/{notebook}",
                          "https://mybinder.org/badge_logo.svg")}
    links = (f"[![{text}]({badge})]({address})" if picture else f"[{text}]({address})"
             for text, (address, badge) in places.items())
    return " ".join(links) + "\n"


def first_cell() -> list[str]:
    """Install the labs where they are not, upgrading nothing, and let Colab show widgets of others than itself."""
    return [
        "try:\n",
        "    import mlsysim_labs\n",
        "except ModuleNotFoundError:\n",
        f'    %pip install -q "mlsysim-labs @ git+{repository()}@{BRANCH}"\n',
        "    import mlsysim_labs\n",
        "mlsysim_labs.enable_widgets()"]


def with_badges(text: str, notebook: str, picture: bool = False) -> str:
    """The text with its badges written anew between their marks."""
    return BADGES.sub(lambda found: found[1] + badges(notebook, picture) + found[2], text)


def cleaned(cell: dict[str, Any], notebook: str) -> dict[str, Any]:
    """A cell as it is kept."""
    if cell["cell_type"] == "markdown":
        text, folded = with_badges("".join(cell["source"]), notebook), cell["metadata"].get(SECTION)
        return cell | {"source": text.splitlines(keepends=True), "metadata": {SECTION: True} if folded else {}}
    tags = cell["metadata"].get("tags", [])
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if FOLDED & set(tags):
        metadata["jupyter"] = {"source_hidden": True}
    source = first_cell() if MARK in tags else cell["source"]
    return cell | {"source": source, "outputs": [], "execution_count": None, "metadata": metadata}


def written(file: pathlib.Path) -> str:
    """A notebook as it should be."""
    found = json.loads(file.read_text(encoding="utf-8"))
    about = {OURS: found["metadata"][OURS]} if OURS in found["metadata"] else {}
    notebook = {
        "cells": [cleaned(cell, file.name) for cell in found["cells"]],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                     "language_info": {"name": "python"}, **about},
        "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def targets() -> dict[pathlib.Path, str]:
    """Every file that this writes, and what it should hold."""
    readme, labs = ROOT / "README.md", sorted((ROOT / "labs").glob("*.ipynb"))
    return {lab: written(lab) for lab in labs} | {
        readme: with_badges(readme.read_text(encoding="utf-8"), labs[0].name, picture=True)}


if __name__ == "__main__":
    for file, text in targets().items():
        if file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(ROOT)}")
