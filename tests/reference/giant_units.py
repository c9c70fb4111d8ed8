"""Coverage of differences of shares in src/stats/clustered.rs where units differ in size, by simulation.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python tests/reference/giant_units.py [RUNS]

Compared: the linearised variance of each share and the jackknife's, both under Wilson's intervals with an effective number
of trials, put together (Zou and Donner). Units are of one size (12 trials), of log-normal sizes (standard deviation of
logs 1), or one of them holds 60 % of all trials; trials within a unit are correlated (0.15). Nominal 95 %. `pass` is the
share of runs whose interval lies above −5 points, which no change of −10 points should reach. The second table has
a group without a failure: its trials as alike as units, or as the other group's.
"""
import math
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(11)
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 1200


def wilson(p, n, t):
    centre = (p + t * t / 2 / n) / (1 + t * t / n)
    half = t / (1 + t * t / n) * math.sqrt(p * (1 - p) / n + t * t / 4 / n / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def pooled(y, x, form):
    m, total = len(x), x.sum()
    ratio = y.sum() / total
    if form == "linearised":
        variance = m / (m - 1) * (((y - ratio * x) / total) ** 2).sum()
    else:
        variance = (m - 1) / m * (((y.sum() - y) / (total - x) - ratio) ** 2).sum()
    return ratio, variance, m, total


def trials(own, other, borrows):
    effective = lambda of: min(of[0] * (1 - of[0]) / of[1], of[3])
    if own[1] > 0:
        return effective(own)
    if borrows and own[0] in (0, 1) and other[1] > 0:
        return max(min(own[2], own[3]), own[3] * min(1, effective(other) / other[3]))
    return min(own[2], own[3])


def interval(a, b, borrows):
    ends = [wilson(p[0], trials(p, q, borrows), stats.t.ppf(0.975, p[2] - 1)) for p, q in ((a, b), (b, a))]
    (l1, h1), (l2, h2) = ends
    d = b[0] - a[0]
    return d - math.hypot(b[0] - l2, h1 - a[0]), d + math.hypot(h2 - b[0], a[0] - l1)


def drawn(p, rho, x):
    if p in (0, 1):
        return p * x
    k = (1 - rho) / rho
    return rng.binomial(x.astype(int), rng.beta(p * k, (1 - p) * k, len(x))).astype(float)


def sizes(units, which):
    x = np.full(units, 12.0)
    if which == "giant":
        x[0] = round(1.5 * 12 * (units - 1))
    if which == "log-normal":
        x = np.maximum(1, np.rint(12 * rng.lognormal(0, 1, units)))
    return x


for units in (10, 20, 30):
    for which in ("one size", "log-normal", "giant"):
        for p, change in ((0.9, 0.0), (0.9, -0.1), (0.7, 0.0)):
            covers, passes = dict.fromkeys(("linearised", "jackknife"), 0), dict.fromkeys(("linearised", "jackknife"), 0)
            for _ in range(RUNS):
                x1, x2 = sizes(units, which), sizes(units, which)
                y1, y2 = drawn(p, 0.15, x1), drawn(p + change, 0.15, x2)
                for form in covers:
                    low, high = interval(pooled(y1, x1, form), pooled(y2, x2, form), True)
                    covers[form] += low <= change <= high
                    passes[form] += low >= -0.05
            row = "; ".join(f"{f} covers {covers[f] / RUNS:.3f} pass {passes[f] / RUNS:.3f}" for f in covers)
            print(f"{units} units, {which}, {p} {change:+}: {row}", flush=True)
for units, size in ((10, 30), (20, 10), (20, 30)):
    for rho in (0.05, 0.1, 0.3):
        for p, q in ((0.99, 0.99), (0.99, 0.9), (1.0, 0.9)):
            x = np.full(units, float(size))
            found, covers = [0, 0], [0, 0]
            for _ in range(RUNS):
                a, b = (pooled(drawn(of, rho, x), x, "jackknife") for of in (p, q))
                for borrows in (0, 1):
                    low, high = interval(a, b, bool(borrows))
                    covers[borrows] += low <= q - p <= high
                    found[borrows] += high < -0.05
            print(f"{units} × {size}, correlation {rho}, {p} → {q}: as units covers {covers[0] / RUNS:.3f} found "
                  f"{found[0] / RUNS:.3f}; as the other covers {covers[1] / RUNS:.3f} found {found[1] / RUNS:.3f}", flush=True)
