"""A lab in which each student has other numbers, as a teacher's own notebook; and its keys by plain arithmetic."""

from __future__ import annotations

import json
import pathlib

from mlsysim_labs.marking.variants import Variant, variant_seed

DRAWN = "97_drawn"
AMOUNTS = tuple(range(11, 31))  # billions of parameters
CELL = f"""
from mlsysim_labs import Lab

lab = Lab("Everybody's own numbers", slug="{DRAWN}")
lab.slider("users", 1, 100, start=8)
lab.toggle("halved")
lab.draw("amount", {AMOUNTS!r})


@lab.predict("How much do {{amount:,}} billion parameters take?", unit="GB", low=1, high=10_000)
def guessed(amount):
    return 2.0 * amount


@lab.predict("What is larger?", options=["weights", "cache"])
def larger():
    return {{"weights": 2.0, "cache": 1.0}}


@lab.task("How much do {{amount:,}} billion parameters take in 16 bit?", unit="GB")
def weights(amount):
    return 2.0 * amount


@lab.mistake(weights, "That is in 8 bit.")
def one_byte_each(amount):
    return 1.0 * amount


@lab.mistake(weights, "Those are bits.")
def bits(amount):
    return 16.0 * amount


@lab.task("How many users of 1.5 GB each share {{amount:,}} GB?", unit="users", whole=True)
def shared(amount):
    return amount / 1.5


@lab.task("What grows with the context?", options=["weights", "cache", "neither"])
def grows():
    return "cache"


@lab.derive
def needed(users, halved):
    return 2.0 * users * (1 - 0.5 * halved)


@lab.design("Serve 60 users with 70 GB.")
def plan(users, needed):
    return {{"60 users": users >= 60, "70 GB": needed <= 70}}


lab.reflect("What did you learn?")
"""


def write_drawn_notebook(folder: pathlib.Path) -> pathlib.Path:
    """The teacher's notebook, in a folder."""
    file = folder / f"{DRAWN}.ipynb"
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {"tags": ["lab"]}, "outputs": [],
            "source": CELL}
    file.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return file


def amount_of(course: str, id: str, secret: str | None) -> int:
    """What a student got drawn."""
    if secret is None:
        return AMOUNTS[0]
    return Variant(variant_seed(course, id, DRAWN, key=secret)).choice("amount", AMOUNTS)
