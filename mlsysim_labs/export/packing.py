"""What a page may not show yet: compressed and masked, so that no search and no glance reads it.

It is no secret from somebody who takes the page apart: answers in a page are on the student's honour.

What opens has much in common with what stands in the page already. So the packer looks back into that, the `known`
text, and the page puts the same before what it unpacks: as a stored block of the deflate format, whose bytes later
blocks may repeat.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np

MASK_STEP, MASK_MODULUS = 69069, 2**32  # of a congruential generator: page/packing.js has the same
PACKED_WINDOW = 32_768  # bytes that deflate looks back, less a few


def packed(value: Any, seed: int, known: str = "") -> str:
    """A value as letters that mean nothing to a reader.

    >>> unpacked(packed({"truth": 3}, 7), 7)
    {'truth': 3}
    """
    engine = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, window_of(known))
    data = engine.compress(json_in_html(value).encode("utf-8")) + engine.flush()
    return base64.b64encode(_masked(data, seed)).decode("ascii")


def unpacked(letters: str, seed: int, known: str = "") -> Any:
    """The value in those letters."""
    engine = zlib.decompressobj(-15, zdict=window_of(known))
    return json.loads(engine.decompress(_masked(base64.b64decode(letters), seed)))


def window_of(known: str) -> bytes:
    """The end of a text, as far back as the packer looks."""
    return known.encode("utf-8")[-PACKED_WINDOW:]


def _masked(data: bytes, seed: int) -> bytes:
    """The bytes, each with one of a sequence that the seed begins; twice is as it was."""
    mask, state = bytearray(), seed
    for _ in data:
        state = (state * MASK_STEP + 1) % MASK_MODULUS
        mask.append(state >> 24)
    return (np.frombuffer(data, np.uint8) ^ np.frombuffer(bytes(mask), np.uint8)).tobytes()


def json_in_html(value: Any) -> str:
    """JSON that may stand inside of HTML, as short as it can be."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").encode("utf-8", "replace").decode("utf-8")
