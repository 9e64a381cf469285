"""A small lab with one of everything, for tests of what a student does."""

from __future__ import annotations

from typing import Any

from mlsysim_labs import Lab, Vessel
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import kv_cache_bytes, weights_bytes

LLAMA, HALF = Models.Llama3_8B, PRECISIONS["fp16"]
USERS, CROSSOVER, SENTENCE = "users_at_128k", "crossover", "That is what it would be with query heads."


def small_lab(times: float = 1, **options: Any) -> Lab:
    """The lab; its truth `times` what it is."""
    lab = Lab("A small lab", slug="99_small", **options)
    lab.choice("device", Hardware.Cloud, start=Hardware.Cloud.H100)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")
    lab.slider("reserve", 0, 0.5, start=0.1, step=0.1, advanced=True)

    @lab.predict("How many users fit at 128K?", unit="users", low=1, high=1000, whole=True, at={"context": 131072})
    def users_at_128k(users):
        return times * users

    @lab.derive
    def users(device, context):
        return max_users(LLAMA, device, context)

    @lab.picture(Vessel(), start=True)
    def weights(device):
        return {"capacity": device.memory, "weights": weights_bytes(LLAMA, HALF), "cache": 0, "reserve": 0, "users": 0}

    @lab.picture(Vessel())
    def memory(device, context, users, reserve):
        return {"capacity": device.memory, "weights": weights_bytes(LLAMA, HALF), "users": users,
                "cache": kv_cache_bytes(LLAMA, users, context, HALF), "reserve": reserve * device.memory}

    @lab.task("At which context does one user's cache weigh as much as the model?", unit="token",
              hints=["Divide.", "Weights over bytes of a token."],
              mistakes={SENTENCE: lambda: weights_bytes(LLAMA, HALF) / kv_cache_bytes(LLAMA.multi_head, 1, 1, HALF)})
    def crossover():
        return weights_bytes(LLAMA, HALF) / kv_cache_bytes(LLAMA, 1, 1, HALF)

    @lab.task("Which of them grows with the context?", options=["the weights", "the KV cache"])
    def grows():
        return "the KV cache"

    lab.reflect("What got better, and what worse?")
    return lab


def step(lab: Lab, name: str, kind: str, value: Any, id: str = "") -> Any:
    """What a page sends when a student does something; the widget, after the kernel heard it."""
    asked = lab.questions[name]
    asked.shown.hear({"kind": kind, "id": id or f"{name}-{kind}-{value}", "value": value, "time": ""})
    return asked.shown
