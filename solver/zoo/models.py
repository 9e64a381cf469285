"""Transformers: shapes as published, and the counts that the formulas read, derived from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any

from solver.units import BytePerRequest, BytePerToken, Context, FlopPerPair, FlopPerToken, PerToken, Scalar
from solver.zoo.layers import Attention, LatentAttention, Layers, StateAttention, multi_head
from solver.zoo.records import ByName, Source, Zoo, make_plain, records


@dataclass(frozen=True)
class Transformer:
    """A decoder-only transformer, whose layers are of one kind or of several.

    `kinds` are the layers, so many of each kind of attention. `feed_forward` is the other half of all of them: one
    record, or one for each kind, in the order in which they first appear. `context` is the longest that it was trained
    for. `tied`: embedding and lm_head are one matrix. `positions` are learned position embeddings; `norm_vectors` is 1
    for RMS norms, 2 for layer norms (weight and bias), and `norms` how many a layer has. `looked_up` are parameters of
    more tables that a token is looked up in. `stored_as` names the number format, or recipe, in which its
    configuration says that it is published. `mtp_layers` is how many layers it is published with besides that predict
    further tokens; they are no part of the counts.
    """

    name: str
    kinds: tuple[Layers, ...]
    hidden: float
    vocab: float
    context: Context
    feed_forward: Any  # a FeedForward, or several; a tuple of them, once made
    tied: float = 0.0
    positions: float = 0.0
    norm_vectors: float = 1.0
    norms: float = 2.0
    looked_up: float = 0.0
    stored_as: str = ""
    mtp_layers: float = 0.0
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    head = 0.0  # 1: it is a head, which drafts on the chips of its model

    @classmethod
    def from_config(cls, source: Any, name: str | None = None) -> Transformer:
        """The model that a `config.json` of Hugging Face describes: its path, its folder's, or its content.

        Only the language model counts: no vision tower, no module that predicts several tokens. What an absent key
        means depends on the `model_type`, as in Transformers (``zoo/families.toml``). An unknown one is read as a
        network of Llama's kind, with a warning, or refused where it has keys that may change what is stored or cached.
        A `quantization_config` is named in a warning, and `stored_as` is what `precision` calls it.

        >>> mine = Transformer.from_config({
        ...     "model_type": "qwen3", "num_hidden_layers": 36, "hidden_size": 4096, "num_attention_heads": 32,
        ...     "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 12288, "vocab_size": 151936,
        ...     "max_position_embeddings": 40960}, name="Qwen3 8B")
        >>> mine.parameters, mine.kv_elements
        (8190735360.0, 73728.0)
        """
        from solver.zoo.configured import configured
        from solver.zoo.declared import transformer_of

        return transformer_of(configured(source, name))

    @classmethod
    def declared(cls, name: str, **table: Any) -> Transformer:
        """A model by its layers, in the words of ``zoo/models.toml``: sizes, `attention` and `feed_forward` (or
        `latent_attention`, `delta_attention`, `experts`), or `kinds`, groups of `count` layers with their own.

        >>> heads = {"heads": 32, "kv_heads": 8, "head_dim": 128}
        >>> mine = Transformer.declared(
        ...     "mine", hidden=4096, vocab=32000, context="32768 token", feed_forward={"width": 14336, "gated": True},
        ...     kinds=[{"count": 16, "attention": heads | {"window": "4096 token"}}, {"count": 16, "attention": heads}])
        >>> mine.layers, mine.parameters
        (32.0, 7241732096.0)
        """
        from solver.zoo.declared import transformer_of

        return transformer_of({"name": name} | table)

    def __post_init__(self) -> None:
        make_plain(self)
        pairs = [kind.count * kind.attention.prefill_pair for kind in self.kinds]
        caches = [kind.kv_elements for kind in self.kinds]
        object.__setattr__(self, "kinds", tuple(
            replace(kind, cache_share=cache / (sum(caches) or 1.0), pair_share=pair / (sum(pairs) or 1.0),
                    groups=float(math.ceil(cache / (self.group or 1.0))))
            for kind, cache, pair in zip(self.kinds, caches, pairs, strict=True)))
        mixes = self.feed_forward if isinstance(self.feed_forward, tuple) else (self.feed_forward,)
        last = len(mixes) - 1
        object.__setattr__(self, "feed_forward", tuple(
            replace(mix, count=mix.count or self.layers,
                    ends=1.0 if self.layers == 1 else float(place == 0) + float(place == last))
            for place, mix in enumerate(mixes)))

    @cached_property
    def group(self) -> PerToken:
        """Elements of KV cache that a token takes in a group of layers, of which engines make blocks: all layers of
        most models. Where kinds differ, the rarest is one group (or the commonest, if it is not half as common again)
        and the last group of another is filled up; where layers take unlike amounts, what all have whole multiples of.

            elements = sum over kinds of layers of kv_elements      where they are of one kind

        Source: vLLM, `vllm/v1/core/kv_cache_utils.py`, `_get_kv_cache_groups_uniform_page_size`.
        """
        caches = sorted(kind.kv_elements for kind in self.kinds if kind.kv_elements)
        if len({kind.attention.kv_elements for kind in self.kinds if kind.kv_elements}) == 1:
            return caches[-1] if caches[-1] < 1.5 * caches[0] else caches[0]
        return float(math.gcd(*(int(cache) for cache in caches)))

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

    @cached_property
    def latent_layers(self) -> float:
        """How many have latent attention."""
        return sum(kind.count for kind in self.kinds if isinstance(kind.attention, LatentAttention))

    @cached_property
    def indexed_layers(self) -> float:
        """How many have an indexer, which picks the tokens that are attended to."""
        return sum(kind.count for kind in self.kinds if getattr(kind.attention, "index_heads", 0.0))

    @cached_property
    def state_layers(self) -> float:
        """How many keep a state: those of linear attention."""
        return sum(kind.count for kind in self.kinds if kind.attention.state)

    @cached_property
    def mixture_layers(self) -> float:
        """How many have a mixture of experts."""
        return sum(mix.count for mix in self.feed_forward if mix.experts > 1)

    def _of_layers(self, name: str) -> Any:
        """A figure of the attention of a layer, added up over all layers."""
        return sum(kind.count * getattr(kind.attention, name) for kind in self.kinds)

    def _of_mixes(self, name: str) -> Any:
        """A figure of the feed-forward part, added up over its kinds."""
        return sum(getattr(mix, name) for mix in self.feed_forward)

    @cached_property
    def lm_head(self) -> Scalar:
        """Parameters of lm_head, which turns the last hidden state into scores of the vocabulary."""
        return self.vocab * self.hidden

    @cached_property
    def stored_lm_head(self) -> Scalar:
        """Those of them that are stored with it: all, but for a head that its model lends them to."""
        return self.lm_head

    @cached_property
    def embeddings(self) -> Scalar:
        """Parameters of embedding and lm_head as they are stored (one matrix where they are tied), and more tables."""
        return self.lm_head * (2 - self.tied) + self.positions * self.hidden + self.looked_up

    @cached_property
    def dense(self) -> Scalar:
        """Matrix parameters of the layers that every token passes: streamed in every pass."""
        return self._of_layers("matrices") + self._of_mixes("dense")

    @cached_property
    def parts(self) -> ByName:
        """Those parameters by what a recipe may keep in a number format of its own; routed experts it never does."""
        return ByName(attention=self._of_layers("matrices"), router=self._of_mixes("router"),
                      shared=self._of_mixes("shared"), feed_forward=self._of_mixes("plain"),
                      ends=self._of_mixes("plain_ends"), nothing=0.0)

    @cached_property
    def part_work(self) -> Annotated[ByName, "FLOP/token"]:
        """FLOP for a token of each of them."""
        return ByName((name, 2 * parameters) for name, parameters in self.parts.items())

    @cached_property
    def vectors(self) -> Scalar:
        """Norms and biases: stored, but too few (below 0.1 %) to count in time."""
        norms = self.norm_vectors * self.hidden * (self.norms * self.layers + 1)
        return norms + self._of_layers("vectors") + self._of_mixes("vectors")

    @cached_property
    def parameters(self) -> Scalar:
        """All that is stored."""
        experts = sum(mix.experts * mix.expert for mix in self.feed_forward)
        return self.embeddings + self.dense + experts + self.vectors

    @cached_property
    def active_parameters(self) -> Scalar:
        """Parameters that one token meets: all but the experts that it is not sent to."""
        return self.parameters - sum((mix.experts - mix.active) * mix.expert for mix in self.feed_forward)

    @cached_property
    def expert_work(self) -> FlopPerToken:
        """That of its experts, of those for a token: 0 without a mixture."""
        return 2 * sum(mix.active * mix.expert for mix in self.feed_forward if mix.experts > 1)

    @cached_property
    def expert_parameters(self) -> Scalar:
        """Parameters of all experts of mixtures."""
        return sum(mix.experts * mix.expert for mix in self.feed_forward if mix.experts > 1)

    @cached_property
    def sent_experts(self) -> Scalar:
        """Experts that a token is sent to in a layer with a mixture; 0 without one."""
        return max((mix.active for mix in self.feed_forward if mix.experts > 1), default=0.0)

    @cached_property
    def routed_experts(self) -> Scalar:
        """Experts that a token may be sent to in a layer with a mixture, where most are; 1 without one."""
        return max((mix.experts for mix in self.feed_forward), default=1.0)

    @cached_property
    def token_work(self) -> FlopPerToken:
        """FLOP of the layers for a token: a product and a sum for each parameter, and what states cost."""
        products = 2 * (self.dense + sum(mix.active * mix.expert for mix in self.feed_forward))
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
        """What tensor-parallel chips add up for a token after each half of a layer: its hidden state at 16 bits."""
        return 2 * self.hidden

    @cached_property
    def multi_head(self) -> Transformer:
        """The same model if every head were a KV head, with as many weights: what K and V gain, the feed-forward
        part loses. It shows what grouped queries, or a latent cache, save."""
        full = tuple(replace(kind, attention=multi_head(kind.attention)) for kind in self.kinds)
        wider = replace(self, name=f"{self.name}, multi-head", kinds=full)
        gain = sum(wider._of_layers(name) - self._of_layers(name) for name in ("matrices", "vectors"))
        first, *others = self.feed_forward
        return replace(wider, feed_forward=(replace(first, dense=first.dense - gain), *others))

    @cached_property
    def mtp_head(self) -> Any:
        """The head for multi-token prediction that it has, or would have: what `draft_model` may be, as "mtp"."""
        from solver.zoo.heads import mtp_head  # which makes transformers

        return mtp_head(self)

    @cached_property
    def eagle_head(self) -> Any:
        """An EAGLE-3 head, as one is trained for it: what `draft_model` may be, as "eagle3"."""
        from solver.zoo.heads import eagle_head

        return eagle_head(self)

    def __str__(self) -> str:
        return self.name


def _zoo() -> dict[str, Any]:
    from solver.zoo.declared import model_record  # which makes transformers, and is read when the first is asked for

    return records("models.toml", model_record)


Models: Zoo[Any] = Zoo("Models", _zoo)
