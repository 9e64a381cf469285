"""Portions of work on workers: processes, threads, or a Dask cluster. They may die; the work is done all the same.

A pool of Python's own is lost with the first of its processes that is killed, so whoever wants to go on gives a
function that makes a new one. Dask's scheduler gives the work of a lost worker to another by itself. What is used of
either is `submit`, and what a future has in both.
"""

from __future__ import annotations

import pickle
import queue
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from typing import Any, TypeVar

AHEAD = 32  # portions that are under way at once, at least
MOST_DEATHS = 3  # pools that may be lost one after another without anything done
GIVEN_UP = "KilledWorker"  # what Dask calls a piece of work that several workers died of

P = TypeVar("P")
A = TypeVar("A")


class LostWorkersError(RuntimeError):
    """Workers died, and the work cannot go on."""


def answers(work: Callable[[P], A], portions: Iterable[P], executor: Any = None) -> Generator[A, None, None]:
    """What `work` makes of each portion, as they are done.

    `executor` is a `concurrent.futures.Executor`, a function that makes one (and makes another if that one breaks), a
    client of Dask, or None for no workers at all.

    >>> sorted(answers(abs, [-2, 3, -1]))
    [1, 2, 3]
    """
    if executor is None:
        yield from map(work, portions)
        return
    crew = Crew(executor, work, portions)
    try:
        while crew.keep_busy():
            yield from crew.next_answer()
    finally:
        crew.leave()


class Crew:
    """The workers behind an executor, whichever kind it is, and the work that they have."""

    def __init__(self, executor: Any, work: Callable[..., Any], portions: Iterable[Any]) -> None:
        submits = hasattr(executor, "submit") and not isinstance(executor, type)
        if not submits and not callable(executor):
            raise TypeError(f"executor is {executor!r}, and should be an executor of concurrent.futures, a function "
                            f"that makes one, or a dask.distributed.Client.")
        self.work, self.waiting = work, iter(portions)
        self.make: Callable[[], Any] | None = None if submits else executor
        self.pool: Any = executor if submits else executor()
        self.flying: dict[int, tuple[Any, Any]] = {}  # by number: the future and its portion
        self.landed: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.again: list[Any] = []  # portions that were lost
        self.launched = self.deaths = 0
        dask = not isinstance(self.pool, Executor)
        self.options = {"pure": False} if dask else {}  # what is pure, Dask looks up by its contents: that costs more
        self.ahead = max(AHEAD, 2 * sum(self.pool.ncores().values())) if hasattr(self.pool, "ncores") else AHEAD

    def keep_busy(self) -> bool:
        """Give out portions, as many as may be under way; whether any is."""
        while len(self.flying) < self.ahead:
            portion = self.again.pop() if self.again else next(self.waiting, None)
            if portion is None:
                break
            try:
                self._launch(portion)
            except BrokenExecutor as problem:
                self.again.append(portion)
                self._renew(problem)
        return bool(self.flying)

    def _launch(self, portion: Any) -> None:
        """Give a portion to a worker. When it is done its number lands."""
        if not self.launched:
            self._check_sendable(portion)
        number = self.launched = self.launched + 1
        future = self.pool.submit(self.work, portion, **self.options)
        self.flying[number] = future, portion
        future.add_done_callback(lambda _: self.landed.put(number))

    def next_answer(self) -> Iterator[Any]:
        """Wait for a portion, and hand on its answer; none if it was lost."""
        number = self.landed.get()
        if number not in self.flying:  # it was lost with its pool, and is on its way again
            return
        try:
            answer = self.flying[number][0].result()
        except BrokenExecutor as problem:
            self._renew(problem)
            return
        except Exception as problem:
            if type(problem).__name__ == GIVEN_UP:
                raise LostWorkersError("Dask gave up on a portion that several workers died of, for want of memory "
                                       "perhaps: give a smaller chunk.") from problem
            raise
        del self.flying[number]
        self.deaths = 0
        yield answer

    def _check_sendable(self, portion: Any) -> None:
        from concurrent.futures import ProcessPoolExecutor  # it imports multiprocessing, which few need

        if not isinstance(self.pool, ProcessPoolExecutor):
            return
        try:
            pickle.dumps((self.work, portion))
        except Exception as problem:
            raise TypeError(f"The work cannot be sent to other processes: {problem}. Define model and functions by "
                            f"name in a module, not in place as a lambda; or use threads, or Dask, which can send "
                            f"them.") from problem

    def _renew(self, problem: BaseException) -> None:
        """A new pool in place of a broken one; what was lost with it is given out again."""
        self.deaths += 1
        if self.make is None:
            raise LostWorkersError(
                "A worker died, and a pool of processes cannot go on without it; it may have been killed for want of "
                "memory. Give executor a function that makes a new pool, such as lambda: ProcessPoolExecutor(2), or a "
                "smaller chunk.") from problem
        if self.deaths > MOST_DEATHS:
            raise LostWorkersError(f"{self.deaths} pools of workers were lost one after another, so it is the work "
                                   f"that they die of: give a smaller chunk.") from problem
        lost = [number for number, (future, _) in self.flying.items() if not _has_answer(future)]
        self.again += [self.flying.pop(number)[1] for number in lost]
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self.make()

    def leave(self) -> None:
        """Nothing more is wanted. A pool that was made here is closed."""
        for future, _ in self.flying.values():
            future.cancel()
        if self.make is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)


def _has_answer(future: Any) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
