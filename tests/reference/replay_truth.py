#!/usr/bin/env python3
"""Holds projections of `whatif` against the truth: the same demand under another configuration.

    python3 tests/reference/replay_truth.py GENERATOR PERFADVISE [SEEDS [FIRST]] > table.md

GENERATOR writes OUT/records.jsonl, OUT/present.yaml and OUT/truth.json for one demand under a configuration, with the
figures of the same demand under each --also (not part of the project). The program sees the
records and the present configuration only. A row a change: how often the 90 % interval holds the truth,
how often the sign is right, the mean error. At the end also how often the sign was wrong for certain: the whole interval on
the other side of the present than the truth.
"""
import json, os, subprocess, sys, tempfile

CHANGES = ["context.cache_size=25", "context.cache_size=120", "context.cache_size=250", "context.cache_ttl=3600", "context.cache_ttl=14400",
           "context.preload_common_contexts=true", "resources.concurrent_operations=1", "resources.concurrent_operations=3", "resources.concurrent_operations=4",
           "context.cache_size=120,resources.concurrent_operations=4", "interfaces.primary=anthropic_api",
           "context.mode_for.testing=SIMPLE", "context.mode_for.testing=SIMPLE,context.cache_size=120"]
METRICS = {("response_time", "mean"): lambda f: f["response_time"]["mean"], ("response_time", "p95"): lambda f: f["response_time"]["p95"],
           ("cache_hit_rate", "mean"): lambda f: f["cache_hit_rate"], ("context_preparation_time", "mean"): lambda f: f["context_preparation_time"]["mean"],
           ("memory_usage", "mean"): lambda f: f["memory_usage"]["mean"], ("success_rate", "mean"): lambda f: f["success_rate"], ("cost", "total"): lambda f: f["cost"]}


def main():
    generator, program = sys.argv[1], sys.argv[2]
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    rows, shapes = {}, [["--days", "7", "--sessions-per-day", "20"], ["--days", "6", "--hosts", "1", "--sessions-per-day", "16"], ["--days", "5", "--set", "context.cache_size=80", "--sessions-per-day", "40"]]
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as out:
            also = [x for c in CHANGES for x in ("--also", c)]
            subprocess.run([sys.executable, generator, out, "--seed", str(seed), "--sample-every", "1800", *shapes[seed % len(shapes)], *also], check=True, stderr=subprocess.DEVNULL)
            with open(os.path.join(out, "truth.json")) as f:
                truth = json.load(f)
            for change, then in zip(CHANGES, truth["counterfactual"]):
                sets = [x for part in change.split(",") for x in ("--set", part)]
                run = subprocess.run([program, "whatif", os.path.join(out, "records.jsonl"), "--config", os.path.join(out, "present.yaml"),
                                      "--no-cache", "--quiet", "--format", "json", *sets], capture_output=True, text=True)
                answer = json.loads(run.stdout)
                for e in (answer["projection"] or {"effects": []})["effects"]:
                    key = (e["metric"], e["statistic"])
                    if key not in METRICS:
                        continue
                    real, now = METRICS[key](then["figures"]), METRICS[key](truth["figures"])
                    row = rows.setdefault((change, key), {"n": 0, "held": 0, "with": 0, "signs": 0, "moved": 0, "certain": 0, "error": 0.0, "absolute": 0.0, "effect": 0.0})
                    row["n"] += 1
                    if e["low"] is not None:
                        row["with"] += 1
                        row["held"] += e["low"] - 1e-12 <= real <= e["high"] + 1e-12
                    if abs(real / now - 1) >= .005:
                        row["moved"] += 1
                        row["signs"] += (e["to"] - e["from"]) * (real - now) > 0
                        row["certain"] += e["low"] is not None and (e["low"] > e["from"] and real < now or e["high"] < e["from"] and real > now)
                    scale = 1 if "rate" in key[0] else now
                    row["effect"] += (real - now) / scale
                    row["error"] += (e["to"] - real) / scale
                    row["absolute"] += abs(e["to"] - real) / scale
    print("| change | metric | runs | true effect | mean error | mean distance | interval holds | sign right |\n|---|---|---:|---:|---:|---:|---:|---:|")
    held, of, signs, moved, certain = 0, 0, 0, 0, 0
    for (change, (metric, statistic)), r in rows.items():
        unit = "points" if "rate" in metric else "%"
        x = lambda v: f"{100 * v / r['n']:+.1f} {unit}"
        print(f"| {change} | {metric} {statistic} | {r['n']} | {x(r['effect'])} | {x(r['error'])} | {100 * r['absolute'] / r['n']:.1f} | "
              f"{str(r['held']) + ' of ' + str(r['with']) if r['with'] else 'no interval'} | {r['signs']} of {r['moved']} |")
        held, of, signs, moved, certain = held + r["held"], of + r["with"], signs + r["signs"], moved + r["moved"], certain + r["certain"]
    print(f"\n90 % intervals that hold: {held} of {of} ({held / of:.3f}); signs right: {signs} of {moved} ({signs / moved:.3f}); wrong for certain: {certain}.")


if __name__ == "__main__":
    main()
