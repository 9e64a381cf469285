"""A Dask cluster by the address of its scheduler; where none answers, that is said at once."""

from __future__ import annotations

import socket
import sys
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

EXAMPLE_ADDRESS = "tcp://10.0.0.1:8786"
SCHEMES = ("tcp", "tls")
ANSWER_TIME = 5.0  # seconds, in which whoever is there has answered; Dask itself waits for thirty
_NO_SCHEDULER = "what is at {} is no Dask scheduler: give the address that one prints when it is started"


def dask_client(address: str) -> AbstractContextManager[Any]:
    """A client of the scheduler at an address; ValueError where there is none.

    >>> dask_client("tcp://localhost")
    Traceback (most recent call last):
    ...
    ValueError: 'tcp://localhost' is no address of a Dask scheduler: write one such as tcp://10.0.0.1:8786.
    """
    _check_there(address, *_place_of(address))
    if sys.modules.get("dask", sys) is None:  # the command keeps it from pint, which has been loaded by now
        del sys.modules["dask"]
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("a Dask cluster needs its package: pip install 'mlsysim-labs[dask]'.") from None
    try:
        client: AbstractContextManager[Any] = Client(address, timeout=ANSWER_TIME)
    except Exception as problem:  # whoever speaks another language may say anything
        raise ValueError(f"{_NO_SCHEDULER.format(address)} ({type(problem).__name__}).") from None
    return client


def _check_there(address: str, host: str, port: int) -> None:
    """A scheduler speaks first; Dask would wait for ever for a server that does not, such as that of its dashboard."""
    try:
        with socket.create_connection((host, port), ANSWER_TIME) as line:
            if address.startswith("tcp:") and not line.recv(1):
                raise ValueError(f"{_NO_SCHEDULER.format(address)}.")
    except TimeoutError:
        raise ValueError(f"{_NO_SCHEDULER.format(address)}, or it is out of reach.") from None
    except OSError as problem:
        raise ValueError(f"nobody answers at {address} ({problem.strerror or problem}): start a Dask scheduler, and "
                         f"give the address that it prints.") from None


def _place_of(address: str) -> tuple[str, int]:
    """Host and port; ValueError where one of them is missing."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in SCHEMES:
        raise ValueError(f"{address!r} is no address of a Dask scheduler: write one such as {EXAMPLE_ADDRESS}.")
    return host, port
