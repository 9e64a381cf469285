"""Experts over many chips: what their tokens take on the way there and back, and what of it crosses servers."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.formulas.training.collective_exchange import near_chips
from solver.formulas.training.expert_routing import (
    chance_imbalance,
    distinct_groups,
    leaving_share,
    routed_bytes,
    routed_time,
)
from solver.text import number_text
from solver.training.routing_arguments import (
    ChipSequences,
    CombineFormat,
    DispatchFormat,
    ExpertGroup,
    Imbalance,
    LinkReach,
    Mixture,
    NicReach,
    RoutingFleet,
    SequenceTokens,
    ServerLimit,
)

SHORT_DISPATCH = 200e-6  # seconds: what DeepEP takes for a decode step of 128 tokens, at most
LATENCY_LEFT_OUT = ("Latency: left out, and it decides where tokens are as few as here: a decode step of 128 tokens "
                    "takes 80 to 200 us in DeepEP.")


class MoERoutingResult(Result):
    """What `MoERoutingModel.solve` found. Its fields broadcast with the arrays that were given."""

    effective_active_experts = field(None, "experts that a token would keep busy if all were as full as the fullest")
    effective_active_parameters = field(None, "parameters that a token meets, counted so")
    active_parameter_multiplier = field(None, "that over the parameters that it meets")
    routing_imbalance_factor = field(None, "load of the fullest expert over the mean, as given")
    chance_imbalance = field(None, "the same, where chance alone decides: less is not to be had")
    servers_met = field(None, "servers that a token goes to on average, its own included")
    chips_met = field(None, "chips that a token goes to on average")
    nic_share = field(None, "share of what goes to servers that crosses NICs")
    token_dispatch_bytes = field("MB", "what the tokens of a chip take to other chips, once to each")
    dispatch_bytes = field("MB", "what they take to servers, once to each, its own included: so libraries count; "
                                 "unknown without a fleet")
    combine_bytes = field("MB", "the same on the way back")
    nic_bytes = field("MB", "what of the dispatch each NIC sends, on average")
    dispatch_time = field("ms", "time of the dispatch of a layer")
    combine_time = field("ms", "time of the combine of a layer")
    all_to_all_latency = field("ms", "both together")
    pass_latency = field("ms", "both together in all layers with a mixture, forwards once")
    dispatch_bandwidth = field("GB/s", "what they take to servers, over that time: of each chip, as libraries report")
    combine_bandwidth = field("GB/s", "the same on the way back")
    ep_size = field(None, "chips that share the experts")
    crossing_bandwidth = field("GB/s", "the part of dispatch_bandwidth that crosses NICs, each NIC's own",
                               lazy=lambda r: r.value("dispatch_bandwidth") * r.value("nic_share"))
    energy = field("J", "board power of all these chips for dispatch and combine of a layer: at most, and without "
                        "hosts and network")

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()
        return values

    @property
    def constraint_trace(self) -> list[str]:
        """What crosses servers, what binds, and how full the fullest expert is, in sentences."""
        v, fleet = self.values, self.given["fleet"]
        if any(map(unknown, v.values())):
            return []
        said = [f"Load: the fullest expert is taken to have {_most(v, 'routing_imbalance_factor')} times the mean; "
                f"chance alone gives {_most(v, 'chance_imbalance')} times."]
        if fleet is None:
            return [*said, "Times: unknown, for no fleet was given, and so nothing to send tokens over; and what goes "
                           "to servers, for which chips share one is not known either."]
        if np.max(v["servers_met"]) <= 1:
            return [*said, "Servers: all experts are in one, and nothing crosses NICs.", *self._bound()]
        return [*said, f"Servers: a token goes to {_most(v, 'servers_met')} on average, its own included; "
                       f"{np.max(v['nic_share']):.1%} of that crosses NICs.", *self._bound()]

    def _bound(self) -> list[str]:
        near, far = self.given["parts"]
        if not np.max(self.values["dispatch_time"]):
            return ["Dispatch: one chip holds all experts, and nothing is sent."]
        share = float(np.mean(np.asarray(far) >= near))
        wire = {1.0: "the NICs", 0.0: "the link"}.get(share, f"the NICs at {share:.0%} of the points, else by the link")
        short = np.min(self.values["dispatch_time"]) < SHORT_DISPATCH
        return [f"Dispatch: bound by {wire}.", *[LATENCY_LEFT_OUT] * bool(short)]


def _most(values: dict[str, Any], name: str) -> str:
    return number_text(float(np.max(values[name])))


class MoERoutingModel(ForwardModel):
    """Dispatch and combine of a mixture whose experts are spread over chips.

    >>> from solver import Fleet, Models, Servers
    >>> r = MoERoutingModel().solve(Models.DeepSeek_V3, 1, 8192, "fp8", ep_size=[16, 32],
    ...                             fleet=Fleet(Servers.DGX_H100, 16), nic_efficiency=0.9)
    >>> print(r.dispatch_bandwidth, r.nic_share)   # DeepEP reports 90 and 61 GB/s
    [90, 60] GB/s [0.5  0.75]
    """

    question = "How long do tokens take to their experts and back?"

    @declared
    def solve(self, model: Mixture, batch_size: ChipSequences, seq_len: SequenceTokens,
              precision: DispatchFormat = "fp16", ep_size: ExpertGroup = 1, routing_imbalance_factor: Imbalance = 1.0,
              fleet: RoutingFleet = None, *, combine_precision: CombineFormat = "bf16", node_limit: ServerLimit = None,
              nic_efficiency: NicReach = 1.0, link_efficiency: LinkReach = 1.0) -> MoERoutingResult:
        """Payload and time of one layer, forwards.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The mixture of experts, a record such as `Models.DeepSeek_V3`.
        batch_size : requests
            Sequences of a pass on each chip.
        seq_len : tokens
            Tokens of each sequence: 1 where each decodes one.
        precision : name of a format
            Number format of hidden states on their way to experts.
        ep_size : chips
            Chips that share all experts of a layer, each with whole ones.
        routing_imbalance_factor : number
            Load of the fullest expert over the mean. Times are those of the chip that has most to do.
        fleet : fleet, optional
            The fleet that they are of; without one, times are unknown.
        combine_precision : name of a format
            Number format of what comes back from them.
        node_limit : servers, optional
            Servers that a token is sent to, at most; if not given, all. DeepSeek-V3 is routed to 4 at most.
        nic_efficiency : share
            Share of the NICs' rate that is reached. DeepEP reaches 0.90 to 0.92 of 50 GB/s.
        link_efficiency : share
            Share of the rate of the link inside servers that is reached.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        A token crosses once to each server, and is handed on there. mlsysim counts it once for each expert, and
        all of that as crossing the network; and it lets imbalance multiply attention and embeddings, too.

        Leaves out the pass backwards (which takes the same again: its combine is a dispatch), scales of narrow formats,
        starting and waiting (a decode step of 128 tokens takes 80 to 200 us in DeepEP), and tokens that are dropped.

        Examples
        --------
        >>> from solver import Fleet, Models, Servers
        >>> r = MoERoutingModel().solve(Models.DeepSeek_V3, 1, 4096, "fp8", ep_size=64,
        ...                             fleet=Fleet(Servers.DGX_H100, 16), node_limit=4)
        >>> print(round(r.servers_met, 2), r.dispatch_time, r.combine_time)
        3.63 1.86 ms 3.73 ms
        """
        experts = model.routed_experts
        parts: list[Any] = []

        def computed() -> dict[str, Any]:
            with np.errstate(all="ignore"):
                load = _load(model, experts, batch_size * seq_len, ep_size, routing_imbalance_factor)
                wires = _wires(fleet, ep_size, link_efficiency, nic_efficiency)
                sent, parts[:] = _sent(model, experts, batch_size * seq_len, ep_size, node_limit,
                                       (precision.size, combine_precision.size), wires, routing_imbalance_factor)
                power = np.nan if fleet is None else fleet.device.power
                return load | sent | {"ep_size": ep_size, "energy": power * ep_size * sent["all_to_all_latency"]}

        return MoERoutingResult(computed(), {"model": model, "fleet": fleet, "experts": experts, "parts": parts,
                                             "computed": computed})


def _load(model: Any, experts: Any, tokens: Any, chips: Any, factor: Any) -> dict[str, Any]:
    """How full experts are."""
    active = model.sent_experts
    busy = np.minimum(experts, active * factor)
    met = model.active_parameters + (busy / active - 1) * model.expert_work / 2
    return {"effective_active_experts": busy, "effective_active_parameters": met,
            "active_parameter_multiplier": met / model.active_parameters, "routing_imbalance_factor": factor,
            "chance_imbalance": chance_imbalance(tokens * chips, experts, active)}


def _wires(fleet: Any, chips: Any, link_share: Any, nic_share: Any) -> tuple[Any, Any, Any]:
    """Servers, and the rates of link and NIC."""
    if fleet is None:
        return np.where(chips <= 1, 1.0, np.nan), np.nan, np.nan  # one chip is in one server, whatever that is
    joined = np.minimum(chips, near_chips(fleet))
    link = np.where(joined > 1, fleet.device.interconnect * link_share, np.inf)  # a chip alone in its server needs none
    return chips / joined, link, fleet.fabric.rate * nic_share


def _sent(model: Any, experts: Any, tokens: Any, chips: Any, limit: Any, sizes: tuple[Any, Any],
          wires: tuple[Any, Any, Any], factor: Any) -> tuple[dict[str, Any], list[Any]]:
    """What is sent, and for how long; and what link and NIC take of a dispatch."""
    servers, link, nic = wires
    active, joined = model.sent_experts, chips / servers
    allowed = np.where(np.isnan(servers), chips, np.minimum(limit, servers) * joined)
    met = distinct_groups(servers, experts, active, limit)
    reached = distinct_groups(allowed, experts * allowed / chips, active)
    crossing, copies = leaving_share(servers), np.where(servers <= 1, reached, met)
    near, far = reached * leaving_share(joined), met * crossing
    out, back = (routed_bytes(tokens, model.hidden * size, 1.0) for size in sizes)
    times = [routed_time(one * near, one * far, link, nic, factor) for one in (out, back)]
    return {
        "servers_met": met, "chips_met": reached, "nic_share": crossing,
        "token_dispatch_bytes": out * reached * leaving_share(chips), "dispatch_bytes": out * copies,
        "combine_bytes": back * copies, "nic_bytes": out * far, "dispatch_time": times[0], "combine_time": times[1],
        "all_to_all_latency": times[0] + times[1], "pass_latency": model.mixture_layers * (times[0] + times[1]),
        "dispatch_bandwidth": np.divide(out * copies, times[0]),
        "combine_bandwidth": np.divide(back * copies, times[1])}, [out * near / link, out * far / nic]
