"""Makes the fixtures of k6, oha, Prometheus, and those of hyperfine and criterion that are no real
output; and works out what a reader must find in all of them, into tests/reference/measurements.json.

Run from the root of the project: python3 tests/reference/measurements.py
fixtures/hyperfine/real/ (hyperfine 1.15) and fixtures/criterion/target/ (criterion 0.8) are real output of
benchmarks that were written for this purpose. All others are written by hand after the formats'
documentation and the source of the tools. Every text that carries anybody's words is MARKER.
"""
import json
import pathlib
import statistics

MARKER = "MARKER of a secret text"
root = pathlib.Path("fixtures")
expected = {}


def write(path, content):
    path = root / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def lines(items):
    return "".join(json.dumps(item) + "\n" for item in items)


# hyperfine -------------------------------------------------------------------------------------------------
by_hand = {"results": [
    {"command": f"curl -H 'Authorization: Bearer {MARKER}' localhost", "mean": 0.25, "stddev": 0.05, "median": 0.25,
     "user": 0.125, "system": 0.0625, "min": 0.2, "max": 0.3, "times": [0.2, 0.25, 0.3, 0.0],
     "exit_codes": [0, 0, None, 1], "memory_usage_byte": [1000, 2000, 3000, 4000],
     "parameters": {"threads": "4", "note": MARKER + " which is longer than any label may ever be, so that it is none"}},
    {"command": "parse new", "mean": 0.5, "stddev": None, "median": 0.5, "user": 0.4, "system": 0.1, "min": 0.4, "max": 0.6},
    {"command": "parse new", "mean": 1.5, "times": [1.5], "exit_codes": [0], "median": 1.5},
]}
write("hyperfine/by_hand.json", json.dumps(by_hand, indent=2))
naps = json.loads((root / "hyperfine/real/naps.json").read_text())["results"]
expected["hyperfine"] = {
    "naps": [{"task": f"{r['command']} size={r['parameters']['size']}", "n": len(r["times"]), "sum": sum(r["times"])} for r in naps],
}
ok = json.dumps(by_hand, indent=2)
write("hyperfine/broken/cut_off.json", ok[:ok.index('"parse new"') + 100])
write("hyperfine/broken/empty.json", "")
write("hyperfine/broken/binary.json", bytes(range(256)) * 4)
write("hyperfine/broken/invalid_utf8.json", ok.encode().replace(b"parse new", b"parse \xff\xfe", 1))
write("hyperfine/broken/nan.json", ok.replace("0.25,\n        0.3", "NaN,\n        0.3"))
write("hyperfine/broken/wrong_type.json", ok.replace("0.25,\n        0.3", '"fast",\n        -0.3'))
write("hyperfine/broken/deep.json", ok.replace("0.25,\n        0.3", "[" * 200 + "]" * 200 + ",\n        0.3"))

# criterion -------------------------------------------------------------------------------------------------
found = {}
for path in sorted((root / "criterion/target/criterion").rglob("new/sample.json")):
    sample = json.loads(path.read_text())
    name = str(path.parent.parent.relative_to(root / "criterion/target/criterion"))
    found[name] = [t / i for t, i in zip(sample["times"], sample["iters"])]
expected["criterion"] = {name: {"n": len(nanos), "mean": statistics.fmean(nanos)} for name, nanos in found.items()}
sample = {"sampling_mode": "Flat", "iters": [2.0, 4.0, 8.0], "times": [2e6, 4.4e6, 8e6]}
ok = json.dumps(sample)
write("criterion/broken/empty.json", "")
write("criterion/broken/binary.json", bytes(range(256)) * 4)
write("criterion/broken/cut_off.json", ok[:-10])
write("criterion/broken/nan.json", ok.replace("4400000.0", "NaN"))
write("criterion/broken/wrong_type.json", ok.replace("4400000.0", '"slow"'))
write("criterion/broken/lengths.json", ok.replace("4400000.0, ", ""))
write("criterion/broken/no_iterations.json", ok.replace("4.0, 8.0]", "0.0, 8.0]"))
write("criterion/broken/invalid_utf8.json", ok.encode().replace(b"Flat", b"F\xfft"))
write("criterion/broken/deep.json", ok.replace("4400000.0", "[" * 200 + "]" * 200))

# k6 --------------------------------------------------------------------------------------------------------


def metric(name, kind, contains):
    return {"type": "Metric", "data": {"name": name, "type": kind, "contains": contains, "thresholds": [], "submetrics": None}, "metric": name}


def point(metric_name, second, value, **tags):
    tags = {key: str(tag) for key, tag in tags.items()}
    return {"metric": metric_name, "type": "Point", "data": {"time": f"2026-03-02T08:00:{second:02}.250000000+01:00", "value": value, "tags": tags}}


def request(second, millis, status=200, expected_response=True, **more):
    tags = {"expected_response": str(expected_response).lower(), "group": "", "method": "GET", "name": "checkout",
            "scenario": "peak", "status": status, "url": f"https://example.test/?q={MARKER}", **more}
    failed = 0 if expected_response else 1
    return [point("http_reqs", second, 1, **tags), point("http_req_duration", second, millis, **tags),
            point("http_req_waiting", second, millis - 1, **tags), point("http_req_failed", second, failed, **tags)]


stream = [metric(name, kind, contains) for name, kind, contains in [
    ("http_reqs", "counter", "default"), ("http_req_duration", "trend", "time"), ("http_req_waiting", "trend", "time"),
    ("http_req_failed", "rate", "default"), ("checks", "rate", "default"), ("iteration_duration", "trend", "time"),
    ("render", "trend", "time"), ("vus", "gauge", "default"), ("data_sent", "counter", "data")]]
stream += request(1, 120.5) + request(2, 80.25) + request(3, 99.25)
stream += request(4, 5.0, 500, False, error_code=1500, error=MARKER) + request(5, 60000.0, 0, False, error_code=1050, error=MARKER)
stream += [point("checks", 5, 1, check="is ok"), point("checks", 5, 0, check="is ok"), point("iteration_duration", 6, 1500.0, group="::setup"),
           point("iteration_duration", 6, 2000.0, scenario="peak"), point("iterations", 6, 1), point("render", 6, 40.0),
           point("vus", 6, 3), point("data_sent", 6, 512), point("vus", 7, 4)]
write("k6/stream.jsonl", lines(stream))
# Responses 120.5, 80.25, 99.25 ms and a time-out of 60 s; one error of 5 ms.
expected["k6"] = {
    "response_time": {"n": 4, "sum": (120.5 + 80.25 + 99.25 + 60000.0) / 1e3}, "error_time": {"n": 1, "sum": 0.005},
    "success_rate": 3 / 5, "error_rate": 1 / 5, "timeout_rate": 1 / 5, "task_time": {"n": 1, "sum": 2.0},
}


def trend(avg, least, most, p95):
    return {"avg": avg, "min": least, "med": avg, "max": most, "p(90)": p95, "p(95)": p95}


values = {
    "http_req_duration": ("trend", "time", trend(120.0, 2.0, 900.0, 300.0)),
    "http_req_duration{expected_response:true}": ("trend", "time", trend(130.0, 50.0, 900.0, 310.0)),
    "http_req_duration{scenario:peak}": ("trend", "time", trend(125.0, 3.0, 800.0, 305.0)),
    "http_req_failed": ("rate", "default", {"rate": 0.05, "passes": 10, "fails": 190}),
    "http_reqs": ("counter", "default", {"count": 200, "rate": 20.0}),
    "iterations": ("counter", "default", {"count": 100, "rate": 10.0}),
    "iteration_duration": ("trend", "time", trend(500.0, 400.0, 2000.0, 700.0)),
    "checks": ("rate", "default", {"rate": 0.75, "passes": 150, "fails": 50}),
    "vus": ("gauge", "default", {"value": 5, "min": 1, "max": 10}),
    "data_sent": ("counter", "data", {"count": 51200, "rate": 5120.0}),
    "render": ("trend", "time", trend(40.0, 30.0, 50.0, 48.0)),
}
summary = {"root_group": {"name": "", "path": "", "id": "d41d8cd9", "groups": [], "checks": [{"name": MARKER, "path": "::" + MARKER, "id": "1", "passes": 150, "fails": 50}]},
           "options": {"summaryTrendStats": ["avg"], "summaryTimeUnit": "", "noColor": False},
           "state": {"isStdOutTTY": False, "isStdErrTTY": False, "testRunDurationMs": 10000.0},
           "setup_data": MARKER,
           "metrics": {name: {"type": kind, "contains": contains, "values": figures} for name, (kind, contains, figures) in values.items()}}
write("k6/summary.json", json.dumps(summary, indent=2))
flat = {name: dict(figures) for name, (_, _, figures) in values.items()}
for name in ("http_req_failed", "checks"):
    flat[name]["value"] = flat[name].pop("rate")
flat["http_req_failed"].update(value=0.0, passes=0, fails=200)
del flat["http_req_duration{expected_response:true}"], flat["http_req_duration{scenario:peak}"]
write("k6/export.json", json.dumps({"metrics": flat, "root_group": {"name": "", "checks": {MARKER: {"name": MARKER, "passes": 1, "fails": 0}}}}, indent=4))

def machine(kind, figures):
    if kind == "rate":
        return {"rate": figures["rate"], "matches": figures["passes"], "total": figures["passes"] + figures["fails"]}
    return {"count": figures["count"]} if kind == "counter" else figures


listed = [{"name": name, "type": kind, "contains": contains, "values": machine(kind, figures)} for name, (kind, contains, figures) in values.items() if name != "checks"]
passed = {"name": "checks_succeeded", "type": "rate", "contains": "default", "values": machine("rate", values["checks"][2])}
checks = [{"name": "checks_total", "type": "counter", "contains": "default", "values": {"count": 200}},
          {**passed, "name": "checks_failed", "values": {"rate": 0.25, "matches": 50, "total": 200}}, passed]
new = {"version": "1.0.0", "metadata": {"generatedAt": "2026-03-02T08:00:10Z", "k6Version": "2.0.0"}, "config": {"duration": 10.0, "execution": "local", "script": MARKER},
       "results": {"checks": {"metrics": checks, "results": [{"name": MARKER, "passes": 150, "fails": 50}]}, "metrics": listed}}
write("k6/machine_readable.json", json.dumps(new, indent=2))
ok = json.dumps(new, indent=2)
write("k6/broken/machine_readable.json", ok.replace('"avg": 130.0', '"avg": "slow"'))
write("k6/broken/machine_readable_cut_off.json", ok[:ok.index('"data_sent"') + 60])

ok = lines(stream)
write("k6/broken/empty.json", "")
write("k6/broken/binary.jsonl", bytes(range(256)) * 4)
write("k6/broken/cut_off.jsonl", ok[:-40])
faults = [metric("http_req_duration", "trend", "time"), point("unheard_of", 1, 5), point("http_req_duration", 1, "fast"), point("http_req_duration", 1, -5.0),
          {"type": "Point", "metric": "vus", "data": {"time": "1826-03-02T08:00:00Z", "value": 1}}, {"type": "Point", "metric": "vus", "data": {"time": "2026-03-02T08:00:00Z"}},
          {"type": "Line", "metric": "vus", "data": {}}, {"type": "Point", "data": {"value": 1}}, {"type": "Point", "metric": "vus", "data": [1]}]
write("k6/broken/faults.jsonl", lines(faults).encode() + b'{"type":"Point","metric":"vus","data":{"time":"2026-03-02T08:00:00Z","value":NaN}}\n'
      + b'{"type":"Point","metric":"v\xffs","data":{}}\n[]\n' + b'{"type":"Point","metric":"vus","data":{"time":"2026-03-02T08:00:00Z","value":2}}\n')
ok = json.dumps(summary, indent=2)
write("k6/broken/cut_off.json", ok[:ok.index('"data_sent"') + 60])
write("k6/broken/wrong_type.json", ok.replace('"avg": 130.0', '"avg": "slow"').replace('"rate": 0.05', '"rate": 5'))
write("k6/broken/nan.json", ok.replace('"avg": 130.0', '"avg": NaN'))
write("k6/broken/invalid_utf8.json", ok.encode().replace(b"checks", b"che\xffks"))
write("k6/broken/deep.json", ok.replace('"avg": 130.0', '"avg": ' + "[" * 100 + "]" * 100))

# oha -------------------------------------------------------------------------------------------------------


def oha(statuses, errors, success, **summary):
    points = ["p10", "p25", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99"]
    return {"summary": {"successRate": success, "total": 10.0, "slowest": 0.5, "fastest": 0.01, "average": 0.125,
                        "requestsPerSec": 40.0, "totalData": 4000, "sizePerRequest": 10, "sizePerSec": 400.0, **summary},
            "responseTimeHistogram": {"0.01": 1, "0.5": 399}, "latencyPercentiles": {p: 0.1 + i / 20 for i, p in enumerate(points)},
            "rps": {"mean": 41.0, "stddev": 1.0, "max": 50.0, "percentiles": {p: 40.0 for p in points}},
            "details": {"DNSDialup": {"average": 0.001, "fastest": 0.0005, "slowest": 0.002}, "DNSLookup": {"average": 0.0001, "fastest": 0.0001, "slowest": 0.0002}},
            "statusCodeDistribution": statuses, "errorDistribution": errors}


fine = oha({"200": 390, "302": 10}, {"aborted due to deadline": 8}, 1.0)
write("oha/result.json", json.dumps(fine, indent=2))
write("oha/failing.json", json.dumps(oha({"200": 360, "500": 20, "429": 10}, {"timeout": 6, f"connection error: {MARKER}": 4, "aborted due to deadline": 8}, 0.975), indent=2))
# 400 requests: 360 well, 20 + 10 + 4 errors, 6 time-outs.
expected["oha"] = {"success_rate": 360 / 400, "error_rate": 34 / 400, "timeout_rate": 6 / 400}
ok = json.dumps(fine, indent=2)
write("oha/broken/empty.json", "")
write("oha/broken/binary.json", bytes(range(256)) * 4)
write("oha/broken/cut_off.json", ok[:ok.index('"details"')])
write("oha/broken/nan.json", ok.replace('"average": 0.125', '"average": NaN'))
write("oha/broken/nothing.json", json.dumps(oha({}, {MARKER: 3}, 0.0, slowest=None, fastest=None, average=None, sizePerRequest=None), indent=2))
write("oha/broken/wrong_type.json", ok.replace('"average": 0.125', '"average": "fast"').replace('"200": 390', '"200": -1'))
write("oha/broken/invalid_utf8.json", ok.encode().replace(b"aborted due", b"aborted \xff"))
write("oha/broken/deep.json", ok.replace('"average": 0.125', '"average": ' + "[" * 200 + "]" * 200))

# Prometheus ------------------------------------------------------------------------------------------------


def scrape(total, sent, level, count, total_time, at=""):
    at = at and f" {at}"
    return f"""# HELP http_requests_total {MARKER}
# TYPE http_requests_total counter
http_requests_total{{code="200",method="get"}} {total}{at}
http_requests_total{{code="500",method="get",user_id="{MARKER}"}} 3{at}
# TYPE sent_bytes counter
sent_bytes {sent}{at}
# TYPE queue_length gauge
queue_length{{queue="a \\"b\\"",text="{MARKER}"}} {level}{at}
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 2.5e+07{at}
# TYPE response_time_seconds histogram
response_time_seconds_bucket{{le="0.1"}} {count - 1}{at}
response_time_seconds_bucket{{le="+Inf"}} {count}{at}
response_time_seconds_sum {total_time}{at}
response_time_seconds_count {count}{at}
# TYPE rpc_seconds summary
rpc_seconds{{quantile="0.5"}} 0.05{at}
rpc_seconds{{quantile="0.95"}} 0.2{at}
rpc_seconds{{quantile="0.99"}} NaN{at}
rpc_seconds_sum 40{at}
rpc_seconds_count 500{at}
# TYPE build_info gauge
build_info{{version="1.2.3"}} 1{at}
"""


write("prometheus/single.prom", scrape(1027, 5000, 7, 10, 2.5))
# Requests: +10, +20, a reset, +5; sent never falls: +100, +100, +100, +100.
figures = [(100, 0, 4, 10, 2.5), (110, 100, 5, 20, 5.5), (130, 200, 6, 30, 8.0), (7, 300, 7, 5, 1.0), (12, 400, 3, 8, 2.2)]
write("prometheus/scrapes.prom", "".join(scrape(*f) for f in figures))
start = 1_772_438_400_000  # 2026-03-02T08:00:00Z
write("prometheus/timed.prom", "".join(scrape(*f, at=start + 60_000 * i) for i, f in enumerate(figures)))
for i, f in enumerate(figures[:3]):
    write(f"prometheus/files/{i}.prom", scrape(*f, at=start + 60_000 * i))
expected["prometheus"] = {
    "increments": [10, 20, 5], "sent": [100] * 4, "levels": [f[2] for f in figures],
    # The last count and sum of each of the two processes.
    "response_time": {"n": 30 + 8, "mean": (8.0 + 2.2) / 38}, "rpc_seconds": {"n": 500, "mean": 40 / 500, "p95": 0.2},
}
write("prometheus/open.txt", """# TYPE input_tokens counter
# HELP input_tokens tokens
input_tokens_total{model="a"} 100.0 1772438400.5
input_tokens_created{model="a"} 1772438000
# TYPE memory_usage gauge
# UNIT memory_usage bytes
memory_usage 1024 1772438400.5
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1.0"} 4 1772438400.5 # {trace_id="MARKER"} 0.5 1772438399.1
wait_seconds_sum 6.0 1772438400.5
wait_seconds_count 4 1772438400.5
# TYPE target info
target_info{version="1"} 1
# EOF
input_tokens_total{model="a"} 160.0 1772438430.5
memory_usage 2048 1772438430.5
# EOF
""".replace('trace_id="MARKER"', f'trace_id="{MARKER}"'))
ok = scrape(1027, 5000, 7, 10, 2.5)
write("prometheus/broken/empty.prom", "")
write("prometheus/broken/binary.prom", bytes(range(256)) * 4)
write("prometheus/broken/cut_off.prom", ok[:ok.index("process_resident_memory_bytes 2") + 30])
write("prometheus/broken/invalid_utf8.prom", ok.encode().replace(b'code="500"', b'code="\xff"'))
write("prometheus/broken/faults.prom", """# TYPE a gauge
a{b="c" 1
a 1 2 3
a one
a
a +Inf
a 1 5
{} 1
# TYPE cpu_utilization_ratio gauge
cpu_utilization_ratio 55
# TYPE response_time_seconds gauge
response_time_seconds -1
a 7
""")
pathlib.Path("tests/reference/measurements.json").write_text(json.dumps(expected, indent=1) + "\n")
