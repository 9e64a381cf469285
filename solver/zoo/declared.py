"""A transformer as it is declared: a table as in ``zoo/models.toml``, or written by hand, with groups of layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from solver.text import nearest
from solver.zoo.convnet import ConvNet, convnet_record
from solver.zoo.layers import Attention, LatentAttention, Layers, StateAttention
from solver.zoo.linear import delta_attention
from solver.zoo.models import Transformer
from solver.zoo.networks import FeedForward
from solver.zoo.records import Source, base_value

ATTENTIONS = ("attention", "latent_attention", "delta_attention", "state_attention")
NETWORKS = ("feed_forward", "experts")
NEEDED = ("hidden", "vocab", "context")
MORE = {"tied": False, "positions": 0.0, "norm": "rms", "norms": 2.0, "looked_up": 0.0, "stored_as": "",
        "mtp_layers": 0.0}
ABOUT = ("name", "layers", "kinds", "source", "published", "published_source", "like")
BIASES = {"none": 0.0, "qkv": 3.0, "all": 4.0}
NORMS = {"rms": 1.0, "layer": 2.0}
LARGEST = 10**15


def model_record(table: dict, sources: Mapping[str, Source]) -> Transformer | ConvNet:
    """The record of one table: a convolutional network where it has stages of blocks."""
    return convnet_record(table, sources) if "stages" in table else transformer_record(table, sources)


def transformer_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Transformer:
    """The record of one table of ``zoo/models.toml``, each figure with its source."""
    source = sources[table["source"]]
    figures = dict.fromkeys([k for k, v in table.items() if isinstance(v, (int, str, bool))], source)
    figures["published"] = sources[table.get("published_source", table["source"])]
    return replace(transformer_of(table), sources=figures)


def transformer_of(table: Mapping[str, Any]) -> Transformer:
    """The transformer that a table declares."""
    name = str(table.get("name", "a model"))
    judge_keys(name, table, [*ATTENTIONS, *NETWORKS, *NEEDED, *MORE, *ABOUT], needed=NEEDED)
    sizes = {key: amount(f"{key} of {name}", table[key]) for key in NEEDED}
    more = {key: table.get(key, default) for key, default in MORE.items()}
    parts = layer_groups(name, table)
    mixed = any("experts" in part for part, _ in parts)
    kinds = added_up([(attention_record(name, part, sizes["hidden"]), count) for part, count in parts])
    mixes = added_up([(network_record(name, part, sizes["hidden"], mixed), count) for part, count in parts])
    return Transformer(
        name, tuple(Layers(count, one) for one, count in kinds.items()), sizes["hidden"], sizes["vocab"],
        sizes["context"], tuple(one.of_layers(count) for one, count in mixes.items()), float(more["tied"]),
        amount(f"positions of {name}", more["positions"], 0), word_number(f"norm of {name}", more["norm"], NORMS),
        norms=amount(f"norms of {name}", more["norms"], 0),
        looked_up=amount(f"looked_up of {name}", more["looked_up"], 0), stored_as=str(more["stored_as"]),
        mtp_layers=amount(f"mtp_layers of {name}", more["mtp_layers"], 0))


def layer_groups(name: str, table: Mapping[str, Any]) -> list[tuple[dict[str, Any], float]]:
    """What both halves of each group of layers are, and how many layers it has."""
    groups = table.get("kinds", [{"count": table.get("layers")}])
    if not isinstance(groups, (list, tuple)) or not groups:
        raise ValueError(f"kinds of {name} should be a list of groups of layers, each with its count.")
    found = [(own_or_common(name, group, table), amount(f"count of layers of {name}", group.get("count"), 1))
             for group in groups]
    total = sum(count for _, count in found)
    if table.get("layers", total) != total:
        raise ValueError(f"{name} has {table['layers']} layers, and its groups have {total:g}: let them add up.")
    return found


def own_or_common(name: str, part: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Both halves of a group of layers: of its own table, or where that has none, of the model's."""
    found: dict[str, Any] = {}
    for half, what in ((ATTENTIONS, "attention"), (NETWORKS, "a feed-forward network")):
        given = [(key, one[key]) for one in (part, table) for key in half if key in one]
        if not given:
            raise ValueError(f"layers of {name} have no {what}: give them {', '.join(half[:-1])} or {half[-1]}.")
        found.update(given[:1])
    return found


def added_up(counted: list[tuple[Any, float]]) -> dict[Any, float]:
    """How many layers there are of each kind: those of equal ones are added up."""
    found: dict[Any, float] = {}
    for one, count in counted:
        found[one] = found.get(one, 0.0) + count
    return found


def attention_record(name: str, part: Mapping[str, Any], hidden: float) -> Attention | LatentAttention | StateAttention:
    """The attention of a group of layers: latent, or with a state, where it has that part."""
    kind: Callable[..., Any]
    for key, kind in (("latent_attention", LatentAttention), ("delta_attention", delta_attention),
                      ("state_attention", StateAttention)):
        if key in part:
            return kind(hidden, **part_figures(name, key, part[key], kind))
    table: Any = part["attention"]
    bias = table.get("bias", "none") if isinstance(table, Mapping) else "none"
    biases = word_number(f"bias of the attention of {name}", bias, BIASES)
    rest = {key: value for key, value in table.items() if key != "bias"} if isinstance(table, Mapping) else table
    return Attention(hidden, **part_figures(name, "attention", rest, Attention), biases=biases)


def network_record(name: str, part: Mapping[str, Any], hidden: float, mixed: bool) -> FeedForward:
    """The feed-forward part of a layer: experts where it has them. Beside mixtures an ordinary network is dense."""
    if "experts" in part:
        return mixture(hidden, **part_figures(name, "experts", part["experts"], mixture))
    table = part_figures(name, "feed_forward", part["feed_forward"], plain_network)
    return plain_network(hidden, **table, mixed=float(mixed))


def plain_network(hidden: float, width: float, gated: float, bias: float = 0.0, mixed: float = 0.0) -> FeedForward:
    """An ordinary network: two matrices, or three with a gate."""
    one = (2 + gated) * hidden * width
    return FeedForward(one * (not mixed), dense=one * mixed, vectors=(width + hidden) * bias, gated=float(gated))


def mixture(hidden: float, count: float, active: float, width: float, shared: float = 0.0, router_bias: float = 0.0,
            bias: float = 0.0, shared_gate: float = 0.0) -> FeedForward:
    """Experts with a gate, `shared` of them for every token, and a router; biases, and a vector that gates the shared
    ones, where they have them."""
    one, router = 3 * hidden * width, hidden * count
    if active > count:
        raise ValueError(f"active is {active:g}, and there are {count:g} experts: no token is sent to more than all.")
    vectors = count * router_bias + count * (2 * width + hidden) * bias + hidden * shared_gate
    return FeedForward(one, count, active, shared * one + router, vectors, shared * one, router)


def part_figures(name: str, key: str, table: Any, make: Callable[..., Any]) -> dict[str, float]:
    """The numbers of a part of a layer, which `make` asks for."""
    where = f"{key} of {name}"
    asked = list(inspect.signature(make).parameters.values())[1:]  # hidden is the model's
    if not isinstance(table, Mapping):
        raise TypeError(f"{where} is {table!r}, and should be a table with {', '.join(one.name for one in asked)}.")
    judge_keys(where, table, [one.name for one in asked if one.name not in ("biases", "mixed")],
          [one.name for one in asked if one.default is inspect.Parameter.empty])
    return {figure: amount(f"{figure} in {where}", value, 0) for figure, value in table.items()}


def judge_keys(where: str, table: Mapping[str, Any], names: list[str], needed: Any) -> None:
    """Refuse a table that says what is not known, or lacks what is needed."""
    for key in table:
        if key not in names:
            raise ValueError(f"{where} has {key!r}, which is not known here. {nearest(key, names)}")
    for key in needed:
        if key not in table:
            raise ValueError(f"{where} has no {key!r}: give it, as a positive number.")


def amount(what: str, value: Any, least: float = 1) -> float:
    """A number, or where tokens of a context are meant a text such as "8192 token"."""
    if isinstance(value, str) and what.startswith(("context ", "window ")):
        value = base_value(value, "token/request")
    if not isinstance(value, (int, float)) or not value >= least or (value > LARGEST and "window" not in what):
        raise ValueError(f"{what} is {value!r}, and should be a number from {least:g} to 10^15.")
    return float(value)


def word_number(what: str, value: Any, words: Mapping[str, float]) -> float:
    """What one of a few words stands for."""
    if value not in words:
        raise ValueError(f"{what} is {value!r}, and should be one of {', '.join(words)}.")
    return words[value]
