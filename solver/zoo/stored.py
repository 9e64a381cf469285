"""In which number format, or by which recipe, a configuration says that a checkpoint's weights are kept."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from solver.zoo.config import Config


def stored_as(config: Config) -> str:
    """The name of a number format or recipe; "" where the configuration says nothing, or nothing that is known."""
    table = config.keys.get("quantization_config")
    if not table:
        return ""
    said = method(table) if isinstance(table, Mapping) else ""
    found = named(config, table, said) if isinstance(table, Mapping) else ""
    what = f"The weights of {config.name} are published as {said or repr(table)}"
    warnings.warn(f"{what}, here precision={found!r}: give it to solve, which takes 16 bits by itself." if found else
                  f"{what}, which is no format known here: choose the nearest with precision=.", stacklevel=4)
    return found


def method(table: Mapping[str, Any]) -> str:
    """What the table calls its format, in small letters."""
    words = [str(table[key]) for key in ("quant_method", "quant_algo", "format") if table.get(key)]
    return " ".join(words).casefold()


def named(config: Config, table: Mapping[str, Any], said: str) -> str:
    """The name that it has here; the first that holds."""
    bits, kind, computed = weights(table)
    blocks = bool(table.get("weight_block_size"))
    rules = {
        "GPT_OSS": "mxfp4" in said and config.model_type == "gpt_oss", "mxfp4": "mxfp4" in said,
        "nvfp4": "nvfp4" in said, "FP8_blocks": "fp8" in said and blocks, "fp8": "fp8" in said or kind == "float8",
        "AWQ": "awq" in said and bits in (0, 4), "GPTQ": "gptq" in said and bits in (0, 4),
        "GPTQ_Int8": "gptq" in said and bits == 8, "w4a16": bits == 4 or bool(table.get("load_in_4bit")),
        "int8": bits == 8 and computed, "w8a16": bits == 8 or bool(table.get("load_in_8bit"))}
    return next((name for name, holds in rules.items() if holds), "")


def weights(table: Mapping[str, Any]) -> tuple[Any, str, bool]:
    """Bits of the weights (0: not said), "float8" where they are such, and whether products are as narrow."""
    groups = table.get("config_groups")
    group: Any = next(iter(groups.values()), {}) if isinstance(groups, Mapping) else {}
    one = group.get("weights") if isinstance(group, Mapping) else None
    if not isinstance(one, Mapping):
        return table.get("bits") or table.get("w_bit") or 0, "", False
    bits = one.get("num_bits", 0)
    return bits, f"{one.get('type')}{bits}", bool(group.get("input_activations"))
