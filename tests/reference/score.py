"""Writes score.json: scores worked out apart from the program, with scipy's normal distribution.

    venv/bin/python tests/reference/score.py
"""
import json
import math
import pathlib

from scipy.stats import norm

QUARTILE = norm.ppf(0.75)


def s(x, target, poor):
    return 1.0 if x <= 0 else float(norm.cdf(-math.log(x / poor) / (math.log(poor / target) / QUARTILE)))


def score(rows, missing=0):
    """rows: part, x, weight, target, poor, next step or None; missing: weight without data."""
    weight = sum(r[2] for r in rows)
    value = 100 * sum(r[2] * s(r[1], r[3], r[4]) for r in rows) / weight
    return {
        "value": value,
        "coverage": weight / (weight + missing),
        "low": value * weight / (weight + missing),
        "high": (value * weight + 100 * missing) / (weight + missing),
        "parts": [
            {"part": part, "x": x, "weight": w, "target": t, "poor": p, "s": s(x, t, p),
             "lost": 100 * w * (1 - s(x, t, p)) / weight, "step": step,
             "gain": None if step is None else 100 * w * (s(step, t, p) - s(x, t, p)) / weight}
            for part, x, w, t, p, step in rows
        ],
    }


out = {
    # A week of an orchestrator.
    "week": score([
        ("response_mean", 2.70, 20, 3.0, 5.0, 2.5), ("response_p95", 7.90, 10, 5.0, 10.0, 7.0),
        ("success", 0.027, 25, 0.05, 0.10, 0.02), ("cache", 0.390, 12, 0.30, 0.60, 0.30),
        ("tokens", 0.170, 13, 0.20, 0.40, 0.15), ("memory", 0.740, 10, 0.80, 0.90, 0.70),
        ("cpu", 0.780, 6, 0.80, 0.95, 0.70),
    ], missing=4),
    # Only the dashboard of the project that the targets come from: 2.3 s, 99.1 %, 78 %, 88 %.
    "dashboard": score([
        ("response_mean", 2.3, 20, 3.0, 5.0, None), ("success", 1 - 0.991, 25, 0.05, 0.10, None),
        ("cache", 1 - 0.78, 12, 0.30, 0.60, None), ("tokens", 1 - 0.88, 13, 0.20, 0.40, None),
    ], missing=30),
    # Only a machine whose processor is full.
    "machine": score([
        ("memory", 0.045, 10, 0.80, 0.90, None), ("cpu", 1.0, 6, 0.80, 0.95, None), ("disk", 0.103, 4, 0.80, 0.90, None),
    ], missing=80),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
for name, o in out.items():
    print(name, {k: round(v, 2) for k, v in o.items() if k != "parts"})
    for p in o["parts"]:
        print("  ", p["part"], round(p["s"], 3), round(p["lost"], 1), p["gain"] and round(p["gain"], 1))
