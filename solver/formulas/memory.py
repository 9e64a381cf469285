"""What fills the memory of an accelerator that serves a transformer: weights, KV cache, and a reserve.

Contexts are tokens per request, batches are requests; both may be arrays and broadcast. `reserve` is the share
of the memory that is kept for the driver and activations; what error correction keeps is off before.
"""

from __future__ import annotations

import numpy as np

from solver.units import Byte, BytePerToken, Context, Request, Scalar
from solver.zoo.convnet import ConvNet
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import Precision


def weights_bytes(model: Transformer | ConvNet, precision: Precision) -> Byte:
    """Memory of the weights.

        bytes = (parameters - embeddings) * size + lm_head * wide_size + (embeddings - lm_head) * embedding_size
                + sum over parts of model.parts[part.name] * part.more

    By definition. Parts are what a recipe keeps in another format, which takes so much more. Quantization mostly keeps
    embedding and lm_head at 16 bits, and so do formats that say nothing of them. A size has the scales of groups in.
    Of a head that drafts, what its model lends it is not counted again: that may be lm_head.

    >>> from solver import Models, precision_named
    >>> round(weights_bytes(Models.Llama3_8B, precision_named("fp16")) / 1e9, 2)   # GB
    16.06
    """
    more = sum(model.parts[part.name] * part.more for part in precision.parts)
    layers = (model.parameters - model.embeddings) * precision.size + more
    return layers + (model.stored_lm_head * precision.wide_size
                     + (model.embeddings - model.stored_lm_head) * precision.embedding_size)


def chip_weights_bytes(node: Node, model: Transformer) -> Byte:
    """Memory of the weights on each chip of a node, which share them out.

        bytes = weights_bytes / tensor_parallel - expert_parameters * size * (1 / tensor_parallel - 1 / chips)
        bytes = weights_bytes / tensor_parallel      without attention_data_parallel

    Each group of chips with requests of its own holds all but the experts. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], tensor_parallel=2)
    >>> round(float(chip_weights_bytes(node, Models.Llama3_8B)) / 1e9, 2)   # GB
    8.03
    """
    experts = model.expert_parameters * node.precision.size
    return weights_bytes(model, node.precision) / node.tensor_parallel - experts * node.spread


def kv_bytes_per_token(model: Transformer, precision: Precision) -> BytePerToken:
    """KV cache of one token of one request.

        bytes = 2 * layers * kv_heads * head_dim * size
        bytes = layers * (kv_rank + rope_dim) * size                latent attention
        bytes = sum over kinds of layers of kv_elements * size      layers of several kinds

    One formula for multi-head (kv_heads = heads), grouped-query and multi-query attention (kv_heads = 1).
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2; for latent attention
    DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.

    >>> from solver import Models, precision_named
    >>> kv_bytes_per_token(Models.Llama3_8B, precision_named("fp16"))   # byte
    131072.0
    """
    return model.kv_elements * precision.size


def cached_context(model: Transformer, context: Context) -> Context:
    """How much of a context is kept in cache, on average over the cache: all of it but where layers slide a window.

        cached = sum over kinds of layers of cache_share * min(context, window)

    A share is that of a kind in the cache of one token.
    Source: Jiang et al. 2023, "Mistral 7B", section 2 (rolling buffer cache).

    >>> from solver import Models
    >>> [float(cached_context(Models[m], 8192)) for m in ("Mistral_7B", "GPT_OSS_20B", "Llama3_8B")]   # token
    [4096.0, 4160.0, 8192.0]
    """
    return sum(kind.cache_share * np.minimum(context, kind.attention.window) for kind in model.kinds)


def kv_cache_bytes(model: Transformer, batch: Request, context: Context, precision: Precision) -> Byte:
    """KV cache of `batch` requests of `context` tokens each, without the waste of pages, and their states.

        bytes = kv_bytes_per_token * cached_context * batch + state * batch
        bytes = sum over kinds of layers of (kv_elements * size * min(context, window) + state) * batch

    By definition.

    >>> from solver import Models, precision_named
    >>> round(float(kv_cache_bytes(Models.Llama3_8B, 1, 131072, precision_named("fp16"))) / 1e9, 2)   # GB
    17.18
    """
    return kv_bytes_per_token(model, precision) * cached_context(model, context) * batch + model.state * batch


def kv_pages(context: Context, page: Context) -> Scalar:
    """Pages that one request's context takes: the last one counts whole. A page holds tokens of one request.

        pages = ceil(context / page)

    Source: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention".

    >>> float(kv_pages(17, 16))
    2.0
    """
    return np.ceil(context / page)


def paged_kv_bytes(model: Transformer, batch: Request, context: Context, page: Context, precision: Precision) -> Byte:
    """KV cache of `batch` requests in whole pages of `page` tokens, and their states.

        bytes = (kv_bytes_per_token * page * pages + state) * batch,
        pages = sum over kinds of layers of share * ceil(min(context, window) / page)

    Source: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention".

    >>> from solver import PRECISIONS, Models
    >>> float(paged_kv_bytes(Models.Llama3_8B, 1, 17, 16, PRECISIONS["fp16"])) / 131072   # token: two pages of 16
    32.0
    """
    pages = sum(kind.cache_share * kv_pages(np.minimum(context, kind.attention.window), page) for kind in model.kinds)
    return kv_bytes_per_token(model, precision) * page * pages * batch + model.state * batch


def chip_bytes(node: Node, model: Transformer, batch: Request, context: Context) -> Byte:
    """Memory that weights and KV cache take on each chip of a node.

        bytes = chip_weights_bytes
                + sum over kinds of layers of (kv_elements * kv_precision.size * min(context, window) + state) * batch
                / (min(tensor_parallel, kv_heads) * attention_data_parallel)

    A cache of fewer KV heads than chips is kept several times.
    Source: vLLM, `vllm/config.py`, `get_num_kv_heads`: each chip keeps at least one head.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], tensor_parallel=2)
    >>> round(float(chip_bytes(node, Models.Llama3_8B, 8, 8192)) / 1e9, 2)   # GB
    12.33
    """
    cache = sum((kind.kv_elements * node.kv_precision.size * np.minimum(context, kind.attention.window) * batch
                 + kind.state * batch) / np.minimum(node.tensor_parallel, kind.attention.kv_heads)
                for kind in model.kinds)
    return chip_weights_bytes(node, model) + cache / node.attention_data_parallel


def usable_bytes(device: Accelerator, reserve: Scalar = 0.0) -> Byte:
    """Memory that is left for weights and KV cache: what the driver shows less the reserve.

        bytes = memory * (1 - ecc) * (1 - reserve)

    By definition.

    >>> from solver import Hardware
    >>> round(float(usable_bytes(Hardware.Cloud.H100, 0.1)) / 1e9, 1)   # GB
    77.3
    """
    return device.usable_memory * (1 - reserve)


def headroom_bytes(device: Accelerator, model: Transformer, batch: Request, context: Context,
                   precision: Precision, reserve: Scalar = 0.0) -> Byte:
    """Memory left when weights and KV cache are in place; negative where they do not fit.

        headroom = usable_bytes - weights - kv_cache

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models
    >>> round(float(headroom_bytes(Hardware.Cloud.H100, Models.Llama3_8B, 8, 8192, PRECISIONS["fp16"])) / 1e9, 1)   # GB
    61.2
    """
    used = weights_bytes(model, precision) + kv_cache_bytes(model, batch, context, precision)
    return usable_bytes(device, reserve) - used


def context_margin(model: Transformer, context: Context) -> Context:
    """Tokens left up to the longest context that the model was trained for; negative beyond it.

        margin = model.context - context

    By definition.

    >>> from solver import Models
    >>> float(context_margin(Models.Llama3_8B, 100_000))   # token
    31072.0
    """
    return model.context - context
