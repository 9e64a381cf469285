"""A step of training under four roofs: arithmetic, memory, the link inside servers, and the network between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.arguments import Efficiency
from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.compute.roofline_arguments import Sequences, StepFormat, StepModel, StepSequence
from solver.formulas.roofline import crossing_bytes, hiding_tokens, linked_bytes, network_ridge, update_traffic
from solver.formulas.training.collective_exchange import near_chips
from solver.formulas.training.scaling_laws import WORK, training_budget
from solver.text import number_text
from solver.zoo.profiles import EFFICIENCY

ROOFS = {"latency_compute": "Compute", "latency_memory": "Memory", "latency_link": "Link",
         "latency_network": "Network"}


class NetworkRooflineResult(Result):
    """What `NetworkRooflineModel.solve` found. Its fields broadcast with the arrays that were given."""

    latency = field("ms", "time of the step, if all of this overlaps: at best")
    latency_compute = field("ms", "what arithmetic takes")
    latency_memory = field("ms", "what reading and writing parameters takes")
    latency_link = field("ms", "what gradients take over the link inside servers")
    latency_network = field("ms", "what they take over the NICs")
    throughput = field("token/s", "tokens a second of all chips")
    network_bytes = field("GB", "gradients that each chip sends over its NIC")
    arithmetic_intensity = field("FLOP/B", "work for each byte that crosses a NIC; without limit within one server")
    ridge_point = field("FLOP/B", "intensity from which arithmetic takes longer than the network")
    hiding_tokens = field("token", "tokens on each chip from which arithmetic hides the exchange, over link and NICs")
    hiding_batch = field(None, "the same in sequences: not rounded")
    mfu = field(None, "work as a share of what the chips could do in that time, at their peak")
    energy = field("J", "board power of all chips for that time: at most, and without hosts, network and cooling")

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()
        return values

    @property
    def bottleneck(self) -> Any:
        """"Compute", "Memory", "Link" or "Network": the slowest; an array of them for arrays."""
        times = np.stack(np.broadcast_arrays(*(self.values[name] for name in ROOFS)))
        named = np.array([*ROOFS.values()])[np.argmax(times, axis=0)]
        named = np.where(np.isnan(np.sum(times, axis=0)), "Unknown", named)
        return named if named.ndim else str(named)

    @property
    def constraint_trace(self) -> list[str]:
        """Which roof binds, and from how many tokens on arithmetic hides the exchange, in sentences."""
        v, fleet = self.values, self.given["fleet"]
        if any(map(unknown, v.values())):
            return []
        found = sorted(set(np.ravel(self.bottleneck)))
        said = f"Step: bound by {' or '.join(name.lower() for name in found)}."
        if np.max(fleet.chips) <= 1:
            return [said, "Exchange: none, for one chip trains alone."]
        least = number_text(np.ceil(np.max(v["hiding_tokens"])))
        return [said, f"Exchange: arithmetic hides it from {least} tokens on each chip on.",
                "Replicas: each chip is one. Chips that share a replica have its work and its gradients to share, too, "
                "so that the same roofs bind."]


class NetworkRooflineModel(ForwardModel):
    """The roofline of data-parallel training: work on a chip's tokens against gradients that cross the network.

    >>> from solver import Fleet, Models, Servers
    >>> r = NetworkRooflineModel().solve(Models.Llama3_8B, Fleet(Servers.DGX_H100, 128), batch_size=[1, 8])
    >>> print(r.latency, r.arithmetic_intensity, r.bottleneck)
    [199, 1,596] ms [24,770, 198,156] FLOP/B ['Compute' 'Compute']
    """

    question = "Does the network hold up a step of training?"

    @declared
    def solve(self, model: StepModel, fleet: FleetOf, precision: StepFormat = "fp16",
              efficiency: Efficiency = EFFICIENCY, *, batch_size: Sequences = 1,
              seq_len: StepSequence = 2048) -> NetworkRooflineResult:
        """Time of a step of training whose gradients are added up over all chips.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        precision : name of a format
            Number format of the products, which the fleet's chips have a rate for. Gradients are exchanged in it, at 16
            bits at least.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        batch_size : requests
            Sequences of a step on each chip.
        seq_len : tokens
            Tokens of each sequence.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        A token takes 6 FLOP for each parameter that it meets, with embeddings and without attention's pairs. Engine and
        DistributedModel count products one by one: for Llama 3.1 8B at 2,048 tokens arithmetic takes 199 ms here, and
        193 there. Gradients are added up inside servers first, and each chip then sends its part of the sum: mlsysim
        counts them as if each chip sent all.

        Leaves out attention's pairs of tokens, activations in memory, latencies, whether all fits in memory, and all
        that does not overlap: CollectiveModel has the time of an exchange by itself.

        Examples
        --------
        >>> from solver import Fleet, Models, Servers
        >>> r = NetworkRooflineModel().solve(Models.Llama3_8B, Fleet(Servers.DGX_H100, 128))
        >>> print(r.ridge_point, r.hiding_tokens, r.latency_network)
        9,894 FLOP/B 818 token 79.7 ms
        """
        def computed() -> dict[str, Any]:
            with np.errstate(all="ignore"):
                return _step(model, fleet, precision, efficiency, batch_size, seq_len)

        return NetworkRooflineResult(computed(), {"model": model, "fleet": fleet, "batch": batch_size,
                                                  "context": seq_len, "computed": computed})


def _step(model: Any, fleet: Any, precision: Any, efficiency: Any, batch: Any, context: Any) -> dict[str, Any]:
    """All fields, in base units."""
    device, chips = fleet.device, fleet.chips
    joined = np.minimum(chips, near_chips(fleet))
    rate, nic = device.peak[precision.rate] * efficiency, fleet.fabric.rate
    tokens, gradients = batch * context, model.parameters * precision.wide_size
    work, sent = training_budget(model.active_parameters, tokens), crossing_bytes(gradients, joined, chips / joined)
    times = {"latency_compute": work / rate,
             "latency_memory": update_traffic(model.parameters, precision.wide_size) / device.bandwidth,
             "latency_link": np.where(joined > 1, linked_bytes(gradients, joined) / device.interconnect, 0.0),
             "latency_network": sent / nic}
    exchange = np.maximum(times["latency_link"], times["latency_network"])
    latency = np.maximum(exchange, np.maximum(times["latency_compute"], times["latency_memory"]))
    least = hiding_tokens(exchange, rate, WORK * model.active_parameters)
    return times | {
        "latency": latency, "throughput": tokens * chips / latency, "network_bytes": sent,
        "arithmetic_intensity": np.divide(work, sent), "ridge_point": network_ridge(rate, nic), "hiding_tokens": least,
        "hiding_batch": least / context, "mfu": work / (device.peak[precision.rate] * latency),
        "energy": device.power * chips * latency}
