"""The arguments that only serving asks for: drafts, a second node, chunks and prefixes of prompts, blocks of memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import CHIP, MODEL, PAGE, PROMPT, room_for_answer, trained_context
from solver.base.chosen import rated
from solver.base.declared import OWN, Seen
from solver.base.kinds import Memory, OneOf, Rate, Share, Whole, YesNo
from solver.base.numbers import limited_number
from solver.formulas.speculation import LONGEST_DRAFT
from solver.units import Q_
from solver.zoo.models import Models

RULES = ("vllm", "tensorrt-llm")


def _draft_for_prompt(name: str, value: Any, seen: Seen) -> Any:
    trained_context("seq_len", seen["seq_len"], value)
    return value


def _decodes(name: str, value: Any, seen: Seen) -> Any:
    rated(seen["precision"], value)
    return value


def _partly_new(name: str, value: Any, seen: Seen) -> Any:
    return limited_number(name, value, "seq_len", seen["seq_len"], np.less, "below", "at least one token has to be new")


DecodeChip: TypeAlias = Annotated[Any, replace(
    CHIP, sentence="The accelerator that decodes, if it is another one than reads prompts.", asks=_decodes)]
Link: TypeAlias = Annotated[Any, Rate(
    "At which the KV cache is sent to the node that decodes.", "byte/second", sample="100 GB/s",
    company={"decode_hardware": OWN})]
DraftModel: TypeAlias = Annotated[Any, replace(
    MODEL, sentence="A smaller transformer that drafts tokens, which turns speculative decoding on.",
    pair=lambda: (Models.Llama3_8B, Models.Llama3_2_1B), asks=_draft_for_prompt)]
Acceptance: TypeAlias = Annotated[Any, Share(
    "Chance that the first draft token is accepted.", "", company={"draft_model": OWN})]
DraftLength: TypeAlias = Annotated[Any, Whole(
    "Tokens that the draft model proposes at a time.", "token", high=LONGEST_DRAFT, company={"draft_model": OWN},
    beyond=f"drafts beyond {LONGEST_DRAFT} tokens are hardly ever accepted; give a whole number from 1 to that.")]
Prefix: TypeAlias = Annotated[Any, Whole(
    "Tokens of each prompt that are in cache already, fewer than seq_len.", "token", low=0, other=512,
    asks=_partly_new)]
Chunk: TypeAlias = Annotated[Any, Whole(
    "Tokens of each prompt that a pass reads at most; if not given, it reads the whole prompt.", "token", other=512)]
AnswerLength: TypeAlias = Annotated[Any, Whole(
    "Tokens of the answer, for which the prompt leaves room in the context.", "token", other=256,
    otherwise=lambda seen: 0.0, asks=lambda name, value, seen: room_for_answer(
        name, value, seen["seq_len"], seen["model"], seen.get("draft_model")))]
Overlap: TypeAlias = Annotated[Any, YesNo(
    "Whether the cache is sent a layer at a time, while the prompt is read.", company={"decode_hardware": OWN})]

FullLength: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of a request of full length, at most what the model was trained for.")]
Block: TypeAlias = Annotated[Any, replace(PAGE, sentence="Tokens of a block of KV cache.")]
Utilization: TypeAlias = Annotated[Any, Share(
    "Share of the whole memory (\"vllm\"), or of what is free after the rest (\"tensorrt-llm\").", "", above=True)]
NonTorch: TypeAlias = Annotated[Any, Memory("Memory of each chip that libraries take.", other=Q_("2 GiB"))]
Activation: TypeAlias = Annotated[Any, Memory("Memory of each chip that the longest prefill takes at its peak.")]
Swap: TypeAlias = Annotated[Any, Memory("Memory of the host that each chip swaps blocks to.", other=Q_("2 GiB"))]
Rule: TypeAlias = Annotated[Any, OneOf("The engine whose rule is followed.", choices=RULES)]

LongestContext: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each request, prompt and answer, at most what the model was trained for.")]
MaybePage: TypeAlias = Annotated[Any, replace(
    PAGE, sentence="Tokens of a page, the last of which counts whole; if not given, the waste of pages is left out.",
    other=768)]
