"""Where the checkout is that the tests are of."""

from __future__ import annotations

import pathlib

ROOT = pathlib.Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "tests" / "environments"
