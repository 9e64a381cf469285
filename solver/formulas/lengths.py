"""How long requests are: a few spreads of lengths over a window, each with its means in closed form.

A spread is without scale: the same one serves prompts over their window and answers over theirs. Lengths are taken as
continuous, which is off by half a token.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.kinds import RecordOf
from solver.base.numbers import each, number, share
from solver.text import given_text
from solver.units import Context, Scalar


class Lengths(ABC):
    """A spread of lengths from nothing up to a window."""

    @abstractmethod
    def kept(self, window: Context, cap: Context) -> Context:
        """Mean of the lesser of length and `cap`: what is in cache where only the last `cap` tokens are kept."""

    @abstractmethod
    def passed(self, window: Context, first: Context, page: Context, count: Scalar) -> Scalar:
        """How many of `count` marks, at `first`, `first + page` and so on, a length goes past on average: new pages."""

    @abstractmethod
    def longest(self, window: Context, requests: Scalar) -> Context:
        """Mean of the longest of a number of requests: how long a batch takes that is drained."""

    @abstractmethod
    def age(self, window: Context) -> Context:
        """Mean length so far of what is under way at any moment, when it grows from nothing and is replaced when done.

            age = E[length^2] / (2 * E[length])

        Long ones are under way longer, so it is more than half of the mean length. Their final length is twice that.
        """

    @abstractmethod
    def quantile(self, chance: Any) -> Any:
        """The share of the window that a length stays below with that chance."""

    def mean(self, window: Context) -> Context:
        """Mean length."""
        return self.kept(window, window)

    def drawn(self, rng: np.random.Generator, window: int, size: int) -> np.ndarray:
        """Random lengths in whole tokens, at least one.

        >>> Uniform().drawn(np.random.default_rng(0), 100, 3)
        array([64, 27,  5])
        """
        return np.maximum(np.ceil(window * self.quantile(rng.random(size))), 1).astype(int)


@dataclass(frozen=True)
class Fixed(Lengths):
    """Every request fills the window: the load of most benchmarks."""

    def kept(self, window: Context, cap: Context) -> Context:
        return np.minimum(window, cap)

    def passed(self, window: Context, first: Context, page: Context, count: Scalar) -> Scalar:
        return count

    def longest(self, window: Context, requests: Scalar) -> Context:
        return window

    def age(self, window: Context) -> Context:
        return window / 2

    def quantile(self, chance: Any) -> Any:
        return np.ones_like(chance)


@dataclass(frozen=True)
class Uniform(Lengths):
    """Any length from `low`, a share of the window, up to all of it is equally likely.

    >>> [float(uniform.mean(4096)) for uniform in (Uniform(), Uniform(low=0.5))]
    [2048.0, 3072.0]
    >>> Uniform().longest(4096, 3)   # of three
    3072.0
    """

    low: Scalar = 0.0

    def __post_init__(self) -> None:
        each("low", share("low", self.low), lambda v: v < 1, lambda bad: "lengths that are all the same are Fixed().")

    def kept(self, window: Context, cap: Context) -> Context:
        """kept - max(kept - low, 0)^2 / (2 * (window - low)), where kept = min(window, cap)."""
        low, kept = self.low * window, np.minimum(window, cap)
        above = np.maximum(kept - low, 0 * low)
        return kept - above * above / (2 * (window - low))

    def passed(self, window: Context, first: Context, page: Context, count: Scalar) -> Scalar:
        """The sum of 1 - max(mark - low, 0) / (window - low)."""
        low = self.low * window
        sure = np.minimum(np.maximum(np.ceil((low - first) / page), 0), count)  # marks that all lengths go past
        rest = count - sure
        beyond = rest * (first + sure * page - low) + page * rest * (rest - 1) / 2
        return count - beyond / (window - low)

    def longest(self, window: Context, requests: Scalar) -> Context:
        return window * (self.low + (1 - self.low) * (requests / (requests + 1)))

    def age(self, window: Context) -> Context:
        return window * (1 + self.low + self.low * self.low) / (3 * (1 + self.low))

    def quantile(self, chance: Any) -> Any:
        return self.low + (1 - self.low) * chance


@dataclass(frozen=True)
class Exponential(Lengths):
    """Many short and few long ones: exponential with a `mean` that is a share of the window, cut off at the window.

    >>> round(float(Exponential(0.25).mean(4096)))   # 1024 less what is cut off
    1005
    """

    mean_share: Scalar = 0.25

    def __post_init__(self) -> None:
        each("mean_share", number("mean_share", self.mean_share, ""), lambda v: (v >= 0.01) & (v <= 100),
             lambda bad: "give the mean as a share of the window, from 0.01 to 100, such as 0.25.")

    def kept(self, window: Context, cap: Context) -> Context:
        """mean * (1 - exp(-min(window, cap) / mean))."""
        mean = self.mean_share * window
        return -mean * np.expm1(-np.minimum(window, cap) / mean)

    def passed(self, window: Context, first: Context, page: Context, count: Scalar) -> Scalar:
        """The geometric sum of exp(-mark / mean)."""
        mean = self.mean_share * window
        return np.exp(-first / mean) * np.expm1(-count * (page / mean)) / np.expm1(-page / mean)

    def longest(self, window: Context, requests: Scalar) -> Context:
        """window - mean * (sum of q^k / k for k > requests), where q is the chance to end before the cut.

        The sum is the integral from requests + 1/2, with Euler and Maclaurin's next term: within 0.5 %.
        """
        decay = -np.log1p(-np.exp(-1 / self.mean_share))  # -log(q)
        middle = requests + 0.5
        slope = np.exp(-decay * middle) * (decay + 1 / middle) / middle
        rest = exponential_integral(decay * middle) - slope / 24
        return window * (1 - self.mean_share * rest)

    def age(self, window: Context) -> Context:
        """mean * (1 - (1 + cut) * exp(-cut)) / (1 - exp(-cut)), where cut = window / mean."""
        cut = 1 / self.mean_share
        return window * (1 - cut / np.expm1(cut)) * self.mean_share

    def quantile(self, chance: Any) -> Any:
        return np.minimum(-self.mean_share * np.log1p(-chance), 1.0)


def exponential_integral(x: Scalar) -> Scalar:
    """The integral of exp(-t) / t from x on, within 0.01 %.

        E1 = -log(x) + a polynomial (x < 1),   exp(-x) / x * a quotient of polynomials (x >= 1)

    Source: Abramowitz and Stegun 1964, "Handbook of Mathematical Functions", 5.1.53 and 5.1.54.

    >>> [round(float(exponential_integral(x)), 4) for x in (0.5, 2.0)]
    [0.5598, 0.0489]
    """
    below, above = np.minimum(x, 1.0), np.minimum(np.maximum(x, 1.0), 500.0)  # beyond, it is nothing
    series = ((((0.00107857 * below - 0.00976004) * below + 0.05519968) * below - 0.24991055) * below
              + 0.99999193) * below - 0.57721566
    quotient = ((above + 2.334733) * above + 0.250621) / ((above + 3.330657) * above + 1.681534)
    return np.where(x < 1, series - np.log(below), np.exp(-above) / above * quotient)


UNIFORM = Uniform()


def _spread(name: str, value: Any) -> Lengths:
    if not isinstance(value, Lengths):
        raise TypeError(f"{name} is {given_text(value)}, and should be a spread: Uniform(), Fixed() or "
                        f"Exponential(0.25).")
    return value


# What a `solve` that is given a spread declares. It stands here, since what stands below knows no spread.
Spread: TypeAlias = Annotated[Any, RecordOf(
    "How prompts, and independently of them answers, are spread over their windows.", judge=_spread, of="spread",
    pair=lambda: (UNIFORM, Fixed()))]
