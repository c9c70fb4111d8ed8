#!/usr/bin/env python3
"""Known answers for the replays, by other means than the program's: writes replays.json beside itself.

    python3 tests/reference/replays.py

Standard library only.
- erlang: mean wait and share that waits of M/M/c, by Erlang's second formula.
- example: the eleven requests A B C A B D A D B C A through lists.
- loop: m keys in turn, n rounds: nothing below m places, all but the first round from m on.
- zipf: hit rates of LRU under independent references with P(i) ~ 1/i^a, by the approximation of
  Che, Tung & Wang 2002 (IEEE JSAC 20(7)): sum over keys of p(1 - exp(-p T)), with T from
  sum of (1 - exp(-p T)) = size; and by a simulation here, n requests after a warm-up.
"""
import json, math, os, random
from collections import OrderedDict


def erlang(rate, service, c):
    load = rate * service
    rho = load / c
    last = load ** c / math.factorial(c) / (1 - rho)
    waiting = last / (sum(load ** k / math.factorial(k) for k in range(c)) + last)
    return {"rate": rate, "service": service, "servers": c, "share_waiting": waiting,
            "mean_wait": waiting * service / (c * (1 - rho))}


def lru(keys, size):
    cache, hits = [], []
    for k in keys:
        hits.append(k in cache)
        if k in cache:
            cache.remove(k)
        cache.append(k)
        del cache[:max(0, len(cache) - size)]
    return hits


def fifo(keys, size):
    cache, hits = [], []
    for k in keys:
        hits.append(k in cache)
        if k not in cache:
            cache.append(k)
            del cache[:max(0, len(cache) - size)]
    return hits


def che(p, size):
    low, high = 0.0, 1e9
    for _ in range(200):
        t = (low + high) / 2
        if sum(1 - math.exp(-q * t) for q in p) < size:
            low = t
        else:
            high = t
    return sum(q * (1 - math.exp(-q * t)) for q in p)


def simulated(p, size, n, seed):
    rng, cache, hits = random.Random(seed), OrderedDict(), 0
    for i, k in enumerate(rng.choices(range(len(p)), weights=p, k=2 * n)):
        if k in cache:
            cache.move_to_end(k)
            hits += i >= n
        else:
            cache[k] = True
            if len(cache) > size:
                cache.popitem(last=False)
    return hits / n


def main():
    example = [1, 2, 3, 1, 2, 4, 1, 4, 2, 3, 1]
    zipf = []
    for keys, a in ((400, 0.8), (1000, 1.0)):
        w = [1 / (i + 1) ** a for i in range(keys)]
        p = [x / sum(w) for x in w]
        for size in (keys // 20, keys // 5, keys // 2):
            zipf.append({"keys": keys, "exponent": a, "size": size, "che": che(p, size),
                         "simulated": simulated(p, size, 200_000, 1)})
    out = {"erlang": [erlang(.7, 1.0, 1), erlang(.8, 2.0, 2), erlang(1.5, 2.2, 4)],
           "example": {"keys": example, "lru": [sum(lru(example, s)) for s in range(5)],
                       "fifo": [sum(fifo(example, s)) for s in range(5)]},
           "loop": {"keys": 7, "rounds": 5, "lru": [sum(lru(list(range(7)) * 5, s)) for s in range(9)]},
           "zipf": zipf}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "replays.json"), "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
