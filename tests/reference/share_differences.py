"""Coverage of the intervals of differences of shares in src/stats/clustered.rs, by simulation.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python tests/reference/share_differences.py [RUNS]

Units (tasks) have rates of their own around a common one; nominal 95 %. Compared: the linearised interval
(Welch), and the two single Wilson intervals with effective numbers of trials put together (Zou and Donner),
unpaired and, with the correlation of the units' residuals, paired. The results stand in docs/statistics.md.
"""
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 4000


def pooled(y, x):
    n = y.shape[1]
    total = x.sum(1)
    ratio = y.sum(1) / total
    residual = (y - ratio[:, None] * x) / total[:, None]
    return ratio, n / (n - 1) * (residual**2).sum(1), residual, total, n


def effective(ratio, variance, total):
    return np.minimum(ratio * (1 - ratio) / np.where(variance > 0, variance, 1), total)


def wilson(own, other):
    (ratio, variance, _, total, n), (r2, v2, _, t2, _) = own, other
    t = stats.t.ppf(0.975, n - 1)
    units = np.minimum(n, total)
    # A group without a failure has trials as alike as the other's.
    alike = np.maximum(units, total * np.minimum(1, effective(r2, v2, t2) / t2))
    ends = ((ratio == 0) | (ratio == 1)) & (v2 > 0)
    trials = np.where(variance > 0, effective(ratio, variance, total), np.where(ends, alike, units))
    trials = np.where(trials > 0, trials, n)
    centre = (ratio + t * t / (2 * trials)) / (1 + t * t / trials)
    half = t * np.sqrt(ratio * (1 - ratio) / trials + t * t / (4 * trials**2)) / (1 + t * t / trials)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def together(a, b, is_paired):
    (p1, v1, e1, x1, n1), (p2, v2, e2, x2, n2) = a, b
    (l1, u1), (l2, u2) = wilson(a, b), wilson(b, a)
    r = 0
    if is_paired:
        s = np.sqrt((e1**2).sum(1) * (e2**2).sum(1))
        r = np.where(s > 0, (e1 * e2).sum(1) / np.where(s > 0, s, 1), 0)
    d = p2 - p1
    low = d - np.sqrt(np.maximum((p2 - l2) ** 2 - 2 * r * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2, 0))
    high = d + np.sqrt(np.maximum((u2 - p2) ** 2 - 2 * r * (u2 - p2) * (p1 - l1) + (p1 - l1) ** 2, 0))
    return low, high


def welch(a, b):
    (p1, v1, _, _, n1), (p2, v2, _, _, n2) = a, b
    v = v1 + v2
    f = np.where(v > 0, v**2 / np.where(v > 0, v1**2 / (n1 - 1) + v2**2 / (n2 - 1), 1), n1)
    half = stats.t.ppf(0.975, np.maximum(f, 1)) * np.sqrt(v)
    return p2 - p1 - half, p2 - p1 + half


def rates(centre, concentration, shape):
    return rng.beta(centre * concentration, (1 - centre) * concentration, shape)


print("tasks trials rates      welch  together   welch(paired data)  together  paired")
for n in (6, 10, 24, 60, 250):
    for trials in (1, 5):
        for c1, c2 in ((0.5, 0.5), (0.9, 0.9), (0.97, 0.97), (0.9, 0.8), (0.98, 0.9)):
            k = 8
            own = [rates(c, k, (RUNS, n)) for c in (c1, c2)]
            x = np.full((RUNS, n), float(trials))
            cells = [pooled(rng.binomial(trials, p).astype(float), x) for p in own]
            truth = c2 - c1
            inside = lambda i: np.mean((i[0] <= truth + 1e-12) & (truth - 1e-12 <= i[1]))
            row = [inside(welch(*cells)), inside(together(*cells, False))]
            # Paired: a task is as hard in both, the second rate being the first's quantile.
            u = rng.random((RUNS, n))
            own = [stats.beta.ppf(u, c * k, (1 - c) * k) for c in (c1, c2)]
            cells = [pooled(rng.binomial(trials, p).astype(float), x) for p in own]
            row += [inside(welch(*cells)), inside(together(*cells, False)), inside(together(*cells, True))]
            print(n, trials, c1, c2, *["%.3f" % r for r in row], flush=True)
