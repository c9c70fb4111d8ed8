"""Lines by scipy.stats.theilslopes, extended with the prediction interval of a straight line: forecast.json.

    pip install scipy && python tests/reference/forecast.py
"""

import json
import random
from pathlib import Path
from statistics import median

from scipy.stats import t, theilslopes


def case(x, y, at, level):
    slope, intercept, _, _ = theilslopes(y, x)
    assert abs(intercept - (median(y) - slope * median(x))) < 1e-9
    n = len(x)
    centre = sum(x) / n
    spread = sum((v - centre) ** 2 for v in x)
    s = (sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y)) / (n - 2)) ** 0.5
    half = t.ppf((1 + level) / 2, n - 2) * s * (1 + 1 / n + (at - centre) ** 2 / spread) ** 0.5
    middle = intercept + slope * at
    return {"x": x, "y": y, "at": at, "level": level,
            "estimate": middle, "low": middle - half, "high": middle + half}


random.seed(11)
cases = []
for n, level in [(8, 0.95), (9, 0.9), (20, 0.95), (33, 0.99)]:
    x = sorted(round(random.uniform(0, 14), 3) for _ in range(n))
    y = [round(0.4 + 0.02 * v + random.gauss(0, 0.03), 4) for v in x]
    y[n // 3] += 0.5
    cases.append(case(x, y, x[-1] + 7, level))
Path(__file__).with_name("forecast.json").write_text(json.dumps(cases) + "\n")
