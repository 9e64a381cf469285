"""How long requests take in a queue, waiting and service together: which share is late, and the times of quantiles.

Service times have a mean and a coefficient of variation `cv`, and no more is known of them. Up to cv = 1 they are taken
as a fixed part and an exponential one, service * (1 - cv) and service * cv; above it as a mixture of two exponential
ones, with the first three moments of a gamma distribution. Waits of those that wait are taken as exponential
(`solver.formulas.waiting.queues`). So all is exact for cv = 1, the queue M/M/c.
Sources: Kleinrock 1975, "Queueing Systems", volume 1, section 3.5 (M/M/c); Tijms 2003, "A First Course in Stochastic
Models", appendix B (the mixture).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.formulas.waiting.queues import ALMOST_ZERO, FULL_LOAD, column, erlang_c, waited
from solver.units import Request, RequestRate, Scalar, Second

P99 = 0.99  # what "p99" means
NEWTON_STEPS = 7  # from a lower bound; then 200,000 random queues were right to 1e-9
LOAD_HALVINGS = 20
_SHORTEST = 1e-9  # of the mean: an exponential part that is as good as none
_FIRST = np.array([1.0, 0.0])


@dataclass(frozen=True, eq=False)
class _Times:
    """Response times of a queue, in service times: after `fixed`, a wait and one of two exponential parts."""

    fixed: Any  # of each service
    weights: Any  # of the two kinds of service: along the first axis, and so are their means
    means: Any
    chance: Any  # to wait
    waited: Any  # mean wait of those that wait

    def late(self, time: Any) -> tuple[Any, Any]:
        """Share of requests that take longer than `fixed` and this time, and the density there."""
        own, line = 1 / self.means, 1 / self.waited
        alone = np.exp(-own * time)
        slower, gap = np.minimum(own, line), np.maximum(np.abs(own - line) * time, 1e-12)
        both = own * np.exp(-slower * time) * time * (-np.expm1(-gap) / gap)  # density of the sum, over `line`
        late = np.sum(self.weights * (alone + self.chance * both), axis=0)
        density = np.sum(self.weights * ((1 - self.chance) * own * alone + self.chance * line * both), axis=0)
        return late, density


def _times(servers: Any, utilization: Any, cv: Any, *beside: Any) -> _Times:
    """Of a queue; one that is unstable is taken as stable, and whoever asks puts infinity in its place. `beside` is
    what else may be an array."""
    load = np.where(utilization >= FULL_LOAD, 0.5, utilization)
    narrow, square = np.minimum(cv, 1.0), np.maximum(cv * cv, 1.0)
    root = np.sqrt((square - 0.5) / (square + 1))
    fast, slow = 2 * (1 + root), 2 * (1 - root)  # rates, in services
    weight = fast * (1 - slow) / (fast - slow)  # of the fast ones; none up to cv = 1
    first = column(_FIRST, servers, utilization, cv, *beside)
    means = np.where(cv > 1, first / fast + (1 - first) / slow, np.maximum(narrow, _SHORTEST))
    return _Times(1 - narrow, first * weight + (1 - first) * (1 - weight), means, erlang_c(servers, load),
                  waited(servers, load, cv))


def pause_spread(arrivals: RequestRate, pause: Second, time: Second, one: Request = 1.0) -> Scalar:
    """Coefficient of variation of times that are equal but for pauses: each arrival makes all that are there wait.

        spread = sqrt(load * pause / time) / (1 - load)      with load = arrivals * pause / one, and 1 at most

    `time` is the mean, pauses included, and arrivals are random. A pause makes room for further arrivals, as in a delay
    cycle, whose mean is work / (1 - load) and whose variance is arrivals * pause^2 * work / (1 - load)^3.
    Source: Conway, Maxwell and Miller 1967, "Theory of Scheduling", chapter 8 (delay cycles).

    >>> [round(float(pause_spread(rate, 0.05, 1.0)), 3) for rate in (0.0, 5.0, 10.0)]
    [0.0, 0.149, 0.316]
    """
    load = arrivals * pause / one
    return np.minimum(np.sqrt(load * (pause / time)) / np.maximum(1 - load, ALMOST_ZERO), 1.0)


def late_share(limit: Second, servers: Scalar, utilization: Scalar, service: Second, cv: Scalar = 1.0) -> Scalar:
    """Share of requests that take longer than `limit`, waiting and service together; all where the queue is unstable.

        share = exp(-(1 - utilization) * limit / service)      for one server and exponential services
        share = chance that wait + service is above limit      for all

    Source: Kleinrock 1975, "Queueing Systems", volume 1, section 3.5; for cv other than 1 as this file says.

    >>> round(float(late_share(1.0, 1, 0.77, 0.05)), 4), float(late_share(1.0, 1, 1.2, 0.05))
    (0.0101, 1.0)
    """
    times = _times(servers, utilization, cv, limit, service)
    time = limit / service - times.fixed
    late, _ = times.late(np.maximum(time, 0.0))
    return np.where((utilization >= FULL_LOAD) | (time <= 0), 1.0, late)


def response_quantile(servers: Scalar, utilization: Scalar, service: Second, cv: Scalar = 1.0,
                      quantile: Scalar = 0.99) -> Second:
    """The time that a share `quantile` of requests takes no longer than; infinite where the queue is unstable.

        time = service * log(1 / (1 - quantile)) / (1 - utilization)      for one server and exponential services
        time = the limit whose late_share is 1 - quantile                 for all

    Seven steps of Newton's method on the logarithm, which is nearly straight, from a lower bound: the longer of the
    quantiles of waiting and of service. In simulations of 1 to 32 servers, with cv from 0 to 2 and a utilization from
    0.5 to 0.9, the p99 came out from 7 % too low to 14 % too high for service times of a gamma distribution. For a
    lognormal one, whose tail is heavier, it was within 10 % up to cv = 1, and at cv = 2 from 35 % too low to 17 % too
    high.
    Source: Kleinrock 1975, "Queueing Systems", volume 1, section 3.5; for cv other than 1 as this file says.

    >>> [round(float(response_quantile(1, rho, 1.0)), 1) for rho in (0.5, 0.8, 0.95)]
    [9.2, 23.0, 92.1]
    >>> round(float(response_quantile(1, 0.8, 1.0) / response_quantile(8, 0.8, 1.0)), 2)   # eight queues, or one
    4.47
    """
    times, tail = _times(servers, utilization, cv, quantile), np.maximum(1 - quantile, ALMOST_ZERO)
    longest = np.max(times.means * np.log(np.maximum(times.weights, ALMOST_ZERO) / tail), axis=0)
    least = np.maximum(np.maximum(longest, times.waited * np.log(times.chance / tail)), 0.0)
    most = (times.waited * np.maximum(np.log(2 * times.chance / tail), 0.0)
            + np.max(times.means, axis=0) * np.log(2 / tail))
    time = least
    for _ in range(NEWTON_STEPS):
        late, density = times.late(time)
        time = np.minimum(np.maximum(time + late / density * np.log(late / tail), least), most)
    return service * np.where(utilization >= FULL_LOAD, np.inf, times.fixed + time)


def highest_utilization(limit: Second, servers: Scalar, service: Second, cv: Scalar = 1.0,
                        quantile: Scalar = 0.99) -> Scalar:
    """The largest utilization at which a share `quantile` of requests takes no longer than `limit`; 0 where none is.

        utilization = 1 - log(1 / (1 - quantile)) * service / limit            for one server and exponential services
        utilization = the one whose late_share of limit is 1 - quantile        for all

    The range from 0 to 1 is halved 20 times: to 1e-6. By definition.

    >>> round(float(highest_utilization(1.0, 1, 0.05)), 3), float(highest_utilization(0.2, 1, 0.05))
    (0.77, 0.0)
    """
    low, width = 0.0 * (cv + quantile), 1.0
    for _ in range(LOAD_HALVINGS):
        width = width / 2
        late = late_share(limit, servers, low + width, service, cv)
        low = low + np.where(late <= 1 - quantile, width, 0.0)
    return low
