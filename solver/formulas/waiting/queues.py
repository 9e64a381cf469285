"""Waiting lines: equal servers behind a single line, first come, first served, with arrivals at random (Poisson).

A queue is stable where its utilization is below 1; from there on the line grows without end, and times are infinite.
Exact where service times are exponential (M/M/c), and the mean also of one server (M/G/1); for other spreads of service
times with several servers (M/G/c) two moments are known, and the rest is an approximation, named in each formula.
Sources: Erlang 1917, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges"; Lee and Longton 1959, "Queueing Processes Associated with Airline Passenger Check-in".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.units import Request, RequestRate, Scalar, Second
from solver.zoo.site.fleet import Fleet

FULL_LOAD = 1 - 1e-12  # a utilization from which on a queue counts as unstable: it is 1, but for rounding
ALMOST_ZERO = 1e-300  # instead of zero, where something is divided by it
_CUT = 34.0  # an integrand is followed down to exp(-34) of its peak
_LARGEST = 690.0  # an exponent whose power is still a number
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(48)  # of Gauss's rule from -1 to 1


def column(values: np.ndarray, *beside: Any) -> np.ndarray:
    """Constants along an axis of their own, before all axes of what they stand beside.

    >>> column(np.array([1.0, 2.0]), 0.5, np.ones(3)).shape
    (2, 1)
    """
    return values.reshape((-1,) + (1,) * max(map(np.ndim, beside)))


def queue_utilization(arrivals: RequestRate, service: Second, servers: Scalar, one: Request = 1.0) -> Scalar:
    """Share of the time that servers are busy; from 1 on, more comes than they can serve.

        utilization = arrivals * service / (servers * one)

    By definition; `one` is one request.

    >>> queue_utilization(40.0, 0.05, 4.0)
    0.5
    """
    return arrivals * service / (servers * one)


def erlang_c(servers: Scalar, utilization: Scalar) -> Scalar:
    """Chance that whoever comes has to wait, in the queue M/M/c.

        chance = 1 / (utilization + (1 - utilization) * loss)
        loss = integral from 0 to infinity of exp(-u) * (1 + u / (servers * utilization))^servers du

    With u = servers * utilization * (e^s - 1) the integrand has one peak, e^s = 1 / ratio, of a width that is known, so
    that 48 points of Gauss's rule around it are enough: up to 10,000 servers it agrees with Erlang's recursion to
    1e-12. There is no loop over servers, and their number need not be whole. From a utilization of 1 on all wait.
    Source: Erlang 1917; the integral in Jagerman 1974, "Some properties of the Erlang loss function", theorem 3.

    >>> round(float(erlang_c(2, 0.5)), 12), round(float(erlang_c(10, 0.8)), 3), float(erlang_c(4, 1.2))
    (0.333333333333, 0.409, 1.0)
    """
    load, slots = np.minimum(np.maximum(utilization, ALMOST_ZERO), 1.0), servers + 1
    ratio = np.maximum(servers * load / slots, ALMOST_ZERO)
    short = (1 + servers * (1 - load)) / slots  # 1 - ratio, with all of its digits
    peak = np.where(short < 0.5, -np.log1p(-np.minimum(short, 0.5)), -np.log(ratio))
    depth = _CUT / slots
    right = np.log1p(np.sqrt(2 * depth) + depth)  # bounds beyond which the integrand is cut off
    left = -np.minimum(peak, depth / 3 + np.sqrt(depth * depth / 9 + 2 * depth))
    places = left + (right - left) * (1 + column(_PLACES, servers, utilization)) / 2
    heights = column(_WEIGHTS, servers, utilization) * np.exp(-slots * (np.expm1(places) - places))
    area = np.sum(heights, axis=0) * (right - left) / 2
    loss = slots * area * np.exp(np.minimum(servers * (peak - short) - short, _LARGEST))
    return 1 / (load + (1 - load) * loss)


def mean_wait(servers: Scalar, utilization: Scalar, service: Second, cv: Scalar = 1.0) -> Second:
    """Mean time that a request waits before it is served; infinite where the queue is unstable.

        wait = service * erlang_c * (1 + cv^2) / (2 * servers * (1 - utilization))

    `cv` is the standard deviation of service times over their mean: 1 for exponential ones, 0 where all are equal.
    Exact for cv = 1 and for one server; else the approximation of Lee and Longton, which is that of Allen and Cunneen
    for random arrivals. Simulated with `simulate_queue` and cv from 0 to 2 it was within 6 % for 2 servers from a
    utilization of 0.5 on, and so it was for 32 at 0.9. Where few have to wait it is a guess: for 8 servers at 0.5, 21 %
    too low for cv = 0 and 16 % too high for cv = 2.
    Source: Lee and Longton 1959, "Queueing Processes Associated with Airline Passenger Check-in"; for one server
    Pollaczek 1930 and Khinchine 1932.

    >>> [round(float(mean_wait(1, 0.8, 0.05, cv)), 3) for cv in (0, 1)]   # s
    [0.1, 0.2]
    """
    time = erlang_c(servers, utilization) * waited(servers, utilization, cv)
    return service * np.where(utilization >= FULL_LOAD, np.inf, time)


def waited(servers: Scalar, utilization: Scalar, cv: Scalar = 1.0) -> Scalar:
    """Mean wait of those that have to wait, in service times, of a stable queue.

        waited = (1 + cv^2) / (2 * servers * (1 - utilization))

    Source: Lee and Longton 1959, "Queueing Processes Associated with Airline Passenger Check-in".

    >>> [float(waited(servers, 0.75)) for servers in (1, 8)]
    [4.0, 0.5]
    """
    spare = np.maximum(1 - utilization, ALMOST_ZERO)
    return (1 + cv * cv) / (2 * np.maximum(servers, ALMOST_ZERO) * spare)


def wait_quantile(servers: Scalar, utilization: Scalar, service: Second, cv: Scalar = 1.0,
                  quantile: Scalar = 0.99) -> Second:
    """The time that a share `quantile` of the requests waits no longer than; infinite where the queue is unstable.

        wait = service * waited * max(log(erlang_c / (1 - quantile)), 0)

    Exact for cv = 1; else waits of those that wait are taken as exponential, with the mean of `waited`.
    Source: Erlang 1917.

    >>> [round(float(wait_quantile(1, rho, 0.05)), 3) for rho in (0.005, 0.5, 0.8)]   # s
    [0.0, 0.391, 1.096]
    """
    above = np.log(erlang_c(servers, utilization) / np.maximum(1 - quantile, ALMOST_ZERO))
    times = waited(servers, utilization, cv) * np.maximum(above, 0.0)
    return service * np.where(utilization >= FULL_LOAD, np.inf, times)


def queue_length(arrivals: RequestRate, wait: Second) -> Request:
    """Requests that wait at any moment, on average.

        length = arrivals * wait

    Source: Little 1961, "A Proof for the Queuing Formula: L = λ W".

    >>> queue_length(16.0, 0.2)
    3.2
    """
    return arrivals * wait


def slow_share(quantile: Scalar, parts: Scalar) -> Scalar:
    """Share of the requests of which at least one of `parts` parts takes longer than a share `quantile` of parts does.

        share = 1 - quantile^parts

    A request that asks many servers waits for the slowest of them. Parts are taken as independent.
    Source: Dean and Barroso 2013, "The Tail at Scale".

    >>> round(float(slow_share(0.99, 100.0)), 2)
    0.63
    """
    return 1 - quantile**parts


def part_quantile(quantile: Scalar, parts: Scalar) -> Scalar:
    """Share of the parts that has to be done for a share `quantile` of the requests to have all of theirs.

        share = quantile^(1 / parts)

    Parts are taken as independent. Source: Dean and Barroso 2013, "The Tail at Scale".

    >>> round(float(part_quantile(0.99, 100.0)), 4)
    0.9999
    """
    return quantile ** (1 / parts)


def gangs_at_once(fleet: Fleet, gang: Scalar) -> Scalar:
    """Jobs of `gang` chips each that run on a fleet at once.

        gangs = floor(node.chips / gang) * count                     of no more chips than a server has
        gangs = floor(count / ceil(gang / node.chips))               of more: they take whole servers

    A small job runs within one server, a large one has its servers for itself. By definition.

    >>> from solver import Fleet, Servers
    >>> fleet = Fleet(Servers.DGX_H100, 16)
    >>> [float(gangs_at_once(fleet, chips)) for chips in (3, 8, 12, 64, 256)]
    [32.0, 16.0, 8.0, 2.0, 0.0]
    """
    inside, nodes = np.floor(fleet.node.chips / gang), np.ceil(gang / fleet.node.chips)
    return np.maximum(inside, 1.0) * np.floor(fleet.count / nodes)


def unusable_share(fleet: Fleet, gang: Scalar) -> Scalar:
    """Share of a fleet's chips that stand idle when as many jobs of `gang` chips run as can: fragmentation.

        share = 1 - gangs_at_once * gang / chips

    By definition.

    >>> from solver import Fleet, Servers
    >>> [float(unusable_share(Fleet(Servers.DGX_H100, 16), chips)) for chips in (3, 8, 12)]
    [0.25, 0.0, 0.25]
    """
    return 1 - gangs_at_once(fleet, gang) * gang / fleet.chips
