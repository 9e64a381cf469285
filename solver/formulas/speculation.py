"""Speculative decoding: a small model, or a head, drafts a few tokens, and the model verifies them in a single pass.

A head is one layer on the chips of its model (see `solver.zoo.heads`): to these formulas it is a small model too, whose
drafter is the node itself.
Source: Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.formulas.transformer import decode_time
from solver.units import Context, Request, Scalar, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

DRAFT_LENGTH = 4  # tokens that a draft model proposes at a time
LONGEST_DRAFT = 16
ACCEPTANCE_DECAY = 0.95  # each further draft token is this much less likely to be accepted than the one before


def accepted_tokens(acceptance: Scalar, length: Scalar = DRAFT_LENGTH, decay: Scalar = ACCEPTANCE_DECAY) -> Scalar:
    """Tokens that a step of speculative decoding yields on average: those accepted in a row, and one more.

        tokens = 1 + a_1 + a_1 a_2 + ... + a_1 a_2 ... a_length,   a_i = acceptance * decay^(i - 1)

    `length` is the number of draft tokens, at most 16, `acceptance` the chance that the first is accepted. With
    decay = 1 it is the geometric series of Leviathan et al. 2023; the decay of 0.95 was fitted to acceptance lengths
    of heads, published by SemiAnalysis InferenceX (2026), which it predicts from one of them to 2.5 % (median). Both
    kinds of heads decay alike there: those for multi-token prediction of GLM-5.2 and Qwen3.5 by 0.94 to 0.96, EAGLE-3
    of Kimi K2.5 by 0.94. But there are others: the head of DeepSeek-V4-Pro decays by 0.75, so that a fourth draft token
    brings nothing. Of draft models no such series is known.
    Source: Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding".

    >>> round(float(accepted_tokens(0.7, decay=1.0)), 2), round(float(accepted_tokens(0.7)), 2)
    (2.77, 2.64)
    """
    tokens, run = 1.0, 1.0
    for i in range(LONGEST_DRAFT):
        run = run * acceptance * decay**i
        tokens = tokens + run * (length > i)
    return tokens


def speculative_token_time(node: Node, model: Transformer, drafter: Node, draft: Transformer, acceptance: Scalar,
                           batch: Request, past: Context, length: Scalar = DRAFT_LENGTH, new: Context = 1.0) -> Second:
    """Time between tokens when `draft`, on `drafter`, proposes `length` tokens and the model verifies them in a pass.

        time = (length * decode_time(draft) + decode_time(model, new = length + 1)) / accepted_tokens

    Verification is an ordinary pass, so a large batch makes it compute-bound and the gain a loss. What is drafted in
    parallel, or in a tree, is left out, and that a first draft pass reads all tokens that were accepted.
    Source: Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.B200, PRECISIONS["fp16"])
    >>> time = speculative_token_time(node, Models.Llama3_70B, node, Models.Llama3_8B, 0.8, 1, 2048)
    >>> round(float(time) * 1e3, 1)   # ms
    8.0
    """
    drafting = length * decode_time(drafter, draft, batch, past, new)
    verifying = decode_time(node, model, batch, past, (length + 1) * new)
    return (drafting + verifying) / accepted_tokens(acceptance, length)


def speculative_speedup(node: Node, model: Transformer, drafter: Node, draft: Transformer, acceptance: Scalar,
                        batch: Request, past: Context, length: Scalar = DRAFT_LENGTH, new: Context = 1.0) -> Scalar:
    """How many times faster tokens come with a draft; below 1 it costs more than it gains.

        speedup = decode_time(model) / speculative_token_time

    Source: Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding".

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> one, four = (Node(Hardware.Cloud.H100, fp16, fp16, Profiles.tuned, chips) for chips in (1, 4))
    >>> pair = four, Models.Llama3_70B, one, Models.Llama3_2_1B
    >>> speculative_speedup(*pair, 0.8, np.array([1, 64, 512]), 2048, 4).round(1).tolist()
    [2.2, 1.6, 0.9]
    """
    plain = decode_time(node, model, batch, past, new)
    return plain / speculative_token_time(node, model, drafter, draft, acceptance, batch, past, length, new)


def best_draft_length(node: Node, model: Transformer, drafter: Node, draft: Transformer, acceptance: Any, batch: Any,
                      past: Any) -> Any:
    """The number of draft tokens, from 1 to 16, with the largest speed-up; 0 where none is above 1.

    A search over all of them: arrays broadcast, with the search along an axis of its own.
    """
    shape = np.broadcast_shapes(*map(np.shape, (acceptance, batch, past)))
    lengths = np.arange(1.0, LONGEST_DRAFT + 1).reshape(-1, *[1] * len(shape))
    gains = speculative_speedup(node, model, drafter, draft, acceptance, batch, past, lengths)
    return np.where(gains.max(axis=0) > 1, 1 + gains.argmax(axis=0), 0)


def break_even_batch(node: Node, model: Transformer, drafter: Node, draft: Transformer, acceptance: float, past: float,
                     length: float = DRAFT_LENGTH, most: int = 2**16) -> int:
    """The smallest batch at which speculation no longer pays, up to `most` (which it is if speculation always does).

    The speed-up falls with the batch once verification is bound by arithmetic, but need not before: it is looked at
    for every batch.
    """
    batches = np.arange(1.0, most + 1)
    gains = speculative_speedup(node, model, drafter, draft, acceptance, batches, past, length)
    return int(batches[np.argmax(gains <= 1)]) if (gains <= 1).any() else most
