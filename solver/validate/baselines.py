"""Ways to predict that are compared: the engine's profile, its variants, the roofline, and another tool's formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from solver.formulas.memory import kv_bytes_per_token
from solver.serving.model import ServingModel
from solver.serving.result import ServingResult
from solver.validate.study import Finding, answered
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision
from solver.zoo.profiles import Profile, Profiles, Shares, efficiency_profile

ROOFLINE, DEFAULT, PEER = "roofline", "sources' default", "peer's formula"
RECOMMENDED = "quad+vec (recommended)"
# Refitted to the same rows with another form, unrounded: how much a form is worth when its numbers are its own.
REFITTED_OVERLAPPED = Profile(
    "overlapped", compute=Shares(0.6292, {"Hopper 8-bit": 0.5680, "Ada": 0.5885}), attention=0.8166,
    memory=0.9749, launch=158.1e-6, latency=34.51e-6, bus=0.9823, norm=math.inf, vector=0.1729)
MATRIX_ONLY = Profile("matrix units only", compute=Shares(0.6516, {"Hopper 8-bit": 0.5292, "Ada": 0.5866}),
                      attention=0.8362, memory=0.9570, launch=138.9e-6, latency=33.35e-6, bus=0.5112, norm=2.0)


@dataclass(frozen=True)
class Case:
    """What a row asks of a model: how it is run, and how long its prompts and answers are."""

    model: Transformer
    device: Accelerator
    precision: Precision
    kv_precision: Precision
    tensor_parallel: float = 1.0
    batch: float = 1.0
    prompt: float = 0.0
    answer: float = 0.0

    def served(self, profile: Profile) -> ServingResult:
        """What `ServingModel` says of it; a row that it refuses is out of scope."""
        answer = {"output_len": self.answer} if self.answer else {}
        return answered(
            ServingModel().solve, self.model, self.device, self.prompt, self.batch, self.precision, profile=profile,
            **answer, kv_precision=self.kv_precision, tensor_parallel=self.tensor_parallel)

    def finding(self, name: str, measured: float, forms: Mapping[str, Profile], chosen: str) -> Finding:
        """The measurement of a field of that result, what each form says, and the band of the chosen one."""
        found = {form: float(self.served(profile).value(name)) for form, profile in forms.items()}
        result, peer = self.served(forms[chosen]), getattr(self.peer, name)()
        floor = float(result.floor.value(name))
        return Finding(measured, {PEER: peer, **found}, band=result.interval(name), floor=floor)

    @property
    def peer(self) -> Peer:
        return Peer(self)


@dataclass(frozen=True)
class Peer:
    """What another public tool of this kind computes: half of the peak, all of the bandwidth, 10 us a layer.

    It multiplies all parameters with every token, embedding and idle experts too, and does not halve attention.
    """

    case: Case

    @property
    def tokens(self) -> float:
        """What its users ask for, which is both the prompt and the context: prompt and answer together."""
        return self.case.prompt + self.case.answer

    def ttft(self) -> float:
        case, model = self.case, self.case.model
        per_token = 2 * model.parameters + 4 * model.layers * model.hidden * self.tokens
        rate = case.device.peak[case.precision.rate] * case.tensor_parallel
        return float(per_token * self.tokens * case.batch / (0.5 * rate))

    def itl(self, context: float | None = None) -> float:
        case, model = self.case, self.case.model
        cache = kv_bytes_per_token(model, case.precision) * (self.tokens if context is None else context) * case.batch
        read = model.parameters * case.precision.size + cache
        return float(read / (case.device.bandwidth * case.tensor_parallel) + model.layers * 10e-6)

    def tokens_per_second(self) -> float:
        case = self.case
        return case.batch * case.answer / (self.ttft() + case.answer * self.itl())

    def e2e_latency(self) -> float:
        return self.ttft() + (self.case.answer - 1) * self.itl()


def default() -> Profile:
    """What a text book takes: half of the peak FLOP/s, nothing else lost."""
    return efficiency_profile(0.5)


def version(text: str) -> tuple[int, int] | None:
    """The release that a cell begins with; None where it names none."""
    found = re.match(r"\s*v?(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def decodes_on_vector_units(release: tuple[int, int] | None, model: Transformer) -> bool:
    """Whether that release of TensorRT-LLM decodes attention on FP32 units: before 1.0, until a kernel for groups of
    eight heads of 128 came in 0.8."""
    if release is None or release >= (1, 0):
        return False
    shape = model.attention
    grouped = shape.kv_heads * 8 == getattr(shape, "heads", 0) and getattr(shape, "head_dim", 0) == 128
    return not (release >= (0, 8) and grouped)


def tuned(vector: bool) -> Profile:
    """The profile of a tuned engine, with decode attention on vector units or not."""
    return Profiles.tuned_early if vector else Profiles.tuned


def without_vector(profile: Profile, vector: bool) -> Profile:
    return profile if vector else replace(profile, vector=0.0)


