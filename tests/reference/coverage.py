"""Coverage of nominal 95 % intervals: of shares over units (which form?), and of quantiles (which levels?).

    venv/bin/python tests/reference/coverage.py        (some minutes)

Prints coverage and mean width; `docs/statistics.md` quotes it. Needs numpy and scipy as stats.py does.
"""
import numpy as np
from scipy import stats

rng = np.random.default_rng(1)


def wilson(p, n, t):
    centre = (p + t * t / 2 / n) / (1 + t * t / n)
    half = t * np.sqrt(p * (1 - p) / n + t * t / 4 / n / n) / (1 + t * t / n)
    return centre - half, centre + half


def jackknife(y, x):
    m, total = len(x), x.sum()
    ratio = y.sum() / total
    return ratio, (m - 1) / m * (((y - ratio * x) / (total - x)) ** 2).sum()


def shares(m, p, rho=0.1, size=10, runs=1500):
    hit = dict.fromkeys(("symmetric", "logit", "wilson, effective n"), 0)
    width = dict.fromkeys(hit, 0.0)
    for _ in range(runs):
        n = 1 + rng.geometric(1 / size, m)
        y = rng.binomial(n, rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), m))
        r, v = jackknife(y, n)
        t = stats.t.ppf(0.975, m - 1)
        ends = {"symmetric": (r - t * v**0.5, r + t * v**0.5), "logit": (0.0, 1.0)}
        if 0 < r < 1:
            middle, s = np.log(r / (1 - r)), v**0.5 / (r * (1 - r))
            ends["logit"] = tuple(1 / (1 + np.exp(-(middle + d * t * s))) for d in (-1, 1))
        ends["wilson, effective n"] = wilson(r, min(r * (1 - r) / v if v > 0 else m, n.sum()), t)
        for key, (low, high) in ends.items():
            hit[key] += low - 1e-12 <= p <= high + 1e-12
            width[key] += high - low
    return {k: (round(hit[k] / runs, 3), round(float(width[k]) / runs, 3)) for k in hit}


def quantiles(m, q, size, between=0.3, within=0.6, runs=2500):
    truth = np.exp(np.hypot(between, within) * stats.norm.ppf(q))
    hit, width = {"woodruff": 0, "levels by wilson": 0}, {"woodruff": 0.0, "levels by wilson": 0.0}
    for _ in range(runs):
        n = 1 + rng.geometric(1 / size, m)
        unit = np.repeat(np.arange(m), n)
        x = np.exp(rng.normal(0, between, m)[unit] + rng.normal(0, within, n.sum()))
        ordered = np.sort(x)
        at = lambda level: ordered[min(len(x) - 1, max(0, int(np.ceil(level * len(x) - 1e-9)) - 1))]
        r, v = jackknife(np.bincount(unit, x > at(q), m), n)
        t = stats.t.ppf(0.975, m - 1)
        low, high = wilson(r, min(r * (1 - r) / v if v > 0 else m, n.sum()), t)
        for key, (a, b) in {
            "woodruff": (q - t * v**0.5, min(1, q + t * v**0.5)),
            "levels by wilson": (min(q, 1 - high), max(q, 1 - low)),
        }.items():
            hit[key] += at(a) <= truth <= at(b)
            width[key] += at(b) - at(a)
    return {k: (round(hit[k] / runs, 3), round(float(width[k]) / runs, 2)) for k in hit}


for units in (6, 10, 30, 100):
    for rate in (0.5, 0.9, 0.97, 0.99):
        print("share", units, "units, rate", rate, shares(units, rate), flush=True)
for units in (6, 10, 30, 118):
    for level in (0.5, 0.95):
        for size in (10, 60):
            print("quantile", units, "units of", size, "at", level, quantiles(units, level, size), flush=True)
