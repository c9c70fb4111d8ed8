"""Facts of tool calls and of single requests, from the real logs themselves: what the program must give for them.

Run from the root of the repository: python3 tests/reference/calls.py > tests/reference/calls.json

Reads that gave the same before (no call between that may change something), calls that fail for the third time, results
of 10,000 tokens and more (a quarter of their bytes), looks at a job, first contexts, failed calls of each tool with Wilson's lower
end (95 %), and the tail of the time of requests: the 99th percentile ÷ the median of time ÷ exp(plane through the logarithms of
1 + output and 1 + context, by least squares). Prices relative to fresh input: 0.1 read, 1.25 written, 5 output (claude-opus-4-5); 0.1 and 8
(gpt-5.3-codex). Output tokens of these logs of Claude Code are lower bounds, so that they have no tail. Standard library only.
"""
import datetime
import glob
import gzip
import json
import math
import statistics

READS = {"Read", "Grep", "Glob", "LS", "NotebookRead", "WebFetch", "WebSearch", "view_image"}
HARMLESS = READS | {"TodoWrite", "TodoRead", "update_plan", "BashOutput", "TaskOutput", "wait", "wait_agent"}
LOOKS = {"BashOutput", "TaskOutput", "AgentOutputTool", "wait", "wait_agent"}
EDITS = {"Edit", "MultiEdit", "Write", "NotebookEdit", "apply_patch"}


def lines(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def size(content):
    texts = [content] if isinstance(content, str) else [b.get("text", "") for b in content or [] if isinstance(b, dict)]
    # As it stands in the file: JSON writes some characters as several.
    return sum(len(json.dumps(t, ensure_ascii=False).encode()) - 2 for t in texts) // 4


def claude(path):
    """Requests by message id, and their calls."""
    requests, calls = {}, {}
    for line in lines(path):
        message = line.get("message") or {}
        content = message.get("content")
        blocks = [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []
        usage = message.get("usage")
        if line.get("type") == "assistant" and usage and message.get("model") != "<synthetic>":
            request = requests.setdefault(message["id"], {"fresh": 0, "read": 0, "write": 0, "output": 0})
            for name, key in [("output", "output_tokens"), ("fresh", "input_tokens"), ("read", "cache_read_input_tokens"), ("write", "cache_creation_input_tokens")]:
                request[name] = max(request[name], usage.get(key) or 0)
            for block in blocks:
                if block["type"] == "tool_use":
                    calls[block["id"]] = {"request": message["id"], "tool": block["name"], "input": json.dumps(block["input"]), "ok": None, "tokens": 0}
        if line.get("type") == "user":
            for block in blocks:
                if block["type"] == "tool_result" and block["tool_use_id"] in calls:
                    calls[block["tool_use_id"]].update(ok=not block.get("is_error"), tokens=size(block.get("content")))
    return list(requests.values()), list(calls.values())


def codex(path):
    """Requests with their time, and calls: the reply before the line of a call asked for it."""
    before, requests, calls = (0, 0, 0), [], {}
    trigger = start = None
    for line in lines(path):
        payload = line.get("payload") or {}
        kind, time = payload.get("type"), seconds(line["timestamp"])
        if line["type"] == "event_msg" and kind == "user_message":
            trigger = time
        elif line["type"] == "response_item":
            if kind in ("function_call_output", "custom_tool_call_output"):
                trigger = time
                output = payload.get("output")
                if payload["call_id"] in calls:
                    calls[payload["call_id"]]["tokens"] = size(output)
            elif kind in ("reasoning", "function_call", "custom_tool_call") or kind == "message" and payload.get("role") == "assistant":
                start = trigger if start is None else start
                if "call_id" in payload:
                    calls[payload["call_id"]] = {"request": len(requests), "tool": payload["name"], "input": payload.get("arguments") or payload.get("input"), "ok": None, "tokens": 0}
        elif kind == "token_count" and payload.get("info"):
            now = tuple(payload["info"]["total_token_usage"][n] for n in ("input_tokens", "cached_input_tokens", "output_tokens"))
            if now != before:
                new, cached, output = (a - b for a, b in zip(now, before))
                begun = start if start is not None else trigger
                requests.append({"fresh": new - cached, "read": cached, "write": 0, "output": output, "took": round(time - begun, 3) if begun else None})
                before, start = now, None
    return requests, list(calls.values())


def repeats(calls):
    seen, found = set(), 0
    for call in calls:
        if call["tool"] not in HARMLESS:
            seen.clear()
        if call["tool"] in READS and call["ok"]:
            key = call["tool"], call["input"]
            found += key in seen
            seen.add(key)
    return found


def failing(calls):
    failed, found = {}, 0
    for call in calls:
        key, has_failed = (call["tool"], call["input"]), call["ok"] is False
        if call["tool"] not in HARMLESS:
            if not has_failed:
                failed.clear()
            elif call["tool"] not in EDITS:
                failed = {k: n for k, n in failed.items() if k == key}
        if has_failed:
            failed[key] = failed.get(key, 0) + 1
            found += failed[key] > 2
    return found


def starts(streams, read, write):
    long = [r for r, _ in streams if len(r) > 1]
    context = lambda r: r["fresh"] + r["read"] + r["write"]
    carried = sum(min(context(rs[0]), context(r)) * read for rs in long for r in rs)
    cost = sum(r["fresh"] + r["read"] * read + r["write"] * write for rs in long for r in rs)
    return {"n": len(long), "median": statistics.median(context(rs[0]) for rs in long), "read_share": carried / cost}


def wilson(failed, n, z=1.959963984540054):
    p = failed / n
    return (p + z * z / 2 / n - z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)) / (1 + z * z / n)


def failures(streams):
    tools = {}
    for call in (c for _, cs in streams for c in cs if c["ok"] is not None):
        tools.setdefault(call["tool"], []).append(not call["ok"])
    return {t: {"n": len(f), "failed": sum(f), "low": wilson(sum(f), len(f))} for t, f in sorted(tools.items())}


def tail(streams):
    points = [(math.log1p(r["output"]), math.log1p(r["fresh"] + r["read"]), math.log(r["took"])) for rs, _ in streams for r in rs if r["took"] and r["took"] > 0]
    n = len(points)
    mx, mz, my = (sum(p[i] for p in points) / n for i in range(3))
    s = lambda f: sum(f(x - mx, z - mz, y - my) for x, z, y in points)
    xx, zz, xz = s(lambda x, z, y: x * x), s(lambda x, z, y: z * z), s(lambda x, z, y: x * z)
    xy, zy = s(lambda x, z, y: x * y), s(lambda x, z, y: z * y)
    det = xx * zz - xz * xz
    a, b = (xy * zz - zy * xz) / det, (zy * xx - xy * xz) / det
    left = sorted(y - my - a * (x - mx) - b * (z - mz) for x, z, y in points)
    at = lambda percent: left[-(-n * percent // 100) - 1]
    return {"n": n, "value": math.exp(at(99) - at(50))}


def facts(streams, read, write):
    tokens = [c["tokens"] for _, cs in streams for c in cs]
    large = [t for t in tokens if t >= 10_000]
    by_reply = [{c["request"]: [d["tool"] for d in cs if d["request"] == c["request"]] for c in cs} for _, cs in streams]
    return {"calls": len(tokens), "repeated": sum(repeats(cs) for _, cs in streams), "failing_again": sum(failing(cs) for _, cs in streams),
            "result_tokens": sum(tokens), "largest_result": max(tokens), "large_share": sum(large) / sum(tokens),
            "looks": sum(all(t in LOOKS for t in tools) for replies in by_reply for tools in replies.values()), "start": starts(streams, read, write)}


of_claude = [claude(path) for path in sorted(glob.glob("fixtures/claude-code/real/*"))]
of_codex = [codex(path) for path in sorted(glob.glob("fixtures/codex/real/*"))]
found = {
    "claude_code": {**facts(of_claude, 0.1, 1.25), "tools": failures(of_claude)},
    "codex": {**facts(of_codex, 0.1, 1.0), "tail": tail(of_codex)},
}
print(json.dumps(found, indent=2))
