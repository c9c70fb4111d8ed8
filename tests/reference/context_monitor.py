"""Known answers for fixtures/context-monitor/context_monitor_export.json.

Run from the root of the project: python3 tests/reference/context_monitor.py
"""
import datetime
import json

export = json.load(open("fixtures/context-monitor/context_monitor_export.json"))
entries = export["metrics"]
named = lambda name: [e for e in entries if e["name"] == name]
hits = named("context_cache_hit")
for timer, hit in zip(named("context_preparation_time"), hits):
    end = datetime.datetime.fromisoformat(timer["timestamp"]).replace(tzinfo=datetime.timezone.utc)
    print(round(timer["value"] * 1e9), int(end.timestamp()) * 10**9 + end.microsecond * 1000, hit["value"])
system = [e for e in entries if e["name"] in ("system_cpu_percent", "system_memory_percent", "system_disk_percent")]
print([(e["name"], e["value"]) for e in system])
used = {"context_preparation_time", "context_cache_hit", "context_token_usage", "context_file_count"}
print("ignored", len([e for e in entries if e["name"] not in used]) - len(system))
