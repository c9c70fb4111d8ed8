"""Makes fixtures/cline/: tasks and sessions written by hand after the source of Cline (ExtensionMessage.ts) and
descriptions of what it, Roo Code and newer versions of Cline write; every number is invented.

Run from the root of the project: python3 tests/reference/cline.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

out = pathlib.Path("fixtures/cline")
MARKER = "MARKER of a secret text"
BEGIN = 1772438400000  # 2026-03-02 08:00:00 UTC
SONNET = {"providerId": "anthropic", "modelId": "claude-sonnet-4-5", "mode": "act"}


def say(ms, what, text=MARKER, **how):
    return {"ts": BEGIN + ms, "type": "say", "say": what, "text": text, **how}


def ask(ms, what, text=MARKER, **how):
    return {"ts": BEGIN + ms, "type": "ask", "ask": what, "text": text, **how}


def used(input, output, read=0, write=0, cost=None, **how):
    request = {"request": MARKER, "tokensIn": input, "tokensOut": output, "cacheWrites": write, "cacheReads": read, **how}
    return json.dumps(request if cost is None else {**request, "cost": cost})


def save(path, document, **how):
    path = out / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, **how))


task = [
    say(0, "task"),
    say(1000, "api_req_started", used(12, 300, 20000, 1500, 0.0161), modelInfo=SONNET),
    say(3000, "text", modelInfo=SONNET),
    ask(3500, "tool", json.dumps({"tool": "readFile", "path": MARKER, "content": MARKER})),
    say(4000, "checkpoint_created", ""),
    say(5000, "api_req_started", used(20, 150, 21500, 0, 0.0088), modelInfo=SONNET),
    say(6000, "use_mcp_server", json.dumps({"serverName": MARKER, "type": "use_mcp_tool", "toolName": "search", "arguments": MARKER})),
    say(6500, "mcp_server_request_started", ""),
    say(8750, "mcp_server_response"),
    # Refused, and retried with success: the same request.
    say(9000, "api_req_started", used(30, 40, 22000, 0, 0.007), modelInfo=SONNET),
    ask(9500, "api_req_failed", "429 " + MARKER),
    say(12000, "api_req_retried", ""),
    say(15000, "command"),
    say(16000, "command_output"),
    # A provider that counts what was cached as input.
    say(20000, "api_req_started", used(1000, 50, 600, 100, 0), modelInfo={"providerId": "litellm", "modelId": "gpt-5"}),
    say(21000, "api_req_started", used(0, 0, 0, 0, 0, cancelReason="user_cancelled"), modelInfo=SONNET),
    say(22000, "user_feedback"),
    say(23000, "deleted_api_reqs", used(500, 60, 0, 0, 0.002)),
    say(24000, "subagent_usage", used(700, 80, 90, 0, 0.003, source="subagents")),
    say(25000, "api_req_started", json.dumps({"request": MARKER}), modelInfo=SONNET),
    ask(26000, "api_req_failed", MARKER),
    say(27000, "reasoning", partial=True),
    # Still running, or killed.
    say(30000, "api_req_started", json.dumps({"request": MARKER}), modelInfo=SONNET),
]
folder = f"saoudrizwan.claude-dev/tasks/{BEGIN}/"
save(folder + "ui_messages.json", task)
save(folder + "api_conversation_history.json", [
    {"role": "user", "content": [{"type": "text", "text": MARKER}]},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {"path": MARKER}}],
     "metrics": {"tokens": {"prompt": 12, "completion": 300}}}])
save(folder + "task_metadata.json", {"files_in_context": [{"path": MARKER}], "environment_history": [],
                                     "model_usage": [{"ts": BEGIN, "model_id": "claude-sonnet-4-5", "model_provider_id": "anthropic", "mode": "act"}]})

# The first versions told when a request was done.
save("old/tasks/1/ui_messages.json", [
    say(0, "text"), say(500, "api_req_started", json.dumps({"request": MARKER})), say(1500, "text"),
    say(4500, "api_req_finished", json.dumps({"tokensIn": 900, "tokensOut": 70, "cost": 0.004}))])

# Cline announces a retry, waits, and says so again when it makes it; a reply that broke off is asked for by another request.
def attempt(n, **how):
    return json.dumps({"attempt": n, "maxAttempts": 3, "delaySeconds": 2 ** n, "errorMessage": MARKER, **how})


failed = json.dumps({"message": MARKER, "request_id": "x", "code": "stream_initialization_failed", "modelId": "m", "providerId": "cline"})
save("retried/tasks/2/ui_messages.json", [
    say(0, "task"),
    say(1000, "api_req_started", used(0, 0, 0, 0, 0, cancelReason="streaming_failed", streamingFailedMessage=failed), modelInfo=SONNET),
    say(3000, "error_retry", attempt(1)), say(5000, "api_req_retried", ""),
    say(7000, "error_retry", attempt(2)), say(11000, "api_req_retried", ""),
    say(13000, "error_retry", attempt(3)), say(21000, "api_req_retried", ""),
    say(23000, "error_retry", attempt(3, failed=True)), ask(23100, "api_req_failed", failed),
    # By hand, and then given up while it waited.
    say(30000, "api_req_retried", ""), say(32000, "error_retry", attempt(1)),
    ask(33000, "resume_task"), say(40000, "user_feedback"),
    say(41000, "api_req_started", used(10, 5, 0, 0, 0.001), modelInfo=SONNET),
    say(50000, "api_req_started", used(20, 8, 0, 0, 0.002, cancelReason="streaming_failed"), modelInfo=SONNET),
    say(51000, "text"), say(52000, "error_retry", attempt(1)), ask(52100, "resume_task"),
    say(54000, "api_req_started", used(30, 9, 0, 0, 0.003), modelInfo=SONNET)])

# Roo Code: input contains what was cached; before 2025-11-01 not with Anthropic's protocol.
year = 365 * 24 * 3600 * 1000
roo = [
    say(-year, "text"),
    say(-year + 1000, "api_req_started", used(12, 300, 20000, 1500, 0.0161, apiProtocol="anthropic")),
    say(-year + 2000, "api_req_started", used(1000, 20, 400, 0, 0.001, apiProtocol="openai")),
    say(0, "user_feedback"),
    say(1000, "api_req_started", used(21512, 300, 20000, 1500, 0.0161, apiProtocol="anthropic")),
    say(2000, "tool", json.dumps({"tool": "appliedDiff", "diff": MARKER})),
    say(2500, "api_req_retry_delayed", partial=True),
    say(3000, "api_req_retry_delayed"),
    say(4000, "condense_context", "", contextCondense={"cost": 0.0125, "prevContextTokens": 155000, "newContextTokens": 8000,
                                                       "summary": MARKER}),
    say(5000, "api_req_started", used(0, 0, 0, 0, 0, cancelReason="streaming_failed", streamingFailedMessage=MARKER, apiProtocol="anthropic")),
]
folder = "rooveterinaryinc.roo-cline/tasks/00000000-0000-4000-8000-000000000001/"
save(folder + "ui_messages.json", roo)
save(folder + "history_item.json", {"id": "x", "ts": BEGIN, "task": MARKER, "tokensIn": 1, "tokensOut": 2, "totalCost": 0.1, "workspace": MARKER})


def message(id, ms, role, content, **how):
    return {"id": id, "role": role, "ts": BEGIN + ms, "content": content, **how}


def metrics(input, output, read=0, write=0, cost=None):
    told = {"inputTokens": input, "outputTokens": output, "cacheReadTokens": read, "cacheWriteTokens": write}
    return told if cost is None else {**told, "cost": cost}


def call(id, name):
    return {"type": "tool_use", "id": id, "name": name, "input": {"command": MARKER}}


def answer(id, is_error=False):
    return {"type": "tool_result", "tool_use_id": id, "content": MARKER, "is_error": is_error}


info = {"id": "claude-sonnet-4-5", "provider": "anthropic"}
session = f"{BEGIN}_abcde"
messages = [
    message("n1", 0, "user", [{"type": "text", "text": MARKER}]),
    message("n2", 9000, "assistant", [{"type": "text", "text": MARKER}, call("t1", "read_files"), call("t2", "run_commands")],
            modelInfo=info, metrics=metrics(22000, 400, 20000, 1500, 0.018)),
    message("n3", 9500, "user", [answer("t1"), answer("t2", True)]),
    message("n4", 15000, "assistant", [call("t3", "spawn_agent")], modelInfo=info, metrics=metrics(23000, 90, 22000)),
    message("n5", 16000, "user", MARKER, metadata={"kind": "compaction_summary", "summary": MARKER}),
    message("n6", 17000, "assistant", MARKER, metadata={"displayOnly": True}),
    message("n7", 18000, "user", MARKER),
    message("n8", 20000, "assistant", MARKER, modelInfo=info),
]


def kept(session, agent, messages):
    return {"version": 1, "updated_at": "2026-03-02T08:00:20.000Z", "agent": agent, "sessionId": session, "origin": {}, "messages": messages}


save(f"sessions/{session}/{session}.messages.json", kept(session, "lead", messages), indent=2)
save(f"sessions/{session}/agent-1.messages.json", kept("agent-1", "subagent", [
    message("k1", 15100, "user", MARKER),
    message("k2", 15900, "assistant", MARKER, modelInfo=info, metrics=metrics(3000, 50, 1000, 0, 0.001))]))
save(f"sessions/{session}/{session}.json", {"version": 1, "session_id": session, "source": "cli", "pid": 1, "started_at": "2026-03-02T08:00:00.000Z",
                                            "prompt": MARKER, "cwd": "/home/dev/atlas", "metadata": {"title": MARKER}})

broken = out / "broken"
broken.mkdir(exist_ok=True)
good = json.dumps(task[:10], indent=1).encode()


def write(name, *changes, cut=None):
    text = good
    for before, after in changes:
        assert before in text, (name, before)
        text = text.replace(before, after, 1)
    (broken / name).write_bytes(text[: text.rindex(cut)] if cut else text)


write("cut_off.json", cut=b'"say": "mcp_server_response"')
write("nan.json", (b'"ts": 1772438401000', b'"ts": NaN'))
write("wrong_type.json", (rb'\"tokensIn\": 12', rb'\"tokensIn\": \"many\"'), (rb'\"cost\": 0.0088', rb'\"cost\": -5'),
      (rb'{\"tool\"', rb'\"tool\"'))
write("absurd_date.json", (b"1772438401000", b"1772438401000000"), (b"1772438403000", b'"noon"'))
write("invalid_utf8.json", (b"MARKER", b"MARK\xffER"))
write("deep.json", (b'"modelInfo": {', b'"deep": ' + b"[" * 5000 + b"]" * 5000 + b', "modelInfo": {'))
write("entries.json", (b"\"text\": \"\"\n },", b"\"text\": \"\"\n }, 7, null,"))
(broken / "empty.json").write_bytes(b"")
(broken / "binary.json").write_bytes(bytes(range(256)) * 4)
