"""What drawings are given in tests: traits of a roofline, of lanes and of multipliers."""

from __future__ import annotations

SPOKEN = {"says": "", "said": [], "said_names": "", "said_units": "{}"}
X, Y = (0.1, 1e5), (1e11, 1e16)
H100 = {"peak": 989.4e12, "bandwidth": 3.352e12, "engine_peak": 0.0, "engine_bandwidth": 0.0, "ghost_peak": 0.0,
        "ghost_bandwidth": 0.0, "colours": {}, "engine": "tuned engine", "chip": "NVIDIA H100 SXM",
        "labels": ["decode", "prefill"], "intensity": [1.0, 1847.0], "rate": [2.7e12, 630e12], "x_limits": X,
        "y_limits": Y, **SPOKEN}
ENGINE = {"engine_peak": 640e12, "engine_bandwidth": 2.7e12}
B200 = {"peak": 4.5e15, "bandwidth": 8e12, "chip": "NVIDIA B200"}
FOUR = {"labels": ["decode", "prefill", "mixed", "batch 64"], "intensity": [1.0, 1.2, 295.2, 60.0],
        "rate": [3.3e12, 3e12, 600e12, 180e12]}
NAN = float("nan")


def slots(*lanes: tuple[float, ...]) -> list[float]:
    """The lengths of lanes, each at its four places."""
    filled = [[*lane, 0, 0, 0, 0][:4] for lane in (*lanes, (), (), ())]
    return [float(length) for lane in filled[:3] for length in lane]


STEP = {"lanes": "read\nmultiply", "kinds": "weights cache\nmultiply", "lengths": slots((4e-3, 5e-4), (2e-5,)),
        "ghost": [NAN, NAN, NAN], "finish": 4.5e-3, "guess": NAN, "guess_share": NAN, "asked": "",
        "posed": 0.0, "fits": 1.0,
        "tokens": [0.0, 0.0], "ticks": 0.0, "done": "token done", "parts": ["reading", "writing"], "plays": False,
        **SPOKEN}
FLAG = {"lanes": "one token, on the H100 as sold", "kinds": "plain", "lengths": slots((4.48e-3,)), "finish": 4.48e-3,
        "asked": "guess", "posed": 1.0}
REQUEST = {"lanes": "request", "kinds": "multiply weights", "lengths": slots((0.06, 1.16)), "finish": 1.22,
           "tokens": [2048.0, 256.0], "ticks": 1.16 / 255, "plays": True, "asked": "guess_share"}
DIVIDER = REQUEST | {"lengths": slots((0.5, 0.5)), "finish": 1.0, "ticks": 0.0, "posed": 1.0}
FEW = {"share": 0.0034, "guess": 0.337, "posed": 0.0, **SPOKEN}
