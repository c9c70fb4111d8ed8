"""Makes fixtures/claude-results/: what headless runs of Claude Code print, written by hand after the documentation
of its SDK and the shape (keys, order, units) of results that stand in public repositories; every number is invented.

Run from the root of the project: python3 tests/reference/claude_results.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

out = pathlib.Path("fixtures/claude-results")
(out / "broken").mkdir(parents=True, exist_ok=True)
MARKER = "MARKER of a secret text"
SONNET, HAIKU = "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"


def usage(fresh, output, read=0, write=0, hour=0):
    return {"input_tokens": fresh, "cache_creation_input_tokens": write, "cache_read_input_tokens": read,
            "output_tokens": output, "server_tool_use": {"web_search_requests": 0}, "service_tier": "standard",
            "cache_creation": {"ephemeral_1h_input_tokens": hour, "ephemeral_5m_input_tokens": write - hour}}


def model(fresh, output, read=0, write=0, cost=0.0):
    return {"inputTokens": fresh, "outputTokens": output, "cacheReadInputTokens": read, "cacheCreationInputTokens": write,
            "webSearchRequests": 0, "costUSD": cost, "contextWindow": 200000, "maxOutputTokens": 64000}


def result(session, uuid, duration, api, turns, cost, of, models, **how):
    return {"type": "result", "subtype": how.pop("subtype", "success"), "is_error": how.pop("is_error", False),
            "duration_ms": duration, "duration_api_ms": api, "num_turns": turns, "result": MARKER, "stop_reason": None,
            "session_id": session, "total_cost_usd": cost, "usage": of, "modelUsage": models,
            "permission_denials": [{"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": MARKER}}],
            "uuid": uuid, **how}


def text(document):
    return json.dumps(document)


# One run, alone in its file; requests side by side take longer together than the run.
single = result("session-1", "r1", 8274, 9485, 3, 0.0515, usage(10, 300, 20000, 1000, 600),
                {SONNET: model(10, 300, 20000, 1000, 0.0465), HAIKU: model(500, 20, 0, 0, 0.005)}, ttft_ms=1250)
(out / "result.json").write_text(text(single))


def assistant(session, uuid, id, content, of, parent=None, name=SONNET):
    return {"type": "assistant", "message": {"model": name, "id": id, "type": "message", "role": "assistant",
            "content": content, "stop_reason": None, "usage": of}, "parent_tool_use_id": parent, "session_id": session,
            "uuid": uuid}


def user(session, uuid, content, parent=None):
    return {"type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": parent,
            "session_id": session, "uuid": uuid, "tool_use_result": {"stdout": MARKER}}


def init(session, cwd):
    return {"type": "system", "subtype": "init", "cwd": cwd, "session_id": session, "tools": ["Bash", "Task"],
            "mcp_servers": [], "model": SONNET, "permissionMode": "default", "apiKeySource": "none", "uuid": "i"}


def say():
    return {"type": "text", "text": MARKER}


def call(id, name):
    return {"type": "tool_use", "id": id, "name": name, "input": {"command": MARKER}}


def answer(id, is_error=False):
    return {"type": "tool_result", "tool_use_id": id, "content": MARKER, "is_error": is_error}


# A stream of two turns in one process: the second result counts on from the first.
s = "session-2"
stream = [
    init(s, "/home/dev/atlas"),
    assistant(s, "u1", "msg_1", [say()], usage(4, 1, 1000, 200)),
    assistant(s, "u2", "msg_1", [call("toolu_1", "Bash"), call("toolu_2", "Bash")], usage(4, 9, 1000, 200)),
    user(s, "u3", [answer("toolu_1")]),
    user(s, "u4", [answer("toolu_2", True)]),
    {"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 10, "retry_delay_ms": 1500.5,
     "error_status": 529, "error": "overloaded", "session_id": s, "uuid": "u5"},
    {"type": "rate_limit_event", "session_id": s, "uuid": "u6"},
    assistant(s, "u7", "msg_2", [call("toolu_3", "Task")], usage(5, 3, 1300, 100)),
    assistant(s, "u8", "msg_3", [call("toolu_4", "Read")], usage(3, 2, 0, 0), "toolu_3", HAIKU),
    user(s, "u9", [answer("toolu_4")], "toolu_3"),
    user(s, "u10", [answer("toolu_3")]),
    result(s, "r2", 20000, 12000, 2, 0.02, usage(9, 60, 2300, 300), {SONNET: model(9, 60, 2300, 300, 0.018),
                                                                      HAIKU: model(3, 40, 0, 0, 0.002)}),
    user(s, "u11", [say()]),
    {"type": "system", "subtype": "compact_boundary", "session_id": s, "uuid": "u12",
     "compact_metadata": {"trigger": "auto", "pre_tokens": 155000}},
    assistant(s, "u13", "msg_4", [call("toolu_5", "Bash")], usage(6, 8, 2600, 0)),
    result(s, "r3", 5000, 15000, 1, 0.03, usage(6, 80, 2600, 0), {SONNET: model(15, 140, 4900, 300, 0.028),
                                                                   HAIKU: model(3, 40, 0, 0, 0.002)},
           subtype="error_max_turns", is_error=True),
]
(out / "stream.jsonl").write_text("".join(text(line) + "\n" for line in stream))

# All messages of a run as one list.
s = "session-3"
listed = [init(s, "C:\\work\\birch"), assistant(s, "v1", "msg_5", [say()], usage(7, 2)),
          result(s, "r4", 3000, 2500, 1, 0.001, usage(7, 30), {SONNET: model(7, 30, 0, 0, 0.001)})]
(out / "list.json").write_text(json.dumps(listed, indent=1) + "\n")

# Results of several runs, collected in one file: a session that is resumed by a process of its own, one that was
# refused, one that was interrupted, and one of a version that told no models.
s = "session-4"
old = {key: value for key, value in result("session-7", "", 1000, 900, 1, 0, usage(20, 5, 0, 40), {}).items()
       if key not in ("modelUsage", "uuid", "total_cost_usd", "permission_denials")}
old["cost_usd"] = 0.0004
collected = [
    result(s, "r5", 4000, 3500, 2, 0.01, usage(10, 100), {SONNET: model(10, 100, 0, 0, 0.01)}),
    result(s, "r6", 6000, 5500, 3, 0.02, usage(12, 120, 500), {SONNET: model(12, 120, 500, 0, 0.02)}),
    result("session-5", "r7", 700, 0, 1, 0, usage(0, 0), {}, is_error=True, api_error_status=429),
    result("session-6", "r8", 9000, 0, 2, 0, usage(0, 0), {}, is_error=True, subtype="error_during_execution",
           terminal_reason="aborted_streaming"),
    old,
]
(out / "collected.jsonl").write_text("".join(text(line) + "\n" for line in collected) + text(collected[0]) + "\n")

# A session that a process of its own resumes, which uses the helper model more than the first did: the main model
# used 300 of output in all, so that they cannot be 100 of before and 300 of this turn.
s = "session-8"
resumed = [
    result(s, "r9", 5000, 4000, 1, 1.02, usage(10, 100, 9000, 900), {SONNET: model(10, 100, 9000, 900, 1.0),
                                                                    HAIKU: model(5, 20, 0, 0, 0.02)}),
    result(s, "r10", 21000, 20000, 1, 3.1, usage(60, 300, 15000, 1200), {SONNET: model(60, 300, 15000, 1200, 3.0),
                                                                       HAIKU: model(50, 150, 0, 0, 0.1)}),
]
(out / "resumed.jsonl").write_text("".join(text(line) + "\n" for line in resumed))


def write(name, data):
    (out / "broken" / name).write_bytes(data)


good = json.dumps(listed, indent=1).encode()
write("cut_off.json", good[: good.rindex(b'"num_turns"')])
write("binary.json", bytes(range(256)) * 4)
write("empty.json", b"")
write("invalid_utf8.json", good.replace(b"MARKER", b"MARK\xffER", 1))
write("deep.json", good.replace(b'"Bash"', b"[" * 5000 + b"]" * 5000, 1))
lines = [text(line).encode() for line in stream]
write("faults.jsonl", b"\n".join([
    lines[0],
    b"no JSON at all",
    lines[1].replace(b'"output_tokens": 1', b'"output_tokens": "one"'),
    lines[11].replace(b'"duration_ms": 20000', b'"duration_ms": -1').replace(b'"total_cost_usd": 0.02', b'"total_cost_usd": "dear"')
    .replace(b'"outputTokens": 40', b'"outputTokens": 4.5').replace(b'"costUSD": 0.018', b'"costUSD": null'),
    lines[15].replace(b'"usage"', b'"usage": [], "old"').replace(b'"modelUsage"', b'"modelUsage": 7, "old_models"'),
    b'{"type": "assistant", "session_id": "session-2"}',
    b'{"type": "result"}',
    b"[" * 200 + b"]" * 200,
    lines[2][:300],
]))
# A run that was killed: no result tells what its messages tell in part.
write("killed.jsonl", b"\n".join(lines[:3]) + b"\n")
