"""Interactive labs on machine-learning systems: knobs bound to the formulas of `solver`, and pictures of them.

A lab is values and functions whose parameter names are the wiring (`Graph`). What a function computes is traced
once (`trace`) and written as a program that the browser runs on every move of a knob.
"""

import importlib
from typing import TYPE_CHECKING, Any

from mlsysim_labs.guard import check_solver

__version__ = "0.1.0"
check_solver(__version__)  # a stranger's solver is named before anything else can fail

from mlsysim_labs.reactive.graph import Graph  # noqa: E402
from mlsysim_labs.reactive.trace import Untraceable, program, symbol, trace  # noqa: E402

if TYPE_CHECKING:
    from mlsysim_labs.lab import Lab
    from mlsysim_labs.pictures.curve import Curve
    from mlsysim_labs.pictures.estimates import Estimates
    from mlsysim_labs.pictures.frontier import Frontier
    from mlsysim_labs.pictures.heatmap import Heatmap
    from mlsysim_labs.pictures.of_results import estimate
    from mlsysim_labs.pictures.roofline import Roofline
    from mlsysim_labs.pictures.tank import Tank
    from mlsysim_labs.pictures.timeline import Timeline
    from mlsysim_labs.places.catalogue import Catalogue
    from mlsysim_labs.places.colab import enable_widgets

__all__ = ["Catalogue", "Curve", "Estimates", "Frontier", "Graph", "Heatmap", "Lab", "Roofline", "Tank", "Timeline",
           "Untraceable", "enable_widgets", "estimate", "program", "symbol", "trace"]

HOMES = {
    "Lab": "lab", "Curve": "pictures.curve", "Estimates": "pictures.estimates", "Frontier": "pictures.frontier",
    "Heatmap": "pictures.heatmap", "Roofline": "pictures.roofline", "Tank": "pictures.tank",
    "Timeline": "pictures.timeline", "estimate": "pictures.of_results", "Catalogue": "places.catalogue",
    "enable_widgets": "places.colab"}


def __getattr__(name: str) -> Any:
    """Widgets are loaded when one is asked for: importing the package stays as quick as importing numpy."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{HOMES[name]}", __name__), name)
