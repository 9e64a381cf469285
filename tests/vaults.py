"""What tests of the vault look at."""

from __future__ import annotations

from mlsysim_labs.records.record import Record

LAB = "03_kv_cache"


def ids(record):
    return [entry.id for entry in record.entries]


def kept(vault):
    """What the file itself holds, without the help of the backup."""
    return Record.of_data(vault.file.read_bytes())


def litter(vault):
    return [file.name for file in vault.folder.iterdir() if file.name.endswith(".part")]


def asides(vault):
    return sorted(vault.folder.glob("03_kv_cache.record.damaged-*.json"))
