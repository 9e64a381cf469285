"""Number formats by name, as people type them: case, dashes and underscores do not matter."""

from __future__ import annotations

from solver.text import SHORT_LIST, given_text, nearest
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.recipes import Recipes

# What engines and libraries call them; and what could be two formats here, of which neither is meant for sure.
OTHER_NAMES = {
    "auto": "fp16", "default": "fp16", "half": "fp16", "float16": "fp16", "f16": "fp16", "w16a16": "fp16",
    "bfloat16": "bf16", "float": "fp32", "float32": "fp32", "f32": "fp32", "single": "fp32", "tfloat32": "tf32",
    "float8": "fp8", "e4m3": "fp8", "e5m2": "fp8", "fp8e4m3": "fp8", "fp8e5m2": "fp8", "fp8e4m3fn": "fp8",
    "float8e4m3fn": "fp8", "float8e5m2": "fp8", "w8a8fp8": "fp8", "w8a8int8": "int8", "w4a4int4": "int4",
    "gptqint4": "GPTQ", "awqint4": "AWQ", "fp8block": "FP8_blocks", "llama31405bfp8": "Llama3_405B_FP8"}
SEVERAL = {
    "w8a8": ("int8", "fp8", "weights and arithmetic are at 8 bits in both"),
    "w4a4": ("int4", "nvfp4", "weights and arithmetic are at 4 bits in both"),
    "w4a8": ("w4a16", "fp8", "the first has weights as narrow, the other arithmetic as fast"),
    "nf4": ("w4a16", "GPTQ", "weights alone are at 4 bits in both, as in NF4"),
    "mxfp8": ("fp8", "w8a16", "the first has no scales, the other multiplies at 16 bits"),
    "8bit": ("int8", "w8a16", "the first multiplies at 8 bits, the other at 16"),
    "4bit": ("w4a16", "int4", "the first multiplies at 16 bits, the other at 4"),
    "gguf": ("Q4_K_M", "q8_0", "a file has one of them, or Q5_K_M, Q6_K, q4_0")}


def precision_named(name: object, argument: str = "precision") -> Precision:
    """The number format or recipe called `name`, in whatever case.

    >>> precision_named("FP16").size, precision_named("bfloat16").name, precision_named("q4-k-m").name
    (2.0, 'bf16', 'Q4_K_M')
    """
    if isinstance(name, Precision):
        return name
    if not isinstance(name, str):
        raise TypeError(f"{argument} is {given_text(name)}, and should be a name such as 'fp16'. "
                        f"{nearest(name, PRECISIONS, SHORT_LIST)}")
    return PRECISIONS.get(name) or _typed(name, argument)


def _typed(name: str, argument: str) -> Precision:
    """The same where the name is not exactly one of the formats'."""
    key, known = _folded(name), {_folded(known): known for known in [*PRECISIONS, *Recipes.keys()]}
    if key in SEVERAL:
        one, other, why = SEVERAL[key]
        raise ValueError(f"{argument} {given_text(name)} is not one format here: name {one!r} or {other!r} ({why}).")
    found = known.get(key) or OTHER_NAMES.get(key)
    if found is None:
        raise ValueError(f"{argument} {given_text(name)} is not known. "
                         f"{nearest(name, [*PRECISIONS, *Recipes.keys()], SHORT_LIST)}")
    return PRECISIONS.get(found) or Recipes[found]


def _folded(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def cache_format_named(name: object, argument: str = "kv_precision") -> Precision:
    """The number format of a KV cache: any but a recipe, which is for weights.

    >>> cache_format_named("Q4_0").size
    0.5625
    """
    found = precision_named(name, argument)
    if found.lm_head is not None and found.name not in PRECISIONS:
        raise ValueError(f"{argument} is {found.name!r}, which says how the parts of a model's weights are kept: a "
                         f"cache has one format, such as 'fp16', 'fp8' or 'q8_0'.")
    return found


def number_formats(*names: str) -> dict[str, Precision]:
    """Number formats by their labels, to choose from; where two have the same one, their names tell them apart.

    >>> list(number_formats("fp16", "int8", "w4a16")), list(number_formats("fp8", "int8"))
    (['16 bit', '8 bit', '4-bit weights'], ['8 bit (fp8)', '8 bit (int8)'])
    """
    found = [precision_named(name) for name in names]
    labels = [kind.label for kind in found]
    return {kind.label if labels.count(kind.label) == 1 else f"{kind.label} ({kind})": kind for kind in found}
