"""Loads of servers, as tables of 2025-26 have them: what a row asks, in the arguments of the public solvers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from solver.formulas.lengths import Fixed, Lengths, Uniform
from solver.formulas.memory import chip_weights_bytes
from solver.serving.batching import ContinuousBatchingModel
from solver.serving.batching_result import ContinuousBatchingResult
from solver.validate.names import chip_named, precision_in, transformer_named
from solver.validate.study import answered
from solver.validate.tables import DoubtfulError, OutOfScopeError, Row
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import PRECISIONS, WIDE, Precision
from solver.zoo.recipes import Recipes, recipe

GIB = 2**30
AT_ONCE = 2048.0  # requests that TensorRT-LLM runs at once, where its tables do not say
LOADED, FULL = 0.1, 0.05  # of the memory that engines leave alone: vLLM's usual share, and that of full servers
RUNTIME = 2 * GIB  # what libraries and activations take of a full server
DRAWN = Uniform(low=0.8)  # InferenceX draws lengths from 80 to 100 % of those that it names
DRAWN_LENGTHS = {(1024.0, 1024.0), (1024.0, 8192.0), (8192.0, 1024.0)}
# Weights of experts alone at 4 bits, as Kimi K2.5 is published (compressed-tensors, groups of 32).
EXPERTS_INT4 = recipe("INT4 experts", PRECISIONS["w4a16"], attention=WIDE, router=WIDE, shared=WIDE, feed_forward=WIDE)


@dataclass(frozen=True)
class Widths:
    """Over how many chips a row spreads a model."""

    tensor: float = 1.0
    groups: float = 1.0
    experts: float = 1.0

    @property
    def arguments(self) -> dict[str, float]:
        """As the solvers call them."""
        return {"tensor_parallel": self.tensor, "attention_data_parallel": self.groups, "expert_parallel": self.experts}


@dataclass(frozen=True)
class Load:
    """What a row asks of a server: requests that run at once, each with a prompt and an answer.

    `alone`: whether the row's server answers, and other nodes read its prompts.
    """

    model: Transformer
    device: Accelerator
    precision: Precision
    kv_precision: Precision
    widths: Widths
    prompt: float
    answer: float
    requests: float
    lengths: Lengths = DRAWN
    reserve: float = LOADED
    alone: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """The arguments of `ContinuousBatchingModel.solve`, all but the profile."""
        window = {"seq_len": self.prompt + self.answer, "output_len": self.answer}
        return {"model": self.model, "hardware": self.device, "precision": self.precision, **window,
                "kv_precision": self.kv_precision, "max_batch_size": self.requests, "lengths": self.lengths,
                "reserve": self.reserve, **self.widths.arguments}

    def served(self, profile: Any) -> ContinuousBatchingResult:
        """What the solver says; a row that it refuses is out of scope."""
        found = answered(ContinuousBatchingModel().solve, **self.asked, profile=profile)
        if not found.feasible:
            raise DoubtfulError("weights and one request do not fit into the chips that the row names")
        return found

    @property
    def floor(self) -> float:
        """Time between tokens that no engine gets below."""
        return float(self.served("ideal").values["itl"])


def loaded_widths(row: Row, prefix: str = "") -> Widths:
    """Chips of a row.

    The table multiplies the width of experts into the others where both were given: 8 chips with tensor and expert
    parallelism are 64 with 8 x 8, and 4 with data and expert parallelism 4 x 4 with 16. The same runs are in it under
    both names.
    """
    tensor, groups, parts, experts = (_width(row, f"{prefix}{name}") for name in (
        "tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size"))
    if parts == experts > 1:
        return Widths(1.0, experts, experts) if groups > 1 else Widths(experts, 1.0, experts)
    if tensor == groups > 1 and experts == tensor * groups:
        return Widths(1.0, groups, tensor)
    return Widths(tensor, groups, math.gcd(int(experts), int(tensor * groups)))


def _width(row: Row, column: str) -> float:
    """A number of chips; one where the row leaves it open."""
    if not row.has(column):
        return 1.0
    if row.number(column) == 0:
        raise DoubtfulError(f"{column.removeprefix('decode_')} is 0: what ran is not known")
    return row.positive(column)


def named_requests(row: Row) -> float | None:
    """Requests at once, where a row says in its source how many all chips have."""
    found = re.search(r"silicon_concurrency=(\d+)", row["silicon_data_source"])
    return float(found[1]) if found else None


def asked_at_once(row: Row, widths: Widths) -> float:
    """Requests that run at once on all groups of chips."""
    if widths.groups > 1:
        return named_requests(row) or row.positive("batch_size") * widths.groups
    return row.positive("batch_size")


def weights_format(row: Row, model: Transformer) -> Precision:
    """How the weights were kept: by the row's number format, and what is published of that model."""
    mixed, named = model.mixture_layers > 0, row["precision"].strip() or _named_format(row["model_path"])
    if "gpt-oss" in row["model_path"]:
        return Recipes.GPT_OSS
    if named == "int4":
        return EXPERTS_INT4
    if named == "fp4":
        return Recipes.NVFP4_DeepSeek if mixed else Recipes.NVFP4_linear
    kind = precision_in(named)
    return Recipes.FP8_blocks if kind.name == "fp8" and mixed else kind


def _named_format(path: str) -> str:
    """What a model's name says of its weights."""
    return "fp8" if path.upper().endswith("FP8") else "bf16"


def cache_beside(weights: Precision) -> Precision:
    """Engines that multiply at 8 bits or fewer were run with a cache of 8 bits, others with one of 16."""
    return PRECISIONS["fp8" if weights.rate in ("fp8", "fp4") else "fp16"]


def served_load(row: Row) -> Load:
    """A row of aggregated serving: a closed loop of requests."""
    model, device = transformer_named(row["model_path"]), chip_named(row["system"])
    widths, weights = loaded_widths(row), weights_format(row, model)
    prompt, answer = row.positive("isl"), row.positive("osl")
    drawn = (prompt, answer) in DRAWN_LENGTHS and "gap-analysis/data" not in row["silicon_data_source"]
    return Load(model, device, weights, cache_beside(weights), widths, prompt, answer, asked_at_once(row, widths),
                DRAWN if drawn else Fixed())


def decoding_load(row: Row) -> Load:
    """A row of disaggregated serving: the nodes that decode, and how many requests each of them has."""
    if not row.has("decode_batch_size"):
        raise DoubtfulError("the row says how many requests all nodes have together, and not how many nodes decode")
    model, device = transformer_named(row["model_path"]), chip_named(row["system"])
    widths, weights = loaded_widths(row, "decode_"), weights_format(row, model)
    requests = row.positive("decode_batch_size") * widths.groups
    return Load(model, device, weights, cache_beside(weights), widths, row.positive("isl"), row.positive("osl"),
                requests, alone=True)


def full_load(row: Row) -> Load:
    """A row with all requests queued at once: as many run as the memory holds."""
    model, device = transformer_named(row["model"]), chip_named(row["gpu"])
    named = row["precision"].strip().lower()
    weights = Recipes.NVFP4_linear if named == "fp4" else precision_in(named)
    if math.isnan(device.peak[weights.rate]):
        raise OutOfScopeError(f"the registry has no {weights} rate of {device}")
    load = Load(model, device, weights, cache_beside(weights), Widths(row.tensor_parallel), row.positive("input_len"),
                row.positive("output_len"), AT_ONCE, Fixed())
    return replace(load, reserve=kept_of_full(load))


def kept_of_full(load: Load) -> float:
    """Share of the memory that a full server leaves alone: a part of what is free, and what the runtime takes."""
    node = Node(load.device, load.precision, tensor_parallel=load.widths.tensor)
    free = load.device.usable_memory - float(chip_weights_bytes(node, load.model)) - RUNTIME
    return min((RUNTIME + FULL * max(free, 0.0)) / load.device.usable_memory, 1.0)
