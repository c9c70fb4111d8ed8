"""Known answers for fixtures/monitor-report/restarted/, by Python's own means.

Run from the root of the project: python3 tests/reference/monitor_reports.py > tests/reference/monitor_reports.json
"""
import glob
import json
import statistics

snapshots, starts = {}, set()
for path in sorted(glob.glob("fixtures/monitor-report/restarted/*.json")):
    report = json.load(open(path))
    starts.add(report["monitoring_period"]["start"])
    for snapshot in report["recent_snapshots"]:
        snapshots[snapshot["timestamp"]] = snapshot
ordered = [snapshots[time] for time in sorted(snapshots)]


def figures(values):
    return {"n": len(values), "mean": statistics.fmean(values), "min": min(values), "max": max(values)}


def gained(key):
    counts = [s["network_io"][key] for s in ordered]
    return sum(b - a for a, b in zip(counts, counts[1:]) if b >= a)


print(json.dumps({
    "snapshots": len(ordered),
    "process_starts": len(starts),
    "cpu": figures([s["cpu_usage"] for s in ordered]),
    "memory": figures([s["memory_usage"] for s in ordered]),
    "disk": figures([s["disk_usage"] for s in ordered]),
    "load": figures([s["system_load"][0] for s in ordered]),
    "processes": figures([s["active_processes"] for s in ordered]),
    "check_time": figures([s["response_times"]["visualizer_response_time"] for s in ordered]),
    "bytes_sent": gained("bytes_sent"),
    "bytes_received": gained("bytes_recv"),
}, indent=1))
