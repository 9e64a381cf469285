"""What a result answers: who was asked, and what, so that the same can be asked again with other arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Inquiry(NamedTuple):
    """The declared function, whose it is, its arguments, judged and plain, and those that were given, as they were.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048)
    >>> r.inquiry.plain["batch_size"], print(r.inquiry.again(batch_size=64).itl)
    9.6 ms
    (1, None)
    """

    function: Callable[..., Any]
    owner: tuple[Any, ...]
    plain: dict[str, Any]
    given: dict[str, Any]

    def again(self, **changes: Any) -> Any:
        """The same once more, with other plain arguments, which nobody judges; what followed from others stays."""
        return inspect.unwrap(self.function)(*self.owner, **self.plain | changes)

    def instead(self, given: dict[str, Any]) -> Any:
        """The same asked with these arguments, and no others: they are judged, and what is not given follows anew."""
        return self.function(*self.owner, **given)
