"""Writes stratified.json, the known answers of `src/stats/stratified.rs`.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python tests/reference/stratified.py

The estimate is the coefficient of the group in a linear model with a level for each stratum, by least squares (of
ratios weighted by the denominators). The variance comes from each cell's own mean: that of a model with a level for
each cell and HC2 (a cell's variance is then s^2 / n), of ratios a weighted mean with the jackknife (HC3, times (n - 1) / n) in each cell.
"""
import json
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import stats

rng = np.random.default_rng(20261126)
out = {"means": [], "ratios": []}


def interval(estimate, parts, freedoms):
    variance = sum(parts)
    freedom = variance**2 / sum(p**2 / f for p, f in zip(parts, freedoms))
    half = stats.t.ppf(0.975, freedom) * variance**0.5
    return {"estimate": float(estimate), "low": float(estimate - half), "high": float(estimate + half)}


def coefficient(values, group, stratum, weights):
    levels = (stratum[:, None] == np.unique(stratum)[None, :]).astype(float)
    return sm.WLS(values, np.column_stack([group, levels]), weights=weights).fit().params[0]


def shares(sizes):
    w = np.array([a * b / (a + b) for a, b in sizes])
    return w / w.sum()


for sizes in ([(6, 9)], [(6, 20), (20, 6)], [(4, 12), (15, 5), (8, 8)]):
    strata = [(rng.normal(k, 1.0, n), rng.normal(k + 0.4, 0.5, m)) for k, (n, m) in enumerate(sizes)]
    values = np.concatenate([v for pair in strata for v in pair])
    group = np.concatenate([np.full(len(v), float(g)) for pair in strata for g, v in enumerate(pair)])
    stratum = np.concatenate([np.full(len(v), float(k)) for k, pair in enumerate(strata) for v in pair])
    cell = 2 * stratum + group
    cells = (cell[:, None] == np.arange(2 * len(sizes))[None, :]).astype(float)
    errors = sm.OLS(values, cells).fit(cov_type="HC2").bse
    share = np.repeat(shares(sizes), 2)
    freedoms = [n - 1 for pair in sizes for n in pair]
    out["means"].append({
        "strata": [{"a": a.tolist(), "b": b.tolist()} for a, b in strata],
        **interval(coefficient(values, group, stratum, np.ones(len(values))), list(share**2 * errors**2), freedoms),
    })

for units in ([(8, 10)], [(6, 12), (14, 7)]):
    strata, values, group, stratum, weights, parts, freedoms, totals = [], [], [], [], [], [], [], []
    for k, pair in enumerate(units):
        row = {}
        for g, n in enumerate(pair):
            x = rng.integers(1, 12, n).astype(float)
            y = rng.binomial(x.astype(int), 0.5 + 0.2 * k + 0.1 * g).astype(float)
            row |= {f"y{g + 1}": y.tolist(), f"x{g + 1}": x.tolist()}
            fit = sm.WLS(y / x, np.ones(n), weights=x).fit(cov_type="HC3", use_t=True)
            parts.append((n - 1) / n * fit.bse[0] ** 2)
            freedoms.append(n - 1)
            values += list(y / x)
            weights += list(x)
            group += [float(g)] * n
            stratum += [float(k)] * n
        totals.append((sum(row["x1"]), sum(row["x2"])))
        strata.append(row)
    share = np.repeat(shares(totals), 2)
    estimate = coefficient(np.array(values), np.array(group), np.array(stratum), np.array(weights))
    out["ratios"].append({"strata": strata, **interval(estimate, list(share**2 * np.array(parts)), freedoms)})

path = pathlib.Path(__file__).with_name("stratified.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
