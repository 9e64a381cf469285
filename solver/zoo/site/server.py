"""Servers: machines of several chips that their own link joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.units import Scalar, Watt
from solver.zoo.hardware import NONE, Accelerator, Hardware
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records


@dataclass(frozen=True)
class Server:
    """A machine of `chips` chips `device`, each with a NIC of its own. `power` is what all of it may draw at most, as
    its maker states it: chips, host, fans and NICs.

    >>> from solver import Hardware
    >>> Server("Mine", Hardware.Cloud.H100, 4).memory / 2**30   # GiB
    320.0
    """

    name: str
    device: Accelerator
    chips: Scalar = 8.0
    power: Watt = NONE
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.device, Accelerator) and not getattr(self.device, "is_symbol", False):
            raise TypeError(f"device is {self.device!s:.80}, and should be a chip such as Hardware.Cloud.H100.")
        make_plain(self)
        if isinstance(self.chips, bool) or (isinstance(self.chips, (int, float)) and not (
                self.chips >= 1 and self.chips == self.chips // 1)):
            raise ValueError(f"server {self.name!r} has {self.chips!r} chips: give a whole number from 1 on.")
        judge_figures(self, power=(1.0, 1e7, "'10.2 kW'"))

    @property
    def memory(self) -> Any:
        """Of all chips together [byte]."""
        return self.device.memory * self.chips

    def __str__(self) -> str:
        return self.name


def server_record(table: dict, sources: Mapping[str, Source]) -> Server:
    """The record of one table of ``zoo/site/servers.toml``, each figure with its source."""
    figures: dict[str, Any] = {k: base_value(v) for k, v in table.items() if k in ("chips", "power")}
    elsewhere = table.get("elsewhere", {})
    return Server(table["name"], Hardware[table["device"]], **figures,
                  sources={k: sources[elsewhere.get(k, table["source"])] for k in figures})


Servers: Zoo[Server] = Zoo("Servers", lambda: records("site/servers.toml", server_record))
