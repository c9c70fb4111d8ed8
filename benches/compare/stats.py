#!/usr/bin/env python3
"""Times the usual Python ways on the series of `benches/stats.rs` and prints them beside that program's own times.

    cargo bench --bench stats && PYTHON benches/compare/stats.py [target/criterion]

Needs numpy, scipy and ruptures. Both sides: the least processor time of one run, of five in Python and of criterion's samples here. What takes Python more than 2 s is run once.
"""
import json
import pathlib
import sys
import time

import numpy as np
import ruptures as rpt
from scipy import stats

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/criterion")


def noise(stream, n):
    with np.errstate(over="ignore"):
        x = (np.arange(12 * n, dtype=np.uint64) + np.uint64((stream << 40) + 1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    uniform = ((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53
    sums = np.zeros(n)
    for k in range(12):  # in the same order, for the same last bit
        sums += uniform[k::12]
    return sums - 6


def ours(name):
    """Milliseconds, or None where it was not run."""
    for folder in ROOT.iterdir():
        record = folder / "new" / "benchmark.json"
        if record.exists() and json.loads(record.read_text())["full_id"] == name:
            sample = json.loads((folder / "new" / "sample.json").read_text())
            return min(t / i for t, i in zip(sample["times"], sample["iters"])) / 1e6
    for record in ROOT.glob("*/*/new/benchmark.json"):
        if json.loads(record.read_text())["full_id"] == name:
            sample = json.loads((record.parent / "sample.json").read_text())
            return min(t / i for t, i in zip(sample["times"], sample["iters"])) / 1e6
    return None


def compare(name, way, function):
    least = float("inf")
    for _ in range(5):
        began = time.process_time()
        function()
        least = min(least, (time.process_time() - began) * 1e3)
        if least > 2000:
            break
    mine = ours(name)
    told = "| – | –" if mine is None else "| %.3f | %.1f" % (mine, least / mine)
    print("| %s | %s | %.3f %s |" % (name, way, least, told), flush=True)


x, y = noise(1, 100_000), noise(2, 100_000)
steps = noise(3, 10_000) + np.repeat(np.arange(100) % 2 * 3.0, 100)
print("| method/n | the other way | its ms | ms | ratio |\n|---|---|---|---|---|")
for n in (100, 1000, 10_000):
    compare("partition with changes/%d" % n, "ruptures Pelt", lambda: rpt.Pelt(model="l2", min_size=5, jump=1).fit(steps[:n]).predict(pen=3 * np.log(n)))
compare("partition of one level/1000", "ruptures Pelt", lambda: rpt.Pelt(model="l2", min_size=5, jump=1).fit(x[:1000]).predict(pen=3 * np.log(1000)))
for n in (100, 1000, 10_000):
    compare("Hodges-Lehmann/%d" % n, "numpy, all pairs", lambda: np.median(np.subtract.outer(y[:n], x[:n])))
for n in (1000, 10_000, 100_000):
    compare("Mann-Kendall/%d" % n, "scipy kendalltau", lambda: stats.kendalltau(np.arange(n), x[:n]))


def brunner_munzel(a, b, axis=-1):
    return np.abs(stats.brunnermunzel(a, b, axis=axis).statistic)


for n in (40, 98):
    compare("Brunner-Munzel, 9,999 splits/%d" % n, "scipy permutation_test", lambda: stats.permutation_test(
        (x[: n // 2], y[: n // 2]), brunner_munzel, vectorized=True, n_resamples=9999, batch=500, alternative="greater", rng=1))
compare("Mann-Whitney, exact/100", "scipy mannwhitneyu", lambda: stats.mannwhitneyu(x[:50], y[:50], method="exact"))
compare("Kolmogorov-Smirnov, exact/1000", "scipy ks_2samp", lambda: stats.ks_2samp(x[:500], y[:500], method="exact"))
compare("Boschloo/100", "scipy boschloo_exact", lambda: stats.boschloo_exact([[41, 47], [9, 3]]))
compare("Boschloo/632", "scipy boschloo_exact", lambda: stats.boschloo_exact([[300, 290], [16, 26]]))
a, b = np.exp(x[:1000] / 2), np.exp(y[:1000] / 2)
compare("ratio of p95, 1,999 samples/2000", "scipy hdquantiles in a loop", lambda: [
    stats.mstats.hdquantiles(np.random.default_rng(i).choice(b, 1000), [0.95]) / stats.mstats.hdquantiles(np.random.default_rng(i).choice(a, 1000), [0.95])
    for i in range(1999)])
