"""What a result answers: who was asked, and what, so that the same can be asked again with other arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Inquiry(NamedTuple):
    """The declared function, whose it is, and its arguments, judged and plain.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=2048)
    >>> r.inquiry.plain["batch_size"], print(r.inquiry.again(batch_size=64).itl)
    9.6 ms
    (1, None)
    """

    function: Callable[..., Any]
    owner: tuple[Any, ...]
    plain: dict[str, Any]

    def again(self, **changes: Any) -> Any:
        """The same once more, with other plain arguments, which nobody judges."""
        return inspect.unwrap(self.function)(*self.owner, **self.plain | changes)
