#!/usr/bin/env python3
"""Holds `backtest` against generated workloads in which a knob was turned in the middle, or an event only says so.

    python3 tests/reference/backtest_truth.py GENERATOR PERFADVISE [SEEDS [FIRST]] > table.md

GENERATOR as for replay_truth.py, with --step-change KNOB=VALUE@DAY. A row a change: realised / projected over the seeds, how often both
agree within their intervals, and the words. `only told`: the event is written into the records of an unchanged program.
"""
import collections, json, os, subprocess, sys, tempfile

CHANGES = [("context.cache_size", 50, 120), ("context.cache_size", 50, 20), ("resources.concurrent_operations", 2, 4),
           ("context.mode_for.testing", None, "SIMPLE"), ("interfaces.primary", "claude_code", "anthropic_api")]


def main():
    generator, program = sys.argv[1], sys.argv[2]
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    rows = {}
    for seed in range(first, first + seeds):
        for knob, old, new in CHANGES:
            for made in (True, False):
                with tempfile.TemporaryDirectory() as out:
                    args = ["--days", "28", "--sessions-per-day", "30", "--seed", str(seed), "--sample-every", "3600"]
                    step = ["--step-change", f"{knob}={new}@14"] if made else []
                    subprocess.run([sys.executable, generator, out, *args, *step], check=True, stderr=subprocess.DEVNULL)
                    records = os.path.join(out, "records.jsonl")
                    if not made:
                        with open(records, "a") as f:
                            f.write(json.dumps({"kind": "event", "event": "config_change", "time": "2026-11-16T00:00:00Z", "knob": knob, "from": old, "to": new}) + "\n")
                    run = subprocess.run([program, "backtest", records, "--config", os.path.join(out, "present.yaml"), "--no-cache", "--quiet", "--format", "json"],
                                         capture_output=True, text=True)
                    answer = json.loads(run.stdout)
                    for unused in answer["unused"]:
                        print(f"seed {seed}, {knob}: {unused['reason']}", file=sys.stderr)
                    for change in answer["changes"]:
                        for e in change["effects"]:
                            if e["realised"] is None:
                                continue
                            r = rows.setdefault((f"{knob} to {new}" + ("" if made else ", only told"), e["metric"]),
                                                {"n": 0, "p": 0.0, "r": 0.0, "held": 0, "of": 0, "words": collections.Counter()})
                            r["n"] += 1
                            sign = 1 if e["projected"]["estimate"] >= 0 else -1
                            r["p"] += sign * e["projected"]["estimate"]
                            r["r"] += sign * e["realised"]["estimate"]
                            r["held"] += e["interval_held"] is True
                            r["of"] += e["interval_held"] is not None
                            r["words"][e["word"].replace("_", " ")] += 1
    print("| change | metric | runs | realised ÷ projected | agree within intervals | words |\n|---|---|---:|---:|---:|---|")
    sums = collections.Counter()
    for (change, metric), r in rows.items():
        words = ", ".join(f"{n} {word}" for word, n in r["words"].most_common())
        print(f"| {change} | {metric} | {r['n']} | {r['r'] / r['p']:.2f} | {r['held']} of {r['of']} | {words} |")
        made = "told" if change.endswith("only told") else "made"
        sums[made, "held"] += r["held"]
        sums[made, "of"] += r["of"]
        sums[made, "opposite"] += r["words"]["opposite"]
    print(f"\nMade: agree in {sums['made', 'held']} of {sums['made', 'of']}, the other way {sums['made', 'opposite']}; only told: agree in {sums['told', 'held']} of {sums['told', 'of']}.")


if __name__ == "__main__":
    main()
