"""What share of its peak a chip reaches at a piece of work, and where the rest is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import PROMPT, Chip, Chips, Format, Model, Reached, Requests
from solver.base.declared import Seen, declared
from solver.base.forward import ForwardModel
from solver.base.kinds import Share, Word, YesNo
from solver.compute.efficiency_result import EfficiencyResult
from solver.formulas.attention import attention_time, decode_attention_time
from solver.formulas.efficiency import unfused_attention_time
from solver.formulas.exchange import exchange_time
from solver.formulas.transformer import decode_time, linear_time, lm_head_time, prefill_layers_time, with_launches
from solver.formulas.work import forward_compute_time
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import Profiles, efficiency_profile

WORKLOADS = ("ffn", "attention", "prefill", "decode")


def _fitted(seen: Seen) -> Any:
    """What engines of today reach, unless an efficiency is given."""
    return Profiles.modern if seen["efficiency"] is None else efficiency_profile(seen["efficiency"])


def _alone(name: str, value: Any, seen: Seen) -> Any:
    """A profile says itself what is reached."""
    if seen["efficiency"] is not None:
        raise ValueError("efficiency and profile are both given, and a profile says what is reached itself: leave one "
                         "of them out.")
    return value


Workload: TypeAlias = Annotated[Any, Word(
    "Which work: the layers' products (ffn), attention, or a whole pass that reads prompts or decodes.",
    choices=WORKLOADS)]
Fused: TypeAlias = Annotated[Any, YesNo(
    "Whether the scores of attention never leave the chip.", company={"workload_type": "attention"})]
EfficiencyAlone: TypeAlias = Annotated[Any, Share(
    "Share of the peak FLOP/s that is reached, in place of a profile; bandwidth is then reached whole.", "", above=True,
    other=0.4)]
FittedProfile: TypeAlias = Annotated[Any, replace(
    Reached.__metadata__[0], asks=_alone, otherwise=_fitted,
    sentence="What the engine reaches of the chip; if neither it nor efficiency is given, \"modern\".")]
WorkContext: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each request: of its prompt or sequence, or in cache while it decodes.", example=None)]


class EfficiencyModel(ForwardModel):
    """Model FLOP utilization of a piece of work, by the shares that were measured of engines.

    >>> from solver import Hardware, Models
    >>> r = EfficiencyModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, "prefill", use_flash_attention=True)
    >>> round(r.mfu, 2), {part: round(share, 2) for part, share in r.overhead_breakdown.items()}
    (0.69, {'products': 0.16, 'memory': 0.02, 'exchange': 0.0, 'launches': 0.14})
    """

    question = "Where is a chip's peak lost?"

    @declared
    def solve(self, model: Model, hardware: Chip, workload_type: Workload = "ffn", use_flash_attention: Fused = False,
              precision: Format = "fp16", efficiency: EfficiencyAlone = None, *, batch_size: Requests = 1,
              seq_len: WorkContext = 2048, tensor_parallel: Chips = 1,
              profile: FittedProfile = None) -> EfficiencyResult:
        """MFU of a piece of work, the rate that comes of it, and where the rest is lost.

        There are no shares here but those of profiles, which were fitted to measurements. What training reaches,
        `DistributedModel` says. Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        workload_type : "ffn", "attention", "prefill" or "decode"
            Which work: the layers' products (ffn), attention, or a whole pass that reads prompts or decodes.
        use_flash_attention : bool
            Whether the scores of attention never leave the chip. Decoding has one query, and loses little by it.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share, optional
            Share of the peak FLOP/s that is reached, in place of a profile; bandwidth is then reached whole.
        batch_size : requests
            Requests that are served together.
        seq_len : tokens
            Tokens of each request: of its prompt or sequence, or in cache while it decodes.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads.
        profile : profile, optional
            What the engine reaches of the chip; if neither it nor efficiency is given, "modern".

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out convolutions, of which nothing was measured, and what scores take that other kernels mask or drop.
        mlsysim has a constant for each kind of work, whatever the chip, the tokens and their number: 0.30 to 0.60 of
        the peak for a product of one token too, which reading the weights holds at a few thousandths.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = EfficiencyModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, "prefill", True)
        >>> round(r.mfu, 2), str(r.achievable_flops), str(r.time)
        (0.69, '679 TFLOP/s', '43.7 ms')
        """
        node = Node(hardware, precision, None, profile, tensor_parallel)
        asked = PieceOfWork(node, model, workload_type, use_flash_attention, batch_size, seq_len)
        return EfficiencyResult(asked.field_values(), {"asked": asked})


@dataclass(frozen=True, eq=False)
class PieceOfWork:
    """What a solve was asked, judged: plain numbers, or symbols."""

    node: Node
    model: Transformer
    workload: str
    fused: bool
    batch: Any
    context: Any

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            return self._passed()

    def _passed(self) -> dict[str, Any]:
        """By the parts of a pass, each of which is as in all other solvers."""
        least, arithmetic = self.arithmetic(self.node.ideal), self.arithmetic(self.node)
        exchange, work, time = {"ffn": self._products, "attention": self._attention, "prefill": self._prefill,
                                "decode": self._decode}[self.workload]()
        return self._rates(least / time, time) | {
            "products_overhead": (arithmetic - least) / time,
            "memory_overhead": np.maximum(work - arithmetic - exchange, 0.0) / time,
            "exchange_overhead": exchange / time, "launch_overhead": (time - work) / time}

    def _rates(self, mfu: Any, time: Any) -> dict[str, Any]:
        peak = self.node.ideal.matmul_rate
        return {"mfu": mfu, "achievable_flops": mfu * peak, "peak_flops": peak, "time": time}

    @property
    def decoding(self) -> bool:
        return self.workload == "decode"

    @property
    def tokens(self) -> Any:
        """That the products of the layers are for."""
        return self.batch * (1.0 if self.decoding else self.context)

    def arithmetic(self, node: Node) -> Any:
        """Time of the arithmetic that the work needs, of which attention has the causal half."""
        pair_work = self.model.decode_pair_work if self.decoding else self.model.prefill_pair_work
        new, past = (1.0, self.context) if self.decoding else (self.context, 0.0)
        whole = forward_compute_time(node, self.model, pair_work, self.batch, new, past, 1.0)
        bare = forward_compute_time(node, self.model, 0.0, self.batch, new, past, 1.0)
        unscored = forward_compute_time(node, self.model, 0.0, self.batch, new, past, 0.0)
        return {"ffn": unscored, "attention": whole - bare}.get(self.workload, whole)

    def _products(self) -> tuple[Any, Any, Any]:
        time = linear_time(self.node, self.model, self.tokens)
        return 0.0 * time, time, time

    def _attention(self) -> tuple[Any, Any, Any]:
        """Of reading prompts."""
        step = self.node, self.model, self.model.prefill_pair_work, self.batch, self.context, 0.0
        time = attention_time(*step) if self.fused else unfused_attention_time(*step)
        return 0.0 * time, time, time

    def _prefill(self) -> tuple[Any, Any, Any]:
        node, model, batch, context = self.node, self.model, self.batch, self.context
        work = prefill_layers_time(node, model, batch, context, 0.0) + lm_head_time(node, model, batch)
        if not self.fused:
            step = node, model, model.prefill_pair_work, batch, context, 0.0
            work = work - attention_time(*step) + unfused_attention_time(*step)
        return exchange_time(node, model, self.tokens), work, with_launches(node, model, work, 1.0)

    def _decode(self) -> tuple[Any, Any, Any]:
        node, model, batch, step = self.node, self.model, self.batch, (self.batch, 1.0, self.context)
        attention, time = decode_attention_time(node, model, *step), decode_time(node, model, batch, self.context)
        exchange = exchange_time(node, model, batch)
        work = linear_time(node, model, batch) + attention + exchange + lm_head_time(node, model, batch)
        if not self.fused:
            slower = np.maximum(unfused_attention_time(node, model, model.decode_pair_work, *step), attention)
            work, time = work - attention + slower, time - attention + slower
        return exchange, work, time
