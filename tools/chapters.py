"""The reference, one long page in docs, as pages of the site: one for each question, one for the formulas."""

from __future__ import annotations

import re

QUESTIONS, FORMULAS = "## Questions, and what they ask\n", "## Formulas\n"  # the sections that leave the long page
LINK = re.compile(r"\]\(#([\w-]+)\)")
FOLDER = "solver"


def chapters(reference: str) -> dict[str, str]:
    """Pages by name: what is left of the reference, and what leads there.

    >>> pages = chapters("# All\\n\\n[a](#asolve)\\n\\n" + QUESTIONS + "\\n### `A.solve`\\n\\nWhat?\\n\\n" + FORMULAS)
    >>> list(pages), pages["solver/asolve.md"]
    (['solver.md', 'solver/asolve.md', 'solver/formulas.md'], '# `A.solve`\\n\\nWhat?\\n')
    >>> "[a](solver/asolve.md)" in pages["solver.md"]
    True
    """
    begun, _, asked = reference.partition(QUESTIONS)
    asked, *others = re.split(r"^(?=## )", asked, flags=re.MULTILINE)
    questions = re.split(r"^(?=### )", asked, flags=re.MULTILINE)[1:]
    made = {f"{FOLDER}/{anchor(text)}.md": raised(text, 2) for text in questions}
    made |= {f"{FOLDER}/formulas.md": raised(text, 1) for text in others if text.startswith(FORMULAS)}
    rest = begun + "".join(text for text in others if not text.startswith(FORMULAS))
    listed = "\n".join(f"/{name.removesuffix('.md')}" for name in made)
    tree = f"\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    return {f"{FOLDER}.md": LINK.sub(lambda link: f"]({place(link[1], made)})", rest) + tree} | made


def anchor(section: str) -> str:
    """What a link calls a section.

    >>> anchor("### `ServingModel().solve`")
    'servingmodelsolve'
    """
    return re.sub(r"[^\w -]", "", section.partition("\n")[0]).strip().lower().replace(" ", "-")


def raised(section: str, levels: int) -> str:
    """A section with its headings so many levels higher, as a page that ends."""
    return re.sub(rf"^#{{{levels}}}(?=#+ )", "", section, flags=re.MULTILINE).rstrip() + "\n"


def place(name: str, pages: dict[str, str]) -> str:
    """Where a link leads: to a page, or to a section that stayed."""
    page = f"{FOLDER}/{name}.md"
    return page if page in pages else f"#{name}"
