"""Heads that draft: one layer that predicts the next tokens from what its model thinks already.

A head is no model of its own. It runs on the chips of its model, which lends it the embedding and maybe lm_head, and
it is run once for each token that it drafts. Sources:
MTP: DeepSeek-AI 2024, "DeepSeek-V3 Technical Report" (arXiv:2412.19437), section 2.2, and its README_WEIGHTS.md.
EAGLE-3: Li et al. 2025, "EAGLE-3: Scaling up Inference Acceleration of Large Language Models via Training-Time Test"
(arXiv:2503.01840), section 3; vLLM, `vllm/model_executor/models/llama_eagle3.py`; SpecForge, `configs/*eagle3.json`,
https://github.com/sgl-project/SpecForge/tree/main/configs (2026-08-08).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from solver.units import Scalar
from solver.zoo.layers import Attention, Layers
from solver.zoo.models import Transformer
from solver.zoo.networks import FeedForward

HEADS = {"mtp": "mtp_head", "eagle3": "eagle_head"}  # the property of a model that makes each
EAGLE_VOCAB = 32_000.0  # the tokens that an EAGLE-3 head scores: the commonest ones, in nearly all of SpecForge
EAGLE_WIDTH = 6.0  # times hidden, of the network where the model has experts: median of SpecForge, which has 2 to 8
LLAMA_HEAD, LLAMA_KV_HEADS = 128.0, 8.0  # where the model's own attention is not by heads, as for DeepSeek-V3 there


@dataclass(frozen=True)
class Head(Transformer):
    """One layer that drafts for a model, on the chips of that model.

    The model lends it the embedding. `scores` is 1 where it has an lm_head of its own, and 0 where it uses the model's,
    which is read again for each draft token and stored once.
    """

    scores: Scalar = 1.0

    head = 1.0

    @cached_property
    def stored_lm_head(self) -> Scalar:
        """Parameters of lm_head that are stored with it."""
        return self.scores * self.lm_head

    @cached_property
    def embeddings(self) -> Scalar:
        """Parameters of embedding and lm_head that are stored with it."""
        return self.stored_lm_head


def mtp_head(model: Transformer) -> Head:
    """The head for multi-token prediction that a model like DeepSeek-V3 is published with.

    A layer of the model's last kind, experts included, which reads hidden state and embedding of a token through one
    matrix, and scores with the model's lm_head.

    >>> from solver import Models
    >>> round(mtp_head(Models.DeepSeek_V3).parameters / 1e9, 2)   # billions that are its own
    11.61
    """
    mix = last(model.feed_forward, lambda mix: mix.experts > 1)
    return Head(
        f"{model}, MTP head", (Layers(1.0, growing_attention(model)),), model.hidden, model.vocab, model.context,
        with_matrices(mix.single, 2 * model.hidden**2), norm_vectors=model.norm_vectors, norms=model.norms + 2,
        scores=0.0, sources=model.sources)


def eagle_head(model: Transformer) -> Head:
    """An EAGLE-3 head as one is trained for the model: a dense layer of Llama's kind.

    One matrix makes a hidden state of three of the model's (once a step; here it is read for each draft token); Q, K
    and V are made of that and of the embedding. Its lm_head knows the 32,000 commonest tokens. Heads and width are the
    model's own, or with latent attention and with experts those that are usual.

    >>> from solver import Models
    >>> round(eagle_head(Models.Llama3_8B).parameters / 1e6, 1)   # millions
    424.7
    """
    own, mix = growing_attention(model), last(model.feed_forward, lambda mix: mix.experts > 1)
    llama = max(model.hidden // LLAMA_HEAD, 1.0), LLAMA_KV_HEADS, LLAMA_HEAD
    heads, kv_heads, head_dim = (own.heads, own.kv_heads, own.head_dim) if isinstance(own, Attention) else llama
    network = 3 * EAGLE_WIDTH * model.hidden**2 if mix.experts > 1 else mix.single.expert
    wider = model.hidden * head_dim * (heads + 2 * kv_heads)  # the half of Q, K and V that reads the embedding
    return Head(
        f"{model}, EAGLE-3 head", (Layers(1.0, Attention(model.hidden, heads, kv_heads, head_dim)),), model.hidden,
        min(model.vocab, EAGLE_VOCAB), model.context, with_matrices(FeedForward(network), 3 * model.hidden**2 + wider),
        norms=3.0, sources=model.sources)


def growing_attention(model: Transformer) -> Any:
    """The last kind of attention that caches tokens, without its window: a head sees the whole context."""
    found = last(model.kinds, lambda kind: kind.kv_elements > 0).attention
    return found if found.window == math.inf else replace(found, window=math.inf)


def last(records: tuple[Any, ...], wanted: Callable[[Any], bool]) -> Any:
    """The last record that is wanted, or else the last."""
    return next((one for one in reversed(records) if wanted(one)), records[-1])


def with_matrices(mix: FeedForward, parameters: Scalar) -> FeedForward:
    """A network and so many parameters beside it, which every token passes too."""
    return replace(mix, dense=mix.dense + parameters)
