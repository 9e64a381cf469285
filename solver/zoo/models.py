"""Transformers: shapes as published, and the counts that the formulas read, derived from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from solver.units import BytePerRequest, BytePerToken, Context, FlopPerPair, FlopPerToken, PerToken, Scalar
from solver.zoo.convnet import ConvNet, convnet_record
from solver.zoo.layers import Attention, FeedForward, LatentAttention, Layers, StateAttention
from solver.zoo.records import Source, Zoo, base_value, make_plain, records


@dataclass(frozen=True)
class Transformer:
    """A decoder-only transformer, whose layers are of one kind of attention or of several.

    `kinds` are the layers, so many of each kind of attention; `feed_forward` is of all of them. `context` is the
    longest that it was trained for. `tied`: embedding and lm_head are one matrix. `positions` are learned position
    embeddings; `norm_vectors` is 1 for RMS norms, 2 for layer norms (weight and bias).
    """

    name: str
    kinds: tuple[Layers, ...]
    hidden: float
    vocab: float
    context: Context
    feed_forward: FeedForward
    tied: float = 0.0
    positions: float = 0.0
    norm_vectors: float = 1.0
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        pairs = [kind.count * kind.attention.prefill_pair for kind in self.kinds]
        caches = [kind.kv_elements for kind in self.kinds]
        object.__setattr__(self, "kinds", tuple(
            replace(kind, cache_share=cache / (sum(caches) or 1.0), pair_share=pair / (sum(pairs) or 1.0),
                    groups=cache / (self.group or 1.0))
            for kind, cache, pair in zip(self.kinds, caches, pairs, strict=True)))

    @cached_property
    def group(self) -> PerToken:
        """Elements of KV cache that a token takes in a group of layers: all layers of most models, and where kinds
        differ the most layers that every kind has whole multiples of. Engines make blocks of a group."""
        return float(math.gcd(*(int(kind.kv_elements) for kind in self.kinds)))

    @cached_property
    def whole_cache(self) -> float:
        """1 where every layer keeps all of a context and nothing else, else 0."""
        return float(all(kind.attention.window == math.inf and not kind.state for kind in self.kinds))

    @cached_property
    def layers(self) -> float:
        """How many there are, of all kinds."""
        return sum(kind.count for kind in self.kinds)

    @property
    def attention(self) -> Attention | LatentAttention | StateAttention:
        """That of its first kind of layers, which is all of it for most models."""
        return self.kinds[0].attention

    def _of_layers(self, name: str) -> Any:
        """A figure of the attention of a layer, added up over all layers."""
        return sum(kind.count * getattr(kind.attention, name) for kind in self.kinds)

    @cached_property
    def lm_head(self) -> Scalar:
        """Parameters of lm_head, which turns the last hidden state into scores of the vocabulary."""
        return self.vocab * self.hidden

    @cached_property
    def embeddings(self) -> Scalar:
        """Parameters of embedding and lm_head as they are stored: one matrix where they are tied."""
        return self.lm_head * (2 - self.tied) + self.positions * self.hidden

    @cached_property
    def dense(self) -> Scalar:
        """Matrix parameters of the layers that every token passes: streamed in every pass."""
        return self._of_layers("matrices") + self.feed_forward.dense

    @cached_property
    def vectors(self) -> Scalar:
        """Norms and biases: stored, but too few (below 0.1 %) to count in time."""
        norms = self.norm_vectors * self.hidden * (2 * self.layers + 1)
        return norms + self._of_layers("vectors") + self.feed_forward.vectors

    @cached_property
    def parameters(self) -> Scalar:
        """All that is stored."""
        mlp = self.feed_forward
        return self.embeddings + self.dense + mlp.experts * mlp.expert + self.vectors

    @cached_property
    def active_parameters(self) -> Scalar:
        """Parameters that one token meets: all but the experts that it is not sent to."""
        mlp = self.feed_forward
        return self.parameters - (mlp.experts - mlp.active) * mlp.expert

    @cached_property
    def token_work(self) -> FlopPerToken:
        """FLOP of the layers for a token: a product and a sum for each parameter, and what states cost."""
        products = 2 * (self.dense + self.feed_forward.active * self.feed_forward.expert)
        return products + self._of_layers("state_work")

    @cached_property
    def lm_head_work(self) -> FlopPerToken:
        """FLOP of lm_head for each token that it scores."""
        return 2 * self.lm_head

    @cached_property
    def prefill_pair_work(self) -> FlopPerPair:
        """FLOP of attention for one pair of a query and a key while a prompt is read."""
        return self._of_layers("prefill_pair")

    @cached_property
    def past_work(self) -> FlopPerToken:
        """FLOP to make a token that is in cache ready for a prefill (none but for latent attention)."""
        return self._of_layers("past_work")

    @cached_property
    def decode_pair_work(self) -> FlopPerPair:
        """The same while tokens are generated (differs for latent attention alone)."""
        return self._of_layers("decode_pair")

    @cached_property
    def kv_elements(self) -> PerToken:
        """Elements of KV cache for one token."""
        return self._of_layers("kv_elements")

    @cached_property
    def state(self) -> BytePerRequest:
        """What a request keeps whatever its context: the states of linear attention."""
        return self._of_layers("state")

    @cached_property
    def exchanged_bytes(self) -> BytePerToken:
        """What tensor-parallel chips add up for a token after attention, and again after the feed-forward part: its
        hidden state at 16 bits."""
        return 2 * self.hidden

    @cached_property
    def multi_head(self) -> Transformer:
        """The same model if every head were a KV head, with as many weights: what K and V gain, the feed-forward
        part loses. It shows what grouped queries, or a latent cache, save."""
        full = tuple(replace(kind, attention=multi_head(kind.attention)) for kind in self.kinds)
        wider = replace(self, name=f"{self.name}, multi-head", kinds=full)
        gain = sum(wider._of_layers(name) - self._of_layers(name) for name in ("matrices", "vectors"))
        return replace(wider, feed_forward=replace(self.feed_forward, dense=self.feed_forward.dense - gain))

    def __str__(self) -> str:
        return self.name


def multi_head(a: Attention | LatentAttention | StateAttention) -> Attention | StateAttention:
    """The same attention if every head were a KV head; a state has none."""
    if isinstance(a, LatentAttention):
        return Attention(a.hidden, a.heads, a.heads, (a.nope_dim + a.rope_dim + a.value_dim) / 2)
    return replace(a, kv_heads=a.heads) if isinstance(a, Attention) else a


def transformer_record(table: dict, sources: Mapping[str, Source]) -> Transformer:
    """The record of one table of ``zoo/models.toml``."""
    hidden, layers = table["hidden"], table["layers"]
    source = sources[table["source"]]
    figures = dict.fromkeys([k for k, v in table.items() if isinstance(v, (int, str, bool))], source)
    figures["published"] = sources[table.get("published_source", table["source"])]
    kinds = tuple(Layers(float(part.get("count", layers)), attention(part, hidden))
                  for part in table.get("kinds", [table]))
    return Transformer(
        table["name"], kinds, float(hidden), float(table["vocab"]), base_value(table["context"]),
        feed_forward(table, hidden, layers), float(table.get("tied", False)),
        float(table.get("positions", 0)), 2.0 if table.get("norm") == "layer" else 1.0, figures)


def attention(table: dict, hidden: int) -> Attention | LatentAttention | StateAttention:
    """The attention of a table: latent, or with a state, where it has that part."""
    if "state_attention" in table:
        return StateAttention(float(hidden), **{k: float(v) for k, v in table["state_attention"].items()})
    if "latent_attention" in table:
        return LatentAttention(float(hidden), **{k: float(v) for k, v in table["latent_attention"].items()})
    part: dict[str, Any] = dict(table["attention"])
    biases = {"none": 0.0, "qkv": 3.0, "all": 4.0}[part.pop("bias", "none")]
    window = base_value(part.pop("window", math.inf))
    return Attention(float(hidden), **{k: float(v) for k, v in part.items()}, biases=biases, window=window)


def feed_forward(table: dict, hidden: int, layers: int) -> FeedForward:
    """The feed-forward part of a table: experts where it has them."""
    if "experts" not in table:
        part = table["feed_forward"]
        matrices, bias = (3 if part["gated"] else 2), part.get("bias", False)
        return FeedForward(float(layers * matrices * hidden * part["width"]),
                           vectors=float(layers * (part["width"] + hidden) * bias))
    part = table["experts"]
    mixed, one = layers - part["dense_layers"], 3 * hidden * part["width"]
    first = part["dense_layers"] * 3 * hidden * part["dense_width"]
    dense = first + mixed * (part["shared"] * one + hidden * part["count"])
    return FeedForward(float(mixed * one), float(part["count"]), float(part["active"]), float(dense),
                       float(mixed * part["count"] * part.get("router_bias", False)))


def model_record(table: dict, sources: Mapping[str, Source]) -> Transformer | ConvNet:
    """The record of one table: a convolutional network where it has stages of blocks."""
    return convnet_record(table, sources) if "stages" in table else transformer_record(table, sources)


Models: Zoo[Any] = Zoo("Models", lambda: records("models.toml", model_record))
