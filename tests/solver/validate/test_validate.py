"""The command that compares predictions with measurements: its table, its figures, its reasons, and its sentences."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from measured import validate, write

from solver.validate.baselines import decodes_on_vector_units, version
from solver.validate.names import chip_named, precision_in, transformer_named
from solver.validate.tables import COLUMNS, OutOfScopeError

TTFT = {"model": "GPT-J 6B", "precision": "FP8", "gpu": "H100", "n_gpu": "1", "tp": "1", "batch": "1",
        "input_len": "128", "ttft_ms": "5.7", "framework": "TensorRT-LLM", "version": "v0.8", "notes": ""}
PRODUCT = {"gpu": "A100 80GB SXM", "num_tokens": "1", "k": "4096", "n": "12288", "time_ms": "0.065"}
KV = {"engine": "vLLM", "model": "Meta-Llama-3-8B", "tp": "1", "kv_dtype": "", "weights_gib": "14.96",
      "kv_gib_per_gpu": "53.29", "gpu_blocks": "27284", "block_size": "16", "kv_tokens": "436544",
      "cpu_blocks": "2048", "max_model_len": "8192", "max_concurrency_x": "53.29", "notes": "",
      "quote": "can use 71.29GiB; non_torch_memory 1.79GiB; activation peak 1.26GiB"}


def test_a_table_and_the_same_figures_for_programs(tmp_path, capsys):
    write(tmp_path, "prefill_ttft.csv", TTFT, TTFT | {"input_len": "2048", "ttft_ms": "23.8"})
    status, out, err = validate(tmp_path, capsys, "--json", tmp_path / "figures.json")
    assert (status, err) == (0, "")
    found = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["TRT-LLM TTFT"]
    assert {"roofline", "sources' default", "max+vec", "quad, no vec", "quad+vec (recommended)",
            "peer's formula"} == set(found)
    best = found["quad+vec (recommended)"]
    assert {"rows", "skipped", "median_abs_error", "median_error", "p90_abs_error"} <= set(best)
    assert best["rows"] == 2 and best["skipped"] == 0
    assert best["median_abs_error"] == pytest.approx((0.001 + 0.092) / 2, abs=0.001)  # TensorRT-LLM v0.8, table
    assert found["roofline"]["median_error"] < -0.4
    line = next(line for line in out.splitlines() if "quad+vec (recommended)" in line)
    assert line.split()[:2] == ["TRT-LLM", "TTFT"] and f"{100 * best['median_abs_error']:.1f} %" in line


def test_rows_are_left_out_with_a_reason(tmp_path, capsys):
    write(tmp_path, "prefill_ttft.csv", TTFT, TTFT | {"gpu": "H100 NVL"}, TTFT | {"model": "Nobody 3B"},
          TTFT | {"precision": "INT3"}, TTFT | {"batch": ""}, TTFT | {"batch": "0"}, TTFT | {"gpu": "A100"},
          TTFT | {"framework": "vLLM"})
    status, out, _ = validate(tmp_path, capsys, "--json", tmp_path / "figures.json")
    assert status == 0
    for reason in ("chip 'H100 NVL' is not in the registry", "model 'Nobody 3B' is not in the registry",
                   "INT3 weights: the profile was fitted to FP8 and FP16", "batch is not given", "batch is 0",
                   "the registry has no fp8 rate of NVIDIA A100 SXM 80 GB"):
        assert f"TRT-LLM TTFT: 1 left out: {reason}" in out
    assert "prefill_ttft.csv: 1 rows of no data set" in out
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["TRT-LLM TTFT"]["roofline"] | {"rows": 1, "skipped": 6} == figures["TRT-LLM TTFT"]["roofline"]


def test_a_folder_of_unknown_chips_is_no_error(tmp_path, capsys):
    write(tmp_path, "operator_times_vidur.csv", PRODUCT | {"gpu": "Abacus 9000"})
    status, out, _ = validate(tmp_path, capsys, "--json", tmp_path / "figures.json")
    assert status == 0 and "chip 'Abacus 9000' is not in the registry" in out
    (figure,) = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["GEMM, other chips"].values()
    assert figure["rows"] == 0 and figure["skipped"] == 1 and figure["median_abs_error"] is None


def test_a_matrix_product_counts_under_its_chip(tmp_path, capsys):
    write(tmp_path, "operator_times_vidur.csv", PRODUCT)
    status, out, _ = validate(tmp_path, capsys)
    assert status == 0 and "GEMM A100  quad+t0" in out


def test_what_a_log_prints_has_to_follow(tmp_path, capsys):
    write(tmp_path, "kv_capacity.csv", KV, KV | {"gpu_blocks": "27290", "kv_tokens": "436640"})
    status, out, _ = validate(tmp_path, capsys, "--json", tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    passed = {name: (forms["exact"]["passed"], forms["exact"]["rows"]) for name, forms in found.items()}
    assert passed == {
        "KV blocks from KV bytes": (1, 2), "KV tokens from blocks": (2, 2), "KV blocks on the host": (2, 2),
        "KV concurrency at the longest context": (1, 2), "KV tokens from KV bytes": (1, 2), "KV budget": (2, 2)}
    assert status == 0 and "exact: 1/2 pass" in out


def test_acceptance_is_predicted_from_one_value(tmp_path, capsys):
    series = {"target_model": "m", "dataset": "d", "temperature_or_mode": "on", "path": "p"}
    lengths = {1: 1.8, 2: 2.408, 3: 2.847, 4: 3.148}  # 0.8, decaying by 0.95: what the formula says itself
    write(tmp_path, "spec_decode.csv", *(series | {"k_draft_tokens": k, "acceptance_length_al": al}
                                         for k, al in lengths.items()), series | {"path": "alone"})
    status, _, _ = validate(tmp_path, capsys, "--json", tmp_path / "figures.json")
    found = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    for start in (1, 3):
        best = found[f"spec AL(K) from AL({start})"]["alpha_i=a*0.95^(i-1)"]
        assert best["rows"] == 3 and best["skipped"] == 2 and best["p90_abs_error"] < 1e-3
    assert status == 0


def test_a_picture_for_each_data_set_is_drawn(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    write(tmp_path, "prefill_ttft.csv", TTFT)
    assert validate(tmp_path, capsys, "--plot", tmp_path / "pictures")[0] == 0
    drawn = tmp_path / "pictures" / "trt-llm-ttft.png"
    assert drawn.read_bytes().startswith(b"\x89PNG") and drawn.stat().st_size > 5000


def test_a_plot_without_matplotlib_is_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write(tmp_path, "prefill_ttft.csv", TTFT)
    status, _, err = validate(tmp_path, capsys, "--plot", tmp_path / "pictures")
    assert status == 2 and err.startswith("--plot needs matplotlib") and err.count("\n") == 1


def bad(tmp_path, capsys, *options):
    """The sentence that bad input gets."""
    status, _, err = validate(tmp_path, capsys, *options)
    assert status == 2 and err.count("\n") == 1 and "Traceback" not in err
    return err


def test_a_missing_folder(tmp_path, capsys):
    assert "is not a folder. Give one" in bad(tmp_path / "gone", capsys)


def test_a_folder_without_measurements(tmp_path, capsys):
    (tmp_path / "notes.csv").write_text("a,b\n", encoding="utf-8")
    assert "holds none of the files that are known" in bad(tmp_path, capsys)


def test_a_missing_column(tmp_path, capsys):
    write(tmp_path, "prefill_ttft.csv", TTFT, drop=("ttft_ms", "tp"))
    assert "prefill_ttft.csv, line 1: the header has no column 'tp' and no 'ttft_ms'. Add" in bad(tmp_path, capsys)


@pytest.mark.parametrize("cell", ["fast", "nan", "inf", "1,5"])
def test_a_cell_that_is_no_number(tmp_path, capsys, cell):
    write(tmp_path, "prefill_ttft.csv", TTFT, TTFT | {"ttft_ms": cell})
    assert f"prefill_ttft.csv, line 3: ttft_ms is {cell!r}, which is not a number. Correct" in bad(tmp_path, capsys)


def test_a_negative_time(tmp_path, capsys):
    write(tmp_path, "prefill_ttft.csv", TTFT | {"ttft_ms": "-4"})
    assert "line 2: ttft_ms is -4, and should not be negative" in bad(tmp_path, capsys)


@pytest.mark.parametrize("text, said", [
    (b"", "the header has no column"), (b"\xff\xfe\x00", "is not UTF-8 text"),
    (",".join(COLUMNS["operator_times_vidur.csv"].split()).encode() + b"\nA100,1\n", "line 2: the row has fewer cells"),
    (",".join(COLUMNS["operator_times_vidur.csv"].split()).encode() + b"\nA100,1,1,1,1,1\n", "has more cells")])
def test_a_file_that_is_no_table(tmp_path, capsys, text, said):
    (tmp_path / "operator_times_vidur.csv").write_bytes(text)
    assert said in bad(tmp_path, capsys)


@pytest.mark.parametrize("option", ["--json", "--plot"])
def test_a_file_that_cannot_be_written(tmp_path, capsys, option):
    pytest.importorskip("matplotlib")
    write(tmp_path, "prefill_ttft.csv", TTFT)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "cannot be written" in bad(tmp_path, capsys, option, tmp_path / "file" / "where")


def test_the_command_runs(tmp_path):
    done = subprocess.run([sys.executable, "-m", "solver.validate", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr


@pytest.mark.parametrize("text, name", [
    ("A100", "NVIDIA A100 SXM 80 GB"), ("A100 80GB (SuperPod)", "NVIDIA A100 SXM 80 GB"), ("a100_dgx",) * 2,
    ("A100 PCIe 80GB",) * 2, ("h100_80gb", "NVIDIA H100 SXM"), ("NVIDIA H200 141GB HBM3e", "NVIDIA H200 SXM"),
    ("4090 24GB", "NVIDIA RTX 4090"), ("RTX A6000 48GB", "NVIDIA RTX A6000"), ("A6000", "NVIDIA RTX A6000"),
    ("RTX 4000 Ada 20GB", "NVIDIA RTX 4000 Ada"), ("M3 Max 40-Core GPU 64GB", "Apple M3 Max 64 GB"),
    ("M4 Pro 48GB", "Apple M4 Pro 64 GB"), ("Apple M2 Ultra 60", "Apple M2 Ultra 192 GB"),
    ("M3 Pro", "Apple M3 Pro 36 GB"), ("M3 Max 30", "Apple M3 Max 36 GB (30-core GPU)"),
    ("M4", "Apple M4 32 GB"), ("GB200", "NVIDIA GB200 NVL72"),
    ("RTX PRO 6000 Blackwell 96GB", "NVIDIA RTX PRO 6000 Blackwell")])
def test_chips_by_other_names(text, name):
    names = {"a100_dgx": "NVIDIA A100 SXM 80 GB", "A100 PCIe 80GB": chip_named("A100_PCIe").name}
    assert chip_named(text).name == names.get(name, name)


@pytest.mark.parametrize("text", ["H100 NVL", "GH200", "GB200 NVL4", "RTX 6000 Pro", "RTX 6000", "M4 Ultra", "M5 Pro",
                                  "", "TPU v9"])
def test_chips_that_are_not_taken_for_others(text):
    with pytest.raises(OutOfScopeError):
        chip_named(text)


@pytest.mark.parametrize("text, parameters", [
    ("LLaMA 7B", 6.74), ("meta-llama/Llama-2-70b-hf", 69.0), ("LLaMA v3 8B", 8.03),
    ("Llama-3.3-70B-Instruct-FP8", 70.6),
    ("nvidia/Llama-3.1-405B-Instruct-FP4", 405.9), ("Qwen3-235B-A22B", 235.1), ("gpt-oss-20b", 20.9),
    ("Mixtral-8x7B-Instruct-v0.1", 46.7), ("bloom-176b", 176.2), ("GPT-J 6B", 6.05)])
def test_models_by_other_names(text, parameters):
    assert transformer_named(text).parameters / 1e9 == pytest.approx(parameters, rel=0.003)


def test_number_formats_by_other_names():
    names = ["FP16 (per paper; not stated in csv)", "INT4 (AWQ g128 weights)", "FP4", "MXFP4", "amp_bf16", "Q8_0",
             "bfloat16", "float16"]
    assert [str(precision_in(name)) for name in names] == [
        "fp16", "w4a16", "nvfp4", "mxfp4", "bf16", "q8_0", "bf16", "fp16"]
    with pytest.raises(OutOfScopeError):
        precision_in("ternary")


@pytest.mark.parametrize("release, name, expected", [
    ("v0.5 (doc state)", "LLaMA 70B", True), ("0.9.0", "LLaMA 70B", False), ("0.9.0", "LLaMA 7B", True),
    ("v1.0", "LLaMA 7B", False), ("", "LLaMA 7B", False)])
def test_releases_that_decode_attention_on_vector_units(release, name, expected):
    assert decodes_on_vector_units(version(release), transformer_named(name)) is expected
