"""Studies of engines of 2025-26: servers under load, servers that only decode, and servers that are always full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solver.serving.model import ServingModel
from solver.validate.baselines import DEFAULT, PEER, ROOFLINE, Case, default, version
from solver.validate.kernels import MODERN
from solver.validate.loads import Load, decoding_load, full_load, served_load
from solver.validate.study import Finding, Study
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.profiles import Profiles

TUNED = "tuned"
SERVED, DECODED, FILLED = "serving_2026.csv", "serving_2026_disaggregated.csv", "throughput_saturated.csv"
DENSE, EXPERTS = "serving 2026 dense TPOT", "serving 2026 experts TPOT"
APART = "serving 2026 disaggregated TPOT"
FULL_DENSE, FULL_EXPERTS, FULL_2024 = "saturated 2026 dense", "saturated 2026 experts", "saturated 2024 dense"
FORMS = {ROOFLINE: Profiles.ideal, DEFAULT: default(), TUNED: Profiles.tuned}


def compared(load: Load) -> Case:
    """The same for another tool, whose users ask for prompt and answer together."""
    return Case(load.model, load.device, load.precision, load.kv_precision, load.widths.tensor * load.widths.groups,
                load.requests, load.prompt, load.answer)


def between_tokens(row: Row) -> Finding:
    """A server in a closed loop: the mean time between tokens."""
    load = served_load(row)
    found = {form: load.served(profile).values["itl"] for form, profile in (FORMS | {MODERN: Profiles.modern}).items()}
    return _finding(row.positive("silicon_tpot_ms") / 1e3, found, load.served(Profiles.modern), "itl",
                    compared(load).peer.itl(), EXPERTS if load.model.mixture_layers else DENSE)


def _finding(measured: float, found: dict[str, Any], result: Any, name: str, peer: float, part: str) -> Finding:
    """What the forms say, and the band and the floor that a user sees."""
    predicted = {PEER: peer, **{form: float(value) for form, value in found.items()}}
    return Finding(measured, predicted, (part,), band=result.interval(name), floor=float(result.floor.value(name)))


def decoded(load: Load, profile: Any) -> Any:
    """What `ServingModel` says of a node that decodes alone."""
    mean = load.lengths.mean(1.0)
    try:
        return ServingModel().solve(
            load.model, load.device, round(load.prompt * mean), load.requests, load.precision, profile=profile,
            output_len=round(load.answer * mean), kv_precision=load.kv_precision, **load.widths.arguments)
    except ValueError as refusal:
        raise OutOfScopeError(str(refusal)) from None


def decoding_steps(row: Row) -> Finding:
    """A node that decodes, while others read the prompts."""
    load = decoding_load(row)
    found = {form: decoded(load, profile).values["itl"] for form, profile in (FORMS | {MODERN: Profiles.modern}).items()}
    return _finding(row.positive("silicon_tpot_ms") / 1e3, found, decoded(load, Profiles.modern), "itl",
                    compared(load).peer.itl(), APART)


def full_server(row: Row) -> Finding:
    """Answered tokens a second of a server with requests always waiting."""
    load = full_load(row)
    name = "throughput_tokens_per_sec"
    profiles = FORMS | {MODERN: full_profile(load)}
    found = {form: load.served(profile).values[name] for form, profile in profiles.items()}
    running = load.served(Profiles.ideal).values["max_active_requests"]
    peer = running / compared(load).peer.itl() / load.requests * load.requests
    return _finding(row.positive("value"), found, load.served(profiles[MODERN]), name, float(peer), full_part(row, load))


def is_doubtful(load: Load, measured: float, rate: bool) -> bool:
    """Whether a measurement beats the floor, which nothing can."""
    floor = load.served("ideal").values
    return measured > floor["throughput_tokens_per_sec"] if rate else measured < floor["itl"]


def full_profile(load: Load) -> Any:
    """Cards without a link of their own have a profile of theirs."""
    return Profiles.modern if load.device.domain > 1 else Profiles.pcie


def full_part(row: Row, load: Load) -> str:
    """The data set that a row is of: engines of 2024 have one of their own, but for mixtures, of which no other is."""
    if load.model.mixture_layers:
        return FULL_EXPERTS
    release = version(row["version"])
    return FULL_DENSE if release is not None and release >= (0, 17) else FULL_2024


def everything(row: Row) -> bool:
    return True


def serving_studies() -> list[Study]:
    """The studies, in the order of the report."""
    told: list[tuple[str, str, Callable[[Row], Finding], str, tuple[str, ...]]] = [
        (DENSE, SERVED, between_tokens, "s", (EXPERTS,)), (APART, DECODED, decoding_steps, "s", ()),
        (FULL_DENSE, FILLED, full_server, "token/s", (FULL_EXPERTS, FULL_2024))]
    return [Study(name, file, everything, find, MODERN, unit=unit, parts=parts)
            for name, file, find, unit, parts in told]
