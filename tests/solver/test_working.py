"""The working of a result: what is printed, redone with a calculator, is what the result says."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from mlsysim_labs import Lab
from solver import (
    Q_,
    ContinuousBatchingModel,
    Engine,
    Hardware,
    Models,
    Profiles,
    Recipes,
    ServingModel,
    kv_capacity,
    simulate,
)
from solver.base.equation import cases, equations
from solver.base.term import UNIT_STEPS
from solver.formulas import kv_bytes_per_token
from solver.testing import formulas
from solver.units import unit
from solver.zoo.layers import Attention, LatentAttention, Layers, StateAttention
from solver.zoo.models import Transformer

NUMBER = re.compile(r"(?<![\w.])((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e-?\d+)?|inf)"
                    r"((?: [A-Za-zµ]+(?:/[A-Za-z]+)?)?)(?![\w.])")
WORDS = {"min": np.minimum, "max": np.maximum, "floor": np.floor, "ceil": np.ceil, "round": np.rint}
COUNTED = {"token", "tokens", "pair", "pairs"}
TRANSFORMERS = [model for model in Models if isinstance(model, Transformer)]
STATE = StateAttention(5120, 48, 128, 128, matrices=1e8, convolved=3 * 10240)
HYBRID = replace(Models.Llama3_8B, name="hybrid", kinds=(Layers(16, Attention(5120, 24, 4, 256)), Layers(48, STATE)))
THREE = replace(HYBRID, name="three", kinds=(*HYBRID.kinds, Layers(8, Attention(5120, 24, 4, 256, window=1024))))
LATENT = replace(HYBRID, name="latent and near", kinds=(
    Layers(32, LatentAttention(5120, 24, 1536, 512, 128, 64, 128)), Layers(8, Attention(5120, 24, 4, 256, window=999))))
SERVED = ("ttft", "itl", "kv_cache_size", "model_weights_size", "e2e_latency", "tokens_per_second")
HELD = ("kv_cache_size", "model_weights_size", "block_size", "blocks", "tokens", "max_concurrency")


class Printed:
    """A number as it is printed: what it stands for, its dimension, and how much was rounded off at most."""

    def __init__(self, number: str, name: str) -> None:
        above, _, below = name.strip().partition("/")
        scale, self.exponents = self._dimension(above)
        lower, others = self._dimension(below)
        self.exponents = {k: self.exponents.get(k, 0) - others.get(k, 0) for k in {*self.exponents, *others}}
        number = number.replace(",", "")
        self.value = float(number) * scale / lower
        whole = re.fullmatch(r"\d+", number) and scale == 1  # or rounded to one, beyond a thousand
        digits = len(re.sub(r"e.*|\.|^0\.0*", "", number))
        self.off = 0.0 if whole or digits == 5 or not self.value or math.isinf(self.value) else (
            0.5 * 10.0 ** (math.floor(math.log10(float(number)) + 1e-12) - 3) * scale / lower)

    @staticmethod
    def _dimension(name: str) -> tuple[float, dict[str, int]]:
        if not name or name in COUNTED:
            return 1.0, {}
        prefix, base = re.fullmatch(r"((?:[PTGMkmµ]i?)?)(B|FLOP|s|J|W)", name).groups()
        scales = {text: scale for scale, text in UNIT_STEPS.items()} | {"Gi": 2**30, "Mi": 2**20}
        return scales[prefix], {"J": 1, "s": -1} if base == "W" else {base: 1}


def unwrapped(text: str) -> list[str]:
    return text.replace("\n    ", " ").splitlines()


def computed(piece: str, places: list[Printed], nudged: int | None = None) -> float:
    """What a piece of a line gives, one of its numbers a little larger."""
    values = [one.value + one.off * (place == nudged) for place, one in enumerate(places)]
    return float(eval(piece, {"__builtins__": {}} | WORDS, {"v": values, "inf": math.inf}))


def calculator(piece: str) -> tuple[str, list[Printed]] | None:
    """A piece of a line as Python reads it; None where it has names."""
    places: list[Printed] = []

    def place(found: re.Match[str]) -> str:
        places.append(Printed(found[1], found[2]))
        return f"v[{len(places) - 1}]"

    code = NUMBER.sub(place, piece).replace("·", "*").replace("^", "**")
    return None if set(re.findall(r"[A-Za-z_]\w*", code)) - {"v", *WORDS} else (code, places)


def pieces(line: str) -> list[str]:
    """What a line says is equal: behind the label of a group, or the name."""
    return line.partition(": ")[2].split(" = ") if ": " in line else line.split(" = ")[1:]


def redone(line: str) -> list[tuple[float, float]]:
    """What each piece of a line gives, and how far off rounding can have moved it."""
    found = []
    for piece in pieces(line):
        read = calculator(piece)
        if read is not None:
            value = computed(*read)
            off = sum(abs(computed(*read, nudged=place) - value) for place in range(len(read[1])))
            if len(read[1]) == 1 and len(re.sub(r"\D", "", piece)) <= 4 and value:  # rounded to four digits
                off = max(off, 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 3))
            elif len(read[1]) == 1 and re.fullmatch(r"[\d,]+", piece.strip()):  # rounded to a whole number
                off = max(off, 0.5)
            found.append((value, off + 1e-6 * abs(value)))
    return found


def prove(result, name: str) -> list[str]:
    """The working of a field holds: each line, the last of which is the field, and its length."""
    text = result.working(name)
    assert "nan" not in text and "no working" not in text, text
    assert len(text.splitlines()) <= 9 and max(map(len, text.splitlines())) <= 120, text
    head, *lines = unwrapped(text)
    assert head.startswith(f"{name} = ")
    for line in lines:
        found = redone(line)
        assert len(found) > 1 or (line is lines[-1] and found), text
        last, off = found[-1]
        for value, other in found:
            assert abs(value - last) <= off + other + 1e-12, f"{line}: {value} against {last}\n{text}"
    assert redone(lines[-1])[-1][0] == pytest.approx(float(result.value(name)), rel=5.1e-4), text
    return lines


SETTINGS = [("fp16", 1, None, None), ("fp8", 1, "tuned", 256), ("w4a16", 2, "tuned", 100), ("q4_0", 1, "ideal", None),
            (Recipes.FP8_blocks, 2, "eager", 16), (Recipes.GPT_OSS, 1, "tuned", None)]
ASKED = [(model, SETTINGS[place % 3::3]) for place, model in enumerate(TRANSFORMERS)]  # each model in two of them


@pytest.mark.parametrize("model, settings", [*ASKED, *((one, SETTINGS) for one in (HYBRID, THREE, LATENT))],
                         ids=lambda value: "" if isinstance(value, list) else str(value))
def test_every_field_can_be_redone_by_hand(model, settings):
    for precision, chips, profile, output in settings:
        if any(kind.attention.heads % chips for kind in model.kinds):
            chips = 1
        r = ServingModel().solve(model, Hardware.Cloud.H200, seq_len=1999, batch_size=3, precision=precision,
                                 tensor_parallel=chips, profile=profile, output_len=output)
        for name in SERVED:
            prove(r, name)


@pytest.mark.parametrize("model", [*TRANSFORMERS, THREE], ids=str)
def test_capacity_can_be_redone_by_hand(model):
    for precision, rule, chips in ("fp8", "vllm", 1), ("w4a16", "tensorrt-llm", 1), (Recipes.GPT_OSS, "vllm", 2):
        if any(kind.attention.heads % chips for kind in model.kinds):
            chips = 1
        r = kv_capacity(model, Hardware.Cloud.B200, 2000, precision, rule=rule, tensor_parallel=chips)
        for name in HELD:
            prove(r, name)


def test_a_batching_server_and_an_engine_can_be_redone_by_hand():
    for output in (None, 512):
        r = ContinuousBatchingModel().solve(Models.Mistral_7B, Hardware.Cloud.A100, 8192, 64, output_len=output)
        for name in ("max_active_requests", "static_requests", "ttft", "itl", "throughput_tokens_per_sec"):
            prove(r, name)
    r = Engine.solve(Models.Llama3_8B, Hardware.Cloud.H100)
    for name in ("latency", "latency_memory", "memory_footprint"):
        prove(r, name)
    prove(Engine.solve(Models.ResNet50, Hardware.Cloud.H100), "latency")


def test_two_nodes_and_a_draft_can_be_redone_by_hand():
    apart = ServingModel().solve(
        Models.Llama3_8B, Hardware.Cloud.H100, seq_len=4096, decode_hardware=Hardware.Cloud.A100)
    prove(apart, "ttft")
    drafted = ServingModel().solve(Models.Llama3_70B, Hardware.Cloud.H200, seq_len=4096, precision="fp8",
                                   draft_model=Models.Llama3_2_1B)
    prove(drafted, "itl")


def test_a_head_and_energy_can_be_redone_by_hand():
    for output, apart in ((None, None), (256, None), (256, Hardware.Cloud.B200)):
        r = ServingModel().solve(Models.DeepSeek_R1, Hardware.Cloud.H200, 1024, 4, "fp8", tensor_parallel=8,
                                 profile="tuned", draft_model="mtp", output_len=output, decode_hardware=apart)
        for name in ("itl", "draft_speedup", "energy", "energy_per_token"):
            prove(r, name)
    prove(ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 4096, 64), "energy_per_token")


def test_units_in_a_line_add_up():
    """Bytes by bytes a second are seconds, in every line: things that are counted have no unit of their own."""
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, batch_size=8, profile="tuned")
    held = kv_capacity(Models.GPT_OSS_20B, Hardware.Cloud.H100, 8192)
    served = (*SERVED, "energy", "energy_per_token")
    for text in [r.working(name) for name in served] + [held.working(name) for name in HELD]:
        for line in unwrapped(text)[1:]:
            given = [one for one in map(dimension, pieces(line)) if one is not None]
            assert len(set(map(str, given))) == 1, line


def dimension(piece: str) -> object:
    """The unit of a piece of a line."""
    read = calculator(piece)
    if read is None:
        return None
    names = {"B": "byte", "FLOP": "FLOP", "s": "second", "J": "joule"}
    values = [max(one.value, 1e-30) * math.prod([unit(names[k])**n for k, n in one.exponents.items()], start=1.0)
              for one in read[1]]

    def first(*given):
        return max(given, key=lambda one: float(getattr(one, "magnitude", one)))

    found = eval(read[0], {"__builtins__": {}}, {"v": values} | dict.fromkeys(("min", "max"), first) | dict.fromkeys(
        ("floor", "ceil", "round"), lambda one: one))
    return Q_(found).to_root_units().units if hasattr(found, "units") else Q_(1.0, "").units


def test_by_hand():
    """Llama 3.1 8B at 8,192 tokens, 8 requests, fp16: 2 · 32 layers · 8 KV heads · 128 · 2 B a token."""
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, batch_size=8)
    assert r.working("kv_cache_size").splitlines() == [
        "kv_cache_size = kv_bytes_per_token * cached_context * batch + state * batch",
        "kv_bytes_per_token = 2 * layers * kv_heads * head_dim * size = 2 · 32 · 8 · 128 · 2 B = 131,072 B/token",
        "kv_cache_size = 131,072 B/token · 8,192 tokens · 8 = 8.59 GB"]
    assert round(131072 * 8192 * 8 / 1e9, 2) == 8.59


def test_groups_of_layers_by_hand():
    """gpt-oss-20b: 12 layers keep all of 8,192 tokens, 12 slide a window of 128, all with 8 KV heads of 64."""
    r = ServingModel().solve(Models.GPT_OSS_20B, Hardware.Cloud.H100, seq_len=8192)
    assert r.working("kv_cache_size").splitlines()[1:] == [
        "12 layers: 12 · 2 · 8 · 64 · 2 B · 8,192 tokens = 201.3 MB",
        "12 layers, window 128: 12 · 2 · 8 · 64 · 2 B · min(8,192 tokens, 128 tokens) = 3,145,728 B",
        "kv_cache_size = 201.3 MB + 3,145,728 B = 0.2045 GB"]


def test_latent_attention_and_states_by_hand():
    """DeepSeek-V3: 61 layers keep 512 + 64 numbers a token. A state is kept whatever the context."""
    r = ServingModel().solve(
        Models.DeepSeek_V3, Hardware.Cloud.H200, seq_len=8192, precision="fp8", kv_precision="fp16")
    assert "= 61 · (512 + 64) · 2 B = 70,272 B/token" in r.working("kv_cache_size")
    r = ServingModel().solve(HYBRID, Hardware.Cloud.H200, seq_len=8192, batch_size=4)
    assert "48 layers, a state: " in r.working("kv_cache_size")


def test_shares_that_an_engine_reaches_are_named():
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, profile="tuned")
    text = r.working("ttft", "linear_time")
    assert "* compute_share * chips = 989.4 TFLOP/s · 0.7 = 692.58 TFLOP/s" in text
    assert "device.bandwidth * memory_share * tensor_parallel = 3.352 TB/s · 0.95" in r.working("itl", "linear_time")
    assert f"· {Profiles.tuned.launch * 1e6:.0f} µs" in r.working("itl", "launch_time")


def test_what_has_no_working_says_so():
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=[1024, 2048])
    with pytest.raises(TypeError, match="ttft has 2 points: call solve again with a single value"):
        r.working("ttft")
    assert "GB" in r.working("model_weights_size")
    with pytest.raises(ValueError, match=r"ServingResult has no 'kv_cache'. Did you mean kv_cache_size\?"):
        r.working("kv_cache")
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=1024)
    assert r.working("feasible").startswith("feasible has no working: ")
    with pytest.raises(ValueError, match=r"ttft has no step 'linear'. Did you mean linear_time\?"):
        r.working("ttft", "linear")
    r = ServingModel().solve(Models.Llama2_7B, Hardware.Workstation.M2_Ultra, seq_len=64)
    assert r.working("ttft").startswith("ttft is unknown")
    simulated = simulate(Models.Llama3_8B, Hardware.Cloud.H100, 512, 4, output_len=64, requests=20)
    assert "no working" in simulated.working("itl")


def test_a_traced_result_has_none():
    lab, said = Lab(), []
    lab.slider("context", 512, 4096, start=1024)

    @lab.derive
    def cache(context):
        r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=context)
        if r.traced:
            with pytest.raises(TypeError, match="symbols, which have no working") as caught:
                r.working("kv_cache_size")
            said.append(str(caught.value))
        return r.kv_cache_size

    assert said


def test_it_reads_the_same_wherever_it_is_shown():
    text = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=1024).working("itl")
    assert repr(text) == str(text) and "\n" in text and isinstance(text, str)


def test_equations_are_read():
    doc = "Time.\n\n    time = larger(one) / 2     a remark\n           + other,\n    larger(n) = n^2\n\nSource: none."
    assert [(found.name, found.parameter, found.text) for found in equations(doc)] == [
        ("time", None, "larger(one) / 2 + other"), ("larger", "n", "n^2")]
    assert [found.name for found in cases(doc)] == ["time"]
    assert equations("In words.\n\n    time = what it takes\n\nBy definition.") == ()


def test_most_formulas_can_be_read():
    unread = [name for name, formula in formulas().items() if not cases(formula.__doc__)]
    assert len(unread) <= len(formulas()) // 10, unread


@pytest.mark.parametrize("said, meant", [
    ("= 131,072", "= 131,172"), ("8.59 GB", "8.61 GB"), ("2 · 32", "2 · 33"), ("GB", "MB")])
def test_a_slip_in_a_line_is_found(monkeypatch, said, meant):
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, batch_size=8)
    text = r.working("kv_cache_size").replace(said, meant, 1)
    monkeypatch.setitem(vars(r), "working", lambda name: text)
    with pytest.raises(AssertionError):
        prove(r, "kv_cache_size")


def test_an_equation_that_says_something_else_is_not_shown(monkeypatch):
    monkeypatch.setattr(kv_bytes_per_token, "__doc__", kv_bytes_per_token.__doc__.replace("2 * layers", "3 * layers"))
    r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, batch_size=8)
    assert "3 *" not in r.working("kv_cache_size") and "= 131,072 B/token · 8,192" in r.working("kv_cache_size")
