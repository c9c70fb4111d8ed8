"""Makes fixtures/gemini-cli/: chats written by hand after the source of Gemini CLI (chatRecordingService.ts,
chatRecordingTypes.ts) and descriptions of real ones; every number is invented.

Run from the root of the project: python3 tests/reference/gemini_cli.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

out = pathlib.Path("fixtures/gemini-cli")
MARKER = "MARKER of a secret text"
PRO, FLASH = "gemini-2.5-pro", "gemini-2.5-flash"


def usage(input, output, cached=0, thoughts=0, tool=0):
    return {"input": input, "output": output, "cached": cached, "thoughts": thoughts, "tool": tool,
            "total": input + output + thoughts + tool}


def message(id, time, type, **how):
    return {"id": id, "timestamp": f"2026-03-02T{time}Z", "type": type, "content": how.pop("content", MARKER), **how}


def reply(id, time, tokens, model=PRO, **how):
    return message(id, time, "gemini", thoughts=[{"subject": MARKER, "description": MARKER,
                                                  "timestamp": "2026-03-02T08:00:01.000Z"}], tokens=tokens, model=model, **how)


def call(id, name, time, status="success", **how):
    return {"id": id, "name": name, "args": {"command": MARKER}, "result": [{"functionResponse": {"response": MARKER}}],
            "status": status, "timestamp": f"2026-03-02T{time}Z", "resultDisplay": MARKER, "description": MARKER, **how}


def answers(id, time):
    return message(id, time, "user", content=[{"functionResponse": {"id": "c", "name": "x", "response": {"output": MARKER}}}])


def updated():
    return {"$set": {"lastUpdated": "2026-03-02T08:00:00.001Z"}}


def head(session, **how):
    return {"sessionId": session, "projectHash": "0f" * 32, "startTime": "2026-03-02T08:00:00.000Z",
            "lastUpdated": "2026-03-02T08:00:00.000Z", **how}


def save(path, lines):
    path = out / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


g1 = reply("g1", "08:00:04.000", usage(10000, 50, 4000, 20))
g1_called = {**g1, "toolCalls": [call("c1", "read_file", "08:00:05.500"),
                                 call("c2", "run_shell_command", "08:00:06.000", "error")]}
g2 = reply("g2", "08:00:09.010", usage(11000, 30, 10000, 0, 100))
g3 = reply("g3", "08:00:22.020", None, FLASH)
main = [
    head("session-1", kind="main"),
    {"$set": {"messages": [message("ctx", "08:00:00.000", "user", content=[{"text": "<session_context>\n" + MARKER}])]}},
    message("u1", "08:00:00.000", "user", content=[{"text": MARKER}]),
    updated(),
    # A message is written again whenever it grows.
    g1,
    updated(),
    {**g1, "toolCalls": []},
    g1_called,
    answers("a1", "08:00:06.010"),
    g2,
    {**g2, "toolCalls": [call("c3", "codebase_investigator", "08:00:20.010", agentId="agent-1")]},
    answers("a2", "08:00:20.020"),
    g3,
    {**g3, "tokens": usage(12000, 5)},
    message("e1", "08:00:30.000", "error"),
    message("i1", "08:00:31.000", "info"),
    message("u2", "08:01:00.000", "user", content=[{"text": MARKER}]),
    {"$rewindTo": "u2"},
    message("u3", "08:01:10.000", "user"),
    # Killed while the tool ran.
    reply("g4", "08:01:15.000", usage(13000, 7, 12000), toolCalls=[call("c4", "run_shell_command", "08:01:15.500", "executing")]),
    # The conversation was compressed: copies, and what the client itself made of it.
    {"$set": {"messages": [g1_called, {"id": "sum", "timestamp": "2026-03-02T08:02:00.000Z", "type": "gemini", "content": MARKER}]}},
]
save("atlas/chats/session-2026-03-02T08-00-session1.jsonl", main)
save("atlas/chats/session-1/sub-1.jsonl", [
    head("sub-1", kind="subagent", directories=["/home/dev/atlas"]),
    message("s1", "08:00:09.100", "user"),
    reply("s2", "08:00:12.100", usage(3000, 40), FLASH, toolCalls=[call("c5", "glob", "08:00:12.600")]),
    answers("s3", "08:00:12.610"),
    reply("s4", "08:00:19.610", usage(3500, 60, 2000), FLASH),
])

# Up to 0.34 a subagent's chat stood beside the main one, under its session.
for name, kind, messages in [
    ("01", "main", [message("b1", "10:00:00.000", "user"),
                    reply("b2", "10:00:02.000", usage(7000, 30), toolCalls=[call("cli_help_1772445602000_0", "cli_help", "10:00:20.000")])]),
    ("02", "subagent", [message("b3", "10:00:02.500", "user"), reply("b4", "10:00:06.500", usage(1000, 50), FLASH),
                        reply("b5", "10:00:12.500", usage(1200, 60), FLASH)]),
]:
    path = out / f"birch/chats/session-2026-03-02T10-00-{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**head("session-3"), "messages": messages, "kind": kind}, indent=1))

# An older chat, as one document; replies of calls alone were written only when their results were there.
old = {**head("session-2"), "messages": [
    message("m1", "09:00:00.000", "user"),
    reply("m2", "09:00:07.000", usage(500, 10, 0, 5), content="", toolCalls=[call("d1", "glob", "09:00:06.990"),
                                                                             call("d2", "replace", "09:00:07.000", "cancelled")]),
    reply("m3", "09:00:09.000", usage(700, 20, 600)),
    message("m4", "09:00:10.000", "info"),
], "summary": MARKER}
folder = out / ("0f" * 32) / "chats"
folder.mkdir(parents=True, exist_ok=True)
(folder / "session-2026-03-02T09-00-session2.json").write_text(json.dumps(old, indent=2))
# Resumed by a newer client, which copies it.
save("0f" * 32 + "/chats/session-2026-03-02T09-00-session2.jsonl",
     [head("session-2")] + old["messages"] + [{"$set": {"sessionId": "session-2"}}])

broken = out / "broken"
broken.mkdir(exist_ok=True)
good = json.dumps(old, indent=2).encode()


def write(name, *changes, cut=None):
    text = good
    for before, after in changes:
        assert before in text, (name, before)
        text = text.replace(before, after, 1)
    (broken / name).write_bytes(text[: text.rindex(cut)] if cut else text)


write("cut_off.json", cut=b'"tokens"')
write("nan.json", (b'"input": 500', b'"input": NaN'))
write("wrong_type.json", (b'"input": 500', b'"input": "many"'), (b'"cached": 600', b'"cached": -1'),
      (b'"2026-03-02T09:00:06.990Z"', b'"noon"'))
write("absurd_date.json", (b'"2026-03-02T09:00:07.000Z"', b'"0026-03-02T09:00:07.000Z"'))
write("invalid_utf8.json", (b"MARKER", b"MARK\xffER"))
write("deep.json", (b'"content": ""', b'"content": ' + b"[" * 5000 + b"]" * 5000))
(broken / "empty.json").write_bytes(b"")
(broken / "binary.json").write_bytes(bytes(range(256)) * 4)
lines = [json.dumps(line).encode() for line in main]
(broken / "faults.jsonl").write_bytes(b"\n".join([
    lines[0], lines[2], b"garbage", lines[4].replace(b'"output": 50', b'"output": 5.5'),
    lines[9].replace(b'"timestamp": "2026-03-02T08:00:09.010Z"', b'"timestamp": 7'),
    b'{"$set": {"messages": [1, {"id": "x"}]}}', b"[" * 300, b"{}", lines[7][:-40]]))
