"""What drawings are given in tests: traits of a roofline, and of a timeline."""

from __future__ import annotations

X, Y = (0.1, 1e5), (1e11, 1e16)
H100 = {"peak": 989.4e12, "bandwidth": 3.352e12, "engine_peak": 0.0, "engine_bandwidth": 0.0, "engine": "tuned engine",
        "chip": "NVIDIA H100 SXM", "labels": ["decode", "prefill"], "intensity": [1.0, 1847.0],
        "rate": [2.7e12, 630e12], "x_limits": X, "y_limits": Y}
ENGINE = {"engine_peak": 640e12, "engine_bandwidth": 2.7e12}
B200 = {"peak": 4.5e15, "bandwidth": 8e12, "chip": "NVIDIA B200"}
FOUR = {"labels": ["decode", "prefill", "mixed", "batch 64"], "intensity": [1.0, 1.2, 295.2, 60.0],
        "rate": [3.3e12, 3e12, 600e12, 180e12]}
ONE = {"ttft": [0.06], "itl": [0.016], "tokens": [256.0], "labels": ["Llama"]}
TWO = {"ttft": [0.06, 0.12], "itl": [0.016, 0.024], "tokens": [256.0, 256.0], "labels": ["at best", "tuned engine"]}
