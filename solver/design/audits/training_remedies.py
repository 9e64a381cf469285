"""Plans that might help with a wall of training, as a person would try them; some cannot be asked, and are passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from solver.design.audits.remedies import Change, cheaper_rents, cleaner_grids
from solver.design.audits.training_plan import PlannedTraining
from solver.design.audits.walls import Wall, counted_text, wall_text

DOUBLINGS = 4


def tried_trainings(plan: PlannedTraining, wall: Wall) -> Iterator[Change]:
    """Plans that might help with a wall, as a person would try them."""
    for way in TRIED_OF_TRAINING[wall.name]:
        yield from way(plan)


def more_shared_states(plan: PlannedTraining) -> Iterator[Change]:
    """What replicas share out besides."""
    for stage in range(plan.asked["zero_stage"] + 1, 4):
        yield f"zero_stage={stage}", plan.with_asked(zero_stage=stage)


def more_recomputed(plan: PlannedTraining) -> Iterator[Change]:
    """Activations that are computed again, all of them."""
    if plan.asked["activation_checkpointing"] != "full":
        yield "activation_checkpointing='full'", plan.with_asked(activation_checkpointing="full")


def less_recomputed(plan: PlannedTraining) -> Iterator[Change]:
    """Activations that are kept."""
    if plan.asked["activation_checkpointing"] == "full":
        yield "activation_checkpointing='selective'", plan.with_asked(activation_checkpointing="selective")


def overlapped(plan: PlannedTraining) -> Iterator[Change]:
    """Exchange beside arithmetic."""
    if not plan.asked["overlap_comm"]:
        yield "overlap_comm=True", plan.with_asked(overlap_comm=True)


def more_tensor(plan: PlannedTraining) -> Iterator[Change]:
    """Chips that share a layer."""
    yield from _doubled(plan, "tp_size")


def less_tensor(plan: PlannedTraining) -> Iterator[Change]:
    """Half of them, again and again."""
    yield from _halved(plan, "tp_size")


def more_stages(plan: PlannedTraining) -> Iterator[Change]:
    """Stages of the pipeline."""
    yield from _doubled(plan, "pp_size")


def fewer_stages(plan: PlannedTraining) -> Iterator[Change]:
    """Half of them, again and again."""
    yield from _halved(plan, "pp_size")


def more_micro_batches(plan: PlannedTraining) -> Iterator[Change]:
    """Of the same batch, so smaller ones."""
    yield from _doubled(plan, "microbatch_count")


def more_interleaving(plan: PlannedTraining) -> Iterator[Change]:
    """Parts of a stage."""
    yield from _doubled(plan, "v_stages")


def _doubled(plan: PlannedTraining, name: str) -> Iterator[Change]:
    for step in range(1, DOUBLINGS + 1):
        count = int(plan.asked[name] * 2**step)
        yield f"{name}={count}", plan.with_asked(**{name: count})


def _halved(plan: PlannedTraining, name: str) -> Iterator[Change]:
    count = int(plan.asked[name])
    while count % 2 == 0:
        count //= 2
        yield f"{name}={count}", plan.with_asked(**{name: count})


def more_nodes(plan: PlannedTraining) -> Iterator[Change]:
    """Twice as many servers, again and again."""
    yield from _servers(plan, 2.0)


def fewer_nodes(plan: PlannedTraining) -> Iterator[Change]:
    """Half as many, again and again."""
    yield from _servers(plan, 0.5)


def _servers(plan: PlannedTraining, times: float) -> Iterator[Change]:
    for step in range(1, DOUBLINGS + 1):
        count = plan.fleet.count * times**step
        if count >= 1 and count == count // 1:
            yield counted_text(float(count), "server"), plan.with_asked(
                fleet=replace(plan.fleet, count=float(count), name=""))


def shorter_pauses(plan: PlannedTraining) -> Iterator[Change]:
    """Checkpoints in half the time, again and again; then recoveries too."""
    for name, said in (("checkpoint_time", "a checkpoint"), ("recovery_time", "a recovery")):
        for step in range(1, DOUBLINGS + 1):
            time = getattr(plan, name) / 2**step
            changed: Any = {name: time}
            yield f"{said} in {wall_text(time, 'second')}", replace(plan, **changed)


def _cleaner(plan: PlannedTraining) -> Iterator[Change]:
    yield from cleaner_grids(plan, replace)


def _cheaper(plan: PlannedTraining) -> Iterator[Change]:
    yield from cheaper_rents(plan, replace)


SAVED_TIME = (less_recomputed, overlapped, more_micro_batches, less_tensor, fewer_nodes)
TRIED_OF_TRAINING = {
    "memory capacity": (more_shared_states, more_recomputed, more_micro_batches, more_tensor, more_stages, more_nodes),
    "compute": (less_recomputed, more_nodes), "network": (overlapped, less_tensor, more_nodes),
    "pipeline bubble": (more_micro_batches, more_interleaving, fewer_stages),
    "failures": (shorter_pauses, fewer_nodes), "energy": SAVED_TIME, "carbon": (_cleaner, *SAVED_TIME),
    "cost": (_cheaper, *SAVED_TIME)}
