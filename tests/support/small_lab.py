"""A small lab with one of everything, for tests of what a student does."""

from __future__ import annotations

from typing import Any

from mlsysim_labs import GUESS, Lab, Vessel
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import kv_cache_bytes, weights_bytes

LLAMA, HALF, LONG = Models.Llama3_8B, PRECISIONS["fp16"], 131072
USERS, CROSSOVER, SENTENCE = "users_at_128k", "crossover", "That is what it would be with query heads."
TOLD, PLAN = "You said 40 users. It is 3: 13× too many.", "plan"
STEPS = (USERS, "explore_1", CROSSOVER, "grows", PLAN, "reflection")
ENOUGH = {"device": 0, "context": 14, "users": 63, "reserve": 0.1}  # raw settings of a plan that holds


def small_lab(times: float = 1, **options: Any) -> Lab:
    """The lab; its truth `times` what it is."""
    lab = Lab("A small lab", slug="99_small", **options)
    lab.choice("device", [Hardware.Cloud.H100, Hardware.Cloud.A100, Hardware.Cloud.L4], label="GPU")
    lab.slider("context", 512, LONG, start=8192, unit="token", scale="log2", colour="cache")
    lab.slider("users", 1, 1000, start=8, scale="digits", colour="you")
    lab.slider("reserve", 0, 0.5, start=0.1, step=0.1, advanced=True)
    predicted(lab, times)
    explored(lab)
    asked(lab)
    lab.reflect("What got better, and what worse?")
    lab.after("Memory is what one runs out of first.")
    return lab


def predicted(lab: Lab, times: float) -> None:
    """Its pictures, its prediction, and how a guess is posed."""
    @lab.derive
    def most(device, context, reserve):
        return max_users(LLAMA, device, context, reserve=reserve)

    @lab.picture(Vessel(), view="Memory")
    def memory(device, context, users, reserve, guess):
        return Vessel.filled_by(LLAMA, device, context, reserve=reserve, users=users) | {"guess": guess}

    @lab.picture(Vessel(), view="Weights")
    def weights(device):
        return Vessel.filled_by(LLAMA, device)

    @lab.predict("How many users of 128K fit at once?", given="Llama 3.1 8B · H100 · 16 bit", unit="users", low=1,
                 high=1000, whole=True, at={"context": LONG}, show={"users": GUESS},
                 why="At {context:token} not more than {most:,} fit.")
    def users_at_128k(most):
        return times * most

    @lab.pose(users_at_128k, memory)
    def shared_out(device, reserve, guess):
        empty = Vessel.filled_by(LLAMA, device, reserve=reserve, users=guess)
        free = empty["capacity"] - empty["weights"] - empty["reserve"]
        return empty | {"cache": free, "guess": guess, "posed": 1}


def explored(lab: Lab) -> None:
    """What there is to try."""
    lab.explore("Drag context to 64K.", "Each user keeps eight times as much.", show={"context": 65536}, view="Memory")


def asked(lab: Lab) -> None:
    """Its tasks: a number, a choice, a plan."""
    @lab.task("At which context does one user's cache weigh as much as the model?", unit="token", view="Weights",
              means="A long talk weighs as much as all that the model knows.",
              hints=["Divide.", "Weights over bytes of a token."],
              mistakes={SENTENCE: lambda: weights_bytes(LLAMA, HALF) / kv_cache_bytes(LLAMA.multi_head, 1, 1, HALF)})
    def crossover():
        return weights_bytes(LLAMA, HALF) / kv_cache_bytes(LLAMA, 1, 1, HALF)

    lab.derivation(crossover, "Sixteen billion over a hundred and thirty thousand.")

    @lab.task("Which of them grows with the context?", options=["the weights", "the KV cache"], hints=["Try it."])
    def grows():
        return "the KV cache"

    @lab.design("Make room for 64 users.", view="Memory", means="Shorter contexts make room for more.")
    def plan(users, most):
        return {"64 users or more": users >= 64, "all of them fit": users <= most}


def step(lab: Lab, name: str, kind: str, value: Any, id: str = "") -> Any:
    """What a page sends when a student does something; the widget, after the kernel heard it."""
    shown = lab.questions.hand_in if name == "hand_in" else lab.questions[name].shown
    shown.hear({"kind": kind, "id": (id or f"{name}-{kind}-{value}")[:64], "value": value, "time": ""})
    return shown
