"""Makes fixtures/otlp/: exports written by hand after the conventions, and broken ones.

Run from the root of the project: python3 tests/reference/otlp.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

out = pathlib.Path("fixtures/otlp")
MARKER = "MARKER of a secret text"
T0 = 1_772_438_400_000_000_000  # 2026-03-02T08:00:00Z
MS = 1_000_000


def value(v, snake=False, numbers=False):
    """An AnyValue; whole numbers are texts unless `numbers`."""
    name = lambda camel, s: s if snake else camel
    if isinstance(v, bool):
        return {name("boolValue", "bool_value"): v}
    if isinstance(v, int):
        return {name("intValue", "int_value"): v if numbers else str(v)}
    if isinstance(v, float):
        return {name("doubleValue", "double_value"): v}
    if isinstance(v, list):
        return {name("arrayValue", "array_value"): {"values": [value(i, snake, numbers) for i in v]}}
    return {name("stringValue", "string_value"): v}


def attributes(d, **how):
    return [{"key": k, "value": value(v, **how)} for k, v in d.items()]


def span(trace, span_id, parent, at, ms, told, kind=1, status=None, name=MARKER, events=None):
    s = {"traceId": f"{trace:032x}", "spanId": f"{span_id:016x}", "name": name, "kind": kind,
         "startTimeUnixNano": str(T0 + at * MS), "endTimeUnixNano": str(T0 + (at + ms) * MS),
         "attributes": attributes(told)}
    if parent:
        s["parentSpanId"] = f"{parent:016x}"
    if status:
        s["status"] = {"code": status, "message": MARKER}
    if events:
        s["events"] = [{"name": "exception", "timeUnixNano": str(T0), "attributes": attributes(events)}]
    return s


def traces(resource, *spans):
    return {"resourceSpans": [{"resource": {"attributes": attributes(resource)},
                               "scopeSpans": [{"scope": {"name": "x"}, "spans": list(spans)}]}]}


def snake(o):
    """The same export in snake_case, with whole numbers as numbers."""
    import re
    if isinstance(o, list):
        return [snake(i) for i in o]
    if isinstance(o, dict):
        r = {re.sub(r"[A-Z]", lambda m: "_" + m.group().lower(), k): snake(v) for k, v in o.items()}
        for k in ("int_value", "start_time_unix_nano", "end_time_unix_nano"):
            if k in r:
                r[k] = int(r[k])
        return r
    return o


def dump(name, *lines):
    (out / name).write_text("".join(json.dumps(l, separators=(",", ":")) + "\n" for l in lines))


CONTENT = {"gen_ai.input.messages": MARKER, "gen_ai.output.messages": MARKER, "gen_ai.prompt.0.content": MARKER,
           "gen_ai.system_instructions": MARKER, "input.value": MARKER, "output.value": MARKER,
           "llm.input_messages.0.message.content": MARKER, "gen_ai.tool.call.arguments": MARKER,
           "gen_ai.tool.call.result": MARKER, "traceloop.entity.input": MARKER, "exception.message": MARKER}
shop = {"service.name": "shop-assistant", "host.name": "node-1", "process.command_args": MARKER}
chat = span(1, 2, 1, 100, 2000, {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5",
    "gen_ai.response.model": "gpt-5-2025-08-07", "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 400, "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.reasoning.output_tokens": 20, **CONTENT}, kind=3)
new = traces(
    shop,
    # Children before their parent, which carries the sums of what is below it.
    chat,
    span(1, 3, 1, 2200, 300, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", **CONTENT}),
    span(1, 4, 1, 2600, 40, {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
                             "gen_ai.request.model": "gpt-5", "error.type": "RateLimitError"}, kind=3, status=2),
    span(1, 1, 0, 0, 2700, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner",
                            "gen_ai.conversation.id": "conv-1", "gen_ai.usage.input_tokens": 1000,
                            "gen_ai.usage.output_tokens": 50, **CONTENT}))
old = snake(traces(
    {"service.name": "shop-assistant"},
    # Read and written are more than the input: this emitter leaves them out of it.
    span(2, 21, 0, 5000, 1500, {
        "gen_ai.operation.name": "chat", "gen_ai.system": "anthropic", "gen_ai.request.model": "claude-sonnet-4",
        "session.id": "session-2", "gen_ai.usage.prompt_tokens": 300, "gen_ai.usage.completion_tokens": 70,
        "gen_ai.usage.cache_read_input_tokens": 900, "gen_ai.usage.cache_creation_input_tokens": 200,
        "gen_ai.prompt.0.content": MARKER}),
    span(2, 22, 0, 7000, 30000, {
        "gen_ai.operation.name": "text_completion", "gen_ai.system": "anthropic", "session.id": "session-2",
        "gen_ai.request.model": "claude-sonnet-4"}, status="STATUS_CODE_ERROR",
        events={"exception.type": "anthropic.APITimeoutError", "exception.message": MARKER})))
inference = traces(
    {"service.name": "rag"},
    span(3, 31, 0, 10000, 4000, {"openinference.span.kind": "CHAIN", "session.id": "session-3",
                                 "llm.token_count.prompt": 500, **CONTENT}),
    span(3, 32, 31, 10100, 3000, {
        "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai",
        "llm.token_count.prompt": 500, "llm.token_count.completion": 60, "llm.token_count.total": 560,
        "llm.token_count.prompt_details.cache_read": 128, "llm.token_count.completion_details.reasoning": 10,
        "llm.cost.total": 0.0123, **CONTENT}),
    span(3, 33, 31, 13200, 500, {"openinference.span.kind": "TOOL", "tool.name": "retrieve", **CONTENT}),
    span(3, 34, 31, 13800, 20, {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "embed-3",
                                "llm.token_count.prompt": 9}))
nested = traces(
    {"service.name": "api"},
    # A request from outside; in it a framework's span of a request around a client library's two attempts.
    span(4, 41, 0, 20000, 3000, {"http.request.method": "POST", "http.response.status_code": 200}, kind=2),
    span(4, 42, 41, 20100, 2800, {"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                                  "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 80,
                                  "gen_ai.usage.output_tokens": 8}),
    span(4, 43, 42, 20200, 2600, {"http.request.method": "POST", "url.full": MARKER}, kind=3),
    span(4, 44, 43, 20300, 100, {"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                                 "gen_ai.request.model": "gpt-4o", "error.type": "429"}, status=2),
    span(4, 45, 43, 20500, 2200, {"gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                                  "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 80,
                                  "gen_ai.usage.output_tokens": 8}))
llmetry = traces(
    {"service.name": "batch"},
    span(5, 51, 0, 30000, 5000, {"traceloop.span.kind": "workflow", "traceloop.entity.name": MARKER}),
    span(5, 52, 51, 30100, 900, {"llm.request.type": "chat", "gen_ai.system": "openai",
                                 "gen_ai.response.model": "gpt-4o-mini", "gen_ai.request.model": "gpt-4o-mini",
                                 "gen_ai.usage.prompt_tokens": 40, "gen_ai.usage.completion_tokens": 4,
                                 "llm.usage.total_tokens": 44}),
    span(5, 53, 51, 31000, 10, {"traceloop.span.kind": "tool", "gen_ai.tool.name": "lookup",
                                "error.type": MARKER}, status=2))
# An exporter that tried again, and a span that never ended, whose parent nobody has.
again = traces(shop, chat)
open_span = span(6, 61, 99, 40000, 0, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"})
open_span["endTimeUnixNano"] = "0"
dump("conventions.jsonl", new, old, inference, nested, llmetry, again, traces(shop, open_span))

# --- Claude Code, after its documentation -------------------------------------------------------
SESSION = "00000000-0000-4000-8000-000000000001"
WHO = {"session.id": SESSION, "user.id": "u" * 40, "user.email": "MARKER@example.org",
       "organization.id": "MARKER", "terminal.type": "xterm"}
service = {"service.name": "claude-code", "service.version": "2.1.224", "host.arch": "arm64"}


def event(name, at, told, body=True):
    r = {"timeUnixNano": str(T0 + at * MS), "observedTimeUnixNano": str(T0 + at * MS),
         "attributes": attributes({**WHO, "event.name": name, "event.timestamp": "2026-03-02T08:00:00Z", **told})}
    r["body"] = {"stringValue": "claude_code." + name if body else MARKER}
    return r


def logs(*records):
    return {"resourceLogs": [{"resource": {"attributes": attributes(service)}, "scopeLogs": [
        {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": list(records)}]}]}


def metric(name, unit, points, temporality=1):
    return {"name": name, "description": MARKER, "unit": unit, "sum": {
        "aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": points}}


def point(at, v, told, start=0):
    kind = "asDouble" if isinstance(v, float) else "asInt"
    return {"attributes": attributes({**WHO, **told}), "startTimeUnixNano": str(T0 + start * MS),
            "timeUnixNano": str(T0 + at * MS), kind: v if isinstance(v, float) else str(v)}


def metrics(*ms):
    return {"resourceMetrics": [{"resource": {"attributes": attributes(service)}, "scopeMetrics": [
        {"scope": {"name": "com.anthropic.claude_code"}, "metrics": list(ms)}]}]}


request = {"model": "claude-opus-4-5", "input_tokens": "12", "output_tokens": "340", "cache_read_tokens": "15000",
           "cache_creation_tokens": "800", "cost_usd": "0.0213", "duration_ms": "4200", "request_id": "req_1"}
events = logs(
    event("user_prompt", 0, {"prompt": MARKER, "prompt_length": "23", "event.sequence": 0}),
    # Counts as texts in older versions, as numbers in newer ones.
    event("api_request", 4300, {**request, "event.sequence": 1}),
    event("tool_decision", 4310, {"tool_name": "Bash", "decision": "accept", "source": "config", "event.sequence": 2}),
    event("tool_result", 5400, {"tool_name": "Bash", "success": "true", "duration_ms": "1000", "tool_use_id": "toolu_1",
                                "tool_parameters": MARKER, "tool_input": MARKER, "event.sequence": 3}),
    event("tool_result", 5600, {"name": "Read", "success": "false", "duration_ms": 150, "error": MARKER,
                                "event.sequence": 4}, body=False),
    event("api_error", 9000, {"model": "claude-opus-4-5", "error": MARKER, "status_code": "429", "duration_ms": "3000",
                              "attempt": "3", "event.sequence": 5}),
    event("api_request", 12000, {"model": "claude-haiku-4-5", "input_tokens": 5, "output_tokens": 20,
                                 "cache_read_tokens": 0, "cache_creation_tokens": 0, "cost_usd": 0.5,
                                 "cost_usd_micros": 105, "duration_ms": 900, "request_id": "req_2",
                                 "event.sequence": 6}),
    event("assistant_response", 12000, {"response": MARKER, "event.sequence": 7}))
spans = traces(
    service,
    span(7, 71, 0, 0, 12500, {**WHO, "span.type": "interaction", "user_prompt": MARKER}, name="claude_code.interaction"),
    span(7, 72, 71, 100, 4200, {
        **WHO, "span.type": "llm_request", "model": "claude-opus-4-5", "gen_ai.system": "anthropic",
        "gen_ai.request.model": "claude-opus-4-5", "input_tokens": 12, "output_tokens": 340,
        "cache_read_tokens": 15000, "cache_creation_tokens": 800, "request_id": "req_1", "success": True,
        "ttft_ms": 900, "attempt": 1}, name="claude_code.llm_request"),
    span(7, 73, 71, 4350, 1050, {**WHO, "span.type": "tool", "tool_name": "Bash", "tool_use_id": "toolu_1",
                                 "full_command": MARKER}, name="claude_code.tool"),
    span(7, 74, 73, 4350, 40, {**WHO, "span.type": "tool.blocked_on_user", "decision": "accept", "source": "user"},
         name="claude_code.tool.blocked_on_user"),
    span(7, 75, 73, 4390, 1000, {**WHO, "span.type": "tool.execution", "success": True},
         name="claude_code.tool.execution"))
tokens = lambda at, kind, v, **how: point(at, v, {"model": "claude-opus-4-5", "type": kind}, **how)
usage = metrics(
    metric("claude_code.token.usage", "tokens", [tokens(60000, "input", 17), tokens(60000, "output", 360),
                                                 tokens(60000, "cacheRead", 15000), tokens(60000, "cacheCreation", 800)]),
    metric("claude_code.cost.usage", "USD", [point(60000, 0.021405, {"model": "claude-opus-4-5"})]),
    metric("claude_code.session.count", "", [point(60000, 1, {})]))
dump("claude-code.jsonl", events, spans, usage)
# Only metrics: deltas, of which one is exported twice, and cumulative ones with a restart.
WHO = {**WHO, "session.id": "00000000-0000-4000-8000-000000000002"}
delta = metrics(metric("claude_code.token.usage", "tokens", [tokens(60000, "input", 10), tokens(60000, "output", 100)]))
later = metrics(metric("claude_code.token.usage", "tokens", [tokens(120000, "input", 5), tokens(120000, "output", 50)]))
WHO = {**WHO, "session.id": "00000000-0000-4000-8000-000000000003"}
total = [metrics(metric("claude_code.token.usage", "tokens", [tokens(at, "input", v, start=s)], 2))
         for at, v, s in ((60000, 7, 0), (120000, 9, 0), (180000, 9, 0))]
dump("claude-code-metrics.jsonl", delta, later, delta, *total)

# --- Metrics of machines and models ---------------------------------------------------------------
def histogram(name, unit, told, at, count, total, low, high, temporality, start=0):
    return {"name": name, "unit": unit, "histogram": {"aggregationTemporality": temporality, "dataPoints": [{
        "attributes": attributes(told), "startTimeUnixNano": str(T0 + start * MS), "timeUnixNano": str(T0 + at * MS),
        "count": str(count), "sum": total, "min": low, "max": high, "bucketCounts": ["1", str(count - 1)],
        "explicitBounds": [1.0]}]}}


def gauge(name, unit, points):
    return {"name": name, "unit": unit, "gauge": {"dataPoints": points}}


def bare(at, v, told):
    return {"timeUnixNano": str(T0 + at * MS), "asDouble": v, "attributes": attributes(told)}


service = {"service.name": "shop-assistant", "host.name": "node-1"}
chat_told = {"gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-5", "gen_ai.provider.name": "openai"}
agent_told = {"gen_ai.operation.name": "invoke_agent"}
machine = lambda at, cpu, used, sent: metrics(
    gauge("system.cpu.utilization", "1", [bare(at, cpu, {}), bare(at, 0.1, {"cpu.mode": "user"})]),
    gauge("system.memory.utilization", "1", [bare(at, used, {"system.memory.state": "used"}),
                                             bare(at, 1 - used, {"system.memory.state": "free"})]),
    {"name": "system.network.io", "unit": "By", "sum": {"dataPoints": [
        {"timeUnixNano": str(T0 + at * MS), "startTimeUnixNano": str(T0 - 86_400_000 * MS), "asInt": str(sent),
         "attributes": attributes({"network.io.direction": "transmit"})}], "isMonotonic": True,
        "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE"}},
    # Behind the points stands what they mean.
    {"sum": {"dataPoints": [bare(at, 3.0, {"queue": "orders", "prompt": MARKER, "note": MARKER * 3})],
             "aggregationTemporality": 2}, "name": "orders.open"})
dump("metrics.jsonl",
     machine(0, 0.5, 0.25, 10_000), machine(15000, 0.7, 0.35, 12_500),
     metrics(histogram("gen_ai.client.operation.duration", "s", chat_told, 60000, 4, 8.0, 0.5, 5.0, 1),
             histogram("gen_ai.client.operation.duration", "s", agent_told, 60000, 1, 9.0, 9.0, 9.0, 1)),
     metrics(histogram("gen_ai.client.operation.duration", "s", chat_told, 120000, 6, 7.0, 0.25, 2.0, 1, start=60000)),
     metrics(histogram("gen_ai.client.operation.duration", "s", chat_told, 120000, 6, 7.0, 0.25, 2.0, 1, start=60000)),
     metrics(histogram("http.client.duration", "ms", {}, 60000, 2, 300.0, 100.0, 200.0, 2)),
     metrics(histogram("http.client.duration", "ms", {}, 120000, 5, 800.0, 100.0, 250.0, 2)))

# --- Broken ones ----------------------------------------------------------------------------------
broken = out / "broken"
(broken / "empty.jsonl").write_bytes(b"")
(broken / "binary.jsonl").write_bytes(bytes(range(256)) * 4)
good = json.dumps(traces(shop, chat), separators=(",", ":")).encode()


def changed(old_text, new_text):
    assert good.count(old_text) >= 1, old_text
    return good.replace(old_text, new_text)


(broken / "faults.jsonl").write_bytes(b"\n".join([
    good,
    b"not json, " + MARKER.encode(),
    changed(b'"intValue":"1000"', b'"intValue":"many"'),
    changed(b'"intValue":"1000"', b'"doubleValue":NaN'),
    changed(b'"startTimeUnixNano":"1772', b'"startTimeUnixNano":"9972'),
    changed(b'"endTimeUnixNano":"1772', b'"endTimeUnixNano":"soon 1772'),
    changed(b'"startTimeUnixNano":"', b'"startTimeUnixNano":null,"x":"'),
    changed(b"shop-assistant", b"shop\xff"),
    b'{"resourceSpans":{"not":"a list"}}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":["no span",7,null]}]}]}',
    b'{"resourceSpans":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"x","gauge":{"dataPoints":[{"timeUnixNano":"1772438400000000000","asDouble":"Infinity"},{"timeUnixNano":"0","asInt":"1"}]}}]}]}]}',
    b"[]",
    good[: good.index(b"gen_ai.tool.call.result") + 60],
]))
two = json.dumps(traces(shop, chat, open_span), indent=1)
(broken / "cut_off.json").write_text(two[: two.rindex("gen_ai.request.model")])
