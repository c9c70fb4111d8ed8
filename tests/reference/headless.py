"""Makes fixtures/codex-results/, fixtures/gemini-results/ and fixtures/opencode-results/: what headless runs of these
clients print, written by hand after their documentation and sources and the shape (keys, order, units) of outputs that
stand in public repositories and issues; every number is invented, but for opencode-results/real.jsonl (see its README).

Run from the root of the project: python3 tests/reference/headless.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

MARKER = "MARKER of a secret text"


def folder(name):
    path = pathlib.Path("fixtures") / name
    (path / "broken").mkdir(parents=True, exist_ok=True)
    return path


def lines(events):
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def broken(path, good, stream):
    """Faults that every format may have; `good` is a document or a stream, `stream` a list of events."""
    (path / "broken/binary.jsonl").write_bytes(bytes(range(256)) * 4)
    (path / "broken/empty.jsonl").write_bytes(b"")
    (path / "broken/cut_off.jsonl").write_bytes(good[: len(good) * 3 // 5])
    (path / "broken/invalid_utf8.jsonl").write_bytes(good.replace(b"MARKER", b"MARK\xffER", 1))
    (path / "broken/deep.jsonl").write_bytes(good.replace(b'"' + MARKER.encode() + b'"', b"[" * 5000 + b"]" * 5000, 1))
    noise = b"Loaded cached credentials.\n" + lines(stream).encode() + b"[DEBUG] done\n"
    (path / "broken/noise.jsonl").write_bytes(noise)


# Codex: sums count on over the turns of a thread, and over runs that resume it.
def thread(id):
    return {"type": "thread.started", "thread_id": id}


def item(state, id, kind, **of):
    return {"type": f"item.{state}", "item": {"id": id, "type": kind, **of}}


def command(state, id, status, code):
    return item(state, id, "command_execution", command=MARKER, aggregated_output=MARKER if code is not None else "",
                exit_code=code, status=status)


def turn(given, cached, output, reasoning, written=None):
    usage = {"input_tokens": given, "cached_input_tokens": cached, "output_tokens": output,
             "reasoning_output_tokens": reasoning}
    if written is not None:
        usage["cache_write_input_tokens"] = written
    return {"type": "turn.completed", "usage": usage}


BEGIN = {"type": "turn.started"}
out = folder("codex-results")
run = [
    thread("thread-1"), BEGIN,
    item("completed", "item_0", "reasoning", text=MARKER),
    command("started", "item_1", "in_progress", None), command("completed", "item_1", "completed", 0),
    command("started", "item_2", "in_progress", None), command("completed", "item_2", "failed", 2),
    item("started", "item_3", "mcp_tool_call", server="tracker", tool="search", arguments={"q": MARKER}, result=None,
         error=None, status="in_progress"),
    item("completed", "item_3", "mcp_tool_call", server="tracker", tool="search", arguments={"q": MARKER},
         result={"content": [MARKER]}, error=None, status="completed"),
    {"type": "error", "message": f"Reconnecting... 1/5 (stream disconnected before completion: {MARKER})"},
    item("started", "item_4", "todo_list", items=[{"text": MARKER, "completed": False}]),
    item("completed", "item_5", "file_change", changes=[{"path": MARKER, "kind": "add"}], status="completed"),
    item("completed", "item_6", "web_search", query=MARKER),
    item("completed", "item_7", "agent_message", text=MARKER),
    turn(12000, 9000, 800, 300, 500),
]
(out / "run.jsonl").write_text(lines(run))
# The same thread, resumed: 3,000 of input, of which 2,000 from the cache, and 100 of output more.
resumed = [thread("thread-1"), BEGIN, command("completed", "item_0", "declined", None),
           item("completed", "item_1", "agent_message", text=MARKER), turn(15000, 11000, 900, 310, 500)]
(out / "resumed.jsonl").write_text(lines(resumed))
# Several runs in one file: one that was refused, one that was killed with a command under way.
several = [
    thread("thread-2"), BEGIN, {"type": "error", "message": MARKER},
    {"type": "turn.failed", "error": {"message": f"exceeded retry limit, last status: 429 Too Many Requests, {MARKER}"}},
    thread("thread-3"), BEGIN, command("started", "item_0", "in_progress", None),
]
(out / "several.jsonl").write_text(lines(several))
broken(out, lines(run).encode(), resumed)
(out / "broken/faults.jsonl").write_text(lines([
    thread(7), BEGIN, item("completed", 1, ["x"], status=2, exit_code="one"), {"type": "item.completed", "item": "x"},
    turn("many", 9000, 800, 300), thread("thread-9"), BEGIN, {"type": "turn.completed", "usage": [1]}, BEGIN,
    {"type": "turn.failed", "error": "x"}, turn(10, 20, 5, 9), {"type": 3}]))

# Gemini CLI: documents and streams.
out = folder("gemini-results")
PRO, FLASH = "gemini-2.5-pro", "gemini-2.5-flash-lite"


def model(requests, errors, latency, prompt, candidates, cached, thoughts, tool=0):
    return {"api": {"totalRequests": requests, "totalErrors": errors, "totalLatencyMs": latency},
            "tokens": {"input": prompt - cached, "prompt": prompt, "candidates": candidates,
                       "total": prompt + candidates + thoughts + tool, "cached": cached, "thoughts": thoughts,
                       "tool": tool}}


def tool(success, fail, duration):
    return {"count": success + fail, "success": success, "fail": fail, "durationMs": duration,
            "decisions": {"accept": 0, "reject": 0, "modify": 0, "auto_accept": success + fail}}


document = {
    "session_id": "session-1", "response": MARKER,
    "stats": {
        "models": {FLASH: model(1, 0, 900, 3000, 40, 0, 60), PRO: model(4, 1, 21500, 25000, 320, 21000, 150, 30)},
        "tools": {"totalCalls": 3, "totalSuccess": 2, "totalFail": 1, "totalDurationMs": 480,
                  "totalDecisions": {"accept": 0, "reject": 0, "modify": 0, "auto_accept": 3},
                  "byName": {"read_file": tool(2, 0, 30), "run_shell_command": tool(0, 1, 450)}},
        "files": {"totalLinesAdded": 3, "totalLinesRemoved": 1},
    },
}
(out / "document.json").write_text(json.dumps(document, indent=2))
failed = {"session_id": "session-2", "error": {"type": "FatalTurnLimitedError", "message": MARKER, "code": 53}}
(out / "failed.json").write_text(json.dumps(failed, indent=2))
(out / "summary.json").write_text(json.dumps({"sessionMetrics": document["stats"]}, indent=2))


def event(kind, second, **of):
    return {"type": kind, "timestamp": f"2026-03-02T08:00:{second:06.3f}Z", **of}


def sums(total, given, output, cached, **more):
    return {"total_tokens": total, "input_tokens": given, "output_tokens": output, "cached": cached,
            "input": given - cached, **more}


stream = [
    event("init", 0, session_id="session-3", model="auto-gemini-3"),
    event("message", 0.01, role="user", content=MARKER),
    event("message", 3, role="assistant", content=MARKER, delta=True),
    event("tool_use", 3.5, tool_name="run_shell_command", tool_id="call-1", parameters={"command": MARKER}),
    event("tool_use", 3.5, tool_name="read_file", tool_id="call-2", parameters={"path": MARKER}),
    event("tool_result", 3.75, tool_id="call-2", status="success", output=MARKER),
    event("tool_result", 5.25, tool_id="call-1", status="error", output=MARKER,
          error={"type": "shell_execute_error", "message": MARKER}),
    event("error", 6, severity="warning", message=MARKER),
    event("message", 7, role="assistant", content=MARKER, delta=True),
    event("message", 8.5, role="assistant", content=MARKER, delta=True),
    event("result", 9.125, status="success",
          stats=sums(30900, 28000, 360, 21000, duration_ms=9100, tool_calls=2, models={
              PRO: sums(27800, 25000, 320, 21000), FLASH: sums(3100, 3000, 40, 0)})),
    # A run of an older client, which tells of all models together; it was broken off.
    event("init", 20, session_id="session-4", model=PRO),
    event("result", 25, status="error", error={"type": "FatalCancellationError", "message": MARKER},
          stats=sums(1100, 1000, 70, 0, duration_ms=4900, tool_calls=0)),
    # One that was killed.
    event("init", 30, session_id="session-5", model=PRO),
    event("tool_use", 31, tool_name="glob", tool_id="call-3", parameters={}),
]
(out / "stream.jsonl").write_text(lines(stream))
broken(out, lines(stream[:11]).encode(), stream[11:13])
text = json.dumps(document, indent=2).encode()
(out / "broken/cut_off.json").write_bytes(text[: text.index(b'"tools"')])
(out / "broken/faults.json").write_bytes(
    text.replace(b'"prompt": 3000', b'"prompt": "many"').replace(b'"totalLatencyMs": 21500', b'"totalLatencyMs": -1')
    .replace(b'"success": 2', b'"success": 2000000000'))
(out / "broken/faults.jsonl").write_text(lines([
    {**stream[0], "timestamp": "yesterday"}, {**stream[3], "timestamp": 7}, {**stream[5], "timestamp": None},
    {**stream[10], "stats": {"models": [1], "duration_ms": "long"}}, {**stream[10], "stats": {"models": {PRO: 3}}},
    {**stream[10], "stats": 3, "status": None}]))

# opencode: a step of a message whose id tells when it was created, in 36 bits of milliseconds and 12 that count.
out = folder("opencode-results")
T = 1772438400000  # 2026-03-02T08:00:00Z


def message(at):
    return f"msg_{((T + at) << 12 | 1) & (1 << 48) - 1:012x}AbCdEfGhIjKlMn"


def told(kind, at, session, of=None, **part):
    return {"type": kind, "timestamp": T + at, "sessionID": session,
            "part": {"id": "prt_1", "sessionID": session, "messageID": of, **part}}


def finish(at, session, of, reason, cost, total, given, output, reasoning, read, write):
    return told("step_finish", at, session, of, type="step-finish", reason=reason, cost=cost,
                tokens={"total": total, "input": given, "output": output, "reasoning": reasoning,
                        "cache": {"read": read, "write": write}})


def used(at, session, of, name, status, start, end, error=None):
    state = {"status": status, "input": {"command": MARKER}, "title": MARKER, "metadata": {"output": MARKER},
             "time": {"start": T + start, "end": T + end}}
    state.update({"error": error or MARKER} if status == "error" else {"output": MARKER})
    return told("tool_use", at, session, of, type="tool", tool=name, callID=f"call_{start}", state=state)


s, one, two = "ses_1", message(0), message(6010)
run = [
    told("step_start", 2500, s, one, type="step-start", snapshot="0f"),
    told("reasoning", 3900, s, one, type="reasoning", text=MARKER, time={"start": T + 2600, "end": T + 3890}),
    used(5000, s, one, "bash", "completed", 4000, 4990),
    used(6000, s, one, "read", "error", 4200, 4250),
    # 1,100 of input, 60 of output and 140 of reasoning beside it, 800 from the cache.
    finish(6005, s, one, "tool-calls", 0.0125, 2100, 1100, 60, 140, 800, 0),
    told("step_start", 8000, s, two, type="step-start"),
    told("text", 9000, s, two, type="text", text=MARKER, time={"start": T + 8000, "end": T + 8990}),
    finish(9100, s, two, "stop", 0.002, 2300, 200, 100, 0, 1900, 100),
]
(out / "run.jsonl").write_text(lines(run))
t, third = "ses_2", message(20000)
several = [
    # A run that failed under way, and one that was killed.
    told("step_start", 21000, t, third, type="step-start"),
    {"type": "error", "timestamp": T + 22000, "sessionID": t,
     "error": {"name": "APIError", "data": {"message": MARKER, "statusCode": 429, "isRetryable": False}}},
    told("step_start", 31000, "ses_3", message(30000), type="step-start"),
    used(33000, "ses_3", message(30000), "bash", "completed", 31500, 32900),
]
(out / "several.jsonl").write_text(lines(several))
broken(out, lines(run).encode(), several[:2])
(out / "broken/faults.jsonl").write_text(lines([
    {**run[0], "timestamp": "now"}, {**run[0], "part": 3}, run[0],
    {**run[2], "part": {**run[2]["part"], "state": {"status": "completed", "time": {"start": "x"}}}},
    {**run[4], "part": {**run[4]["part"], "cost": -1, "tokens": {"input": 1.5, "output": "x", "cache": 3}}},
    {**run[7], "part": {**run[7]["part"], "messageID": 9, "tokens": []}}, {"type": "idle", "timestamp": T}]))
