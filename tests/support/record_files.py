"""What tests of the file of a record look at."""

from __future__ import annotations

from mlsysim_labs.records.record import Record

LAB = "03_kv_cache"


def ids(record):
    return [event.id for event in record.events]


def kept(record_file):
    """What the file itself holds, without the help of the backup."""
    return Record.of_data(record_file.file.read_bytes())


def litter(record_file):
    return [file.name for file in record_file.folder.iterdir() if file.name.endswith(".part")]


def asides(record_file):
    return sorted(record_file.folder.glob("03_kv_cache.record.damaged-*.json"))
