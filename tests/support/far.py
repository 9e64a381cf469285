"""A server that feels far away: a relay on this machine that hands every byte on after a while, in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


async def hand_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay: float) -> None:
    """Every chunk of `source` to `sink`, `delay` seconds after it came."""
    loop = asyncio.get_running_loop()
    try:
        while data := await source.read(1 << 16):
            loop.call_later(delay, sink.write, data)  # callbacks of one delay keep their order
        await asyncio.sleep(delay)
    except ConnectionError:
        pass
    finally:
        with suppress(RuntimeError):  # the relay has ended
            sink.close()


@contextmanager
def relay(port: int, round_trip: float) -> Iterator[int]:
    """A port whose connections reach `port` with that round trip in seconds."""
    loop = asyncio.new_event_loop()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(hand_on(reader, there_writer, round_trip / 2),
                             hand_on(there_reader, writer, round_trip / 2), return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(meet, "127.0.0.1", 0), loop).result(timeout=10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for task in asyncio.all_tasks(loop):
            loop.call_soon_threadsafe(task.cancel)
        loop.call_soon_threadsafe(loop.call_later, 0.2, loop.stop)
        thread.join(timeout=5)
