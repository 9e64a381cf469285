"""Measurements: what somebody measured and published, to stand beside what the solver says of it.

A record has what was asked, in the words of `solve`, what came out, and where that is published. They are there to be
looked at: some are among what profiles were fitted to, and from others a prediction is far off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solver.text import nearest
from solver.units import Byte, Second
from solver.zoo.hardware import Accelerator, Hardware
from solver.zoo.models import Models, Transformer
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.records import Source, Zoo, base_value, records

QUANTITIES = ("itl", "ttft", "kv_room", "product")


@dataclass(frozen=True, eq=False)
class Measurement:
    """What came out when somebody ran a chip, and what was asked of it.

    `quantity` : "itl" is the time between tokens, "ttft" the time to the first one, "kv_room" the memory that is left
        for the KV cache, "product" the time of a product of `rows` x `inner` with `inner` x `columns`
    `published` : the figure as the source has it, with its unit
    `engine` : what ran, with its version
    `batch_size`, `seq_len`, `output_len` : requests at once, tokens of each prompt and of each answer
    `tensor_parallel` : chips that shared each layer
    `loaded` : whether others' prompts are read between the tokens, as in a server that is always asked
    `note` : what else a reader has to know, in a sentence

    >>> Measurements.torchao_h100.published, round(1e3 * Measurements.torchao_h100.value, 2)   # ms for each token
    ('126.9 token/s', 7.88)
    """

    name: str
    quantity: str
    published: str
    engine: str
    hardware: Accelerator
    precision: Precision
    source: Source
    model: Transformer | None = None
    batch_size: int = 1
    seq_len: int = 1
    output_len: int = 1
    tensor_parallel: int = 1
    loaded: bool = False
    rows: int = 0
    inner: int = 0
    columns: int = 0
    note: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def value(self) -> Second | Byte:
        """The figure in base units; of a rate the time of a token, or of the whole prompt."""
        if self.published.endswith("token/s"):
            return (self.seq_len if self.quantity == "ttft" else 1) / base_value(self.published)
        return base_value(self.published)

    def stands(self, hardware: Any = None, **asked: Any) -> Any:
        """Whether it was measured on such a chip, and with these numbers: `batch_size`, `seq_len` and the like.

        What is compared may not be known yet, as in a trace. A chip is told by its peak, bandwidth and memory.

        >>> from solver import Hardware, changed
        >>> h100, row = Hardware.Cloud.H100, Measurements.tokens_1024_8
        >>> row.stands(h100, batch_size=8), row.stands(h100, batch_size=64)
        (True, False)
        >>> row.stands(changed(h100, fp16=2 * h100.fp16))
        False
        """
        found: Any = True
        for name, value in asked.items():
            if name not in COMPARED:
                raise TypeError(f"a measurement is asked with no {name!r}. {nearest(name, COMPARED)}")
            found = (value == getattr(self, name)) & found
        for figure in CHIP_FIGURES if hardware is not None else ():
            found = (getattr(hardware, figure) == getattr(self.hardware, figure)) & found
        return found


COMPARED = ("batch_size", "seq_len", "output_len", "tensor_parallel")
CHIP_FIGURES = ("fp16", "bandwidth", "memory")


def measurement_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Measurement:
    """The record of one table of ``zoo/measurements.toml``, which has no name yet."""
    given: dict[str, Any] = {name: value for name, value in table.items() if name != "like"}
    given |= {"hardware": Hardware[table["hardware"]], "precision": PRECISIONS[table["precision"]],
              "source": sources[table["source"]], "model": Models[table["model"]] if "model" in table else None}
    if table["quantity"] not in QUANTITIES:
        raise ValueError(f"{table['quantity']!r} is nothing that is measured. {nearest(table['quantity'], QUANTITIES)}")
    return Measurement("", **given)


Measurements: Zoo[Measurement] = Zoo("Measurements", lambda: {
    name: replace(row, name=name) for name, row in records("measurements.toml", measurement_record).items()})
