#!/usr/bin/env python3
"""Memory by mode of the demonstration, worked out from its own records.

    memory.py            check what is committed
    memory.py --write    write fixtures/demo/reports/context_modes.json

The simulation keeps one cache of contexts (LRU, cold at the start, 120 contexts, from Thursday noon 3).
A process takes 120 MB, each context in the cache that was prepared in FANCY 2.1 MB, in SIMPLE 0.3 MB.
Played again from the lookups in the records, this gives each recorded hit and miss, and each recorded
sample of the process's memory, to the byte. So what each mode holds at these times is known, too; its
mean over the samples is the mode's memory.
"""
import glob, json, sys
from collections import OrderedDict

SIZE, BASE, NOON = {"FANCY": 2_100_000, "SIMPLE": 300_000}, 120_000_000, "2026-11-05T12:00:00.000000Z"


def records():
    for path in sorted(glob.glob("fixtures/demo/records/*.jsonl")):
        for line in open(path, encoding="utf-8"):
            try:
                yield json.loads(line)
            except ValueError:
                pass                                             # broken on purpose


rows = list(records())
lookups = [r for r in rows if r.get("operation") == "context_preparation"]
samples = [r for r in rows if r.get("metric") == "memory_usage"]
# A sample at the moment of a lookup shows the state before it; noon comes before both.
moments = sorted([(r["time"], 2, i) for i, r in enumerate(lookups)] + [(r["time"], 1, i) for i, r in enumerate(samples)]
                 + [(NOON, 0, 0)])
cache, room, sums, wrong = OrderedDict(), 120, {"FANCY": 0, "SIMPLE": 0}, []
for _, what, i in moments:
    if what == 0:
        room = 3
        while len(cache) > room:
            cache.popitem(last=False)
    elif what == 1:
        held = {mode: sum(SIZE[mode] for m in cache.values() if m == mode) for mode in SIZE}
        if BASE + sum(held.values()) != samples[i]["value"]:
            wrong.append(("memory", samples[i]["time"], BASE + sum(held.values()), samples[i]["value"]))
        for mode in SIZE:
            sums[mode] += held[mode]
    else:
        key, mode = lookups[i]["cache_key"], lookups[i]["mode"]
        if (key in cache) != lookups[i]["cache_hit"]:
            wrong.append(("hit", lookups[i]["time"]))
        if key not in cache:
            cache[key] = mode
            while len(cache) > room:
                cache.popitem(last=False)
        cache.move_to_end(key)
print(len(lookups), "lookups,", len(samples), "samples,", len(wrong), "differ", wrong[:5])
means = {mode: sums[mode] / len(samples) for mode in SIZE}
text = json.dumps({f"{mode} Mode": {"memory_usage": f"{means[mode] / 1e6:.2f}MB"} for mode in SIZE}, indent=1) + "\n"
print(means, "in all", BASE + sum(means.values()))
path = "fixtures/demo/reports/context_modes.json"
if sys.argv[1:] == ["--write"]:
    open(path, "w", encoding="utf-8").write(text)
sys.exit(bool(wrong) or open(path, encoding="utf-8").read() != text)
