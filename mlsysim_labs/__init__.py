"""Interactive labs on machine-learning systems: knobs bound to the formulas of `solver`, and pictures of them.

A lab is values and functions whose parameter names are the wiring (`Graph`). What a function computes is traced
once (`trace`) and written as a program that the browser runs on every move of a knob.
"""

from .ours import check_solver

__version__ = "0.1.0"
check_solver(__version__)

from .graph import Graph  # noqa: E402 - a stranger's solver has to be named before anything else can fail
from .trace import Untraceable, program, symbol, trace  # noqa: E402

__all__ = ["Graph", "Untraceable", "program", "symbol", "trace"]
