"""The command ``mlsysim-labs seal``: a code for after an exam, and the seal that goes into its notebook."""

from __future__ import annotations

import secrets

from mlsysim_labs.records.opened import seal_of

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that can be taken for another
GROUPS, GROUP = 4, 4


def new_code() -> str:
    """A code that nobody guesses, of 80 bits, to read out to a class.

    >>> len(new_code())
    19
    """
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(letters[i:i + GROUP]) for i in range(0, len(letters), GROUP))


def print_seal(code: str) -> None:
    """Print a code, a new one if none is given, and its seal."""
    code = code or new_code()
    print(f"The exam's notebook gets:    Lab(..., mode=\"exam\", seal=\"{seal_of(code)}\")")
    print(f"After the exam you tell:     {code}")
    print("Students type it in Hand in. Keep it until then: without it nobody can release this exam.")
