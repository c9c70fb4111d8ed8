"""Writes stats.json, the known answers of `src/stats/`, computed outside the program.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 pymannkendall==1.4.3
    venv/bin/python tests/reference/stats.py

scipy, statsmodels and pymannkendall where they have the method; else brute force over every order,
sign or pair, as the method is defined.
"""
import itertools
import json
import math
import pathlib

import numpy as np
import pymannkendall
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.tsa.stattools import acf

rng = np.random.default_rng(20251124)
out = {}


def floats(values):
    return [float(v) for v in values]


# Distributions
out["normal"] = [
    {"x": x, "cdf": stats.norm.cdf(x), "two_sided": 2 * stats.norm.sf(abs(x)), "p": p, "quantile": stats.norm.ppf(p)}
    for x, p in zip([-6, -2.5, -1, -0.1, 0, 0.3, 1.7, 4], [1e-9, 0.001, 0.025, 0.3, 0.5, 0.75, 0.975, 0.9999])
]
out["student"] = [
    {"level": l, "freedom": f, "critical": stats.t.ppf(0.5 + l / 2, f), "t": t, "two_sided": 2 * stats.t.sf(abs(t), f)}
    for l in (0.5, 0.9, 0.95, 0.99)
    for f, t in ((1, 0.3), (3.7, -2.0), (5, 2.5), (9, 1.0), (29.5, -4.0), (117, 2.2), (1000, 0.01), (250000, 3.0))
]

# Rates
out["wilson"] = []
for hits, n in ((0, 1), (1, 1), (8, 10), (0, 30), (81, 263), (9325, 9412), (999_999, 1_000_000)):
    for level in (0.9, 0.95):
        low, high = proportion_confint(hits, n, 1 - level, "wilson")
        out["wilson"].append({"hits": hits, "n": n, "level": level, "low": low, "high": high})
out["newcombe"] = []
for h1, n1, h2, n2 in ((48, 80, 56, 70), (3, 10, 9, 10), (0, 20, 0, 10), (10, 10, 0, 20), (950, 1000, 960, 1000)):
    low, high = confint_proportions_2indep(h2, n2, h1, n1, method="newcomb", compare="diff")
    out["newcombe"].append({"hits1": h1, "n1": n1, "hits2": h2, "n2": n2, "level": 0.95, "low": low, "high": high})


# Ratios over units. The linearised variance is that of a weighted mean by least squares with standard
# errors clustered by unit, here each unit one row, weight x, value y / x (HC1 = m/(m-1)).
def clustered(y, x):
    fit = sm.WLS(y / x, np.ones(len(x)), weights=x).fit(cov_type="HC1", use_t=True)
    return float(fit.params[0]), float(fit.bse[0])


def share_interval(ratio, variance, m, denominator):
    t = stats.t.ppf(0.975, m - 1)
    n = min(ratio * (1 - ratio) / variance if variance > 0 else m, denominator)
    centre = (ratio + t * t / 2 / n) / (1 + t * t / n)
    half = t * math.sqrt(ratio * (1 - ratio) / n + t * t / 4 / n / n) / (1 + t * t / n)
    return centre - half, centre + half


out["clustered"] = []
for m in (6, 10, 50):
    x = rng.integers(1, 40, m).astype(float)
    for y in (rng.lognormal(0.5, 0.6, m) * x, np.minimum(x, rng.binomial(x.astype(int), rng.beta(9, 1, m)))):
        y = y.astype(float)
        ratio, se = clustered(y, x)
        t = stats.t.ppf(0.975, m - 1)
        case = {
            "numerators": floats(y), "denominators": floats(x), "ratio": ratio,
            "low": ratio - t * se, "high": ratio + t * se,
            "log_low": ratio * math.exp(-t * se / ratio), "log_high": ratio * math.exp(t * se / ratio),
        }
        if (y <= x).all():
            case["share_low"], case["share_high"] = share_interval(ratio, se * se, m, x.sum())
        out["clustered"].append(case)
out["clustered_difference"] = []
for m1, m2 in ((4, 7), (12, 30)):
    x1, x2 = rng.integers(1, 40, m1).astype(float), rng.integers(1, 40, m2).astype(float)
    y1, y2 = rng.binomial(x1.astype(int), 0.8).astype(float), rng.binomial(x2.astype(int), 0.9).astype(float)
    (r1, s1), (r2, s2) = clustered(y1, x1), clustered(y2, x2)
    v1, v2 = s1 * s1, s2 * s2
    freedom = (v1 + v2) ** 2 / (v1 * v1 / (m1 - 1) + v2 * v2 / (m2 - 1))
    half = stats.t.ppf(0.975, freedom) * math.sqrt(v1 + v2)
    out["clustered_difference"].append({
        "numerators1": floats(y1), "denominators1": floats(x1), "numerators2": floats(y2), "denominators2": floats(x2),
        "estimate": r2 - r1, "low": r2 - r1 - half, "high": r2 - r1 + half,
    })

# Quantiles
out["quantiles"] = []
for n in (1, 2, 7, 40):
    values = rng.lognormal(0, 1, n)
    q = [0.0, 0.1, 0.5, 0.9, 0.95, 1.0]
    out["quantiles"].append({
        "values": floats(values), "median": float(np.median(values)), "q": q,
        "quantiles": floats(np.quantile(values, q, method="inverted_cdf")),
    })
out["woodruff"] = []
for m, q in ((6, 0.5), (20, 0.95)):
    n = rng.integers(5, 60, m).astype(float)
    above = rng.binomial(n.astype(int), 1 - q).astype(float)
    _, se = clustered(above, n)
    half = stats.t.ppf(0.975, m - 1) * se
    out["woodruff"].append({"above": floats(above), "n": floats(n), "q": q, "low": max(0, q - half), "high": min(1, q + half)})

# Series
out["trend"] = []
for n, slope, ties in ((8, 0.5, False), (30, 0.0, True), (60, 0.05, False), (120, 0.01, True)):
    noise = np.zeros(n)
    for i in range(n):
        noise[i] = rng.normal() + (0.6 * noise[i - 1] if i else 0)
    values = noise + slope * np.arange(n)
    if ties:
        values = np.round(values)
    a = pymannkendall.original_test(values)
    b = pymannkendall.hamed_rao_modification_test(values)
    out["trend"].append({
        "values": floats(values), "s": float(a.s), "variance": float(a.var_s), "z": float(a.z), "p": float(a.p),
        "tau": float(a.Tau), "hamed_rao_variance": float(b.var_s),
    })
out["theil_sen"] = []
for n, ties in ((5, False), (12, True), (41, False), (90, True)):
    x = np.sort(rng.uniform(0, 10, n))
    y = 0.3 * x + rng.standard_t(3, n)
    if ties:
        x, y = np.round(x), np.round(y)
    for level in (0.9, 0.95):
        s = stats.theilslopes(y, x, level)
        out["theil_sen"].append({"x": floats(x), "y": floats(y), "level": level, "estimate": float(s.slope),
                                 "low": float(s.low_slope), "high": float(s.high_slope)})
out["correlation"] = []
for n in (5, 60):
    values = np.cumsum(rng.normal(size=n))
    out["correlation"].append({"values": floats(values), "acf": floats(acf(values, nlags=min(4, n - 1), fft=False)[1:])})

# Many p values
out["multiplicity"] = []
for p in ([0.03], [0.01, 0.04, 0.03, 0.005], floats(np.r_[rng.uniform(0, 0.02, 5), rng.uniform(0, 1, 35)]), [0.02, 0.02, 1.0, 0.0]):
    out["multiplicity"].append({"p": p, "holm": floats(multipletests(p, method="holm")[1]),
                                "bh": floats(multipletests(p, method="fdr_bh")[1])})


# Pairs: every assignment of signs to the ranks (zeros ranked, then dropped: Pratt)
def signed_rank(d):
    d = np.asarray(d, float)
    ranks = stats.rankdata(np.abs(d))[d != 0]
    positive = float(ranks[d[d != 0] > 0].sum())
    sums = np.array([sum(c) for c in itertools.product(*((0, r) for r in ranks))])
    below, above = np.mean(sums <= positive + 1e-9), np.mean(sums >= positive - 1e-9)
    return positive, min(1.0, 2 * min(below, above))


out["signed_rank"] = []
for d in (
    [1, 2, 3, 4, 5, 6], [-1, 2, -3, 4, 5, 6, 7], [1, 1, 1, -1, 2, 2, 3], [0, 0, 1, 2, -2, 3, 4, 4],
    [0.3, -0.1, 0.25, 0.6, 0.7, -0.2, 0.9, 1.1, 0.05], floats(np.round(rng.normal(0.4, 1, 14), 1)),
):
    statistic, p = signed_rank(d)
    out["signed_rank"].append({"differences": floats(d), "statistic": statistic, "p": p})
for n in (20, 50):
    d = rng.normal(0.3, 1, n)
    r = stats.wilcoxon(d, method="exact")
    positive = float(stats.rankdata(np.abs(d))[d > 0].sum())
    out["signed_rank"].append({"differences": floats(d), "statistic": positive, "p": float(r.pvalue)})


# Walsh averages, by the exact distribution without ties
def walsh(d, level):
    n = len(d)
    counts = np.array([1.0])
    for r in range(1, n + 1):
        counts = np.convolve(counts, np.r_[1.0, np.zeros(r - 1), 1.0])
    below = np.cumsum(counts) / counts.sum()
    k = int(np.sum(below <= (1 - level) / 2))  # P(T <= k - 1) <= alpha / 2
    averages = np.sort([(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)])
    return float(np.median(averages)), float(averages[k - 1]), float(averages[-k])


out["walsh"] = []
for n, level in ((6, 0.95), (9, 0.9), (25, 0.95), (60, 0.95)):
    d = rng.normal(0.2, 1, n)
    estimate, low, high = walsh(d, level)
    out["walsh"].append({"differences": floats(d), "level": level, "estimate": estimate, "low": low, "high": high})


# Two groups: every order, studentised
def bm_statistic(a, b):
    with np.errstate(all="ignore"):
        w = stats.brunnermunzel(a, b).statistic
    if np.isnan(w):
        return 0.0
    return float(w)


def bm_permutation(a, b):
    pooled = np.r_[a, b]
    observed = abs(bm_statistic(a, b))
    hits = total = 0
    for chosen in itertools.combinations(range(len(pooled)), len(a)):
        mask = np.zeros(len(pooled), bool)
        mask[list(chosen)] = True
        w = abs(bm_statistic(pooled[mask], pooled[~mask]))
        total += 1
        hits += w >= observed - 1e-9 * max(1.0, observed) if np.isfinite(observed) else np.isinf(w)
    return hits / total


out["brunner_munzel"] = []
for a, b in (
    (rng.normal(0, 1, 4), rng.normal(1, 2, 5)), (np.round(rng.normal(0, 1, 5)), np.round(rng.normal(0.5, 1, 6))),
    (np.arange(4.0), np.arange(4.0) + 10), (rng.normal(0, 1, 6), rng.normal(1, 0.3, 5)),
):
    u = np.mean([(y > x) + 0.5 * (y == x) for x in a for y in b])
    out["brunner_munzel"].append({"a": floats(a), "b": floats(b), "superiority": float(u), "p": bm_permutation(a, b)})
out["brunner_munzel_statistic"] = []
for a, b in ((rng.normal(0, 1, 12), rng.normal(1, 2, 30)), (rng.integers(0, 5, 20), rng.integers(1, 6, 25))):
    out["brunner_munzel_statistic"].append({"a": floats(a), "b": floats(b), "statistic": bm_statistic(a, b),
                                            "p": float(stats.brunnermunzel(a, b).pvalue)})
out["brunner_munzel_large"] = []
large = np.random.default_rng(50)  # a stream of its own, so that the cases after it stay as they are
for a, b in ((large.normal(0, 1, 50), large.normal(0.3, 2, 80)), (large.integers(0, 9, 120), large.integers(0, 10, 60))):
    out["brunner_munzel_large"].append({"a": floats(a), "b": floats(b), "p": float(stats.brunnermunzel(a, b).pvalue)})
out["hodges_lehmann"] = []
for n, m in ((4, 5), (10, 11), (30, 17)):
    a, b = rng.lognormal(0, 0.5, n), rng.lognormal(0.2, 0.7, m)
    out["hodges_lehmann"].append({"a": floats(a), "b": floats(b),
                                  "ratio": float(np.exp(np.median([math.log(y) - math.log(x) for x in a for y in b])))})


# Two ratios of sums: every assignment of units, studentised
def studentised(ya, xa, yb, xb):
    def one(y, x):
        r = y.sum() / x.sum()
        m = len(x)
        return r, m / (m - 1) * ((y - r * x) ** 2).sum() / x.sum() ** 2
    (ra, va), (rb, vb) = one(ya, xa), one(yb, xb)
    d, v = rb - ra, va + vb
    return d / math.sqrt(v) if v > 1e-30 else (0.0 if abs(d) < 1e-12 else math.copysign(math.inf, d))


out["ratio_permutation"] = []
for m1, m2 in ((4, 5), (6, 6)):
    xa, xb = rng.integers(2, 30, m1).astype(float), rng.integers(2, 30, m2).astype(float)
    ya, yb = rng.binomial(xa.astype(int), 0.9).astype(float), rng.binomial(xb.astype(int), 0.6).astype(float)
    y, x = np.r_[ya, yb], np.r_[xa, xb]
    observed = studentised(ya, xa, yb, xb)
    hits = total = 0
    for chosen in itertools.combinations(range(m1 + m2), m1):
        mask = np.zeros(m1 + m2, bool)
        mask[list(chosen)] = True
        total += 1
        hits += abs(studentised(y[mask], x[mask], y[~mask], x[~mask])) >= abs(observed) - 1e-9
    out["ratio_permutation"].append({"ya": floats(ya), "xa": floats(xa), "yb": floats(yb), "xb": floats(xb),
                                     "statistic": observed, "p": hits / total})
out["ratio_large"] = []  # Welch's degrees of freedom from the two linearised variances
xa, xb = large.integers(2, 30, 400).astype(float), large.integers(2, 30, 450).astype(float)
ya, yb = large.binomial(xa.astype(int), 0.9).astype(float), large.binomial(xb.astype(int), 0.89).astype(float)
va, vb = (len(x) / (len(x) - 1) * ((y - y.sum() / x.sum() * x) ** 2).sum() / x.sum() ** 2 for y, x in ((ya, xa), (yb, xb)))
t = studentised(ya, xa, yb, xb)
out["ratio_large"].append({"ya": floats(ya), "xa": floats(xa), "yb": floats(yb), "xb": floats(xb), "statistic": t,
                           "p": 2 * stats.t.sf(abs(t), (va + vb) ** 2 / (va**2 / 399 + vb**2 / 449))})


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(plain(out), separators=(",", ":")).replace('}],"', '}],\n"') + "\n")
