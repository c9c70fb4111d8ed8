"""Makes fixtures/FORMAT/broken/ from a whole document of each format.

Run from the root of the project: python3 tests/reference/broken_documents.py
"""
import pathlib

fixtures = pathlib.Path("fixtures")


def make(fmt, source, changes, cut):
    good = (fixtures / fmt / source).read_bytes()
    out = fixtures / fmt / "broken"
    out.mkdir(exist_ok=True)
    suffix = pathlib.Path(source).suffix

    def write(name, data):
        (out / (name + suffix)).write_bytes(data)

    assert good.count(cut) >= 1, (fmt, cut)
    write("cut_off", good[: good.rindex(cut) + len(cut)])
    write("empty", b"")
    write("binary", bytes(range(256)) * 4)
    for name, (old, new) in changes.items():
        assert old in good, (fmt, name)
        write(name, good.replace(old, new, 1))


deep = b"[" * 5000 + b"]" * 5000
make("monitor-status", "status25.json", {
    "nan": (b'"cpu_usage": 0.5', b'"cpu_usage": NaN'),
    "wrong_type": (b'"cpu_usage": 0.5', b'"cpu_usage": {"is": "high"}'),
    "absurd_date": (b"2026-11-23 17", b"9026-11-23 17"),
    "deep": (b'"IDLE"', deep),
    "invalid_utf8": (b'"IDLE"', b'"ID\xffLE"'),
}, b'"alerts_trig')
make("context-monitor", "context_monitor_export.json", {
    "infinite": (b'"value": 0.00833892822265625', b'"value": Infinity'),
    "wrong_type": (b'"value": 0.00833892822265625', b'"value": []'),
    "absurd_date": (b"2026-11-23T17:28:03.516302", b"0001-01-01T00:00:00"),
    "deep": (b'"value": 0.00833892822265625', b'"value": ' + deep),
    "invalid_utf8": (b"CodeAgent", b"Code\xc3\x28Agent"),
}, b'"name": "system_disk_percent",\n      "val')
make("context-managers", "fancy.json", {
    "nan": (b'"average_preparation_time": 2.3', b'"average_preparation_time": NaN'),
    "wrong_type": (b'"cache_hit_rate": 0.78', b'"cache_hit_rate": "high"'),
    "deep": (b'"cached_contexts": 11', b'"cached_contexts": ' + deep),
    "invalid_utf8": (b'"cached_contexts"', b'"cached\xff_contexts"'),
}, b'"budget_calc')
make("mode-block", "modes.yaml", {
    "nan": (b"0.95", b".nan"),
    "wrong_type": (b"0.95", b"[1, 2]"),
    "deep": (b"0.95", deep),
    "invalid_utf8": (b"245MB", b"245MB # caf\xe9"),
}, b"cache_hit_rate: 0.6")
make("mode-block", "modes.json", {
    "infinite": (b'"95%"', b"1e999"),
}, b'"accuracy_sc')
make("interface-performance", "interfaces.json", {
    "nan": (b"0.991", b"NaN"),
    "wrong_type": (b"0.991", b'"most"'),
    "deep": (b"0.991", deep),
    "invalid_utf8": (b"demo_mode", b"demo\xff\xfemode"),
}, b'"mock": {\n      "avg_resp')
make("interface-performance", "interfaces.yaml", {
    "bomb": (b"claude_code:", b"a: &a [x, x, x, x, x, x, x, x, x, x]\n  b: &b [" + b", ".join([b"*a"] * 99) + b"]\n  c: &c [" + b", ".join([b"*b"] * 99) + b"]\n  claude_code:"),
}, b"success_rate: 99.6")
make("interface-status", "used.json", {
    "nan": (b'"error_count": 2', b'"error_count": NaN'),
    "wrong_type": (b'"error_count": 2', b'"error_count": "two"'),
    "deep": (b'"error_count": 2', b'"error_count": ' + deep),
    "invalid_utf8": (b"words of a service", b"words \xff"),
}, b'"mock": {"conf')
make("visualizer", "health.json", {
    "wrong_type": (b'"healthy"', b"true"),
    "absurd_date": (b"2026-", b"0000-"),
    "deep": (b'"connected_clients":0', b'"connected_clients":' + deep),
    "invalid_utf8": (b'"healthy"', b'"health\xff"'),
}, b'"timestamp":"2026')
make("visualizer", "metrics.prom", {
    "nan": (b"tdd_active_cycles 0", b"tdd_active_cycles NaN"),
    "wrong_type": (b"tdd_active_cycles 0", b"tdd_active_cycles none"),
    "invalid_utf8": (b"tdd_active_cycles 0", b"tdd_active_cycles \xff"),
}, b"\nvisualizer_connected_cl")
make("workflow-history", "history.json", {
    "wrong_type": (b'"BACKLOG_READY", "command"', b'7, "command"'),
    "absurd_date": (b"2026-11-23T09:02:30.000000", b"2126-11-23T09:02:30.000000"),
    "deep": (b'"/sprint plan"', deep),
    "invalid_utf8": (b"/sprint plan", b"/sprint \xff"),
}, b'"from": "SPRINT_PA')
make("workflow-history", "events.jsonl", {
    "deep": (b'"completed"', deep),
    "nan": (b"0.35", b"NaN"),
    "invalid_utf8": (b"QAAgent", b"QA\xffAgent"),
}, b'"action": "des')
