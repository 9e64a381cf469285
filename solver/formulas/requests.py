"""One request from prompt to last token."""

from __future__ import annotations

import numpy as np

from solver.formulas.chunking import mixed_step_time
from solver.formulas.lengths import UNIFORM, Lengths
from solver.formulas.transformer import decode_time, prefill_time
from solver.units import Bandwidth, Byte, Context, Request, Scalar, Second, TokenRate
from solver.zoo.models import Transformer
from solver.zoo.node import Node

PREFILL_BUDGET = 8192.0  # tokens of prompts that an engine reads in one pass: short ones go together


def drained_share(requests: Scalar, lengths: Lengths = UNIFORM) -> Scalar:
    """Share of its slots that a static batch uses on average until its longest answer is done.

        share = mean / longest of n        (uniform: (1 + 1 / n) / 2)

    A server that refills slots uses all of them.
    Source: Yu et al. 2022, "ORCA: A Distributed Serving System for Transformer-Based Generative Models", section 3.

    >>> float(drained_share(1)), float(drained_share(32))
    (1.0, 0.515625)
    """
    return lengths.mean(1.0) / lengths.longest(1.0, requests)


def prompt_time(node: Node, model: Transformer, prompt: Context, running: Request, budget: Context = PREFILL_BUDGET,
                one: Request = 1.0, scored: Context = 1.0) -> Second:
    """Time that a server's prefills take for each of its `running` requests, where they have passes of their own: short
    prompts are read several at a time.

        together = max(1, min(floor(budget / prompt), running)),
        time = prefill_time / together

    By definition; the budget is the default of TensorRT-LLM (`max_num_tokens`).

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.tuned)
    >>> [round(float(prompt_time(node, Models.Llama3_8B, n, 64)) * 1e3, 2) for n in (128, 8192)]   # ms
    [2.65, 191.56]
    """
    together = np.maximum(np.minimum(np.floor(budget / prompt) * one, running), one)
    return prefill_time(node, model, together, prompt, 0 * prompt, scored) / (together / one)


def prompts_together(node: Node, prompt: Context, running: Request, answer: Scalar, budget: Context = PREFILL_BUDGET,
                     one: Request = 1.0) -> Request:
    """Prompts that a server reads in one step: those of the requests that come while it answers a token.

        together = max(attention_data_parallel, min(floor(budget / prompt) * attention_data_parallel, running / answer))

    As many come in a step as end in it: one of `answer` of those that run, but whole ones, and where groups of chips
    wait for one another all of them read. Short ones go together, up to a budget of tokens.
    By definition; the budget is the default of TensorRT-LLM (`max_num_tokens`).

    >>> from solver import PRECISIONS, Hardware, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [float(prompts_together(node, 1024, 1024, answer)) for answer in (32, 256, 8192)]
    [8.0, 4.0, 1.0]
    """
    groups = node.attention_data_parallel * one
    return np.maximum(np.minimum(np.floor(budget / prompt) * groups, running / answer), groups)


def mixed_prompt_time(node: Node, model: Transformer, prompt: Context, running: Request, context: Context,
                      together: Request = 1.0, new: Context = 1.0, one: Request = 1.0) -> Second:
    """What each prompt adds to the steps of a server that answers `running` requests in the same steps.

        time = (mixed_step_time - decode_time) / together

    with a chunk of `together` prompts. A step that reads prompts answers too, and reads the weights once for both.
    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.tuned)
    >>> [round(float(mixed_prompt_time(node, Models.Llama3_8B, n, 64, 1024)) * 1e3, 2) for n in (128, 8192)]   # ms
    [1.28, 184.11]
    """
    mixed = mixed_step_time(node, model, running, context, together * prompt, 0 * prompt, new, together)
    return (mixed - decode_time(node, model, running, context, new)) / (together / one)


def handed_over_time(prefill: Second, layers: Scalar, cache: Byte, link: Bandwidth, overlapped: Scalar = 0.0) -> Second:
    """Time until the first token when its KV cache is sent to another node: after the prefill, or a layer at a time.

        transfer = cache / link
        time = prefill + transfer                                            one after the other
        time = max(prefill, transfer) + min(prefill, transfer) / layers      overlapped, layer by layer

    Source: Patel et al. 2024, "Splitwise", section 4.3.

    >>> [round(float(handed_over_time(0.4, 32, 20e9, 100e9, overlapped)), 4) for overlapped in (0, 1)]
    [0.6, 0.4062]
    """
    transfer = cache / link
    together = np.maximum(prefill, transfer) + np.minimum(prefill, transfer) / layers
    return together * overlapped + (prefill + transfer) * (1 - overlapped)


def shared_step_time(step: Second, reading: Second, running: Request, one: Request = 1.0) -> Second:
    """Time between tokens where a decode step shares the node with the prefills of the others.

        time = step + reading * (running - 1) / running

    `reading` are the prefills of all `running` requests for each step; nobody waits between tokens for his own.
    By definition.

    >>> [float(shared_step_time(0.01, 0.005, n)) for n in (1, 5)]   # s
    [0.01, 0.014]
    """
    return step + reading * ((running - one) / running)


def answering_rate(running: Request, step: Second, reading: Second, new: Context = 1.0) -> TokenRate:
    """Tokens a second of requests that run together: each step brings `new` tokens, one, to each of them.

        rate = running * new / (step + reading)

    `reading` is the time of the prefills that go with each step. By definition.

    >>> answering_rate(8, 0.01, 0.006)   # token/s
    500.0
    """
    return running * new / (step + reading)


def request_time(ttft: Second, itl: Second, answer: Scalar) -> Second:
    """Time until the last of `answer` tokens, the first of which is TTFT's.

        time = ttft + max(answer - 1, 0) * itl

    By definition.

    >>> round(float(request_time(0.05, 0.01, 100)), 2)   # s
    1.04
    """
    return ttft + np.maximum(answer - 1, 0) * itl


def static_rate(batch: Request, ttft: Second, itl: Second, answer: Scalar, new: Context = 1.0) -> TokenRate:
    """Tokens a second of a batch that is read and then decoded together; without an answer, of its decoding alone.

        rate = batch * new * answer / (ttft + answer * itl)
        rate = batch * new / itl                                 without an answer

    `new` is 1, the token that a step brings to each request. By definition.

    >>> round(float(static_rate(8, 0.05, 0.01, 100)))   # token/s
    762
    """
    answered = np.where(answer > 0, answer, 1.0)
    return batch * new * answered / (np.where(answer > 0, ttft, 0.0 * itl) + answered * itl)
