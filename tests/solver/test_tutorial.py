"""The calls of the KV-cache tutorial that the solver's interface was taken from, with `solver` in place of `mlsysim`.

An interface is a fact; the tutorial's prose is not here. Its true claims hold, and its false ones are named.
"""

from __future__ import annotations

import pytest

import solver as mlsysim
from solver import ContinuousBatchingModel, Engine, ServingModel
from solver.show import info, table

MODEL = mlsysim.Models.Llama3_8B
HARDWARE = mlsysim.Hardware.Cloud.H100
CONTEXTS = [512, 2048, 4096, 8192, 16384, 32768, 65536, 131072]


def test_engine_is_there():
    assert mlsysim.Engine is Engine


def test_single_user_baseline(capsys):
    solver = ServingModel()
    r = solver.solve(model=MODEL, hardware=HARDWARE, seq_len=2048, batch_size=1, precision="fp16")
    info("Memory Breakdown",
         Model_weights=r.model_weights_size,
         KV_cache_1_user=r.kv_cache_size,
         Total_memory=r.total_memory_required,
         Memory_utilization=f"{r.memory_utilization:.1%}",
         KV_as_pct_of_total=f"{r.kv_cache_size / r.total_memory_required * 100:.1f}%")
    assert capsys.readouterr().out == (
        "Memory Breakdown\n"
        "  Model weights       16.1 GB\n"
        "  KV cache 1 user     0.268 GB\n"
        "  Total memory        16.3 GB\n"
        "  Memory utilization  19.0%\n"
        "  KV as pct of total  1.6%\n")


def test_batch_size_sweep(capsys):
    solver = ServingModel()
    rows = []
    for batch in [1, 4, 8, 16, 32, 64, 128]:
        r = solver.solve(
            model=MODEL, hardware=HARDWARE,
            seq_len=2048, batch_size=batch, precision="fp16"
        )
        rows.append([batch, r.kv_cache_size, r.total_memory_required,
                     f"{r.memory_utilization:.1%}", "OK" if r.feasible else "OOM"])
    table(["Batch", "KV-Cache", "Total", "Util", "Feasible"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["1", "0.268", "GB", "16.3", "GB", "19.0%", "OK"]
    assert lines[-1].split() == ["128", "34.4", "GB", "50.4", "GB", "58.7%", "OK"]


def test_context_length_sweep(capsys):
    solver = ServingModel()
    rows = []
    for ctx in CONTEXTS:
        r = solver.solve(
            model=MODEL, hardware=HARDWARE,
            seq_len=ctx, batch_size=8, precision="fp16"
        )
        rows.append([ctx, r.kv_cache_size, r.model_weights_size,
                     r.total_memory_required, f"{r.memory_utilization:.1%}",
                     "OK" if r.feasible else "OOM"])
    table(["Context", "KV-Cache", "Weights", "Total", "Util", "Status"], rows)
    assert [row[-1] for row in rows] == ["OK"] * 7 + ["OOM"]
    assert "131072" in capsys.readouterr().out


def test_single_user_at_full_context(capsys):
    r_long = ServingModel().solve(
        model=MODEL, hardware=HARDWARE,
        seq_len=131072, batch_size=1, precision="fp16"
    )
    info("Single User @ 128K Context",
         Context="131,072 tokens (128K)",
         Model_weights=r_long.model_weights_size,
         KV_cache=r_long.kv_cache_size,
         Total=r_long.total_memory_required,
         Feasible=str(r_long.feasible),
         KV_as_pct_of_total=f"{r_long.kv_cache_size / r_long.total_memory_required * 100:.0f}%")
    said = capsys.readouterr().out
    assert "17.2 GB" in said and "16.1 GB" in said and "True" in said and "52%" in said
    assert r_long.kv_cache_size > r_long.model_weights_size, "true: one cache exceeds the weights"
    assert mlsysim.max_users(MODEL, HARDWARE, 131072) == 4, "false: 'exactly one user' would need 32 KV heads"


def test_paged_attention(capsys):
    cb_solver = ContinuousBatchingModel()
    rows, waste = [], []
    for label, max_b, page in [("Static (baseline)", 32, 2048), ("Paged (16 tok)", 32, 16), ("Paged (64 tok)", 32, 64)]:
        cb = cb_solver.solve(
            model=MODEL, hardware=HARDWARE,
            seq_len=4096, max_batch_size=max_b,
            page_size=page, precision="fp16"
        )
        waste.append(cb.memory_fragmentation_pct)
        rows.append([label, cb.max_active_requests,
                     f"{cb.throughput_tokens_per_sec:.0f} t/s",
                     f"{cb.memory_fragmentation_pct:.1f}%",
                     f"{cb.speedup_vs_static:.1f}x"])
    table(["System", "Max Users", "Throughput", "Frag", "Speedup"], rows)
    assert "Paged (16 tok)" in capsys.readouterr().out
    assert waste[0] > 30 and waste[1] < waste[2] < 2, "small pages waste little, half-window pages a third"


def test_exercises():
    solver = ServingModel()
    llama70 = mlsysim.Models.Llama3_70B
    assert not solver.solve(llama70, HARDWARE, seq_len=4096, batch_size=1).feasible, "its weights alone take 141 GB"
    h200 = mlsysim.Hardware.Cloud.H200
    assert [mlsysim.max_users(MODEL, h200, 131072, precision=p) for p in ("fp16", "int8")] == [7, 16]
    pages = [ContinuousBatchingModel().solve(MODEL, HARDWARE, seq_len=32768, max_batch_size=16, page_size=p)
             for p in (16, 256)]
    assert pages[0].memory_fragmentation_pct < pages[1].memory_fragmentation_pct < 1


def test_the_hero_example():
    r = Engine.solve(mlsysim.Models.ResNet50, mlsysim.Hardware.Cloud.A100, batch_size=1, precision="fp16")
    assert r.bottleneck == "Compute"
    assert r.latency.m_as("second") == pytest.approx(mlsysim.Models.ResNet50.image_work / (312e12 * 0.5))
