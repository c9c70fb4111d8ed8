#!/usr/bin/env python3
"""Writes analysis.jsonl (a small workload as native records) and analysis.json (what an analysis of it
must find, computed with numpy and scipy from the same numbers).

    python3 -m venv /tmp/v && /tmp/v/bin/pip install numpy scipy && /tmp/v/bin/python analysis.py

Eight tasks, each run once in FANCY and once in SIMPLE, each run a session of its own (so a unit of
inference), three steps a run. Times are whole milliseconds.
"""
import json
import pathlib

import numpy as np
from scipy import stats

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20261102)
lines, steps = [], []
for t in range(8):
    size = float(np.exp(rng.normal(0, 0.5)))
    for m, (mode, factor) in enumerate((("FANCY", 3.0), ("SIMPLE", 1.6))):
        for s in range(3):
            duration = round(size * factor * float(np.exp(rng.normal(0, 0.2))), 3)
            outcome = "error" if (t, m, s) in ((1, 0, 2), (4, 1, 0), (6, 1, 1)) else "ok"
            accuracy = round(0.95 - 0.1 * m + float(rng.normal(0, 0.01)), 4)
            steps.append((t, mode, duration, outcome, accuracy))
            lines.append({
                "kind": "operation", "operation": "step", "duration": duration, "outcome": outcome,
                "time": "2026-11-02T%02d:%02d:%02dZ" % (8 + t, 20 * m, 5 * s), "accuracy": accuracy,
                "session": f"s{t}{m}", "task": f"t{t}", "mode": mode, "interface": "claude_code",
            })
# An interface that answers without a model: counted, never compared.
for i in range(8):
    lines.append({"kind": "operation", "operation": "step", "duration": 0.01, "outcome": "ok",
                  "time": "2026-11-02T17:00:%02dZ" % i, "session": f"m{i}", "task": f"t{i}", "interface": "mock"})
(here / "analysis.jsonl").write_text("".join(json.dumps(l) + "\n" for l in lines))


def log_interval(values_by_unit):
    """Σ ÷ n with the jackknife over units, on logs, with t(units − 1) degrees."""
    sums = np.array([sum(v) for v in values_by_unit])
    ns = np.array([len(v) for v in values_by_unit], dtype=float)
    m, mean = len(sums), sums.sum() / ns.sum()
    without = (sums.sum() - sums) / (ns.sum() - ns)
    variance = (m - 1) / m * ((without - mean) ** 2).sum()
    half = stats.t.ppf(0.975, m - 1) * np.sqrt(variance) / mean
    return [mean, mean * np.exp(-half), mean * np.exp(half)]


def walsh(differences):
    """Median of the Walsh averages, and the exact interval of the signed ranks at 95 % or more."""
    d = np.asarray(differences)
    n = len(d)
    averages = np.sort([(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)])
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1
    for rank in range(1, n + 1):
        counts[rank:] = counts[rank:] + counts[:-rank].copy()
    cumulative = counts.cumsum() / 2.0**n
    outside = int((cumulative <= 0.025).sum())
    return [float(np.median(averages)), float(averages[outside - 1]), float(averages[-outside])]


def judged(mode, value, keep):
    units = []
    for t in range(8):
        units.append([value(s) for s in steps if s[0] == t and s[1] == mode and keep(s)])
    return units


times = {m: judged(m, lambda s: s[2], lambda s: s[3] == "ok") for m in ("FANCY", "SIMPLE")}
accuracy = {m: judged(m, lambda s: s[4], lambda s: True) for m in ("FANCY", "SIMPLE")}
ratios = [float(np.log(np.mean(b) / np.mean(a))) for a, b in zip(times["FANCY"], times["SIMPLE"])]
points = [float(np.mean(b) - np.mean(a)) for a, b in zip(accuracy["FANCY"], accuracy["SIMPLE"])]
answers = {
    "response_time": {m: log_interval(times[m]) for m in times},
    "time_ratio": [float(np.exp(x)) for x in walsh(ratios)],
    "time_p": float(stats.wilcoxon(ratios, method="exact").pvalue),
    "accuracy_points": walsh(points),
    "accuracy_p": float(stats.wilcoxon(points, method="exact").pvalue),
    "success": {m: [sum(s[3] == "ok" for s in steps if s[1] == m), sum(s[1] == m for s in steps)] for m in times},
}
(here / "analysis.json").write_text(json.dumps(answers, indent=1) + "\n")
