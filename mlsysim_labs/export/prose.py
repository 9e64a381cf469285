"""What a notebook says around its lab, as HTML; and how the lab is made, which a page shows when all is open.

What speaks of running cells stays in the notebook: badges, and the sentence that says how. Pictures that lie beside the
notebook come along; one from elsewhere becomes a link, as a page asks nobody.
"""

from __future__ import annotations

import base64
import html
import json
import pathlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.places.notebooks import TAG

FOLDED_SECTION = "jp-MarkdownHeadingCollapsed"  # of the heading below which a notebook says how the lab is made
BADGE_BLOCK = re.compile(r"<!-- badges.*?<!-- /badges -->", re.DOTALL)
HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ON_RUNNING = re.compile(r"(?m)^(?=.*Run All Cells)(?:.+\n?)+")  # a paragraph
HEADING_ALONE = re.compile(r"#+ .*\s*")
IMAGE_KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
         ".gif": "image/gif", ".webp": "image/webp"}


@dataclass(frozen=True)
class Prose:
    """HTML of what stands above the lab, of how it is made, and of what stands below it."""

    above: str
    made: str
    below: str


def prose_of(notebook: pathlib.Path) -> Prose:
    """What a notebook says around its lab."""
    cells = json.loads(notebook.read_bytes())["cells"]
    tagged = [i for i, cell in enumerate(cells) if TAG in cell["metadata"].get("tags", [])]
    folded = [i for i, cell in enumerate(cells[:tagged[0]]) if cell["metadata"].get(FOLDED_SECTION)]
    first, last = (folded or tagged)[0], tagged[-1]
    made = cells[first + bool(folded):last]  # the last one shows the lab
    while made and is_heading(made[-1]):
        made.pop()
    shown = [code_html(text_of(cell)) if is_lab(cell) else markdown_html(text_of(cell), notebook.parent)
             for cell in made if is_lab(cell) or cell["cell_type"] == "markdown"]
    return Prose(prose_html(cells[:first], notebook.parent), "".join(shown),
                 prose_html(cells[last + 1:], notebook.parent))


def prose_html(cells: Iterable[dict[str, Any]], folder: pathlib.Path) -> str:
    """The markdown cells among them."""
    return "".join(markdown_html(text_of(cell), folder) for cell in cells if cell["cell_type"] == "markdown")


def is_lab(cell: dict[str, Any]) -> bool:
    return TAG in cell["metadata"].get("tags", [])


def is_heading(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "markdown" and HEADING_ALONE.fullmatch(text_of(cell)) is not None


def text_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_html(code: str) -> str:
    """Code as it stands.

    >>> code_html("x < 1")
    '<pre tabindex="0">x &lt; 1</pre>'
    """
    return f'<pre tabindex="0">{html.escape(code, quote=False)}</pre>'


def markdown_html(text: str, folder: pathlib.Path) -> str:
    """Markdown as a page shows it; files are looked for in that folder.

    >>> markdown_html("Run the cells (*Run All Cells*).\\n\\n**Why?** <!-- a note -->", pathlib.Path())
    '<p><strong>Why?</strong></p>\\n'
    """
    from markdown_it import MarkdownIt  # typer's rich stands on it: it is there, and only an export waits for it

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("image", lambda own, tokens, i, options, env: image_html(tokens[i], folder))
    return made.render(ON_RUNNING.sub("", HTML_COMMENT.sub("", BADGE_BLOCK.sub("", text))))


def image_html(token: Any, folder: pathlib.Path) -> str:
    """An image with all of it inside; a link, where it comes from elsewhere or is not there."""
    source, said = str(token.attrs["src"]), html.escape(token.content)
    file = folder / source
    if "://" in source or file.suffix.lower() not in IMAGE_KINDS or not file.is_file():
        return f'<a href="{html.escape(source)}">{said or html.escape(source)}</a>'
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    return f'<img alt="{said}" src="data:{IMAGE_KINDS[file.suffix.lower()]};base64,{data}">'
