"""Interactive labs on machine-learning systems: knobs bound to the formulas of `solver`, and pictures of them.

A lab is values and functions whose parameter names are the wiring (`Graph`). What a function computes is traced
once (`trace`) and written as a program that the browser runs on every move of a knob.
"""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from mlsysim_labs.guard import require_own_solver

__version__ = "0.1.0"
require_own_solver(__version__)  # a stranger's solver is named before anything else can fail

if TYPE_CHECKING:
    from mlsysim_labs.lab import Lab
    from mlsysim_labs.pictures.estimates import Estimates
    from mlsysim_labs.pictures.frontier import Frontier
    from mlsysim_labs.pictures.heatmap import Heatmap
    from mlsysim_labs.pictures.lanes import Lanes
    from mlsysim_labs.pictures.multipliers import Multipliers
    from mlsysim_labs.pictures.of_measured import product_point
    from mlsysim_labs.pictures.of_results import estimate, memory_parts, roof_point
    from mlsysim_labs.pictures.parts.sentence import said
    from mlsysim_labs.pictures.plot import Plot
    from mlsysim_labs.pictures.roofline import Roofline
    from mlsysim_labs.pictures.vessel import Vessel
    from mlsysim_labs.places.catalogue import Catalogue
    from mlsysim_labs.places.colab import enable_widgets
    from mlsysim_labs.places.notebooks import lab_of
    from mlsysim_labs.questions.setting import assign_to
    from mlsysim_labs.reactive.graph import Graph
    from mlsysim_labs.reactive.trace import Untraceable, program, symbol, trace
    from mlsysim_labs.reactive.wiring import GUESS

__all__ = ["GUESS", "Catalogue", "Estimates", "Frontier", "Graph", "Heatmap", "Lab", "Lanes", "Multipliers", "Plot",
           "Roofline", "Untraceable", "Vessel", "assign_to", "enable_widgets", "estimate", "lab_of", "memory_parts",
           "product_point", "program", "roof_point", "said", "symbol", "trace"]

HOMES = {name: home for home, names in {
    "lab": ["Lab"], "pictures.parts.sentence": ["said"],
    "pictures.of_results": ["estimate", "memory_parts", "roof_point"], "pictures.of_measured": ["product_point"],
    "places.catalogue": ["Catalogue"], "places.colab": ["enable_widgets"], "places.notebooks": ["lab_of"],
    "questions.setting": ["assign_to"],
    "reactive.graph": ["Graph"], "reactive.trace": ["Untraceable", "program", "symbol", "trace"],
    "reactive.wiring": ["GUESS"],
}.items() for name in names}


def __getattr__(name: str) -> Any:
    """What a name needs is loaded when it is asked for: the command's help does not wait for numpy, nor a grader for
    widgets.

    A picture is found by its name: `Vessel` in ``pictures/vessel.py``.
    """
    home = HOMES.get(name, f"pictures.{name.lower()}")
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{home}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
