"""Makes fixtures/monitor-report/broken/ from a report of fixtures/monitor-report/steady/.

Run from the root of the project: python3 tests/reference/broken_reports.py
"""
import pathlib

root = pathlib.Path("fixtures/monitor-report")
out = root / "broken"
good = (root / "steady/performance_report_20261123_172050.json").read_bytes()
lines = good.split(b"\n")


def write(name, data):
    (out / name).write_bytes(data)


def with_line(number, old, new):
    """The report with a text in a line (from 1) replaced."""
    changed = list(lines)
    assert old in changed[number - 1], changed[number - 1]
    changed[number - 1] = changed[number - 1].replace(old, new)
    return b"\n".join(changed)


def line_of(text, nth):
    return [i + 1 for i, line in enumerate(lines) if text in line][nth]


write("performance_report_cut_off.json", good[: good.index(b'"active_processes"', len(good) * 3 // 5)])
write("performance_report_cut_in_summary.json", good[: good.index(b'"p95"')])
n = line_of(b'"workflow_state"', 2)
write("performance_report_invalid_utf8.json", with_line(n, b"null", b'"ID\xff\xfeLE"'))
n = line_of(b'"cpu_usage": ', 2)
value = lines[n - 1].split(b": ")[1].rstrip(b",")
write("performance_report_nan.json", with_line(n, value, b"NaN"))
write("performance_report_infinite.json", with_line(n, value, b"-Infinity"))
write("performance_report_huge_number.json", with_line(n, value, b"1e999"))
write("performance_report_wrong_type.json", with_line(n, value, b'"much"'))
write("performance_report_percent.json", with_line(n, value, b"250.5"))
n = line_of(b'"timestamp"', 4)
stamp = lines[n - 1].split(b": ")[1].rstrip(b",")
write("performance_report_absurd_date.json", with_line(n, stamp, b'"0026-11-23 17:20:32"'))
n = line_of(b'"state_machine_metrics"', 1)
write("performance_report_deep_in_ignored.json", with_line(n, b"null", b"[" * 5000 + b"]" * 5000))
n = line_of(b'"response_times"', 1)
write("performance_report_deep.json", with_line(n, b"null", b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}"))
n = line_of(b'"network_io"', 1)
write("performance_report_broken_middle.json", with_line(n, b":", b""))
write("performance_report_empty.json", b"")
write("performance_report_binary.json", bytes(range(256)) * 4)
write("performance_report_list_is_text.json", b'{"snapshots_count": 10, "recent_snapshots": "none"}')
