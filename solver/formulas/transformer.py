"""Time of one forward pass of a transformer: the one formula behind prefill, decoding and verification.

A pass brings `new` tokens of each of `batch` requests, which have `past` tokens in cache already. Its time is the
sum of its parts, since layers wait for one another: the matrix products of the layers, attention, lm_head, what
tensor-parallel chips exchange, and launches. Prefill is a pass with many new tokens, a decode step one with a single
one, the verification of a draft one with a few: one step has one answer everywhere.
"""

from __future__ import annotations

import numpy as np

from solver.formulas.attention import attention_time, decode_attention_time, expansion_time
from solver.formulas.exchange import exchange_time
from solver.formulas.roofline import roofline_time, smooth_max
from solver.units import Byte, Context, FlopPerToken, Request, Scalar, Second, Token
from solver.zoo.models import Transformer
from solver.zoo.networks import FeedForward
from solver.zoo.node import Node
from solver.zoo.precision import Precision


def distinct_experts(mix: FeedForward, tokens: Token) -> Scalar:
    """Experts of a layer that at least one of `tokens` is sent to, on average; 1 where all share one network.

        distinct = experts * (1 - (1 - active / experts)^tokens)

    Experts are taken as equally likely. active <= distinct <= experts.
    Source: Feller 1968, "An Introduction to Probability Theory and Its Applications" (occupancy problems).

    >>> from solver import Models
    >>> mix, = Models.Mixtral_8x7B.feed_forward
    >>> [round(float(distinct_experts(mix, n)), 2) for n in (1, 8, 64)]
    [2.0, 7.2, 8.0]
    """
    return -mix.experts * np.expm1(tokens * mix.avoidance)


def streamed_bytes(model: Transformer, tokens: Token, precision: Precision) -> Byte:
    """Weights of the layers that a pass over `tokens` reads once: of a mixture only the experts it meets.

        bytes = (dense + sum over kinds of feed-forward networks of distinct_experts * expert) * size
                + sum over parts of model.parts[part.name] * part.more

    Parts are what a recipe keeps in another format.

    The input embedding is looked up, never streamed; lm_head is counted by `lm_head_time`.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Models
    >>> [round(float(streamed_bytes(Models.Mixtral_8x7B, n, PRECISIONS["fp16"])) / 1e9, 1) for n in (1, 64)]   # GB
    [25.2, 92.9]
    """
    experts = sum(distinct_experts(mix, tokens) * mix.expert for mix in model.feed_forward)
    more = sum(model.parts[part.name] * part.more for part in precision.parts)
    return (model.dense + experts) * precision.size + more


def expert_bytes(model: Transformer, tokens: Token, precision: Precision) -> Byte:
    """Weights of routed experts that a pass over `tokens` meets: the part of `streamed_bytes` that is theirs.

        bytes = (sum over kinds of feed-forward networks of mixed * distinct_experts * expert) * size

    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Models
    >>> [round(float(expert_bytes(Models[m], 64, PRECISIONS["fp16"])) / 1e9, 1) for m in ("Mixtral_8x7B", "Llama3_8B")]
    [90.2, 0.0]
    """
    return sum(distinct_experts(mix, tokens) * mix.expert * mix.mixed for mix in model.feed_forward) * precision.size


def weights_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time to read the weights of the layers once.

        time = (streamed_bytes - expert_bytes) / bandwidth + expert_bytes / expert_bandwidth
        time = streamed_bytes / bandwidth      without mixtures

    Groups of chips that have their own requests each read all but the experts, which all chips share. Experts are
    taken as spread evenly: measured steps do not tell how far the fullest chip holds the others up.
    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(weights_time(node, Models.Llama3_8B, 1)) * 1e3, 2)   # ms
    4.16
    """
    experts = expert_bytes(model, tokens, node.precision)
    others = streamed_bytes(model, tokens, node.precision) - experts
    return others / node.bandwidth + experts / node.expert_bandwidth


def slowed_work(node: Node, model: Transformer) -> FlopPerToken:
    """FLOP of the layers for a token, as many as they would be at the rate of most of them.

        work = token_work
        work = token_work + sum over parts of model.part_work[part.name] * (matmul_rate / part_rate - 1)
               + expert_work * (1 / grouped_share - 1),
        part_rate = peak[part.rate] * profile.compute[device.kinds[part.rate]] * chips

    Parts are what a recipe keeps in another format: in a wider one they are slower, and count more. So do routed
    experts, whose products are small. By definition.

    >>> from solver import Hardware, Models, Node, Recipes
    >>> llama, recipe = Models.Llama3_405B, Recipes.Llama3_405B_FP8
    >>> round(float(slowed_work(Node(Hardware.Cloud.H100, recipe), llama) / llama.token_work), 2)
    1.19
    """
    work = model.token_work
    for part in node.precision.parts:
        share = node.profile.compute[node.device.kinds[part.rate]]
        rate = node.device.peak[part.rate] * share * node.chips
        work = work + model.part_work[part.name] * (node.matmul_rate / rate - 1)
    return work + model.expert_work * (1 / node.grouped_share - 1)


def linear_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time of the layers' matrix products for `tokens` in all.

        time = smooth_max(slowed_work * tokens / matmul_rate, weights_time)

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(linear_time(node, Models.Llama3_8B, n)) * 1e3, 2) for n in (1, 512)]   # ms
    [4.16, 7.22]
    """
    return smooth_max(slowed_work(node, model) * tokens / node.matmul_rate, weights_time(node, model, tokens),
                      node.profile.norm)


def lm_head_time(node: Node, model: Transformer, scored: Token) -> Second:
    """Time of lm_head for the tokens that are scored (the last of a prompt, each new one later).

        time = smooth_max(lm_head_work * scored / lm_head_rate, lm_head * wide_size / bandwidth)

    It stays at 16 bits or more unless a recipe narrows it.
    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(lm_head_time(node, Models.Llama3_8B, 1)) * 1e3, 3)   # ms
    0.313
    """
    return roofline_time(model.lm_head_work * scored, model.lm_head * node.precision.wide_size,
                         node.lm_head_rate, node.bandwidth, node.profile.norm)


def launch_time(node: Node, model: Transformer, read: Scalar = 0.0) -> Second:
    """Time that the host takes to start the kernels of all layers, more of them where a layer has more parts.

        time = layers * launch
        time = layers * (launch + read * reading) + mixture_layers * routing
               + latent_layers * latent + indexed_layers * index + state_layers * state

    `read` is 1 for a pass that reads prompts. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> round(float(launch_time(node, Models.Llama3_8B)) * 1e3, 2)   # ms
    3.84
    """
    profile = node.profile
    return (model.layers * (profile.launch + read * profile.reading) + model.mixture_layers * node.routing
            + model.latent_layers * profile.latent + model.indexed_layers * profile.index
            + model.state_layers * profile.state)


def scheduling_time(node: Node, batch: Request) -> Second:
    """Time of a step for the requests that run: scheduling, sampling, turning tokens into text.

        time = request * batch / attention_data_parallel

    Each group of chips with requests of its own has a host for them. By definition.

    >>> from solver import PRECISIONS, Hardware, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> float(scheduling_time(node, 64))   # s: that profile knows of none
    0.0
    """
    return node.profile.request * batch / node.attention_data_parallel


def prefill_layers_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context) -> Second:
    """Time of the layers in a prefill pass: all of it but lm_head and launches.

        time = linear_time(batch * new) + attention_time + expansion_time + exchange_time

    By definition: layers wait for one another.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(prefill_layers_time(node, Models.Llama3_8B, 1, 2048, 0)) * 1e3, 2)   # ms
    30.0
    """
    return (linear_time(node, model, batch * new)
            + attention_time(node, model, model.prefill_pair_work, batch, new, past)
            + expansion_time(node, model, batch, past) + exchange_time(node, model, batch * new))


def with_launches(node: Node, model: Transformer, work: Second, read: Scalar = 0.0) -> Second:
    """Time of a pass whose work takes `work`: launches come on top of it, or go on meanwhile.

        time = smooth_max(work, launch_time, overlap)

    `read` is 1 for a pass that reads prompts. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> chip, fp16 = Hardware.Cloud.A100, PRECISIONS["fp16"]
    >>> nodes = [Node(chip, fp16, profile=profile) for profile in (Profiles.tuned, Profiles.eager)]
    >>> [round(float(with_launches(node, Models.Llama3_8B, 0.01)) * 1e3, 2) for node in nodes]   # ms
    [13.84, 17.92]
    """
    return smooth_max(work, launch_time(node, model, read), node.profile.overlap)


def prefill_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context,
                 scored: Context = 1.0) -> Second:
    """Time until the first token of `batch` requests: a pass over `new` prompt tokens, `past` cached before.

        time = with_launches(prefill_layers_time + lm_head_time(batch * scored))

    Compute-bound for all but short prompts. Leaves out queueing, sampling and tokenization.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> for profile in Profiles.ideal, Profiles.tuned:
    ...     node = Node(Hardware.Cloud.H100, fp16, fp16, profile)
    ...     print(round(float(prefill_time(node, Models.Llama3_8B, 1, 2048, 0)) * 1e3, 3), "ms")
    30.318 ms
    47.068 ms
    """
    layers = prefill_layers_time(node, model, batch, new, past)
    return with_launches(node, model, layers + lm_head_time(node, model, batch * scored), 1.0)


def decode_time(node: Node, model: Transformer, batch: Request, past: Context, new: Context = 1.0) -> Second:
    """Time of one decode step: `new` tokens (one) for each of `batch` requests with `past` tokens in cache.

        time = with_launches(linear_time + decode_attention_time + exchange_time + lm_head_time) + scheduling_time

    for `batch * new` tokens.

    Memory-bound at small batches: weights and caches are read whole for a single token each.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> node = Node(Hardware.Cloud.H100, fp16, fp16, Profiles.ideal)
    >>> (decode_time(node, Models.Llama3_8B, np.array([1, 64, 512]), 2048) * 1e3).round(3).tolist()   # ms
    [4.558, 9.603, 48.769]
    """
    tokens = batch * new
    work = (linear_time(node, model, tokens) + decode_attention_time(node, model, batch, new, past)
            + exchange_time(node, model, tokens) + lm_head_time(node, model, tokens))
    return with_launches(node, model, work) + scheduling_time(node, batch)
