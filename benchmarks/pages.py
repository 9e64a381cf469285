"""How fast a lab becomes a page, how much a browser has to fetch, and how fast the site is built.

    make bench
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlsysim_labs.export.exported import exported_page
from mlsysim_labs.places.notebooks import notebooks_folder, tagged_cells
from solver.show import table

MOST_BYTES, MOST_EXPORTING, MOST_BUILDING = 80_000, 1.0, 60.0  # of a page as servers send it; seconds


def seconds_of_site() -> float:
    """How long the site takes to be built."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        tool = Path(__file__).parent.parent / "tools" / "gallery.py"
        subprocess.run([sys.executable, tool, Path(folder) / "site"], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - begun


def main() -> None:
    rows = []
    for notebook in sorted(notebooks_folder().glob("*.ipynb")):
        if not tagged_cells(notebook):
            continue
        exported_page(notebook)  # whatever is imported or read once is
        begun = time.perf_counter()
        size = len(gzip.compress(exported_page(notebook).encode(), 9))
        rows += [[f"{notebook.stem}: exported", f"{time.perf_counter() - begun:.2f} s", f"at most {MOST_EXPORTING} s"],
                 [f"{notebook.stem}: its page, packed", f"{size / 1000:.1f} kB", f"at most {MOST_BYTES / 1000:.0f} kB"]]
    rows.append(["the site built", f"{seconds_of_site():.0f} s", f"at most {MOST_BUILDING:.0f} s"])
    table(["what", "measured", "wanted"], rows)


if __name__ == "__main__":
    main()
