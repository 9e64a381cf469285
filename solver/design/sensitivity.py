"""What matters: how much a field changes with each figure of the chip, the engine and the network.

An elasticity is the share by which a field changes for each share by which a figure does: the derivative of its
logarithm by that of the figure. With -1 a time is halved by twice the figure, with 0 it does not matter. Here they are
exact: the formulas themselves are run on dual numbers.
Source: Griewank, Walther 2008, "Evaluating Derivatives", chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.result import Result
from solver.design.dual import Dual, NotDifferentiable, seeds
from solver.design.figures import USUAL_FIGURES, all_quicker, multiplied
from solver.design.sensitivity_arguments import (
    AnyField,
    AnySolver,
    Given,
    Machine,
    MachineFormat,
    Network,
    Perturbation,
    Raised,
    Reach,
    arguments_of,
    asked_of,
)
from solver.design.sensitivity_result import SensitivityResult
from solver.zoo.profiles import EFFICIENCY

ALL = "all speeds"  # a direction of its own: what they do together


@dataclass(frozen=True, eq=False)
class Changes:
    """A question to a solver, asked once more with other figures."""

    solver: Any
    field: str
    asked: dict[str, Any]
    figures: tuple[str, ...]
    baseline: Result
    percent: Any

    def field_values(self) -> dict[str, Any]:
        """The fields of a result that are not lazy, in base units."""
        fits = self.baseline.value("feasible") if "feasible" in self.baseline.fields() else True
        return {"feasible": fits, "perturbation_pct": self.percent, "baseline": self.baseline.value(self.field)}

    @cached_property
    def elasticities(self) -> dict[str, tuple[Any, Any]]:
        """Of each figure, and of all speeds together: for less of it, and for more."""
        names = tuple(dict.fromkeys((*USUAL_FIGURES, *self.figures)))
        factors, asked = seeds(*names, ALL), self.asked
        for name in names:
            asked = multiplied(asked, arguments_of(self.solver), name, factors[name])
        asked = all_quicker(asked, arguments_of(self.solver), factors[ALL])
        try:
            with np.errstate(all="ignore"):
                found = self.solver.solve(**asked).value(self.field)
        except NotDifferentiable as problem:
            raise NotDifferentiable(f"{self.field} of {type(self.solver).__name__} has no elasticities, for its "
                                    f"formulas do what has no derivative ({problem}) Ask for another field.") from None
        value = found if isinstance(found, Dual) else Dual(found, np.zeros(2 * len(factors)))
        less, more = value.elasticities
        return {name: (less[..., place], more[..., place]) for place, name in enumerate(factors)}

    def change(self, name: str) -> Any:
        """The share by which the field changes when a figure is raised by so many percent."""
        percent, before = np.broadcast_arrays(self.percent, self.baseline.value(self.field))
        found = np.full(np.shape(before), np.nan)
        for one in np.unique(percent):
            found = np.where(percent == one, self._raised(name, float(one)) / before - 1, found)
        return found if found.ndim else float(found)

    def _raised(self, name: str, percent: float) -> Any:
        """The field with a figure raised."""
        asked = multiplied(self.asked, arguments_of(self.solver), name, 1 + percent / 100)
        with np.errstate(all="ignore"):
            return self.solver.solve(**asked).value(self.field)


class SensitivitySolver(ForwardModel):
    """Which figure matters: elasticities of any field of any class with solve.

    >>> from solver import Hardware, Models
    >>> r = SensitivitySolver().solve(Models.Llama3_8B, Hardware.Cloud.H100)
    >>> r.binding_constraint, r.sensitivities["memory_bandwidth"], r.sensitivities["peak_flops"]
    ('memory_bandwidth', -1.0, 0.0)
    """

    question = "Which figure of a chip matters most?"

    @declared
    def solve(self, model: Network, hardware: Machine, precision: MachineFormat = "fp16",
              perturbation_pct: Perturbation = 10, efficiency: Reach = EFFICIENCY, *, solver: AnySolver = "engine",
              field: AnyField = None, given: Given = None, figures: Raised = None) -> SensitivityResult:
        """Elasticities of a field: the derivative of its logarithm by that of each figure.

        With -1 a time is halved by twice the figure, with 0 it does not matter. `sensitivities` has them by figure, for
        more of it; `one_sided` for less and for more, which differ at a kink; `changes` what exactly becomes of the
        field. Numbers may be arrays, which broadcast, those among the given too.

        Parameters
        ----------
        model : transformer or convolutional network
            The model, a record such as `Models.Llama3_8B` or `Models.ResNet50`.
        hardware : accelerator or fleet
            The accelerator, a record such as `Hardware.Cloud.H100`; a fleet for those who ask about fleets.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        perturbation_pct : number
            By how many percent a figure is raised for its change. The elasticities do not depend on it.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        solver : class with solve, or its name
            Who is asked: 'engine', 'serving', 'batching', or any class with solve, its name, or one that was made.
        field : name of a field, optional
            The field of its result; if not given, the first that is neither a yes or no nor a count.
        given : mapping, optional
            The other arguments of its solve, by name.
        figures : list of names, optional
            The figures that are raised; if not given, the usual ones, and the speeds that are given. "peak_flops" are
            all rates of the chip, "link" is all that chips exchange data over (a chip without a link of its own: its
            host bus), "host" is that bus, and "overhead" what a profile, a library or a network adds besides, of which
            a higher figure is less. Besides, each figure of a chip by its own name ("fp16"), and each argument of
            solve that is no count, such as "efficiency".

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Figures of that name in mlsysim are changes for 10 % more, not divided by 0.1: those are `changes` here. All
        speeds together, FLOP/s, bandwidth, links, host bus, 1 / overhead and speeds that are given, have an elasticity
        of -1 for a time and 1 for a rate (`total`), where a field is the time of work. That does not hold where it
        follows from times or loads that are given: waiting at a rate of arrivals, failures, costs and energy of a
        number of days, a pause that is given; nor for shares and amounts, nor with max_replicas or limits of time.
        Leaves out counts, which come whole: where memory decides how many requests run, its elasticity is 0 between
        two steps, and `changes` has the step. A search among plans has none.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = SensitivitySolver().solve(Models.Llama3_8B, Hardware.Cloud.H100, solver="serving", field="itl",
        ...                               given={"seq_len": 2048, "batch_size": 256})
        >>> {name: round(float(value), 2) for name, value in r.sensitivities.items() if value}
        {'peak_flops': -0.27, 'memory_bandwidth': -0.73}
        >>> round(r.changes["memory_bandwidth"], 3), round(r.total, 9)   # with 10 % more
        (-0.066, -1.0)
        """
        seen: Mapping[str, Any] = {"model": model, "hardware": hardware, "precision": precision,
                                   "efficiency": efficiency, "solver": solver, "given": given}
        asked = asked_of(seen)
        found = Changes(solver, field, asked, figures, solver.solve(**asked), perturbation_pct)
        return SensitivityResult(found.field_values(), {"asked": found})
