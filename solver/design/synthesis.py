"""The least hardware for a target: which chip takes just so long for a step, and has just the memory that it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import CacheFormat, Efficiency, Prompt, Reached, Requests, Reserve, StoredFormat
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.kinds import Amount, Word
from solver.compute.arguments import Network
from solver.design.figures import ENGINE_OVERHEADS
from solver.design.synthesis_result import SynthesisResult
from solver.formulas.images import image_time
from solver.formulas.memory import chip_bytes, weights_bytes
from solver.formulas.requirements import remaining_time
from solver.formulas.transformer import decode_time, launch_time, prefill_time, scheduling_time
from solver.formulas.work import forward_compute_time, forward_memory_time, forward_work
from solver.serving.arguments import AnswerLength
from solver.units import Q_
from solver.zoo.hardware import Accelerator
from solver.zoo.node import Node
from solver.zoo.precision import BITS
from solver.zoo.profiles import EFFICIENCY, Shares

UNIT = 1e12  # byte/second, FLOP/second: what a chip has that is then made as fast as it has to be
SPARE_MEMORY = 1e-12  # of the memory: so much more, that a figure which is rounded once still suffices

TargetTime: TypeAlias = Annotated[Any, Amount(
    "Time that the step may take.", "second", above=True, sample="50 ms", example=Q_("50 ms"))]
PhaseWord: TypeAlias = Annotated[Any, Word(
    "Which step: one of decoding, or reading the prompts.", choices=("decode", "prefill"))]
ChipRatio: TypeAlias = Annotated[Any, Amount(
    "FLOP/s of the chip for each byte/s; if not given, that of the step's own work and traffic.", "FLOP/byte",
    above=True, sample="300 FLOP/byte", other=Q_("300 FLOP/byte"))]


@dataclass(frozen=True, eq=False)
class Requirements:
    """What a chip has to do, and how it is worked out which one does it."""

    model: Any
    precision: Any
    kv_precision: Any
    profile: Any
    phase: str
    batch: Any
    prompt: Any
    answer: Any
    reserve: Any
    target: Any
    ratio: Any

    def node(self, flops: Any, profile: Any = None) -> Node:
        """A chip of so many FLOP/s beside a byte/s, each times `UNIT`, that nobody has built yet."""
        chip = Accelerator("unit", memory=UNIT, bandwidth=UNIT, **{
            name: flops * UNIT * share for name, share in rate_shares(self.precision).items()})
        return Node(chip, self.precision, self.kv_precision, profile or self.profile)

    @cached_property
    def unit_node(self) -> Node:
        """The chip with a FLOP/s for each byte/s."""
        return self.node(1.0)

    @cached_property
    def quiet(self) -> Any:
        """The profile without all that it adds besides work and traffic."""
        return replace(self.profile, **dict.fromkeys(ENGINE_OVERHEADS, 0.0) | {"routing": Shares(0.0)})

    @property
    def images(self) -> bool:
        """Whether it is a step over images, which have no phases."""
        return hasattr(self.model, "image_work")

    @property
    def step(self) -> tuple[Any, ...]:
        """What a pass brings: batch, new tokens, tokens in cache, and which are scored."""
        if self.phase == "prefill":
            return self.batch, self.prompt, 0.0, 1.0
        return self.batch, 1.0, self.prompt + self.answer / 2, 1.0

    def alone(self) -> tuple[Any, Any, Any]:
        """The time of arithmetic alone and of traffic alone on the unit chip, and the work."""
        node, model, (batch, new, past, scored) = self.unit_node, self.model, self.step
        if self.images:
            work = model.image_work * batch
            return work / node.matmul_rate, weights_bytes(model, self.precision) / node.bandwidth, work
        pair_work = model.prefill_pair_work if self.phase == "prefill" else model.decode_pair_work
        shape = model, pair_work, batch, new, past, scored
        return forward_compute_time(node, *shape), forward_memory_time(node, model, batch, new, past), forward_work(
            *shape)

    def pass_time(self, node: Node) -> Any:
        """Time of the step on a chip."""
        batch, new, past, _ = self.step
        if self.images:
            return image_time(node, self.model, batch)
        if self.phase == "prefill":
            return prefill_time(node, self.model, batch, new, past)
        return decode_time(node, self.model, batch, past)

    def besides(self) -> tuple[Any, Any]:
        """What no chip makes shorter: launches, and scheduling."""
        if self.images:
            return 0.0, 0.0
        node, reads = self.unit_node, float(self.phase == "prefill")
        scheduling = 0.0 if reads else scheduling_time(node, self.batch)
        return launch_time(node, self.model, reads), scheduling

    def memory(self) -> Any:
        """That of weights and caches on the chip."""
        if self.images:
            return weights_bytes(self.model, self.precision)
        return chip_bytes(self.unit_node, self.model, self.batch, self.prompt + self.answer)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result, in base units."""
        with np.errstate(all="ignore"):
            compute, traffic, work = self.alone()
            launches, scheduling = self.besides()
            allowed = remaining_time(self.target - scheduling, launches, self.profile.overlap)
            ratio = compute / traffic if self.ratio is None else self.ratio
            times = self.pass_time(self.node(ratio, self.quiet)) / allowed
            return {"feasible": allowed > 0, "required_bw": times * UNIT, "required_flops": times * ratio * UNIT,
                    "required_memory": self.memory() / (1 - self.reserve) * (1 + SPARE_MEMORY),
                    "compute_memory_ratio": ratio, "least_bw": traffic * UNIT / allowed,
                    "least_flops": compute * UNIT / allowed, "target_latency": self.target,
                    "overhead": launches + scheduling, "total_ops": work,
                    "model_size": weights_bytes(self.model, self.precision)}


def rate_shares(precision: Any) -> dict[str, float]:
    """The rates that a format needs, as shares of that which it runs at: half as many bits, twice as fast."""
    kinds = [precision, precision.scored_in, *(part.precision for part in precision.parts)]
    needed = {"fp32", "fp16", *(kind.rate for kind in kinds if kind.rate in BITS and kind.rate != "half")}
    own = BITS.get(precision.rate, BITS["half"])
    return {rate: own / BITS[rate] for rate in sorted(needed)}


class SynthesisSolver(ForwardModel):
    """The least hardware for a target: the solvers of time the other way round.

    >>> from solver import Models, Q_
    >>> r = SynthesisSolver().solve(Models.Llama3_70B, Q_("50 ms"))
    >>> print(r.required_bw.to("TB/s"), r.required_memory)
    2.88 TB/s 142 GB
    """

    question = "What is the least hardware for a target time?"

    @declared
    def solve(self, model: Network, target_latency: TargetTime, precision: StoredFormat = "fp16",
              efficiency: Efficiency = EFFICIENCY, *, phase: PhaseWord = "decode", batch_size: Requests = 1,
              seq_len: Prompt = 2048, output_len: AnswerLength = None, kv_precision: CacheFormat = None,
              reserve: Reserve = 0.0, profile: Reached = None, ratio: ChipRatio = None) -> SynthesisResult:
        """The chip that takes just the target for a step.

        Many do, some with more bandwidth and some with more FLOP/s. Without `ratio` it is the one on which arithmetic
        alone and traffic alone would take equally long. ServingModel, asked with `chip`, takes just the target: for
        the time between tokens, or for the time to the first; Engine does for images. Numbers may be arrays, which
        broadcast.

        Parameters
        ----------
        model : transformer or convolutional network
            The model, a record such as `Models.Llama3_8B` or `Models.ResNet50`.
        target_latency : quantity
            Time that the step may take.
        precision : name of a format
            Number format of the weights. Rates of other formats that the step needs are in proportion to their bits.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        phase : str
            Which step: one of decoding, or reading the prompts. Images have only one.
        batch_size : requests
            Requests that are served together.
        seq_len : tokens
            Tokens of the prompt.
        output_len : tokens, optional
            Tokens of the answer.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name. Of one that knows families of
            chips it is what holds of others.
        ratio : quantity, optional
            FLOP/s of the chip for each byte/s; if not given, that of the step's own work and traffic.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Figures of that name in mlsysim are `least_bw` and `least_flops` here: each is enough alone, were the other
        without limit, and a chip with just both takes up to twice the target, for the parts of a step wait for one
        another. Leaves out several chips, and what they exchange.

        Examples
        --------
        >>> from solver import Models, Q_, ServingModel
        >>> r = SynthesisSolver().solve(Models.Llama3_8B, Q_("20 ms"), batch_size=64)
        >>> print(r.required_bw, r.required_flops, r.required_memory, r.compute_memory_ratio)
        2,361 GB/s 151 TFLOP/s 33.2 GB 64 FLOP/B
        >>> print(ServingModel().solve(Models.Llama3_8B, r.chip, seq_len=2048, batch_size=64).itl)
        20 ms
        """
        asked = Requirements(model, precision, kv_precision, profile, phase, batch_size, seq_len, output_len, reserve,
                             target_latency, ratio)
        return SynthesisResult(asked.field_values(), {"asked": asked})
