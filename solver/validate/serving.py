"""Studies of engines of 2025-26: servers under load, servers that only decode, and servers that are always full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from solver.serving.model import ServingModel
from solver.validate.baselines import DEFAULT, PEER, ROOFLINE, Case, default, version
from solver.validate.kernels import MODERN
from solver.validate.loads import Load, decoding_load, full_load, served_load
from solver.validate.names import chip_named, transformer_named
from solver.validate.study import Finding, Study, answered, every_row
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.profiles import Profile, Profiles

TUNED, PCIE = "tuned", "pcie"
SERVED, DECODED, FILLED = "serving_2026.csv", "serving_2026_disaggregated.csv", "throughput_saturated.csv"
DENSE, EXPERTS = "serving 2026 dense TPOT", "serving 2026 experts TPOT"
APART = "serving 2026 disaggregated TPOT"
DENSE_STEPS, EXPERT_STEPS = "serving 2026 dense steps", "serving 2026 experts steps"
FULL_DENSE, FULL_EXPERTS = "saturated 2026 dense", "saturated 2026 experts"
FULL_2024, FULL_PCIE = "saturated 2024 dense", "saturated 2024 PCIe"
SINCE_2025 = (0, 17)  # of TensorRT-LLM
FEW_PROMPTS = 0.1  # of the time: then a mean time between tokens is that of decode steps


def compared(load: Load) -> Case:
    """The same for another tool, whose users ask for prompt and answer together."""
    return Case(load.model, load.device, load.precision, load.kv_precision, load.widths.tensor * load.widths.groups,
                load.requests, load.prompt, load.answer)


def between_tokens(row: Row) -> Finding:
    """A server in a closed loop: the mean time between tokens."""
    load = served_load(row)
    found = loaded_finding(load, row.positive("silicon_tpot_ms") / 1e3, both_forms(), MODERN)
    return replace(found, parts=(EXPERTS if load.model.mixture_layers else DENSE,))


def loaded_finding(load: Load, measured: float, forms: dict[str, Profile], chosen: str) -> Finding:
    """A time between tokens of a server under load."""
    return _finding(load.served, measured, base_forms() | forms, chosen, "itl", compared(load).peer.itl())


def full_finding(load: Load, measured: float, forms: dict[str, Profile], chosen: str) -> Finding:
    """Answered tokens a second of a full server."""
    running = load.served(Profiles.ideal).values["max_active_requests"]
    peer = running / replace(compared(load), batch=running).peer.itl()
    return _finding(load.served, measured, base_forms() | forms, chosen, "throughput_tokens_per_sec", float(peer))


def _finding(asked: Callable[[Profile], Any], measured: float, forms: dict[str, Profile], chosen: str, name: str,
             peer: float) -> Finding:
    """What the forms say, and the band and the floor that a user sees."""
    predicted = {form: float(asked(profile).value(name)) for form, profile in forms.items()}
    result = asked(forms[chosen])
    return Finding(measured, {PEER: peer, **predicted}, band=result.interval(name),
                   floor=float(result.floor.value(name)))


def decoded(load: Load, profile: Any) -> Any:
    """What `ServingModel` says of a node that decodes alone."""
    mean = load.lengths.mean(1.0)
    return answered(
        ServingModel().solve, load.model, load.device, round(load.prompt * mean), load.requests, load.precision,
        profile=profile, output_len=round(load.answer * mean), kv_precision=load.kv_precision, **load.widths.arguments)


def decoding_steps(row: Row) -> Finding:
    """A node that decodes, while others read the prompts."""
    return _step_finding(decoding_load(row), row)


def _step_finding(load: Load, row: Row) -> Finding:
    forms = base_forms() | both_forms()
    return _finding(partial(decoded, load), row.positive("silicon_tpot_ms") / 1e3, forms, MODERN, "itl",
                    compared(load).peer.itl())


def bare_steps(mixtures: bool, row: Row) -> Finding:
    """Servers in a closed loop whose prompts hardly count: a decode step, as `ServingModel` has it."""
    load = served_load(row)
    if bool(load.model.mixture_layers) != mixtures:
        raise OutOfScopeError("of the other kind of models")
    if load.served(Profiles.modern).values["prefill_share"] >= FEW_PROMPTS:
        raise OutOfScopeError(f"prompts take {FEW_PROMPTS:.0%} of the time or more")
    return _step_finding(load, row)


def full_server(form: str, row: Row) -> Finding:
    """Answered tokens a second of a server with requests always waiting."""
    load = full_load(row)
    forms = {TUNED: Profiles.tuned} | {form: Profiles[form]}
    found = full_finding(load, row.positive("value"), forms, form)
    return replace(found, parts=(FULL_EXPERTS,)) if load.model.mixture_layers else found


def is_doubtful(load: Load, measured: float, rate: bool) -> bool:
    """Whether a measurement beats the floor, which nothing can."""
    floor = load.served("ideal").values
    return measured > floor["throughput_tokens_per_sec"] if rate else measured < floor["itl"]


def full_part(row: Row) -> str:
    """The data set that a row of full servers is of. Engines of 2024 have their own, but for mixtures, of which no
    later rows are."""
    release, device = version(row["version"]), chip_named(row["gpu"])
    if transformer_named(row["model"]).mixture_layers:
        return FULL_EXPERTS
    if release is not None and release >= SINCE_2025:
        return FULL_DENSE
    return FULL_2024 if device.domain > 1 else FULL_PCIE


def in_part(*parts: str) -> Callable[[Row], bool]:
    """Rows of those data sets; one that names an unknown chip is of the first."""
    def belongs(row: Row) -> bool:
        try:
            return full_part(row) in parts
        except OutOfScopeError:
            return FULL_DENSE in parts

    return belongs


def base_forms() -> dict[str, Profile]:
    """What everything is compared with."""
    return {ROOFLINE: Profiles.ideal, DEFAULT: default()}


def both_forms() -> dict[str, Profile]:
    """Both generations of engines."""
    return {TUNED: Profiles.tuned, MODERN: Profiles.modern}


def serving_studies() -> list[Study]:
    """The studies, in the order of the report."""
    return [
        Study(DENSE, SERVED, every_row, between_tokens, MODERN, parts=(EXPERTS,)),
        Study(DENSE_STEPS, SERVED, every_row, partial(bare_steps, False), MODERN, part_of=True),
        Study(EXPERT_STEPS, SERVED, every_row, partial(bare_steps, True), MODERN, part_of=True),
        Study(APART, DECODED, every_row, decoding_steps, MODERN),
        Study(FULL_DENSE, FILLED, in_part(FULL_DENSE, FULL_EXPERTS), partial(full_server, MODERN), MODERN, "token/s",
              (FULL_EXPERTS,)),
        Study(FULL_2024, FILLED, in_part(FULL_2024), partial(full_server, TUNED), TUNED, "token/s"),
        Study(FULL_PCIE, FILLED, in_part(FULL_PCIE), partial(full_server, PCIE), PCIE, "token/s")]
