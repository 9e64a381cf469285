"""The arguments that only serving asks for: drafts, a second node, chunks and prefixes of prompts, blocks of memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import CHIP, MODEL, PAGE, PROMPT
from solver.base.chosen import drafting, rated
from solver.base.declared import OWN, Seen
from solver.base.kinds import Memory, OneOf, Rate, Share, Whole, YesNo
from solver.base.numbers import limited_number, symbolic
from solver.formulas.speculation import LONGEST_DRAFT
from solver.text import number_text
from solver.units import Q_
from solver.zoo.heads import HEADS
from solver.zoo.models import Models

RULES = ("vllm", "tensorrt-llm")


def _decodes(name: str, value: Any, seen: Seen) -> Any:
    rated(seen["precision"], value)
    return value


def _drafts(name: str, value: Any, seen: Seen) -> Any:
    """What drafts: of a kind of heads, the model's own."""
    model = seen["model"]
    if isinstance(value, str):
        return getattr(model, HEADS[value])
    if not symbolic(value) and not symbolic(model) and value.head and value.hidden != model.hidden:
        raise ValueError(f"{name} is {value}, which reads {number_text(value.hidden)} numbers of a token, and {model} "
                         f"has {number_text(model.hidden)}: a head is made for one model. Give its own, by the name "
                         f"{' or '.join(HEADS)}.")
    return value


def _partly_new(name: str, value: Any, seen: Seen) -> Any:
    return limited_number(name, value, "seq_len", seen["seq_len"], np.less, "below", "at least one token has to be new")


DecodeChip: TypeAlias = Annotated[Any, replace(
    CHIP, sentence="The accelerator that decodes, if it is another one than reads prompts.", asks=_decodes)]
Link: TypeAlias = Annotated[Any, Rate(
    "At which the KV cache is sent to the node that decodes.", "byte/second", sample="100 GB/s",
    company={"decode_hardware": OWN})]
DraftModel: TypeAlias = Annotated[Any, replace(
    MODEL, sentence="What drafts tokens, which turns speculative decoding on.", judge=drafting, asks=_drafts,
    of=f"transformer, {', '.join(map(repr, HEADS))}", pair=lambda: (Models.Llama3_8B, Models.Llama3_2_1B))]
Acceptance: TypeAlias = Annotated[Any, Share(
    "Chance that the first draft token is accepted.", "", company={"draft_model": OWN})]
DraftLength: TypeAlias = Annotated[Any, Whole(
    "Tokens that are drafted at a time.", "token", high=LONGEST_DRAFT, company={"draft_model": OWN},
    beyond=f"drafts beyond {LONGEST_DRAFT} tokens are hardly ever accepted; give a whole number from 1 to that.")]
Prefix: TypeAlias = Annotated[Any, Whole(
    "Tokens of each prompt that are in cache already, fewer than seq_len.", "token", low=0, other=512,
    asks=_partly_new)]
Chunk: TypeAlias = Annotated[Any, Whole(
    "Tokens of each prompt that a pass reads at most; if not given, it reads the whole prompt.", "token", other=512)]
AnswerLength: TypeAlias = Annotated[Any, Whole(
    "Tokens of the answer.", "token", other=256, otherwise=lambda seen: 0.0)]
Overlap: TypeAlias = Annotated[Any, YesNo(
    "Whether the cache is sent a layer at a time, while the prompt is read.", company={"decode_hardware": OWN})]

FullLength: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of a request of full length.")]
Block: TypeAlias = Annotated[Any, replace(PAGE, sentence="Tokens of a block of KV cache.")]
Utilization: TypeAlias = Annotated[Any, Share(
    "Share of the whole memory (\"vllm\"), or of what is free after the rest (\"tensorrt-llm\").", "", above=True)]
NonTorch: TypeAlias = Annotated[Any, Memory("Memory of each chip that libraries take.", other=Q_("2 GiB"))]
Activation: TypeAlias = Annotated[Any, Memory("Memory of each chip that the longest prefill takes at its peak.")]
Swap: TypeAlias = Annotated[Any, Memory("Memory of the host that each chip swaps blocks to.", other=Q_("2 GiB"))]
CachedModel: TypeAlias = Annotated[Any, replace(MODEL, pair=lambda: (Models.Llama3_8B, Models.GPT_OSS_20B))]
Room: TypeAlias = Annotated[Any, Memory(
    "Memory for the KV cache on each chip, as an engine prints it; if not given, what the rule leaves.",
    other=Q_("10 GiB"))]
Batched: TypeAlias = Annotated[Any, Whole(
    "Tokens of one request that a step computes at most: a sliding window keeps what they all look back at.", "token",
    other=2048, company={"model": OWN})]
Rule: TypeAlias = Annotated[Any, OneOf("The engine whose rule is followed.", choices=RULES)]

LongestContext: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each request, prompt and answer.")]
MaybePage: TypeAlias = Annotated[Any, replace(
    PAGE, sentence="Tokens of a page, the last of which counts whole; if not given, the waste of pages is left out.",
    other=768)]
