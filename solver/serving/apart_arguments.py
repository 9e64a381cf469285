"""The arguments of nodes apart: how many there are of each kind, and over how many chips those that decode spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeAlias, get_args

from solver.base.arguments import Chips, ExpertChips, Groups
from solver.base.declared import Argument, Seen
from solver.base.kinds import Whole
from solver.serving.arguments import Link, Overlap
from solver.serving.phases import OF_NODE
from solver.zoo.models import Models


def _declared(of: Any) -> Any:
    """The declaration that a type carries."""
    return get_args(of)[1]


def _decoding(seen: Seen) -> Seen:
    """The arguments before it, as those of a node that decodes."""
    widths = {name: seen[f"decode_{name}"] for name in OF_NODE if f"decode_{name}" in seen}
    chip = {} if seen["decode_hardware"] is None else {"hardware": seen["decode_hardware"]}
    return seen | widths | chip


def _of_decoding(argument: Argument, name: str, other: int, **company: Any) -> Argument:
    """The same argument for nodes that decode: as on those that read, where it is not given."""
    asks: Callable[[str, Any, Seen], Any] = argument.asks  # type: ignore[assignment]
    own = f"decode_{name}"
    return replace(argument, asks=lambda given, value, seen: asks(given, value, _decoding(seen)), other=other,
                   otherwise=lambda seen: asks(own, seen[name], _decoding(seen)), company=company,
                   sentence=f"The same on each node that decodes; if not given, {name}.")


AnswerTokens: TypeAlias = Annotated[Any, Whole("Tokens of the answer.", "token", example=256)]
Concurrency: TypeAlias = Annotated[Any, Whole(
    "Requests that are under way at any moment: each that ends is followed by the next.", "request", example=64)]
Readers: TypeAlias = Annotated[Any, Whole("Nodes that read prompts.", "", word="node")]
Answerers: TypeAlias = Annotated[Any, Whole("Nodes that decode.", "", word="node")]
CacheLink: TypeAlias = Annotated[Any, replace(_declared(Link), company={})]
CacheOverlap: TypeAlias = Annotated[Any, replace(_declared(Overlap), company={})]
DecodeChips: TypeAlias = Annotated[Any, _of_decoding(_declared(Chips), "tensor_parallel", 2)]
DecodeGroups: TypeAlias = Annotated[Any, _of_decoding(
    _declared(Groups), "attention_data_parallel", 2, model=lambda: Models.DeepSeek_V2_Lite)]
DecodeExpertChips: TypeAlias = Annotated[Any, _of_decoding(
    _declared(ExpertChips), "expert_parallel", 2, model=lambda: Models.DeepSeek_V2_Lite,
    decode_attention_data_parallel=8)]
