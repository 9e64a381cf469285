"""Scaling laws: how large a model, and how many tokens, a compute budget is best spent on.

A training run of P parameters on D tokens takes `work` FLOP for each of both: 6, a product and a sum forwards and twice
as much backwards, without attention's pairs. Hoffmann et al. 2022 ("Chinchilla") found the best split in three ways;
the first two let P and D grow alike, at about 20 tokens a parameter, the third fits a formula to the loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.units import Flop, FlopPerToken, Scalar, Token

WORK = 6.0  # FLOP for each parameter and token: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", 2.1
# Tokens a parameter: Chinchilla's own, 1.4T tokens for 70B parameters. Hoffmann et al. 2022, section 4.
TOKENS_PER_PARAMETER = 20.0


@dataclass(frozen=True)
class LossFit:
    """A fit of the loss: `irreducible` + `size` / P^`alpha` + `data` / D^`beta`, in nats a token of its own text."""

    irreducible: Scalar
    size: Scalar
    alpha: Scalar
    data: Scalar
    beta: Scalar


# Besiroglu, Erdil, Barnett, You 2024, "Chinchilla Scaling: A replication attempt", arXiv:2404.10102, equation 3: the
# third approach done again on data read off the paper's figures. Of the original (equation 4 there: unrounded as in the
# paper's TeX source), they show that its optimizer had stopped too early, so that its best model is too small.
FITS = {"besiroglu": LossFit(1.8172, 482.01, 0.3478, 2085.43, 0.3658),
        "hoffmann": LossFit(1.6934, 406.4, 0.3392, 410.7, 0.2849)}


def optimal_parameters(budget: Flop, ratio: Token = TOKENS_PER_PARAMETER, work: FlopPerToken = WORK) -> Scalar:
    """Parameters of the best model for a budget, where tokens are so many for each of them.

        parameters = sqrt(budget / (work * ratio))

    Source: Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", sections 3.1 and 3.2: approaches 1
    and 2, whose parameters and tokens grow alike.

    >>> round(float(optimal_parameters(5.76e23)) / 1e9, 1)   # billions: the budget of Gopher and of Chinchilla
    69.3
    """
    return np.sqrt(budget / (work * ratio))


def trained_tokens(budget: Flop, parameters: Scalar, work: FlopPerToken = WORK) -> Token:
    """Tokens that a budget trains a model of that size on.

        tokens = budget / (work * parameters)

    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.

    >>> round(trained_tokens(5.76e23, 69.3e9) / 1e12, 2)   # trillions
    1.39
    """
    return budget / (work * parameters)


def fitted_loss(parameters: Scalar, tokens: Token, irreducible: Scalar, size: Scalar, alpha: Scalar, data: Scalar,
                beta: Scalar, one: Token = 1.0) -> Scalar:
    """Loss of a model after so many tokens, in nats for each, on text like that which it was fitted to.

        loss = irreducible + size / parameters^alpha + data / tokens^beta

    Holds for dense transformers trained once over fresh text, of 70 million to 16 billion parameters, and in one
    vocabulary: to be compared with itself alone.
    Source: Hoffmann et al. 2022, section 3.3 (approach 3); figures of Besiroglu et al. 2024, equation 3.

    >>> fit = FITS["besiroglu"]
    >>> round(fitted_loss(70e9, 1.4e12, fit.irreducible, fit.size, fit.alpha, fit.data, fit.beta), 3)
    1.974
    """
    return irreducible + size / parameters**alpha + data / (tokens / one) ** beta


def fitted_parameters(budget: Flop, size: Scalar, alpha: Scalar, data: Scalar, beta: Scalar,
                      work: FlopPerToken = WORK, one: Token = 1.0) -> Scalar:
    """Parameters of the model whose fitted loss is the lowest for a budget.

        parameters = gain * (budget / work)^(beta / (alpha + beta))
        gain = (alpha * size / (beta * data))^(1 / (alpha + beta))

    Source: Hoffmann et al. 2022, equation 4.

    >>> [round(fitted_parameters(5.76e23, f.size, f.alpha, f.data, f.beta) / 1e9) for f in FITS.values()]   # billions
    [72, 40]
    """
    gain = (alpha * size / (beta * data)) ** (1 / (alpha + beta))
    return gain * (budget / (work * one)) ** (beta / (alpha + beta))


def needed_budget(loss: Scalar, irreducible: Scalar, size: Scalar, alpha: Scalar, data: Scalar, beta: Scalar,
                  work: FlopPerToken = WORK, one: Token = 1.0) -> Flop:
    """The least budget whose best model reaches a loss, by the same fit.

        budget = work * (best / (loss - irreducible))^((alpha + beta) / (alpha * beta))
        best = size / gain^alpha + data * gain^beta
        gain = (alpha * size / (beta * data))^(1 / (alpha + beta))

    By definition: the loss of `fitted_parameters`, solved for the budget.

    >>> f = FITS["besiroglu"]
    >>> round(needed_budget(1.974, f.irreducible, f.size, f.alpha, f.data, f.beta) / 1e23, 1)   # 1e23 FLOP
    5.9
    """
    gain = (alpha * size / (beta * data)) ** (1 / (alpha + beta))
    best = size / gain**alpha + data * gain**beta
    return work * one * (best / (loss - irreducible)) ** ((alpha + beta) / (alpha * beta))


def training_budget(parameters: Scalar, tokens: Token, work: FlopPerToken = WORK) -> Flop:
    """FLOP to train so many parameters on so many tokens.

        budget = work * parameters * tokens

    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.

    >>> training_budget(70e9, 1.4e12)
    5.88e+23
    """
    return work * parameters * tokens
