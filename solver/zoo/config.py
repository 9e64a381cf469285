"""What the config.json of a model on Hugging Face says, by nouns: which key says what is in ``zoo/families.toml``."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from solver.text import nearest
from solver.zoo.records import read

KEYED = ("text_config", "language_config", "llm_config")  # tables that hold the language model of a larger one
# Words in keys that say how a model is stored, cached or computed, and in those that do not.
MATTERS = re.compile(r"expert|moe|head|layer|hidden|size|dim|window|rank|state|conv|ssm|mamba|compress|index|chunk|"
                     r"attn|attention|mlp|ffn|embed|inner|ratio|shared")
NOT = re.compile(r"rope|token|init|eps|drop|dtype|act|cache|version|scal|cap|aux|loss|jitter|topk_|n_group|norm|vision|"
                 r"image|video|audio|mtp|nextn|quant|temper|theta|pretrain|architectures|_name|^id2|2id$|return|output_")
LARGEST_FIGURE = 10**12
MOST_LAYERS = 10_000


def config_table(source: Any) -> tuple[dict[str, Any], str]:
    """The table of a configuration (a dictionary, or the path of a config.json or of its folder), and a name for it."""
    if isinstance(source, Mapping):
        return dict(source), str(source.get("_name_or_path") or source.get("model_type") or "a model")
    if not isinstance(source, (str, os.PathLike)) or not str(source).strip():
        raise TypeError(f"A configuration is a dictionary, or the path of a config.json: {source!r} is neither.")
    path = pathlib.Path(source)
    path = path / "config.json" if path.is_dir() else path
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise FileNotFoundError(f"{str(source)!r} cannot be read: give the path of a config.json (download it from the "
                                f"model's page first), or its content as a dictionary.") from None
    except ValueError:
        raise ValueError(f"{str(source)!r} is no JSON: give the config.json of a model, as it was published.") from None
    if not isinstance(table, dict):
        raise TypeError(f"{str(source)!r} holds a {type(table).__name__}, and a config.json holds a table of keys.")
    return table, str(table.get("_name_or_path") or path.resolve().parent.name)


class Config:
    """A configuration, asked by nouns; a question without an answer, or with a strange one, gets a sentence.

    >>> config = Config({"model_type": "llama", "num_hidden_layers": 32}, "mine")
    >>> config.number("layers"), config.flag("tied"), config.family["bias"]
    (32, False, 'all if')
    """

    def __init__(self, table: Mapping[str, Any], name: str) -> None:
        inner: Any = next((table[key] for key in KEYED if isinstance(table.get(key), Mapping)), {})
        self.name, self.own = name, {key: value for key, value in table.items() if key not in KEYED} | dict(inner)
        self.model_type = str(self.own.get("model_type", "")).removesuffix("_text")

    @cached_property
    def families(self) -> dict[str, Any]:
        return read("families.toml")["families"]

    @cached_property
    def family(self) -> dict[str, Any]:
        """What its model_type leaves to the class that reads it."""
        found = self.families.get(self.model_type, {"bias": "all if"})
        while "like" in found:
            found = self.families[found["like"]] | {key: value for key, value in found.items() if key != "like"}
        return found

    @cached_property
    def keys(self) -> dict[str, Any]:
        """Its keys, and those that its class would add; null is absent."""
        return {key: value for key, value in (self.family.get("keys", {}) | self.own).items() if value is not None}

    def unknown(self) -> list[str]:
        """Keys that no noun has and that may matter, where nothing is known of the family."""
        names = {key.partition(".")[0] for keys in read("families.toml")["names"].values() for key in keys}
        return [key for key, value in self.keys.items()
                if key not in names and value not in (0, [], {}, "") and MATTERS.search(key) and not NOT.search(key)]

    def get(self, noun: str) -> Any:
        """What the first of its keys says, or None."""
        for key in read("families.toml")["names"][noun]:
            value: Any = self.keys
            for step in key.split("."):
                value = value.get(step) if isinstance(value, Mapping) else None
            if value is not None:
                return value
        return None

    def key(self, noun: str) -> str:
        """The key that says it, or that should."""
        keys = read("families.toml")["names"][noun]
        return next((key for key in keys if key in self.keys), keys[0])

    def number(self, noun: str, default: float | None = None, least: float = 1) -> Any:
        """A number, or `default` where no key says it."""
        value = self.get(noun)
        value = default if value is None else value
        if value is None:
            close = nearest(self.key(noun), self.own) if self.own else "It has no keys at all."
            raise ValueError(f"The configuration of {self.name} has no {self.key(noun)}, which is needed. {close}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= LARGEST_FIGURE:
            raise ValueError(f"{self.key(noun)} of {self.name} is {value!r}, and should be a number from {least:g} to "
                             f"10^12.")
        return value

    def flag(self, noun: str, default: bool | None = False) -> bool:
        """Whether it is so, or `default` where no key says it."""
        value = self.get(noun)
        value = default if value is None else value
        if not isinstance(value, bool):
            raise ValueError(f"The configuration of {self.name} has no {self.key(noun)}, or not as true or false: say "
                             f"which it is.")
        return value

    def places(self, noun: str) -> list[Any]:
        """A list with an entry for each of some layers; empty where no key says it."""
        value = self.get(noun)
        value = [] if value is None else value
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{self.key(noun)} of {self.name} is {value!r}, and should be a list.")
        return list(value)

    @cached_property
    def layers(self) -> int:
        """How many layers it has."""
        layers = self.number("layers")
        if layers > MOST_LAYERS or layers != int(layers):
            raise ValueError(f"{self.key('layers')} of {self.name} is {layers!r}: give a whole number up to "
                             f"{MOST_LAYERS:,}.")
        return int(layers)
