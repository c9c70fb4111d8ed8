#!/usr/bin/env python3
"""Invented inputs of any size, with their totals in truth.json: corpus.py WORKDIR KIND...

sessions  Claude Code session logs, BYTES in FILES files: replies of one to three lines, tool results of
          log-normal length, text with quotes, escapes and other alphabets, some sessions resumed in a copy
reports   REPORTS monitor reports of ten snapshots;  small  14 of them
otlp      BYTES of spans in one file of OTLP/JSON lines, SPANS to a trace: an agent's run with requests, that
          carry their messages, and tool calls; SPANS=1 gives requests that are each alone in their trace
The same arguments give the same bytes. Only the standard library is needed.
"""
import datetime, json, os, random, sys

PIECES = ["if value < limit {\n", "return Err(\"too short\");\n", "the test failed with exit code 1 ", "naïve café — ",
          "path = C:\\\\work\\\\file.txt ", "{\"key\": [1, 2, 3]} ", "warning: unused variable `n`\n", "\tlet total = sum(rows); ",
          "Überprüfung → fertig ", "one more line of plain text that says nothing at all, "]
MODELS = ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"]
TOOLS = ["Bash", "Read", "Edit", "Grep", "Write"]
START = datetime.datetime(2026, 3, 2)


class Words:
    """Filler, escaped once and cut between pieces only."""

    def __init__(self, rng):
        self.rng = rng
        self.pieces = [json.dumps(p, ensure_ascii=False)[1:-1] for p in PIECES for _ in range(400)]
        rng.shuffle(self.pieces)

    def text(self, length):
        n = max(1, int(length / 32))
        at = self.rng.randrange(max(1, len(self.pieces) - n))
        return "".join(self.pieces[at:at + n])


def stamp(seconds):
    t = START + datetime.timedelta(seconds=seconds)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (t.microsecond // 1000)


def session(rng, words, size, number, totals):
    sid = "%08x-0000-4000-8000-%012x" % (number, rng.getrandbits(48))
    common = '"sessionId":"%s","cwd":"/home/dev/project-%02d","version":"2.1.14","isSidechain":false,"userType":"external"' % (sid, number % 20)
    clock, lines, written = number * 700.0, [], 0

    def put(line):
        nonlocal written
        lines.append(line + "\n")
        written += len(line)

    put('{"type":"user",%s,"uuid":"u-%s-0","message":{"role":"user","content":"%s"},"timestamp":"%s"}' % (common, sid, words.text(200), stamp(clock)))
    turn = 0
    while written < size:
        turn += 1
        mid, tid = "msg_%06x%016x" % (number, turn), "toolu_%06x%016x" % (number, turn)
        usage = dict(input_tokens=rng.randrange(1, 40), cache_creation_input_tokens=rng.randrange(100, 4000),
                     cache_read_input_tokens=rng.randrange(10000, 150000), output_tokens=max(2, int(rng.lognormvariate(5.3, .9))))
        for name, n in usage.items():
            totals[name] = totals.get(name, 0) + n
        totals["requests"] = totals.get("requests", 0) + 1
        model, count = rng.choice(MODELS), rng.choice([1, 2, 3])
        for i in range(count):
            clock += rng.uniform(.4, 5)
            is_last = i == count - 1
            block = ('{"type":"tool_use","id":"%s","name":"%s","input":{"command":"%s"}}' % (tid, rng.choice(TOOLS), words.text(150)) if is_last
                     else '{"type":"text","text":"%s"}' % words.text(400))
            shown = dict(usage, output_tokens=usage["output_tokens"] if is_last else 1, service_tier="standard")
            put('{"parentUuid":null,%s,"message":{"id":"%s","type":"message","role":"assistant","model":"%s","content":[%s],"stop_reason":%s,"usage":%s},"requestId":"req_%s","type":"assistant","uuid":"u-%s-%d-%d","timestamp":"%s"}'
                % (common, mid, model, block, '"tool_use"' if is_last else "null", json.dumps(shown, separators=(",", ":")), mid[4:], sid, turn, i, stamp(clock)))
        clock += rng.lognormvariate(.3, 1)
        body = words.text(min(100_000, rng.lognormvariate(7.4, 1.2)))
        put('{"parentUuid":null,%s,"type":"user","message":{"role":"user","content":[{"tool_use_id":"%s","type":"tool_result","content":"%s","is_error":false}]},"uuid":"r-%s-%d","timestamp":"%s","toolUseResult":{"stdout":"%s","stderr":""}}'
            % (common, tid, body, sid, turn, stamp(clock), body))
    return sid, lines


def sessions(out, size, files):
    rng, totals = random.Random(1), {}
    words = Words(rng)
    shares = [rng.lognormvariate(0, 1) for _ in range(files)]
    for i, share in enumerate(shares):
        sid, lines = session(rng, words, size * share / sum(shares), i, totals)
        folder = os.path.join(out, "projects", "-home-dev-project-%02d" % (i % 20))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, sid + ".jsonl"), "w", encoding="utf-8") as f:
            f.writelines(lines)
        if i % 40 == 39:
            copy = sid.replace("-4000-", "-4001-")
            with open(os.path.join(folder, copy + ".jsonl"), "w", encoding="utf-8") as f:
                f.writelines(line.replace(sid, copy, 1) for line in lines[:len(lines) // 4])
    return totals


def reports(out, files):
    rng, clock, cpu = random.Random(2), 0.0, 0.0
    os.makedirs(out, exist_ok=True)
    for i in range(files):
        snapshots = []
        for _ in range(10):
            clock += 30
            busy = round(min(100, max(0, rng.gauss(50, 15))), 1)
            cpu += busy
            snapshots.append({"timestamp": str(START + datetime.timedelta(seconds=clock)), "cpu_usage": busy, "memory_usage": round(rng.uniform(20, 70), 1),
                              "disk_usage": 41.5, "network_io": {"bytes_sent": int(clock * 900), "bytes_recv": int(clock * 1100), "packets_sent": int(clock), "packets_recv": int(clock)},
                              "active_processes": rng.randrange(90, 140), "system_load": [round(rng.uniform(0, 4), 2) for _ in range(3)], "workflow_state": "SPRINT_ACTIVE",
                              "active_tdd_cycles": 1, "state_machine_metrics": None, "response_times": {"visualizer_response_time": round(rng.lognormvariate(-3, .5), 6)}})
        report = {"generated_at": (START + datetime.timedelta(seconds=clock)).isoformat(), "snapshots_count": 10 * (i + 1),
                  "monitoring_period": {"start": START.isoformat(), "end": snapshots[-1]["timestamp"].replace(" ", "T")}, "summary": {}, "recent_snapshots": snapshots}
        name = (START + datetime.timedelta(seconds=clock)).strftime("performance_report_%Y%m%d_%H%M%S.json")
        with open(os.path.join(out, name), "w", encoding="utf-8") as f:
            json.dump(report, f, indent=2)
    return {"snapshots": files * 10, "cpu_sum": round(cpu, 1)}


def span(trace, number, parent, name, start, seconds, attributes, status=0):
    told = ",".join('{"key":"%s","value":{"%s":"%s"}}' % (key, "intValue" if isinstance(value, int) else "stringValue", value) for key, value in attributes)
    return ('{"traceId":"%032x","spanId":"%016x","parentSpanId":"%s","name":"%s","kind":3,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[%s],"status":{"code":%d}}'
            % (trace, number, "%016x" % parent if parent else "", name, int(start * 1e9), int((start + seconds) * 1e9), told, status))


def run_of_agent(rng, words, number, count, totals):
    """The spans of one trace, in order of their end, as exporters send them."""
    trace, first, clock = rng.getrandbits(128) | 1, rng.getrandbits(63) | 1, START.replace(tzinfo=datetime.timezone.utc).timestamp() + number * 40.0
    begin, spans = clock, []
    for i in range(count if count == 1 else count - 1):
        own, parent = first + 1 + i, 0 if count == 1 else first
        took = rng.lognormvariate(1, .6) if i % 2 == 0 else rng.lognormvariate(-.5, 1)
        if i % 2 == 0:
            tokens = {"input": rng.randrange(1000, 120000), "output": max(2, int(rng.lognormvariate(5.3, .9)))}
            for kind, n in tokens.items():
                totals[kind] = totals.get(kind, 0) + n
            told = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"), ("gen_ai.request.model", rng.choice(MODELS)),
                    ("gen_ai.usage.input_tokens", tokens["input"]), ("gen_ai.usage.output_tokens", tokens["output"]),
                    ("gen_ai.input.messages", words.text(min(60_000, rng.lognormvariate(8, 1.2))))]
            spans.append(span(trace, own, parent, "chat", clock, took, told, rng.choice([0, 0, 0, 0, 0, 0, 0, 2])))
        else:
            told = [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", rng.choice(TOOLS)), ("gen_ai.tool.call.result", words.text(min(60_000, rng.lognormvariate(7, 1.2))))]
            spans.append(span(trace, own, parent, "execute_tool", clock, took, told))
        clock += took + rng.uniform(.01, .4)
    if count > 1:
        told = [("gen_ai.operation.name", "invoke_agent"), ("gen_ai.agent.name", "coder"), ("gen_ai.conversation.id", "c-%016x" % (trace >> 64))]
        spans.append(span(trace, first, 0, "invoke_agent coder", begin, clock - begin, told))
    totals["spans"] = totals.get("spans", 0) + len(spans)
    return spans


def otlp(out, size, count):
    rng, totals, written, number = random.Random(3), {}, 0, 0
    words = Words(rng)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "otlp.jsonl"), "w", encoding="utf-8") as f:
        waiting = []
        while written < size:
            waiting += run_of_agent(rng, words, number, count, totals)
            number += 1
            while len(waiting) >= 12:
                n = rng.randrange(1, 13)
                line = ('{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"agent-%d"}}]},"scopeSpans":[{"scope":{"name":"gen_ai"},"spans":[%s]}]}]}\n'
                        % (number % 9, ",".join(waiting[:n])))
                del waiting[:n]
                written += f.write(line)
        f.write('{"resourceSpans":[{"scopeSpans":[{"spans":[%s]}]}]}\n' % ",".join(waiting))
    return dict(totals, traces=number)


def main():
    work, kinds = sys.argv[1], sys.argv[2:]
    env = os.environ
    makers = {"sessions": lambda out: sessions(out, int(env["BYTES"]), int(env["FILES"])),
              "reports": lambda out: reports(out, int(env["REPORTS"])), "small": lambda out: reports(out, 14),
              "otlp": lambda out: otlp(out, int(env["BYTES"]), int(env["SPANS"]))}
    for kind in kinds:
        out = os.path.join(work, kind)
        if kind in makers and not os.path.exists(out + ".truth.json"):
            truth = makers[kind](out)
            truth["bytes"] = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(out) for f in fs)
            with open(out + ".truth.json", "w") as f:
                json.dump(truth, f)


if __name__ == "__main__":
    main()
