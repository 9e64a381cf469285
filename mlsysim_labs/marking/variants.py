"""Each student's own numbers: a seed made of names, and parameters drawn from the seed by name.

The scheme is SHA-256 and nothing else, so that a seed and its draws are the same on every machine, in every version of
Python and of this package, and in whatever order they are asked for. Each text is put into Unicode's form NFC, freed of
white space at its ends, and preceded by its length, so that ("ab", "c") and ("a", "bc") are different students.

- seed = SHA-256(tag, course, student, lab), its first 53 bits: JSON and JavaScript keep such a number exact. With a
  teacher's key it is HMAC-SHA-256 of the same under that key.
- draw = SHA-256(tag, seed, name), all 256 bits, modulo the number of options: no option is likelier by 2^-200.

Without a key, whoever knows the names can work out anybody's seed. With one, only the key's holder can.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
SEED_BITS = 53
SHORTEST_KEY = 16  # bytes; fewer could be guessed by trying
SEED_TAG, DRAW_TAG = b"mlsysim-labs seed 1", b"mlsysim-labs draw 1"  # another scheme gets another number


def variant_seed(course: str, student: str, lab: str, key: bytes | str | None = None) -> int:
    """The seed of one student's variant of one lab, from 0 to 2^53 - 1.

    >>> variant_seed("CS249r 2026", "ada", "kv_cache")
    5292146621808950
    >>> variant_seed("CS249r 2026", "ada", "kv_cache", key="a secret of the teacher's")
    1901299998949328
    """
    message = SEED_TAG + _field("course", course) + _field("student", student) + _field("lab", lab)
    digest = hashlib.sha256(message) if key is None else hmac.new(_secret(key), message, hashlib.sha256)
    return int.from_bytes(digest.digest()[:8], "big") >> (64 - SEED_BITS)


@dataclass(frozen=True)
class Variant:
    """Parameters drawn from a seed; each has a name, and the same name always gives the same draw.

    >>> ada = Variant(variant_seed("CS249r 2026", "ada", "kv_cache"))
    >>> ada.choice("chip", ["A100", "H100", "H200"]), ada.number("context", 1024, 16384, step=1024)
    ('A100', 5120)
    """

    seed: int

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise TypeError(f"seed is {self.seed!r}: give a whole number, such as variant_seed makes.")
        if not 0 <= self.seed < 2**SEED_BITS:
            raise ValueError(f"seed is {self.seed}: give one from 0 to 2^{SEED_BITS} - 1, such as variant_seed makes.")

    def choice(self, name: str, options: Sequence[T]) -> T:
        """One of `options`, each as likely as the others; another order or number of them is another draw.

        >>> Variant(7).choice("model", ["Llama3_8B", "Mistral_7B"])
        'Mistral_7B'
        """
        if isinstance(options, (str, bytes)) or not isinstance(options, Sequence):
            raise TypeError(f"the options of {name} are a {type(options).__name__}: give a list, in order.")
        if not options:
            raise ValueError(f"{name} has no options: give a list of at least one.")
        return options[self._draw(name) % len(options)]

    def number(self, name: str, low: float, high: float, step: float = 1) -> float:
        """One of low, low + step, and so on up to `high`; whole where `low` and `step` are.

        >>> Variant(7).number("users", 10, 20), Variant(7).number("share", 0.1, 0.5, step=0.1)
        (13, 0.2)
        """
        if not (math.isfinite(low) and math.isfinite(high) and low <= high and 0 < step < math.inf):
            raise ValueError(f"{name} goes from {low} to {high} in steps of {step}: give finite numbers, low <= high, "
                             f"and a step above 0.")
        steps = math.floor((high - low) / step * (1 + 1e-12))  # 0.1 to 0.5 has four steps of 0.1, if floats allow
        return round(low + step * (self._draw(name) % (steps + 1)), 12)

    def _draw(self, name: str) -> int:
        """256 bits that depend on the seed and the name alone."""
        message = DRAW_TAG + self.seed.to_bytes(8, "big") + _field("the parameter's name", name)
        return int.from_bytes(hashlib.sha256(message).digest(), "big")


def _field(name: str, text: Any) -> bytes:
    """A text as it is hashed: its length, and its bytes in UTF-8."""
    plain = _plain(name, text)
    if not plain:
        raise ValueError(f"{name} is empty: give the name that this course uses for it.")
    return len(plain).to_bytes(8, "big") + plain


def _plain(name: str, text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{name} is {text!r}, a {type(text).__name__}: give a text.")
    try:
        return unicodedata.normalize("NFC", text).strip().encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} is {text!r}, which has a broken character in it: type it again.") from None


def _secret(key: Any) -> bytes:
    """The teacher's key: bytes as they are, a text as the names are."""
    secret = key if isinstance(key, bytes) else _plain("key", key) if isinstance(key, str) else None
    if secret is None:  # whatever it is, the sentence does not show it
        raise TypeError(f"key is a {type(key).__name__}: give bytes or a text, such as secrets.token_hex(16) makes.")
    if len(secret) < SHORTEST_KEY:
        raise ValueError(f"key has {len(secret)} bytes, which somebody could guess: give at least {SHORTEST_KEY}, such "
                         f"as secrets.token_hex(16) makes.")
    return secret
