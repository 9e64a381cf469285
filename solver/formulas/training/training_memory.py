"""What a training keeps on each chip: weights, gradients and the optimizer's state, shared out by ZeRO; activations."""

from __future__ import annotations

import numpy as np

from solver.units import Byte, Context, Request, Scalar, Token
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision

# Bytes for each number of a hidden state that tensor parallelism alone does not share out: inputs of two norms and of
# what follows them, at 16 bits; and two masks of dropout at 8, where there is dropout.
UNSPLIT, MASKS = 8.0, 2.0


def expert_shards(tensor: Scalar, expert: Scalar) -> Scalar:
    """Parts that the experts of a pipeline stage are held in: whole ones on `expert` chips, or slices of each.

        shards = max(tensor, expert)

    By definition.

    >>> float(expert_shards(8, 1)), float(expert_shards(4, 64))
    (8.0, 64.0)
    """
    return np.maximum(tensor, expert)


def stage_parameters(model: Transformer, stages: Scalar, tensor: Scalar, expert: Scalar = 1.0) -> Scalar:
    """Parameters that a chip of the first stage of a pipeline holds.

        parameters = ceil(layers / stages) / layers * ((all - experts) / tensor + experts / expert_shards)
                     + tables / tensor,
        all = parameters - embeddings,
        tables = embeddings      in a single stage
        tables = embeddings - (1 - tied) * lm_head      in several: lm_head lies in the last

    By definition.

    >>> from solver import Models
    >>> round(float(stage_parameters(Models.Llama3_405B, 16, 8)) / 1e9, 2)   # 8 of 126 layers, and the embedding
    3.45
    """
    experts = model.expert_parameters
    layers = (model.parameters - model.embeddings - experts) / tensor + experts / expert_shards(tensor, expert)
    tables = model.embeddings - np.where(stages > 1, (1 - model.tied) * model.lm_head, 0)
    return np.ceil(model.layers / stages) / model.layers * layers + tables / tensor


def stage_experts(model: Transformer, stages: Scalar, tensor: Scalar, expert: Scalar = 1.0) -> Scalar:
    """Those of them that are experts of mixtures.

        parameters = ceil(layers / stages) / layers * experts / expert_shards

    By definition.

    >>> from solver import Models
    >>> round(float(stage_experts(Models.DeepSeek_V3, 16, 1, 64)) / 1e9, 2)
    0.67
    """
    share = np.ceil(model.layers / stages) / model.layers
    return share * model.expert_parameters / expert_shards(tensor, expert)


def sharded_bytes(parameters: Scalar, size: Byte, zero_stage: Scalar, from_stage: Scalar, replicas: Scalar) -> Byte:
    """What a chip keeps of `size` bytes for each of its parameters, which replicas share out from a ZeRO stage on.

        bytes = parameters * size / replicas      from that stage on
        bytes = parameters * size                  before

    Source: Rajbhandari et al. 2020, "ZeRO", section 5.

    >>> [round(float(sharded_bytes(7.5e9, 12, stage, 1, 64)) / 1e9, 1) for stage in (0, 1)]   # GB
    [90.0, 1.4]
    """
    return parameters * size / np.where(zero_stage >= from_stage, replicas, 1)


def gathered_layer_bytes(model: Transformer, precision: Precision, tensor: Scalar, expert: Scalar, zero_stage: Scalar,
                         replicas: Scalar) -> Byte:
    """Weights of the two layers that ZeRO's stage 3 has gathered at once: the one at work, and the next.

        bytes = 2 / layers * ((parameters - embeddings - experts) / tensor + experts / expert_shards) * size
        bytes = 0      before stage 3, and without replicas

    Source: Zhao et al. 2023, "PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel", section 3.3.

    >>> from solver import PRECISIONS, Models
    >>> round(float(gathered_layer_bytes(Models.Llama3_8B, PRECISIONS["bf16"], 1, 1, 3, 64)) / 1e9, 2)   # GB
    0.87
    """
    experts = model.expert_parameters
    layers = (model.parameters - model.embeddings - experts) / tensor + experts / expert_shards(tensor, expert)
    return np.where((zero_stage >= 3) & (replicas > 1), 2 / model.layers * layers * precision.size, 0 * precision.size)


def layer_parameters(model: Transformer) -> Scalar:
    """Parameters of the matrices that a token passes in a mean layer.

        parameters = (active_parameters - embeddings - vectors) / layers

    By definition.

    >>> from solver import Models
    >>> round(layer_parameters(Models.GPT3) / 12288**2, 3)   # 12 h^2
    12.0
    """
    return (model.active_parameters - model.embeddings - model.vectors) / model.layers


def mask_bytes(model: Transformer) -> Scalar:
    """Masks of dropout that a mean layer keeps, in bytes for each number of a hidden state.

        bytes = 2 * sum over networks of count * (1 - gated) / layers

    Models with gated networks, from Llama on, are pre-trained without dropout, those like GPT-3 with it.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", section 4.1;
    Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", sections 2.2 and 2.3 (names none).

    >>> from solver import Models
    >>> float(mask_bytes(Models.GPT3)), float(mask_bytes(Models.Llama3_8B))
    (2.0, 0.0)
    """
    return MASKS * sum(mix.count * (1 - mix.gated) for mix in model.feed_forward) / model.layers


def layer_activation_bytes(model: Transformer, tokens: Token, tensor: Scalar = 1.0, sequence: Scalar = 0.0) -> Byte:
    """Activations that a layer keeps of `tokens` tokens for its backward pass, all but the scores of attention.

        bytes = tokens * exchanged_bytes / 2 * ((8 + mask_bytes) / shared + 2 * layer_parameters / hidden^2 / tensor),
        shared = tensor with sequence parallelism, else 1

    That is s b h (10 + 24 / t), and 34 s b h / t with sequence parallelism, for the layers of GPT-3, whose matrices
    have 12 h^2 parameters: a matrix keeps as many numbers of a token as it has parameters for each number of a hidden
    state. So do those of a gated network (its three matrices keep gate, value and product; a kernel computes the
    activation of the gate again) and grouped K and V. Activations are kept at 16 bits.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", equations 1, 2, 4.

    >>> from solver import Models
    >>> [round(float(layer_activation_bytes(Models.GPT3, 1, t, s)) / 12288, 2) for t, s in ((1, 0), (8, 0), (8, 1))]
    [34.0, 13.0, 4.25]
    """
    matrices = 2 * layer_parameters(model) / model.hidden ** 2 / tensor
    shared = np.where(sequence > 0, tensor, 1)
    return tokens * model.exchanged_bytes / 2 * ((UNSPLIT + mask_bytes(model)) / shared + matrices)


def kept_score_bytes(model: Transformer, tokens: Token, context: Context, tensor: Scalar = 1.0,
                     one: Context = 1.0) -> Byte:
    """Scores of attention that a mean layer keeps of `tokens` tokens for its backward pass, with softmax and dropout.

        bytes = 5 / 2 * tokens * exchanged_bytes / hidden * (sum over kinds of layers of heads * min(context, window))
                / layers / tensor

    That is 5 a s^2 b. Kernels that keep no scores (FlashAttention) have none, and with selective recomputation there
    are none. `one` is 1, a token.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", equation 1.

    >>> from solver import Models
    >>> round(float(kept_score_bytes(Models.GPT3, 1, 2048)) / 12288, 2)   # 5 a s / h
    80.0
    """
    each = sum(kind.count * kind.attention.heads * np.minimum(context, kind.attention.window) for kind in model.kinds)
    return 5 / 2 * tokens * model.exchanged_bytes / model.hidden * (each / one) / model.layers / tensor


def kept_layers(layers: Scalar, stages: Scalar, interleaving: Scalar, micro_batches: Scalar) -> Scalar:
    """Layers whose activations the first stage keeps at once, one of each micro-batch that is under way.

        kept = ceil(layers / stages) * min(under_way, micro_batches)
        under_way = stages * (1 + (stages - 1) / (stages * interleaving))      stages, without interleaving

    With one forward and one backward in turn the first stage has as many micro-batches under way as there are stages;
    interleaved, it begins more of them before the first comes back, if there are more.
    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", section 4.2.3.

    >>> float(kept_layers(96, 8, 1, 64)), float(kept_layers(96, 8, 3, 64)), float(kept_layers(96, 8, 1, 4))
    (96.0, 124.0, 48.0)
    """
    more = np.where(interleaving > 1, (stages - 1) / interleaving, 0)
    return np.ceil(layers / stages) * np.minimum(stages + more, micro_batches)


def vocabulary_bytes(model: Transformer, tokens: Token, tensor: Scalar = 1.0) -> Byte:
    """Scores of the vocabulary that the last stage keeps of a micro-batch, at 32 bits.

        bytes = 2 * tokens * exchanged_bytes * vocab / hidden / tensor

    That is 4 s b v / t. Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer
    Models", section 4.3.

    >>> from solver import Models
    >>> round(float(vocabulary_bytes(Models.Llama3_8B, 8192)) / 1e9, 1)   # GB
    4.2
    """
    return 2 * tokens * model.exchanged_bytes * model.vocab / model.hidden / tensor


def micro_batch_tokens(batch: Request, context: Context, chips: Scalar = 1.0) -> Token:
    """Tokens of a micro-batch on each of `chips` context-parallel chips.

        tokens = batch * context / chips

    By definition.

    >>> micro_batch_tokens(2, 8192, 4)
    4096.0
    """
    return batch * context / chips
