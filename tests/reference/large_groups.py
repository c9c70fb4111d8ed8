"""Type I error of Student's approximations in src/stats/{unpaired,permutation}.rs for large groups.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python tests/reference/large_groups.py [RUNS]

Prints the share of p < 0.05 where the groups have equal medians (or ratios). With 10,000 runs its
standard error is 0.002. Takes some minutes. The results stand in docs/statistics.md.
"""
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(20)
RUNS = max(1, int(sys.argv[1] if len(sys.argv) > 1 else 10_000) // 1000)
SHAPES = {
    "normal": rng.standard_normal,
    "t, 3 degrees": lambda size: rng.standard_t(3, size),
    "Laplace": lambda size: rng.laplace(size=size),
    "with ties": None,
}
SPREADS = [(1, 1), (3, 1), (1, 3), (10, 1), (1, 10)]


def student(difference, v1, v2, n1, n2):
    freedom = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    return 2 * stats.t.sf(np.abs(difference / np.sqrt(v1 + v2)), freedom)


def brunner_munzel(a, b):
    """One p a row."""
    n1, n2 = a.shape[1], b.shape[1]
    ranks = stats.rankdata(np.concatenate([a, b], axis=1), axis=1)
    p1 = ranks[:, :n1] - stats.rankdata(a, axis=1)
    p2 = ranks[:, n1:] - stats.rankdata(b, axis=1)
    v1, v2 = n1 * p1.var(axis=1, ddof=1), n2 * p2.var(axis=1, ddof=1)
    return student(p2.sum(axis=1) - n1 * n2 / 2, v1, v2, n1, n2)


def ratio_of_sums(ya, xa, yb, xb):
    def one(y, x):
        n = y.shape[1]
        ratio = y.sum(1) / x.sum(1)
        return ratio, n / (n - 1) * ((y - ratio[:, None] * x) ** 2).sum(1) / x.sum(1) ** 2
    (ra, va), (rb, vb) = one(ya, xa), one(yb, xb)
    return student(rb - ra, va, vb, ya.shape[1], yb.shape[1])


def sample(shape, n, spread):
    if SHAPES[shape] is None:
        return np.round(rng.standard_normal((1000, n)) * 1.5 * spread)
    return SHAPES[shape]((1000, n)) * spread


def units(kind, n):
    """Successes and trials of units."""
    skewed = 1 + rng.poisson(rng.lognormal(3, 1, (1000, n)))
    x, p = {
        "5 % of 20 calls each": (np.full((1000, n), 20), 0.05),
        "40 % of skewed calls": (skewed, 0.4),
        "0.5 % of skewed calls": (skewed, 0.005),
        "beta(1, 9) of skewed calls": (skewed, rng.beta(1, 9, (1000, n))),
    }[kind]
    return rng.binomial(x, p).astype(float), x.astype(float)


print("Brunner-Munzel; spreads", SPREADS)
for n1, n2 in [(50, 50), (50, 200), (50, 1000), (100, 100), (100, 1000), (400, 400)]:
    for shape in SHAPES:
        rates = [np.mean([brunner_munzel(sample(shape, n1, s1), sample(shape, n2, s2)) < 0.05 for _ in range(RUNS)])
                 for s1, s2 in SPREADS]
        print(n1, n2, shape, *["%.4f" % r for r in rates], flush=True)
print("ratio of sums")
for n1, n2 in [(50, 50), (50, 200), (50, 1000), (100, 100), (100, 1000), (400, 400), (400, 4000)]:
    for kind in ["5 % of 20 calls each", "40 % of skewed calls", "0.5 % of skewed calls", "beta(1, 9) of skewed calls"]:
        with np.errstate(all="ignore"):
            rate = np.mean([ratio_of_sums(*units(kind, n1), *units(kind, n2)) < 0.05 for _ in range(RUNS)])
        print(n1, n2, kind, "%.4f" % rate, flush=True)
