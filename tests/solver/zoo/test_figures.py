"""Published figures, one by one: the solver's prediction is as near as the table says, and the floor is below."""

from __future__ import annotations

import pathlib
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from solver import PRECISIONS, Q_, DistributedModel, Fixed, Fleet, Hardware, Models, Profiles, Server
from solver.formulas.kernels import ALL_REDUCE, KERNELS, Product, all_reduce_time, kernel_time, stream_time
from solver.formulas.memory import kv_bytes_per_token
from solver.formulas.speculation import accepted_tokens
from solver.formulas.transformer import decode_time, streamed_bytes
from solver.validate.baselines import Case
from solver.validate.components import FALLING, first_acceptance
from solver.validate.loads import Load, Widths
from solver.validate.names import plain_transformer, weights_of
from solver.validate.single_stream import EMBEDDING, at
from solver.zoo.node import Node
from solver.zoo.profiles import Profile

FIGURES: list[dict[str, Any]] = tomllib.loads(
    pathlib.Path(__file__).with_name("figures.toml").read_text(encoding="utf-8"))["figure"]
TIMES = {"ttft", "itl", "loaded_itl"}
RATES = {"throughput", "generation"}


def case(row: dict[str, Any]) -> Case:
    precision = PRECISIONS[row["precision"]]
    cached = PRECISIONS[row.get("kv_precision", precision.name)]
    return Case(Models[row["model"]], Hardware[row["chip"]], precision, cached, row.get("tensor_parallel", 1),
                row["batch"], row.get("input", 0), row.get("output", 0))


def itl(row: dict[str, Any], profile: Profile) -> float:
    asked = case(row)
    return float(decode_time(Node(asked.device, asked.precision, asked.kv_precision, profile, asked.tensor_parallel),
                             asked.model, asked.batch, row["context"]))


def loaded_itl(row: dict[str, Any], profile: Profile) -> float:
    asked = case(row)
    load = Load(asked.model, asked.device, asked.precision, asked.kv_precision, Widths(asked.tensor_parallel),
                asked.prompt, asked.answer, asked.batch, Fixed())
    return float(load.served(profile).value("itl"))


def throughput(row: dict[str, Any], profile: Profile) -> float:
    chips = row.get("tensor_parallel", 1) if row.get("each") else 1
    return case(row).served(profile).value("tokens_per_second") / chips


def generation(row: dict[str, Any], profile: Profile) -> float:
    """The mean context of an answer is half of it; the embedding table is not streamed."""
    model, device = Models[row["model"]], Hardware[row["chip"]]
    weights = Q_(row["file"]).m_as("byte") - model.lm_head * EMBEDDING[row["format"]]
    return 1 / float(stream_time(at(device, profile), model, weights, row["output"] / 2))


def stream(row: dict[str, Any], profile: Profile) -> float:
    model, device = Models[row["model"]], Hardware[row["chip"]]
    weights = streamed_bytes(model, 1.0, weights_of(row["bits"])) + 2 * model.lm_head
    time = float(stream_time(at(device, profile), model, weights, row["context"]))
    return 1 / time if row["published"].endswith("token/s") else time


def kv_tokens(row: dict[str, Any], profile: Profile) -> float:
    return Q_(row["cache"]).m_as("byte") / kv_bytes_per_token(Models[row["model"]], PRECISIONS[row["precision"]])


def acceptance(row: dict[str, Any], profile: Profile) -> float:
    return float(accepted_tokens(first_acceptance(row["start_tokens"], row["start"], 0.95), row["draft_tokens"]))


def iteration(row: dict[str, Any], profile: Profile) -> float:
    model = plain_transformer(row["model"], row["layers"], row["hidden"], row["heads"], 51200)
    fleet = Fleet(Server("Eight", Hardware[row["chip"]], 8), row["chips"] / 8, "HDR")
    kept = {} if row["recomputation"] else {"sequence_parallel": True, "activation_checkpointing": "selective"}
    r = DistributedModel().solve(
        model, fleet, row["batch"], tp_size=8, pp_size=row["stages"], v_stages=row["interleaving"],
        microbatch_count=row["batch"], seq_len=row["input"], activation_recomputation=row["recomputation"],
        profile="megatron", **kept)
    return float(r.value("step_latency_total"))


def product(row: dict[str, Any], profile: Profile) -> float:
    device, one = Hardware[row["chip"]], Product(row["rows"], row["inner"], row["columns"])
    part = KERNELS[device.family]
    return float(kernel_time(one.work, one.traffic, device.fp16 * part.compute, device.bandwidth * part.memory,
                             part.launch, part.norm))


def all_reduce(row: dict[str, Any], profile: Profile) -> float:
    bus = Hardware[row["chip"]].interconnect * ALL_REDUCE.memory
    return float(all_reduce_time(Q_(row["size"]).m_as("byte"), row["tensor_parallel"], ALL_REDUCE.launch, bus))


def utilization(row: dict[str, Any], profile: Profile) -> float:
    fleet = Fleet(Server("Eight", Hardware[row["chip"]], 8), row["chips"] / 8)
    r = DistributedModel().solve(Models[row["model"]], fleet, row["batch"], zero_stage=3, overlap_comm=True,
                                 profile="fsdp")
    return float(r.value("mfu_full_square"))


def best_product(row: dict[str, Any], profile: Profile) -> float:
    """The rate that a profile takes for the products of a layer."""
    half = PRECISIONS[row["precision"]]
    return float(Node(Hardware[row["chip"]], half, half, profile).matmul_rate)


PREDICTED: dict[str, Callable[[dict[str, Any], Profile], float]] = {
    "ttft": lambda row, profile: case(row).served(profile).value("ttft"), "itl": itl,
    "loaded_itl": loaded_itl, "throughput": throughput,
    "generation": generation, "stream": stream, "kv_tokens": kv_tokens, "acceptance": acceptance,
    "iteration": iteration, "product": product, "all_reduce": all_reduce, "utilization": utilization,
    "best_product": best_product}


def published(row: dict[str, Any]) -> float:
    return float(Q_(row["published"]).to_base_units().magnitude)


def name(row: dict[str, Any]) -> str:
    return " ".join(str(row[key]) for key in ("quantity", "model", "chip", "published") if key in row)


def profile_of(row: dict[str, Any]) -> Profile:
    return Profiles[row.get("profile", "ideal")]


@pytest.mark.parametrize("row", [row for row in FIGURES if "tolerance" in row], ids=name)
def test_a_prediction_is_as_near_as_the_table_says(row):
    predicted = PREDICTED[row["quantity"]](row, profile_of(row))
    assert predicted == pytest.approx(published(row), rel=row["tolerance"] or 1e-12)


FLOORED = TIMES | RATES | {"best_product"}


@pytest.mark.parametrize("row", [row for row in FIGURES if row["quantity"] in FLOORED], ids=name)
def test_no_published_figure_beats_the_floor(row):
    floor = PREDICTED[row["quantity"]](row, Profiles.ideal)
    assert published(row) >= floor if row["quantity"] in TIMES else published(row) <= floor


@pytest.mark.parametrize("row", [row for row in FIGURES if row["quantity"] == "best_product"], ids=name)
def test_no_profile_takes_more_than_the_best_product(row):
    assert best_product(row, profile_of(row)) <= published(row)


def test_every_figure_has_a_public_source():
    assert len(FIGURES) >= 50
    assert all(row["source"].startswith("https://") for row in FIGURES)
    assert {row["quantity"] for row in FIGURES} == set(PREDICTED)


def test_the_decay_is_the_one_that_the_data_set_is_named_after():
    assert "0.95" in FALLING
