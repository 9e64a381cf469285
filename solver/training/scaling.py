"""What a compute budget is best spent on: the size of a model, and the tokens that it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.formulas.training.scaling_laws import (
    FITS,
    TOKENS_PER_PARAMETER,
    fitted_loss,
    fitted_parameters,
    needed_budget,
    optimal_parameters,
    trained_tokens,
)
from solver.text import number_text
from solver.training.scaling_arguments import (
    ComputeBudget,
    FitWord,
    ReachedShare,
    RunFleet,
    RunFormat,
    TargetSize,
    TokenRatio,
)

REACHED = 0.4  # Llama 3 405B: 38 to 43 %. Grattafiori et al. 2024, "The Llama 3 Herd of Models", table 4
LARGEST_FITTED = 16e9  # parameters of the largest models that the fits saw


class ScalingResult(Result):
    """What `ScalingModel.solve` found. Its fields broadcast with the arrays that were given."""

    optimal_parameters = field(None, "parameters of the best model for the budget, at a fixed ratio of tokens to them")
    optimal_tokens = field("token", "tokens that it is trained on")
    compute_budget_flops = field("FLOP", "the budget, as given")
    parameters = field(None, "parameters of the model that is trained: as asked for, or the best")
    tokens = field("token", "tokens that the budget trains it on")
    tokens_per_parameter = field(None, "tokens for each of its parameters")
    size_ratio = field(None, "its parameters over those of the best: 1 is the best")
    fit_parameters = field(None, "parameters of the model with the lowest loss, by the fit")
    loss = field(None, "loss of the model that is trained, by the fit: in nats a token of the fit's own text")
    optimal_loss = field(None, "the lowest loss that the budget buys, by the fit")
    needed_budget = field("FLOP", "the least budget whose best model would be as good, by the fit")
    duration = field("day", "time that the fleet takes; unknown without one")
    chip_time = field("day", "the same of one chip: chip-days")
    energy = field("MWh", "board power of all chips for that time: at most, and without hosts, network and cooling")

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()
        return values

    @property
    def constraint_trace(self) -> list[str]:
        """What is best, by which law, and how far from it the model is, in sentences."""
        v = self.values
        if any(map(unknown, v.values())):
            return []
        best, billions = _of(v, "optimal_parameters", 1e9), _of(v, "fit_parameters", 1e9)
        said = [f"Best size: {best} billion parameters at {_of(v, 'ratio')} tokens for each (approaches 1 and 2 of "
                f"Hoffmann et al.); {billions} billion by the fit of the loss (approach 3, {self.given['fit']})."]
        if self.given["target"] is not None:
            said.append(f"Size: {_of(v, 'parameters', 1e9)} billion parameters are {_of(v, 'size_ratio')} of the best. "
                        f"The best model of {np.min(v['needed_budget'] / v['compute_budget_flops']):.0%} of the budget "
                        f"would be as good.")
        if np.max(v["parameters"]) > LARGEST_FITTED:
            said.append("Loss: beyond what the fit saw, models of up to 16 billion parameters.")
        return said if self.given["fleet"] is not None else [
            *said, "Duration: unknown, for no fleet was given that the budget is spent on."]


def _of(values: dict[str, Any], name: str, scale: float = 1.0) -> str:
    """A field, at its largest where there are several."""
    return number_text(float(np.max(values[name])) / scale)


class ScalingModel(ForwardModel):
    """The best model for a compute budget, as Chinchilla was.

    >>> from solver import Q_
    >>> r = ScalingModel().solve(Q_("5.76e23 FLOP"))
    >>> print(f"{r.optimal_parameters / 1e9:.0f} billion parameters,", r.optimal_tokens.to("Ttoken"))
    69 billion parameters, 1.39 Ttoken
    """

    question = "How large should a model be for a compute budget?"

    @declared
    def solve(self, compute_budget: ComputeBudget, target_model_size: TargetSize = None, *,
              tokens_per_parameter: TokenRatio = TOKENS_PER_PARAMETER, fit: FitWord = "besiroglu",
              fleet: RunFleet = None, precision: RunFormat = "bf16",
              mfu: ReachedShare = REACHED) -> ScalingResult:
        """Parameters and tokens of the best model, and of one of another size for the same budget.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        compute_budget : quantity
            Arithmetic of the whole training run. Such as Q_("5.76e23 FLOP"): 6 FLOP for each parameter and token.
        target_model_size : number, optional
            Parameters of the model that is trained; if not given, the best.
        tokens_per_parameter : tokens
            Tokens for each parameter of the best model. 20 is Chinchilla's, which approaches 1 and 2 of Hoffmann et al.
            2022 stand for: both let parameters and tokens grow alike.
        fit : 'besiroglu', 'hoffmann'
            Whose fit says what loss is to be had. "hoffmann" is approach 3 of 2022, whose optimizer had stopped too
            early; "besiroglu" is that fit done again in 2024.
        fleet : fleet, optional
            The fleet that it runs on; without one, its duration is unknown.
        precision : name of a format
            Number format of its products, which the fleet's chips have a rate for.
        mfu : share
            Share of the chips' peak FLOP/s that is reached. Llama 3 405B reached 38 to 43 %.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out attention's pairs of tokens, repeated text, what a model costs once it is trained (which speaks for
        smaller ones, and more tokens), and mixtures of experts. Losses are of the text and the vocabulary of their fit:
        compare them with one another alone.

        Examples
        --------
        >>> from solver import Q_, Fleet, Servers
        >>> r = ScalingModel().solve(Q_("5.76e23 FLOP"), [7e9, 70e9], fleet=Fleet(Servers.DGX_H100, 128))
        >>> print(r.tokens.to("Ttoken"), r.needed_budget / r.compute_budget_flops, r.duration)
        [13.7, 1.37] Ttoken [0.177, 1] 16.5 d
        """
        def computed() -> dict[str, Any]:
            with np.errstate(all="ignore"):
                return (_split(compute_budget, target_model_size, tokens_per_parameter, FITS[fit])
                        | _spent(compute_budget, fleet, precision, mfu))

        return ScalingResult(computed(), {"target": target_model_size, "fit": fit, "fleet": fleet,
                                          "budget": compute_budget, "mfu": mfu, "computed": computed})


def _split(budget: Any, target: Any, ratio: Any, fit: Any) -> dict[str, Any]:
    """Parameters and tokens, and the loss that they give."""
    law = fit.size, fit.alpha, fit.data, fit.beta
    best, best_by_fit = optimal_parameters(budget, ratio), fitted_parameters(budget, *law)
    size = best if target is None else target
    tokens = trained_tokens(budget, size)
    loss = fitted_loss(size, tokens, fit.irreducible, *law)
    lowest = fitted_loss(best_by_fit, trained_tokens(budget, best_by_fit), fit.irreducible, *law)
    return {"optimal_parameters": best, "optimal_tokens": trained_tokens(budget, best), "compute_budget_flops": budget,
            "parameters": size, "tokens": tokens, "tokens_per_parameter": tokens / size, "size_ratio": size / best,
            "fit_parameters": best_by_fit, "loss": loss, "optimal_loss": lowest, "ratio": ratio,
            "needed_budget": needed_budget(loss, fit.irreducible, *law)}


def _spent(budget: Any, fleet: Any, precision: Any, mfu: Any) -> dict[str, Any]:
    """How long a fleet takes."""
    if fleet is None:
        return dict.fromkeys(("duration", "chip_time", "energy"), np.nan)
    alone = budget / (fleet.device.peak[precision.rate] * mfu)
    return {"duration": alone / fleet.chips, "chip_time": alone, "energy": fleet.device.power * alone}
