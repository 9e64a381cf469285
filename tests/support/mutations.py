"""Files as accidents and cheats change them: bytes cut, doubled, swapped, edited, re-encoded, packed and renamed."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable

from classes import zip_with

SNIPPETS = (b"", b"\x00" * 50, b"\xff\xfe", b"<<<<<<< HEAD\n", b'"', b"}}}}", b"NaN", b"1e400", b"9" * 5000,
            b"[" * 3000, b'{"entries":', b"mlsysim-labs record 2 97_drawn\n", b"end of record 00000000\n",
            b"PK\x03\x04", b"\\u0000", b'"record": 2,', b"=cmd|' /C calc'!A0", b"<script>", "\u202e".encode(),
            b"\r\n", b'"hash":"0"')


def _cut(data: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:]


def _ended(data: bytes, rng: random.Random) -> bytes:
    return data[:rng.randrange(len(data) + 1)]


def _doubled(data: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:]


def _put_in(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(SNIPPETS) + data[at:]


def _flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data or b"\x00")
    for _ in range(rng.choice([1, 5, 100])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _edited(data: bytes, rng: random.Random) -> bytes:
    """A digit is another one."""
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not places:
        return data
    at = rng.choice(places)
    return data[:at] + str(rng.randrange(10)).encode() + data[at + 1:]


def _encoded(data: bytes, rng: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(rng.choice(["utf-16", "utf-8-sig", "utf-32", "utf-7"]), "replace")


def _packed(data: bytes, rng: random.Random) -> bytes:
    depth = rng.randrange(1, 6)
    for i in range(depth):
        data = zip_with({rng.choice(["a.ipynb", "../x.ipynb", "/etc/x", "__MACOSX/._a", f"{i}.zip"]): data})
    return data


def _zipped(data: bytes, rng: random.Random) -> bytes:
    return gzip.compress(data)


def _replaced(data: bytes, rng: random.Random) -> bytes:
    """A value of the JSON is another thing."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = [tree]
    for node in places:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        places += [one for one in inner if isinstance(one, (dict, list)) and one]
    node = rng.choice(places)
    if not isinstance(node, (dict, list)) or not node:
        return data
    key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
    node[key] = rng.choice([None, True, -1, 1e300, "", "x" * 300, [], {}, [[]], {"a": {}}, 10**30])
    return json.dumps(tree).encode()


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _ended, _doubled, _put_in, _flipped, _edited, _encoded, _packed, _zipped, _replaced, _replaced)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes, changed in one to three ways."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        data = rng.choice(CHANGES)(data, rng)
    return data
