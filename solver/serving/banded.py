"""What all solvers of serving are asked, as far as it decides which bands their results have."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from solver.zoo.bands import Band, counted_bands, measured_band
from solver.zoo.models import Transformer
from solver.zoo.node import Node


class Banded:
    """A solve of the class called `solver`, whose results may have bands: how far measurements like it were off."""

    solver: ClassVar[str]
    node: Node
    model: Transformer

    @property
    def at_once(self) -> Any:
        """Requests that a node runs at once, at most."""
        raise NotImplementedError

    def measured(self, name: str) -> bool:
        """Whether anything like it was measured of that field."""
        return True

    def band(self, name: str) -> tuple[Any, Any]:
        """How far a measurement of that field may lie below and above, as shares; NaN where nothing was measured."""
        if not self.measured(name):
            return np.nan, np.nan
        return measured_band(self.node, self.model, f"{self.solver}.{name}", self.at_once)

    def counted_bands(self, name: str) -> list[Band]:
        """The bands of that field that cover what was asked."""
        if not self.measured(name):
            return []
        return counted_bands(self.node, self.model, f"{self.solver}.{name}", self.at_once)
