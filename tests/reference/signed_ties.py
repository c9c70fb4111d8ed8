"""p of Wilcoxon's signed ranks with equal differences, by every sign tried: tests/integration/cli/judged.rs.

Run: python3 tests/reference/signed_ties.py
"""
import itertools

base, candidate = [8, 8, 5, 8, 9, 8, 6, 6, 5], [7, 9, 3, 7, 6, 5, 7, 4, 6]
differences = [b - a for a, b in zip(base, candidate)]
sizes = sorted(abs(d) for d in differences)
rank = {s: sum(i + 1 for i, v in enumerate(sizes) if v == s) / sizes.count(s) for s in set(sizes)}
ranks = [rank[abs(d)] for d in differences]
observed = sum(r for d, r in zip(differences, ranks) if d > 0)
sums = [sum(r for up, r in zip(signs, ranks) if up) for signs in itertools.product([0, 1], repeat=len(ranks))]
below = sum(s <= observed for s in sums) / len(sums)
above = sum(s >= observed for s in sums) / len(sums)
print(differences, ranks, observed, 2 * min(below, above))
