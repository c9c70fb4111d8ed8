"""Exported sessions in Perfetto's trace_processor: no event may be dropped, no slice may be without a thread.

trace_processor.py --has      whether it can be had
trace_processor.py FILE...    looks at each
"""
import json
import sys
import tempfile

from perfetto.trace_processor import TraceProcessor

if sys.argv[1:] == ["--has"]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{"traceEvents":[]}')
        file.flush()
        TraceProcessor(trace=file.name).close()
    sys.exit(0)

faults = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        slices = sum(event["ph"] in "Xi" for event in json.load(file)["traceEvents"])
    trace = TraceProcessor(trace=path)
    shown = next(iter(trace.query("select count(*) as n from slice"))).n
    dropped = [
        (row.name, row.value)
        for row in trace.query("select name, value from stats where severity != 'info' and value > 0")
    ]
    trace.close()
    fault = shown != slices or bool(dropped)
    faults += fault
    print("FAULT" if fault else "ok   ", path, shown, "of", slices, dropped)
sys.exit(1 if faults else 0)
