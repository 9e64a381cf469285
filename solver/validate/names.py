"""What tables of measurements call chips, models and number formats, in the words of the registry."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from solver.validate.tables import OutOfScopeError
from solver.zoo.hardware import Accelerator, Hardware
from solver.zoo.layers import Attention, Layers
from solver.zoo.models import Models, Transformer
from solver.zoo.networks import FeedForward
from solver.zoo.precision import PRECISIONS, Precision

# Words that say whose a chip is, or how it is packed, and not which.
CHIP_NOISE = {"nvidia", "geforce", "rtx", "intel", "amd", "instinct", "apple", "gpu", "sxm", "sxm4", "sxm5", "dgx",
              "hbm3", "hbm3e", "pro", "agx", "superpod", "google"}
MODEL_NOISE = {"meta", "instruct", "chat", "hf", "base", "it", "fp8", "fp16", "bf16", "nvfp4", "mxfp4", "fp4",
               "class", "moe"}
# Models by another name: the same architecture, of which only the weights differ.
ALIASES = {
    "llama7b": "Llama2_7B", "llama13b": "Llama2_13B", "llama33b": "Llama1_33B", "llama70b": "Llama2_70B",
    "vicuna7b": "Llama2_7B", "vicuna13b": "Llama2_13B", "vila7b": "Llama2_7B", "vila13b": "Llama2_13B",
    "nvila2b": "Qwen2_5_1_5B", "nvila8b": "Qwen2_5_7B", "qwen2515b": "Qwen2_5_1_5B",
    "qwen2515bcoder": "Qwen2_5_1_5B", "qwen25coder7b": "Qwen2_5_7B", "llama3370b": "Llama3_70B",
    "llama38b": "Llama3_8B", "llama370b": "Llama3_70B", "qwen3coder30ba3b": "Qwen3_30B_A3B",
    "qwen3235b": "Qwen3_235B_A22B", "qwen330b": "Qwen3_30B_A3B", "qwen25math15b": "Qwen2_5_1_5B",
    "llama3170b": "Llama3_70B", "kimik25": "Kimi_K2", "bloom": "Bloom_176B", "gptj": "GPTJ_6B",
    "llama30b": "Llama1_33B", "deepseekr1": "DeepSeek_V3",
    "mistral7b": "Mistral_7B_v0_3"}
CHIP_ALIASES = {"spark": "GB10"}
FORMATS = (("mxfp4", "mxfp4"), ("nvfp4", "nvfp4"), ("fp4", "nvfp4"), ("awq", "w4a16"), ("gptq", "w4a16"),
           ("q8_0", "q8_0"), ("fp8", "fp8"), ("bf16", "bf16"), ("bfloat16", "bf16"), ("fp16", "fp16"),
           ("float16", "fp16"), ("f16", "fp16"), ("16-bit", "fp16"))


def words(text: str, noise: Iterable[str]) -> str:
    """Letters and digits of a name in one string, without what stands in brackets and words that do not matter."""
    text = re.sub(r"\(.*?\)|\[.*?\]|\b\d+-core\b|\bv0\.\d\b|\bq\d_\w+|\bv(?=\d)", " ", text.lower())
    return "".join(word for word in re.findall(r"[a-z0-9]+", text) if word not in noise)


def chip_words(text: str) -> str:
    """The same for a chip; the size of its memory counts only where it tells one from another."""
    text = re.sub(r"\b(m\d|rtx) pro\b", r"\1pro", text.lower().replace("_", " "))  # another chip than without it
    size = "" if re.search(r"\ba100\b.*\b40\s*gb\b", text) is None else " 40gb"
    return words(re.sub(r"\b\d+\s*gi?b\b", " ", text) + size, CHIP_NOISE)


@cache
def chip_keys() -> dict[str, str]:
    """Keys of the registry by what a table may call the chip; of variants by the same name, it is the first."""
    found = {chip_words(name): key for key in reversed(Hardware.keys()) for name in (Hardware[key].name, key)}
    return found | CHIP_ALIASES


@cache
def model_keys() -> dict[str, str]:
    """The same for transformers."""
    found = {words(name, MODEL_NOISE): key for key in [*Models.keys()]
             if isinstance(Models[key], Transformer) for name in (Models[key].name, key)}
    return {**found, **{name: key for name, key in ALIASES.items() if key in Models}}


def chip_key(text: str) -> str:
    """The key of a chip of the registry."""
    if not text.strip():
        raise OutOfScopeError("the chip is not named")
    name = chip_words(text)
    without = (name.removesuffix("pcie"), re.sub(r"^(m\d[a-z]+)\d\d$", r"\1", name))  # cores of Apple's GPUs
    key = next((chip_keys()[one] for one in (name, *without) if one in chip_keys()), None)
    if key is None:
        raise OutOfScopeError(f"chip {text.strip()!r} is not in the registry")
    return key


def chip_named(text: str) -> Accelerator:
    """A chip of the registry."""
    return Hardware[chip_key(text)]


def transformer_named(text: str) -> Transformer:
    """A transformer of the registry."""
    name = words(text.rpartition("/")[2], MODEL_NOISE)
    key = model_keys().get(name)
    if key is None:
        raise OutOfScopeError(f"model {text.strip()!r} is not in the registry")
    found: Any = Models[key]
    return found


def precision_in(text: str) -> Precision:
    """The number format that a cell of words begins to name."""
    for word, name in FORMATS:
        if word in text.lower():
            return PRECISIONS[name]
    raise OutOfScopeError(f"number format {text.strip()!r} is not known")


def weights_of(bits: float) -> Precision:
    """A format for weights alone of that many bits each; the arithmetic is at 16 bits."""
    return Precision(f"{bits:g}-bit weights", bits / 8, "half")


def plain_transformer(name: str, layers: float, hidden: float, heads: float, vocab: float,
                      head_dim: float | None = None) -> Transformer:
    """A GPT of that shape: multi-head attention, two matrices four times as wide as the hidden state."""
    attention = Attention(hidden, heads, heads, head_dim or hidden / heads)
    return Transformer(name, (Layers(layers, attention),), hidden, vocab, math.inf,
                       FeedForward(8 * layers * hidden**2, gated=0.0), tied=1.0)
