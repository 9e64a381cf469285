"""Tables of many rows, written to a file block by block."""

from __future__ import annotations

import csv
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from solver.units import unit, unit_text


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of a few texts: which of them stands in each row, -1 for none."""

    codes: np.ndarray
    texts: list[str]


Column: TypeAlias = np.ndarray | Coded


def header(name: str, unit_name: str) -> str:
    """A column's name with its unit.

    >>> header("ttft", "ms"), header("batch_size", "")
    ('ttft [ms]', 'batch_size')
    """
    return f"{name} [{unit_text(unit(unit_name))}]" if unit_name else name


def write_csv(path: Any, blocks: Iterable[Mapping[str, Column]]) -> None:
    """Write blocks of the same columns into one file of comma-separated values."""
    with pathlib.Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for place, block in enumerate(blocks):
            if not place:
                writer.writerow(block)
            writer.writerows(zip(*map(_cells, block.values()), strict=True))


def _cells(column: Column) -> list[Any]:
    """What stands in each row, nothing for what is not known."""
    if isinstance(column, Coded):
        return np.array([*column.texts, ""], object)[column.codes].tolist()
    return ["" if value is None or value != value else value for value in column.tolist()]


def write_parquet(path: Any, blocks: Iterable[Mapping[str, Column]]) -> None:
    """Write blocks of the same columns into one Parquet file."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise ImportError("Writing Parquet needs pyarrow, which is not installed here: pip install pyarrow, or use "
                          "to_csv.") from None
    writer = None
    for block in blocks:
        table = arrow.table({name: _arrow(column, arrow) for name, column in block.items()})
        writer = writer or parquet.ParquetWriter(pathlib.Path(path), table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _arrow(column: Column, arrow: Any) -> Any:
    if isinstance(column, Coded):
        codes = arrow.array(column.codes.astype(np.int32), mask=column.codes < 0)
        return arrow.DictionaryArray.from_arrays(codes, arrow.array(column.texts, arrow.string()))
    if isinstance(column, np.ma.MaskedArray):
        return arrow.array(column.data, mask=np.ma.getmaskarray(column))
    if column.dtype == object:
        return arrow.array([None if value is None else str(value) for value in column], arrow.string())
    return arrow.array(column, mask=np.isnan(column)) if column.dtype.kind == "f" else arrow.array(column)
