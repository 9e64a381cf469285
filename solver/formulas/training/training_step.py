"""Work and time of a training step on one chip, and what follows of it: utilization, days, energy."""

from __future__ import annotations

import numpy as np

from solver.formulas.attention import attention_pairs
from solver.formulas.training.passes import training_passes
from solver.units import (
    Bandwidth,
    Byte,
    Context,
    Flop,
    FlopRate,
    Joule,
    Request,
    Scalar,
    Second,
    Token,
    TokenRate,
    Watt,
)
from solver.zoo.models import Transformer


def seen_context(model: Transformer, context: Context, one: Request = 1.0) -> Context:
    """Tokens that each token of a sequence attends to, on average over the layers: those before it, in their window.

        seen = attention_pairs(one, context) / (one * context)
        seen = context / 2      without windows

    By definition of causal attention. `one` is 1, a sequence.

    >>> from solver import Models
    >>> float(seen_context(Models.Llama3_8B, 8192)), float(seen_context(Models.Mistral_7B, 32768))   # token
    (4096.0, 3840.0)
    """
    return attention_pairs(model, one, context, 0 * context) / (one * context)


def training_step_work(model: Transformer, batch: Request, context: Context, is_lora: Scalar = 0.0, full: Scalar = 0.0,
                       selective: Scalar = 0.0, imbalance: Scalar = 1.0) -> Flop:
    """FLOP of a training step over `batch` sequences of `context` tokens, with what is computed again.

        work = batch * context * (layers + head + pairs),
        layers = training_passes * (token_work + (imbalance - 1) * expert_work),
        head = training_passes(is_lora) * lm_head_work,
        pairs = (3 + full + selective) * prefill_pair_work * seen_context

    `full` is 1 where all layers are computed again, `selective` where only attention is; lm_head never is. The fullest
    chip has `imbalance` times the mean work of experts. Attention counts what a token attends to, half of the square;
    `training_work` counts all of it, as Megatron-LM and llm-foundry do.
    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", equation 3;
    Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", equations 7 to 9.

    >>> from solver import Models
    >>> [round(float(training_step_work(Models.GPT3, 1, 2048, full=full)) / 1e15, 2) for full in (0, 1)]   # PFLOP
    [2.17, 2.9]
    """
    layers = training_passes(is_lora, full) * (model.token_work + (imbalance - 1) * model.expert_work)
    pairs = (3 + full + selective) * model.prefill_pair_work * seen_context(model, context)
    return batch * context * (layers + training_passes(is_lora) * model.lm_head_work + pairs)


def matrix_time(model: Transformer, tokens: Token, passes: Scalar, head: Scalar, imbalance: Scalar,
                rate: FlopRate) -> Second:
    """Time of the matrix products of a step for `tokens` tokens: `passes` over the layers, `head` over lm_head.

        time = tokens * (passes * (token_work + (imbalance - 1) * expert_work) + head * lm_head_work) / rate

    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", appendix.

    >>> from solver import Models
    >>> round(float(matrix_time(Models.Llama3_8B, 8192, 3, 3, 1, 700e12)), 3)   # s
    0.527
    """
    layers = model.token_work + (imbalance - 1) * model.expert_work
    return tokens * (passes * layers + head * model.lm_head_work) / rate


def pair_time(model: Transformer, tokens: Token, context: Context, passes: Scalar, rate: FlopRate) -> Second:
    """Time of attention in a step for `tokens` tokens of sequences of `context`.

        time = passes * tokens * seen_context * prefill_pair_work / rate

    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", appendix.

    >>> from solver import Models
    >>> round(float(pair_time(Models.Llama3_8B, 8192, 8192, 3, 300e12)), 3)   # s
    0.176
    """
    return passes * tokens * seen_context(model, context) * model.prefill_pair_work / rate


def vector_time(model: Transformer, tokens: Token, passes: Scalar, moved: Scalar, scored: Scalar,
                bandwidth: Bandwidth) -> Second:
    """Time of what is no product: norms, activations, residuals and the loss, all bound by memory.

        time = tokens * exchanged_bytes * (passes * moved * layers + 3 * scored * vocab / hidden) / bandwidth

    In each pass a layer moves as much as `moved` hidden states at 16 bits, and the loss as much as `scored` times all
    scores of the vocabulary.
    Source: Ivanov et al. 2021, "Data Movement Is All You Need: A Case Study on Optimizing Transformers", section 3.

    >>> from solver import Models
    >>> round(float(vector_time(Models.Llama3_8B, 8192, 3, 50, 7, 3.35e12)), 3)   # s
    0.109
    """
    moves = passes * moved * model.layers + 3 * scored * model.vocab / model.hidden
    return tokens * model.exchanged_bytes * moves / bandwidth


def unsplit_share(tensor: Scalar, sequence: Scalar = 0.0) -> Scalar:
    """What share of a layer's activations each of `tensor` tensor-parallel chips has.

        share = (10 + 24 / tensor) / 34      without sequence parallelism: norms and residuals are not split
        share = 1 / tensor                    with it

    Source: Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", equations 2 and 4.

    >>> round(float(unsplit_share(8)), 3), float(unsplit_share(8, 1.0))
    (0.382, 0.125)
    """
    return np.where(sequence > 0, 1 / tensor, (10 + 24 / tensor) / 34)


def optimizer_time(parameters: Scalar, moved: Byte, bandwidth: Bandwidth) -> Second:
    """Time of the optimizer's own step over the `parameters` of a chip, each of which moves so many bytes.

        time = parameters * moved / bandwidth

    By definition.

    >>> round(float(optimizer_time(8e9 / 64, 28, 3.35e12)) * 1e3, 2)   # ms
    1.04
    """
    return parameters * moved / bandwidth


def reached_rate(work: Flop, chips: Scalar, time: Second) -> FlopRate:
    """FLOP/s that each of `chips` chips reaches, all of a step's time counted.

        rate = work / (chips * time)

    By definition.

    >>> round(reached_rate(1e18, 1024, 2.0) / 1e12)   # TFLOP/s
    488
    """
    return work / (chips * time)


def training_duration(tokens: Token, rate: TokenRate) -> Second:
    """Time of a whole training over `tokens` tokens, at so many a second.

        time = tokens / rate

    By definition. Failures, checkpoints and restarts are left out.

    >>> round(training_duration(15e12, 2e6) / 86400, 1)   # days
    86.8
    """
    return tokens / rate


def board_energy(power: Watt, chips: Scalar, time: Second) -> Joule:
    """Energy of `chips` chips at their board power, for so long.

        energy = power * chips * time

    By definition; chips that wait draw less, and hosts, network and cooling are left out.

    >>> board_energy(700, 16384, 10) / 3.6e6   # kWh
    31.857777777777777
    """
    return power * chips * time
