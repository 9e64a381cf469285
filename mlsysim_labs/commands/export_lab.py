"""``mlsysim-labs export LAB -o FILE.html``: a lab as one file, and what of it is said."""

from __future__ import annotations

import pathlib

from mlsysim_labs.export.exported import written_page

KILOBYTE = 1000  # byte
EXPORT_SAID = {
    "learn": "Answers in a page are on the student's honour.",
    "demo": "It is for a class: nothing is kept.",
    "exam": "No truth, key or hint is in it, and nothing is judged. A record that was made in a page has `place` page.",
}


def export_lab(lab: str, file: str, mode: str, seed: int | None, student: str, course: str) -> None:
    """Write the page of a lab, and say what it is."""
    path = pathlib.Path(file or f"{pathlib.Path(lab).stem}.html")
    size = written_page(lab, path, mode, seed, student, course)
    print(f"{path}: {size / KILOBYTE:,.0f} kB. It opens in a browser, without a kernel, and asks nobody for anything.")
    print(EXPORT_SAID[mode])
