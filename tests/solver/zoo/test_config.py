"""Models from a config.json: the zoo's own, read again; what is not understood is named."""

from __future__ import annotations

import copy
import json
import math
import random
import re
import warnings

import pytest
from configs import CONFIGS

from solver import PRECISIONS, Model, Models, precision_named
from solver.formulas.memory import kv_bytes_per_token, kv_cache_bytes, weights_bytes

FP16 = PRECISIONS["fp16"]
LLAMA = CONFIGS["Llama3_8B"]


def quiet(config, name=None):
    """The model, without what a `quantization_config` has to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Model.from_config(config, name)


@pytest.mark.parametrize("key", CONFIGS)
def test_a_config_gives_the_model_of_the_zoo(key):
    read, known = quiet(CONFIGS[key]), Models[key]
    for figure in ("layers", "hidden", "vocab", "context", "parameters", "active_parameters", "embeddings", "dense",
                   "vectors", "kv_elements", "state", "token_work", "prefill_pair_work", "decode_pair_work", "parts",
                   "mtp_layers"):
        assert getattr(read, figure) == getattr(known, figure), figure
    assert weights_bytes(read, FP16) == weights_bytes(known, FP16)
    assert kv_bytes_per_token(read, FP16) == kv_bytes_per_token(known, FP16)
    for context in (1000, 20_000, 100_000):
        assert kv_cache_bytes(read, 1, context, FP16) == kv_cache_bytes(known, 1, context, FP16)
    assert sum(kind.attention.read_elements * kind.count for kind in read.kinds) == sum(
        kind.attention.read_elements * kind.count for kind in known.kinds)


def test_a_report_of_qwen_36():
    """lmstudio-ai/lmstudio-bug-tracker#1862: 16,384 MiB at 262,144 tokens in 16 bits, 149.6 MiB of state a request."""
    model = Models.Qwen3_6_27B
    assert model.state / 2**20 == pytest.approx(149.6, abs=0.05)
    assert (kv_cache_bytes(model, 1, 262144, FP16) - model.state) / 2**20 == 16384
    full = [kind for kind in model.kinds if kind.attention.kv_elements]
    assert [(kind.count, kind.attention.kv_heads, kind.attention.head_dim) for kind in full] == [(16, 4, 256)]


def test_layers_that_share_a_cache_read_it_again():
    """20 of 35 layers of Gemma 4 E2B cache nothing: a token takes 12 layers of 256 and 3 of 512, and all are read."""
    model = Models.Gemma4_E2B
    assert model.kv_elements == 2 * (12 * 256 + 3 * 512)
    assert sum(kind.read_elements for kind in model.kinds) == 2 * (28 * 256 + 7 * 512)


def test_a_path_a_folder_and_a_dictionary_are_the_same(tmp_path):
    folder = tmp_path / "Llama-3.1-8B"
    folder.mkdir()
    file = folder / "config.json"
    file.write_text(json.dumps(LLAMA), encoding="utf-8")
    by_path, by_folder, by_text = (Model.from_config(path) for path in (file, folder, str(file)))
    assert by_path == by_folder == by_text == Model.from_config(LLAMA, "Llama-3.1-8B")
    assert str(by_path) == "Llama-3.1-8B" and str(Model.from_config(LLAMA)) == "llama"


@pytest.mark.parametrize("model_type, table, name", [
    ("gpt_oss", {"quant_method": "mxfp4"}, "GPT_OSS"), ("llama", {"quant_method": "mxfp4"}, "mxfp4"),
    ("qwen3", {"quant_method": "fp8", "weight_block_size": [128, 128]}, "FP8_blocks"),
    ("llama", {"quant_method": "fp8"}, "fp8"), ("llama", {"quant_method": "awq", "bits": 4}, "AWQ"),
    ("llama", {"quant_method": "gptq", "bits": 4}, "GPTQ"), ("llama", {"quant_method": "gptq", "bits": 8}, "GPTQ_Int8"),
    ("llama", {"quant_method": "bitsandbytes", "load_in_4bit": True}, "w4a16"),
    ("llama", {"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
    ("llama", {"quant_method": "compressed-tensors", "config_groups": {
        "group_0": {"weights": {"num_bits": 8, "type": "int"}, "input_activations": {"num_bits": 8}}}}, "int8"),
    ("llama", {"quant_method": "compressed-tensors", "config_groups": {
        "group_0": {"weights": {"num_bits": 8, "type": "float"}, "input_activations": None}}}, "fp8"),
    ("llama", {"quant_method": "compressed-tensors", "config_groups": {
        "group_0": {"weights": {"num_bits": 4, "type": "int", "group_size": 32}}}}, "w4a16")])
def test_a_quantization_is_named(model_type, table, name):
    with pytest.warns(UserWarning, match=f"are published as .*, here precision='{name}'"):
        model = Model.from_config(LLAMA | {"model_type": model_type, "quantization_config": table})
    assert model.stored_as == name and precision_named(model.stored_as)


@pytest.mark.parametrize("table", [{"quant_method": "vptq"}, {"bits": "four"}, ["fp8"], {"config_groups": [1]}])
def test_a_quantization_that_is_not_known_is_named_too(table):
    with pytest.warns(UserWarning, match="which is no format known here: choose the nearest"):
        assert Model.from_config(LLAMA | {"quantization_config": table}).stored_as == ""


def test_an_unknown_family_is_taken_as_llamas_or_refused():
    strange = LLAMA | {"model_type": "novel", "rms_norm_eps": 1e-5, "rope_theta": 1e6}
    with pytest.warns(UserWarning, match="model_type 'novel' of mine is not known: it is read as a network of Llama's"):
        assert Model.from_config(strange, "mine").parameters == Models.Llama3_8B.parameters
    with pytest.raises(ValueError, match=r"its compress_ratios may change what is stored or cached: declare the model"):
        Model.from_config(strange | {"compress_ratios": [4, 128]})
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="has no tie_word_embeddings, or not as true"):
        Model.from_config({key: value for key, value in strange.items() if key != "tie_word_embeddings"} | {
            "model_type": "llama4x", "num_local_experts": None})


@pytest.mark.filterwarnings("ignore:model_type")
@pytest.mark.parametrize("bad, sentence", [
    ({}, "has no num_hidden_layers, which is needed"),
    ({"num_hidden_layers": None}, "has no num_hidden_layers, which is needed"),
    ({"hidden_size": "4096"}, "hidden_size of llama is '4096', and should be a number from 1 to 10"),
    ({"hidden_size": math.nan}, "hidden_size of llama is nan"), ({"hidden_size": -4096}, "is -4096, and should be"),
    ({"hidden_size": [4096]}, r"is \[4096\], and should be a number"), ({"hidden_size": True}, "is True, and should"),
    ({"num_hidden_layers": 0}, "num_hidden_layers of llama is 0"),
    ({"vocab_size": math.inf}, "vocab_size of llama is inf"), ({"vocab_size": 1e300}, "vocab_size of llama is 1e.300"),
    ({"num_hidden_layers": 10**9}, "give a whole number up to 10,000"),
    ({"num_hidden_layers": 2.5}, "give a whole number up to 10,000"),
    ({"tie_word_embeddings": "no"}, "tie_word_embeddings, or not as true or false"),
    ({"layer_types": "full"}, "layer_types of llama is 'full', and should be a list"),
    ({"layer_types": ["full_attention"] * 3}, "give each of the 32 layers one of full_attention"),
    ({"layer_types": ["lightning"] * 32}, "layer_types of llama has 'lightning'"),
    ({"layer_types": [["full_attention"]] * 32}, "give each of the 32 layers one of"),
    ({"num_experts": 8, "num_experts_per_tok": 9}, "active is 9, and there are 8 experts"),
    ({"num_experts": 8}, "has no num_experts_per_tok, which is needed"),
    ({"kv_lora_rank": 512}, "has no qk_nope_head_dim, which is needed"),
    ({"text_config": "none"}, None)])
def test_a_strange_key_gets_a_sentence(bad, sentence):
    config = LLAMA | bad if bad else {"model_type": "llama"}
    if sentence is None:
        assert Model.from_config(config).layers == 32
    else:
        with pytest.raises(ValueError, match=sentence) as said:
            Model.from_config(config)
        assert len(str(said.value)) < 400 and "\n" not in str(said.value)


def test_whatever_is_in_a_config_gives_a_model_or_a_sentence():
    """Keys of the models above taken away, or given values of the wrong kind, a few at a time."""
    rng = random.Random(7)
    odd = [None, 0, -1, 3.5, 1e300, math.nan, True, "x", [], [None], {}, {"a": 1}, ["full_attention"] * 40, [[1]]]
    for _ in range(300):
        config = copy.deepcopy(CONFIGS[rng.choice(list(CONFIGS))])
        inner = config.get("text_config", config)
        for key in rng.choices([*inner, "layer_types", "moe_layer_freq", "text_config", "model_type"], k=2):
            inner[key] = rng.choice(odd)
        try:
            model = quiet(config)
            assert 0 < model.parameters + kv_cache_bytes(model, 1, 1000, FP16) < math.inf
        except (TypeError, ValueError) as said:
            assert re.search(r"should be|has no|is not known|has layers|give|declare|let ", str(said)), said


@pytest.mark.parametrize("bad, sentence", [
    (None, "is a dictionary, or the path"), (7, "is a dictionary, or the path"), ("", "is a dictionary, or the path"),
    ([LLAMA], "is a dictionary, or the path"), ("no/such/config.json", "cannot be read: give the path of a config"),
    ("list.json", "holds a list, and a config.json holds a table"), ("text.json", "is no JSON")])
def test_what_is_no_configuration_gets_a_sentence(bad, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "text.json").write_text("layers: 32", encoding="utf-8")
    with pytest.raises((TypeError, ValueError, OSError), match=sentence):
        Model.from_config(bad)


HEADS, WIDE = {"heads": 32, "kv_heads": 8, "head_dim": 128}, {"width": 14336, "gated": True}
OWN = {"layers": 32, "hidden": 4096, "vocab": 128256, "context": "131072 token", "attention": HEADS,
       "feed_forward": WIDE}


def test_a_model_of_ones_own_is_declared_in_the_words_of_the_zoo():
    mine = Model.declared("mine", **OWN)
    assert mine.parameters == Models.Llama3_8B.parameters and str(mine) == "mine"
    assert mine == Model.declared("mine", **{key: value for key, value in OWN.items() if key != "layers"}, kinds=[
        {"count": 20}, {"count": 12}])


@pytest.mark.parametrize("bad, sentence", [
    ({"hiden": 4}, "mine has 'hiden', which is not known here. Did you mean hidden"),
    ({"hidden": None}, "hidden of mine is None, and should be a number from 1 to 10"),
    ({"vocab": math.nan}, "vocab of mine is nan"), ({"context": "131072 GB"}, "is not a figure in token"),
    ({"layers": -1}, "count of layers of mine is -1"),
    ({"norm": "batch"}, "norm of mine is 'batch', and should be one of rms"),
    ({"attention": {"heads": 32}}, "attention of mine has no 'kv_heads'"),
    ({"attention": [32]}, r"attention of mine is \[32\], and should be a table with heads"),
    ({"attention": HEADS | {"window": 0}}, "window is 0"),
    ({"attention": HEADS | {"bias": "v"}}, "should be one of none, qkv"),
    ({"feed_forward": WIDE | {"width": -1}}, "width in feed_forward of mine is -1"),
    ({"kinds": [{"count": 31}]}, "mine has 32 layers, and its groups have 31"),
    ({"kinds": []}, "a list of groups of layers"),
    ({"kinds": 3}, "a list of groups of layers")])
def test_a_strange_declaration_gets_a_sentence(bad, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        Model.declared("mine", **OWN | bad)
