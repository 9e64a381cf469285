"""The tape of a run that fails now and then: what it did when, and how much of that was for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

PIECES = ("work", "checkpoint", "lost", "recovery")  # what a piece of the tape can be, by its code
WORK, CHECKPOINT, LOST, RECOVERY = range(len(PIECES))


@dataclass(frozen=True, eq=False)
class FailureTape:
    """An array for each figure of the pieces, in the order of time; seconds from the start. `kind` is a place in
    `PIECES`: "lost" is what was done since the last checkpoint when a failure came, and is done again."""

    begin: np.ndarray
    end: np.ndarray
    kind: np.ndarray


@dataclass(frozen=True, eq=False)
class Stretches:
    """The stretches of a run between its failures, as arrays; seconds. The last one ends with the job, not a failure.

    Each begins with a recovery, but for the first, then goes through whole cycles of work and checkpoint, and ends
    within one.
    """

    failures: np.ndarray  # when they came
    job: float
    interval: float
    checkpoint: float
    recovery: float

    @cached_property
    def length(self) -> np.ndarray:
        """How long each is."""
        return np.diff(self.failures, prepend=0.0, append=self.job)

    @cached_property
    def recovered(self) -> np.ndarray:
        """What recovery takes of each: all of it, where the next failure comes before its end."""
        whole = np.minimum(self.recovery, self.length)
        whole[0] = 0.0
        return whole

    @cached_property
    def cycles(self) -> np.ndarray:
        """Whole cycles of each, whose work lasts."""
        return np.floor((self.length - self.recovered) / (self.interval + self.checkpoint))

    @cached_property
    def rest(self) -> np.ndarray:
        """What comes after the last checkpoint of each."""
        rest = self.length - self.recovered - self.cycles * (self.interval + self.checkpoint)
        return np.maximum(rest, 0.0)

    @property
    def spent(self) -> tuple[float, float, float, float]:
        """Seconds of each kind of piece, in the order of `PIECES`. What the job ends in is kept, and not lost."""
        cycles, kept = float(self.cycles.sum()), min(float(self.rest[-1]), self.interval)
        return (cycles * self.interval + kept, cycles * self.checkpoint + float(self.rest[-1]) - kept,
                float(self.rest[:-1].sum()), float(self.recovered.sum()))

    def tape(self) -> FailureTape:
        """All pieces, one after the other; none is empty."""
        counts = (2 * self.cycles + 3).astype(int)
        which = np.repeat(np.arange(counts.size), counts)
        place = np.arange(which.size) - np.repeat(np.cumsum(counts) - counts, counts)
        last, inside = which == counts.size - 1, place < counts[which] - 2
        begun = np.where(last, np.minimum(self.rest, self.interval)[which], self.rest[which])
        places = [place == 0, inside & (place % 2 == 1), inside, place == counts[which] - 2]
        duration = np.select(places, [self.recovered[which], self.interval, self.checkpoint, begun],
                             np.where(last, self.rest[-1] - begun, 0.0))
        kind = np.select([*places, last], [RECOVERY, WORK, CHECKPOINT, np.where(last, WORK, LOST), CHECKPOINT], LOST)
        end = np.cumsum(duration)
        begin = np.concatenate([[0.0], end[:-1]])
        real = end > begin
        return FailureTape(begin[real], end[real], kind[real])


def drawn_failures(rng: np.random.Generator, mtbf: float, job: float) -> np.ndarray:
    """When failures come in a job, at a constant rate."""
    gaps = rng.exponential(mtbf, int(job / mtbf) + 16)
    while gaps.sum() < job:
        gaps = np.concatenate([gaps, rng.exponential(mtbf, gaps.size)])
    when = np.cumsum(gaps)
    return when[when < job]
