"""From a config.json to the table of a model, as ``zoo/models.toml`` would declare it: one group for each layer."""

from __future__ import annotations

import warnings
from typing import Any

from solver.zoo.config import Config, config_table
from solver.zoo.stored import stored_as

TYPES = {"full_attention": "full", "sliding_attention": "window", "chunked_attention": "window",
         "linear_attention": "linear", "attention": "full", 1: "full"}


def configured(source: Any, name: str | None = None) -> dict[str, Any]:
    """The table of the model that a configuration describes, as `transformer_of` takes it."""
    table, called = config_table(source)
    config = Config(table, name or called)
    judge_family(config)
    kinds = layer_types(config)
    own = config.layers - config.number("sharing_layers", 0, 0)  # layers with K and V of their own
    groups = [{"count": 1} | attention_table(config, kind, place >= own) | network_table(config, place, place >= own)
              for place, kind in enumerate(kinds)]
    family, context = config.family, config.number("context")
    return {"name": config.name, "hidden": config.number("hidden"), "vocab": config.number("vocab"),
            "context": context, "tied": config.flag("tied", None), "norm": family.get("norm", "rms"),
            "norms": family.get("norms", 2) + (per_layer(config) > 0),
            "positions": context * family.get("positions", False),
            "looked_up": per_layer(config) * config.layers * config.number("per_layer_vocab", 0, 0),
            "stored_as": stored_as(config), "mtp_layers": config.number("mtp_layers", 0, 0), "kinds": groups}


def judge_family(config: Config) -> None:
    """Say what is assumed of a model_type that is not known, or refuse it where a key may matter."""
    if config.model_type in config.families:
        return
    what = f"model_type {config.model_type!r} of {config.name}"
    if strange := config.unknown():
        raise ValueError(f"{what} is not known, and its {', '.join(strange[:3])} may change what is stored or cached: "
                         f"declare the model with Model.declared, or leave that out if it changes neither.")
    warnings.warn(f"{what} is not known: it is read as a network of Llama's kind, with RMS norms and gated networks.",
                  stacklevel=4)


def layer_types(config: Config) -> list[str]:
    """Whether each layer attends to all ("full"), to a window, or is linear."""
    layers, types = config.layers, config.places("layer_types")
    interval = config.number("interval", 1)
    local = "linear" if config.get("linear_heads") is not None else "window"
    if types:
        found = [TYPES.get(each) if isinstance(each, (str, int)) else None for each in types]
        if None in found or len(found) != layers:
            odd = next((each for each, kind in zip(types, found, strict=True) if kind is None), len(types))
            raise ValueError(f"{config.key('layer_types')} of {config.name} has {odd!r}: give each of the {layers} "
                             f"layers one of {', '.join(map(str, list(TYPES)[:4]))}.")
    elif linear := config.places("linear_layers"):
        found = ["linear" if place + 1 in linear else "full" for place in range(layers)]
    elif rope := config.places("rope_layers"):
        found = ["window" if turned else "full" for turned in rope[:layers]]
    elif interval > 1 or local == "linear":
        found = ["full" if (place + 1) % interval == 0 else local for place in range(layers)]
    else:
        first = config.number("first_windowed", 0, 0)
        found = ["window" if place >= first else "full" for place in range(layers)]
    return [kind or "full" for kind in found]


def attention_table(config: Config, kind: str, shared: bool) -> dict[str, Any]:
    """The attention of a layer."""
    if kind == "linear":
        return {"delta_attention": linear_table(config)}
    if config.get("kv_rank") is not None:
        return {"latent_attention": latent_table(config)}
    return {"attention": heads_table(config, kind, shared)}


def heads_table(config: Config, kind: str, shared: bool) -> dict[str, Any]:
    """Attention by heads: `shared` where K and V are an earlier layer's."""
    count, family = config.number("heads"), config.family
    few = config.flag("one_kv_head") and not config.flag("many_kv_heads")
    kv_heads = 1 if few else config.number("kv_heads", count)
    head_dim = config.number("head_dim", config.number("hidden") / count)
    same = kind == "full" and config.flag("k_is_v")
    if kind == "full":
        head_dim = config.number("global_head_dim", head_dim)
        kv_heads = config.number("global_kv_heads", kv_heads) if same else kv_heads
    found = {"heads": count, "kv_heads": kv_heads, "head_dim": head_dim,
             "bias": decided(config, "bias", "attention_bias", "none")}
    if kind == "window" and config.get("window") is not None and config.flag("windowed", True):
        found["window"] = config.number("window")
    normed = decided(config, "norms_of_heads", "norms_of_heads", "none")
    of_heads = {"none": 0, "each": 1 if shared else 2, "all": count + kv_heads}[normed]
    more = {"gate": config.flag("gate"), "values": not same, "caches": not shared,
            "norms": of_heads * head_dim + count * family.get("sinks", False)}
    usual = {"gate": 0, "values": 1, "caches": 1, "norms": 0}
    return found | {key: value * 1 for key, value in more.items() if value != usual[key]}


def decided(config: Config, trait: str, noun: str, otherwise: str) -> str:
    """What the family has of a trait; where it ends with "if", a key decides whether."""
    word, _, asked = config.family.get(trait, otherwise).partition(" ")
    return word if not asked or config.flag(noun) else otherwise


def latent_table(config: Config) -> dict[str, Any]:
    """Multi-head latent attention."""
    found = {noun: config.number(noun) for noun in ("heads", "kv_rank", "nope_dim", "rope_dim", "value_dim")}
    found["query_rank"] = config.number("query_rank", 0, 0)
    if set(config.places("index_types")) - {"full"}:
        raise ValueError(f"{config.key('index_types')} of {config.name} has layers that share an indexer, and what "
                         f"they keep is not known here: declare the model with Model.declared.")
    index = {noun: config.number(noun) for noun in ("index_heads", "index_dim") if config.get(noun) is not None}
    return found | index


def linear_table(config: Config) -> dict[str, Any]:
    """Gated DeltaNet, or Kimi Delta Attention."""
    names = {"key_heads": "linear_key_heads", "heads": "linear_heads", "key_dim": "linear_key_dim",
             "head_dim": "linear_dim", "kernel": "kernel"}
    found = {key: config.number(noun) for key, noun in names.items()}
    return found | ({"rank": found["head_dim"]} if config.family.get("low_rank") else {})


def network_table(config: Config, place: int, shared: bool) -> dict[str, Any]:
    """The other half of a layer: experts, or a network, to which an input of each layer adds width."""
    if has_experts(config, place):
        return {"experts": experts_table(config)}
    wider = 2 if shared and config.flag("wider_where_shared") else 1
    ratio = config.get("width_ratio") and config.number("width_ratio") * config.number("hidden")
    bias = config.family.get("network_bias", False) or config.flag("network_bias")
    return {"feed_forward": {"width": config.number("width", ratio) * wider + per_layer(config),
                             "gated": config.family.get("gated", True), "bias": bias}}


def per_layer(config: Config) -> float:
    """How wide an input is that each layer has of its own: its three matrices are those of a gated network."""
    return config.number("per_layer", 0, 0)


def has_experts(config: Config, place: int) -> bool:
    """Whether that layer is a mixture."""
    if not config.number("experts", 0, 0) or not config.flag("beside", True):
        return False
    chosen, frequency = config.places("expert_layers"), config.get("frequency")
    if chosen:
        return place in chosen
    if isinstance(frequency, (list, tuple)):
        return bool(frequency[place]) if place < len(frequency) else False
    return (place >= config.number("dense_first", 0, 0) and place not in config.places("dense_layers")
            and (place + 1) % config.number("step", 1) == 0 and place % config.number("frequency", 1) == 0)


def experts_table(config: Config) -> dict[str, Any]:
    """Experts of a layer; a network beside them counts as a shared one, as wide as so many experts."""
    family, width = config.family, config.number("expert_width")
    wide = config.number("shared_width", 0, 0) + (config.number("width") if config.flag("beside") else 0)
    found = {"count": config.number("experts"), "active": config.number("active"), "width": width,
             "shared": wide / width if wide else config.number("shared_experts", 0, 0),
             "router_bias": config.flag("router_bias", family.get("router_bias", False))}
    more = {"bias": family.get("expert_bias", False), "shared_gate": family.get("shared_gate", False) and wide > 0}
    return found | {key: value for key, value in more.items() if value}
