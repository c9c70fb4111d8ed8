"""Writes stats.json, the known answers of `src/stats/`, computed outside the program.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 pymannkendall==1.4.3 ruptures==1.1.10
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
import ruptures as rpt
import statsmodels.api as sm
from scipy import optimize, special, stats
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
out["student_large"] = [{"level": l, "freedom": f, "critical": stats.t.ppf(0.5 + l / 2, f)}
                        for l in (0.1, 0.9, 0.95, 0.9999) for f in (499_999, 500_001, 1e7, 1e9)]

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


# Ratios over units. The jackknife's variance is that of a weighted mean by least squares with standard
# errors clustered by unit, here each unit one row, weight x, value y / x (HC3, times (m - 1) / m).
def clustered(y, x):
    m = len(x)
    fit = sm.WLS(y / x, np.ones(m), weights=x).fit(cov_type="HC3", use_t=True)
    variance = (m - 1) / m * float(fit.bse[0]) ** 2
    without = np.array([np.delete(y, i).sum() / np.delete(x, i).sum() for i in range(m)])
    assert np.isclose(variance, (m - 1) / m * ((without - y.sum() / x.sum()) ** 2).sum())
    return float(fit.params[0]), math.sqrt(variance)


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

# Series in segments: the best of every number of changes, each by exact dynamic programming
out["partition"] = []
series = np.random.default_rng(301)
for n, levels, penalty in (
    (10, [0, 5], 9.0), (24, [0], 9.0), (40, [10, 11], 3 * math.log(40) * 0.25), (60, [0, 3, 1], 12.0), (75, [0, 0.5, 2, 4], 6.0),
    (120, [0, 1, -1, 2, 0], 14.0), (120, [0], 1.5),
):
    values = np.repeat(levels, -(-n // len(levels)))[:n] + series.normal(0, 0.5 if n == 40 else 1, n)
    programme = rpt.Dynp(model="l2", min_size=5, jump=1).fit(values)
    found = []
    for changes in range(n // 5):
        ends = programme.predict(n_bkps=changes) if changes else [n]
        found.append((programme.cost.sum_of_costs(ends) + penalty * changes, ends[:-1]))
    cost, places = min(found)
    pelt = rpt.Pelt(model="l2", min_size=5, jump=1).fit(values).predict(pen=penalty)
    assert pelt[:-1] == places, (pelt, places)
    out["partition"].append({"values": floats(values), "penalty": penalty, "places": places, "cost": float(cost)})

# Rank sums: scipy without ties, every order with them
def rank_sum(a, b):
    ranks = stats.rankdata(np.r_[a, b])
    observed = ranks[: len(a)].sum()
    sums = np.array([sum(c) for c in itertools.combinations(ranks, len(a))])
    return min(1.0, 2 * min(np.mean(sums <= observed + 1e-9), np.mean(sums >= observed - 1e-9)))


out["mann_whitney"] = []
draw = np.random.default_rng(302)
for n, m, method in ((3, 4, "exact"), (10, 12, "exact"), (8, 40, "exact"), (50, 50, "exact"), (60, 90, "asymptotic")):
    a, b = draw.normal(0, 1, n), draw.normal(0.6, 1, m)
    if method == "asymptotic":
        a, b = np.round(a, 1), np.round(b, 1)
    r = stats.mannwhitneyu(a, b, method=method)
    out["mann_whitney"].append({"a": floats(a), "b": floats(b), "statistic": float(r.statistic), "p": min(1.0, float(r.pvalue))})
for n, m in ((5, 6), (7, 9), (4, 12)):
    a, b = draw.integers(0, 5, n), draw.integers(1, 7, m)
    r = stats.mannwhitneyu(a, b, method="asymptotic")
    out["mann_whitney"].append({"a": floats(a), "b": floats(b), "statistic": float(r.statistic), "p": float(rank_sum(a, b))})


# Rates, exactly. scipy searches the common rate at random; here on a grid and then between its points, and never below scipy
def boschloo_less(x1, n1, x2, n2):
    fisher = np.array([[stats.hypergeom.cdf(i, n1 + n2, i + j, n1) for j in range(n2 + 1)] for i in range(n1 + 1)])
    region = fisher <= fisher[x1, x2] * (1 + 1e-12)

    def chance(rate):
        first, second = stats.binom.pmf(np.arange(n1 + 1), n1, rate), stats.binom.pmf(np.arange(n2 + 1), n2, rate)
        return float(first @ region @ second)

    grid = np.linspace(0, 1, 2001)
    values = [chance(r) for r in grid]
    best = max(values)
    for i in np.argsort(values)[-12:]:
        r = optimize.minimize_scalar(lambda r: -chance(r), bounds=(grid[max(i - 1, 0)], grid[min(i + 1, 2000)]), method="bounded",
                                     options={"xatol": 1e-12})
        best = max(best, -r.fun)
    return best


def mid_p(x1, n1, x2, n2):
    h = stats.hypergeom(n1 + n2, x1 + x2, n1)
    return min(1.0, 2 * (min(h.cdf(x1), h.sf(x1 - 1)) - h.pmf(x1) / 2))


out["two_rates"] = []
for x1, n1, x2, n2 in (
    (7, 12, 3, 13), (0, 5, 5, 5), (1, 10, 8, 11), (10, 10, 7, 20), (0, 20, 0, 10), (3, 3, 2, 40), (15, 60, 28, 70), (4, 9, 4, 9),
    (950, 1000, 970, 1000), (120, 400, 100, 410), (99_500, 100_000, 99_420, 100_000),
):
    table = [[x1, x2], [n1 - x1, n2 - x2]]
    case = {"hits1": x1, "n1": n1, "hits2": x2, "n2": n2, "fisher": float(stats.fisher_exact(table)[1]), "mid_p": float(mid_p(x1, n1, x2, n2))}
    if n1 * n2 <= 5000:
        p = min(1.0, 2 * min(boschloo_less(x1, n1, x2, n2), boschloo_less(x2, n2, x1, n1)))
        scipys = stats.boschloo_exact(table, n=256).pvalue
        assert abs(p - scipys) < 1e-7, (p, scipys)
        case["boschloo"] = p
    out["two_rates"].append(case)
out["mcnemar"] = [{"first": a, "second": b, "p": float(stats.binomtest(a, a + b).pvalue)} for a, b in ((0, 5), (1, 9), (7, 7), (30, 55), (500, 590))]
out["jeffreys"] = []
for hits, n in ((0, 1), (1, 1), (8, 10), (0, 30), (81, 263), (9325, 9412), (999_999, 1_000_000)):
    for level in (0.9, 0.95):
        low, high = proportion_confint(hits, n, 1 - level, "jeffreys")
        out["jeffreys"].append({"hits": hits, "n": n, "level": level, "low": 0.0 if hits == 0 else low, "high": 1.0 if hits == n else high})


# Tail quantiles
def order_statistics(n, q, level):
    """Ranks of the narrowest pair, by the definition: chances that too few or too many values lie below the quantile."""
    tail = (1 - level) / 2
    lows = [k for k in range(1, n + 1) if stats.binom.cdf(k - 1, n, q) <= tail]
    highs = [k for k in range(1, n + 1) if stats.binom.sf(k - 1, n, q) <= tail]
    return (float(max(lows)), float(min(highs))) if lows and highs else (None, None)


tails = np.random.default_rng(303)
out["harrell_davis"] = []
for n in (1, 2, 15, 200, 3000):
    values, q = np.round(tails.lognormal(0, 1, n), 6), [0.05, 0.5, 0.9, 0.95, 0.99]
    out["harrell_davis"].append({"values": floats(values), "q": q,
                                 "quantiles": floats(stats.mstats.hdquantiles(values, q)) if n > 1 else floats([values[0]] * 5)})
out["order_statistics"] = []
for n, q, level in ((5, 0.5, 0.95), (6, 0.5, 0.95), (20, 0.5, 0.9), (35, 0.9, 0.95), (36, 0.9, 0.95), (100, 0.95, 0.95), (367, 0.99, 0.95),
                    (368, 0.99, 0.95), (1000, 0.99, 0.95)):
    low, high = order_statistics(n, q, level)
    out["order_statistics"].append({"n": n, "q": q, "level": level, "low": low, "high": high})


# Shape: scipy without ties, every order with them
def distance(a, b):
    at = np.r_[a, b]
    return max(abs(np.mean(a <= t) - np.mean(b <= t)) for t in at)


out["kolmogorov_smirnov"] = []
for n, m in ((3, 4), (10, 12), (8, 40), (50, 50), (120, 77)):
    a, b = tails.normal(0, 1, n), tails.normal(0.5, 1.5, m)
    r = stats.ks_2samp(a, b, method="exact")
    out["kolmogorov_smirnov"].append({"a": floats(a), "b": floats(b), "statistic": float(r.statistic), "p": float(r.pvalue)})
for n, m in ((4, 5), (6, 8), (5, 11)):
    a, b = tails.integers(0, 4, n), tails.integers(1, 6, m)
    pooled, observed, hits, total = np.r_[a, b], distance(a, b), 0, 0
    for chosen in itertools.combinations(range(n + m), n):
        mask = np.zeros(n + m, bool)
        mask[list(chosen)] = True
        total += 1
        hits += distance(pooled[mask], pooled[~mask]) >= observed - 1e-9
    out["kolmogorov_smirnov"].append({"a": floats(a), "b": floats(b), "statistic": float(observed), "p": hits / total})
out["kolmogorov"] = [{"x": x, "p": float(special.kolmogorov(x))} for x in (0.1, 0.2, 0.3, 0.5, 0.83, 1.36, 2.0, 5.0)]

# Prediction limits: those of a constant fitted to the logs, for the mean of several new values
out["prediction"] = []
for n, newest, level in ((6, 1, 0.95), (12, 2, 0.99), (40, 4, 0.9)):
    history = tails.lognormal(1, 0.4, n)
    fit = sm.OLS(np.log(history), np.ones(n)).fit()
    half = stats.t.ppf(0.5 + level / 2, fit.df_resid) * math.sqrt(fit.mse_resid / newest + fit.bse[0] ** 2)
    out["prediction"].append({"history": floats(history), "newest": newest, "level": level,
                              "low": math.exp(fit.params[0] - half), "high": math.exp(fit.params[0] + half)})

# Power by the formula
out["power"] = []
for s1, s2, n1, n2, level, power in ((0.4, 0.4, 10, 10, 0.95, 0.8), (0.1, 0.7, 8, 40, 0.95, 0.9), (1.0, 0.5, 300, 6, 0.99, 0.5), (0.3, 0.3, 6, 6, 0.9, 0.2)):
    v1, v2 = s1 * s1 / n1, s2 * s2 / n2
    f = (v1 + v2) ** 2 / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1))
    t = lambda f: stats.t.ppf(0.5 + level / 2, f) + stats.t.ppf(power, f)
    out["power"].append({"s1": s1, "s2": s2, "n1": n1, "n2": n2, "level": level, "power": power,
                         "difference": t(f) * math.sqrt((v1 + v2) * math.pi / 3), "of_pairs": t(n1 - 1) * s1 * math.sqrt(math.pi / 3 / n1)})

# Differences of shares: Wilson's intervals of both with effective numbers of trials, put together. One unit may hold most
# trials; and a group without a failure has trials as alike as the other's.
out["share_difference"] = []
own = np.random.default_rng(20261128)
for kind, m1, m2 in (("giant", 12, 12), ("perfect", 10, 10), ("sizes", 8, 25), ("perfect", 20, 6)):
    x1, x2 = own.integers(5, 40, m1).astype(float), own.integers(5, 40, m2).astype(float)
    if kind == "giant":
        x1[0], x2[3] = 400.0, 300.0
    y1 = x1.copy() if kind == "perfect" else own.binomial(x1.astype(int), own.beta(9, 1, m1)).astype(float)
    y2 = own.binomial(x2.astype(int), own.beta(8, 2, m2)).astype(float)
    pooled = []
    for y, x in ((y1, x1), (y2, x2)):
        r = y.sum() / x.sum()
        without = np.array([np.delete(y, i).sum() / np.delete(x, i).sum() for i in range(len(x))])
        pooled.append((r, (len(x) - 1) / len(x) * ((without - r) ** 2).sum(), len(x), x.sum()))
    effective = lambda r, v, m, n: min(r * (1 - r) / v, n)
    ends = []
    for (r, v, m, n), other in zip(pooled, pooled[::-1]):
        trials = effective(r, v, m, n) if v > 0 else max(m, n * min(1, effective(*other) / other[3]))
        t = stats.t.ppf(0.975, m - 1)
        centre = (r + t * t / 2 / trials) / (1 + t * t / trials)
        half = t * math.sqrt(r * (1 - r) / trials + t * t / 4 / trials / trials) / (1 + t * t / trials)
        ends.append((max(0, centre - half), min(1, centre + half)))
    (l1, h1), (l2, h2) = ends
    d = pooled[1][0] - pooled[0][0]
    out["share_difference"].append({
        "numerators1": floats(y1), "denominators1": floats(x1), "numerators2": floats(y2), "denominators2": floats(x2),
        "estimate": d, "low": d - math.hypot(pooled[1][0] - l2, h1 - pooled[0][0]),
        "high": d + math.hypot(h2 - pooled[1][0], pooled[0][0] - l1),
    })


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
