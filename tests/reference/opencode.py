"""Makes fixtures/opencode/: what opencode stores, written by hand after its source (message-v2.ts, session.sql.ts,
json-migration.ts); every number is invented.

Run from the root of the project: python3 tests/reference/opencode.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib
import shutil
import sqlite3

out = pathlib.Path("fixtures/opencode")
for folder in ["broken", "files", "imported", "newer", "open"]:
    shutil.rmtree(out / folder, ignore_errors=True)
(out / "broken").mkdir(parents=True)
MARKER = "MARKER of a secret text"
BEGIN = 1772438400000  # 2026-03-02 08:00:00 UTC
SONNET = ("anthropic", "claude-sonnet-4-5")
GPT = ("openai", "gpt-5.1-codex")
GEMINI = ("google", "gemini-2.5-pro")


def used(input, output, reasoning=0, read=0, write=0, total=None):
    tokens = {"input": input, "output": output, "reasoning": reasoning, "cache": {"read": read, "write": write}}
    return tokens if total is None else {"total": total, **tokens}


def user(id, session, ms):
    return {"id": id, "sessionID": session, "role": "user", "time": {"created": BEGIN + ms}, "agent": "build",
            "summary": {"title": MARKER, "diffs": []}, "model": {"providerID": "anthropic", "modelID": "claude-sonnet-4-5"}}


def assistant(id, session, ms, end, model, tokens, cost=0, finish=None, root="/home/dev/atlas", **how):
    time = {"created": BEGIN + ms} if end is None else {"created": BEGIN + ms, "completed": BEGIN + end}
    message = {"id": id, "sessionID": session, "role": "assistant", "time": time, "parentID": "m", "modelID": model[1],
               "providerID": model[0], "mode": "build", "agent": "build", "path": {"cwd": root, "root": root}, "cost": cost,
               "tokens": tokens, **how}
    return message if finish is None else {**message, "finish": finish}


def part(id, session, message, kind, **how):
    return {"id": id, "sessionID": session, "messageID": message, "type": kind, **how}


def tool(id, session, message, name, start, end, status="completed", call=None):
    time = {"start": BEGIN + start} if end is None else {"start": BEGIN + start, "end": BEGIN + end}
    return part(id, session, message, "tool", callID=call or "call_" + id, tool=name,
                state={"status": status, "input": {"command": MARKER}, "output": MARKER, "title": MARKER, "time": time})


def words(id, session, message):
    return part(id, session, message, "text", text=MARKER, time={"start": BEGIN, "end": BEGIN})


# One session with a subagent. Newer clients write a total: reasoning stands beside output or in it.
S, CHILD = "ses_main", "ses_child"
messages = [
    user("msg_1", S, 0),
    assistant("msg_2", S, 100, 9000, SONNET, used(10, 300, 0, 20000, 1500, 21810), 0.0183, "tool-calls"),
    assistant("msg_3", S, 9100, 12100, GPT, used(700, 80, 50, 6000, 0, 6830), 0.002, "stop"),
    user("msg_4", S, 20000),
    # An older client: reasoning in the output.
    assistant("msg_5", S, 20100, 23100, GPT, used(100, 90, 60, 0, 0, 190), 0.001, "stop"),
    assistant("msg_6", S, 30000, 30500, SONNET, used(0, 0), 0, error={"name": "APIError", "data": {"message": MARKER, "statusCode": 429}}),
    assistant("msg_7", S, 40000, 41000, SONNET, used(0, 0), 0, error={"name": "MessageAbortedError", "data": {"message": MARKER}}),
    user("msg_8", S, 50000),
    # Killed.
    assistant("msg_9", S, 50100, None, SONNET, used(0, 0)),
    user("msg_c1", CHILD, 2000),
    assistant("msg_c2", CHILD, 2100, 7100, GEMINI, used(3000, 40, 400, 1000), 0.004, "stop"),
]
parts = [
    words("prt_1", S, "msg_1"),
    part("prt_2", S, "msg_2", "step-start"),
    # Both ran while the other did; the message is completed when they are done.
    tool("prt_3", S, "msg_2", "bash", 1900, 2900, "error"),
    tool("prt_4", S, "msg_2", "task", 2000, 8900),
    part("prt_5", S, "msg_2", "step-finish", reason="tool-calls", cost=0.0183, tokens=used(10, 300, 0, 20000, 1500)),
    words("prt_6", S, "msg_3"),
    part("prt_7", S, "msg_6", "retry", attempt=1, error={"name": "APIError"}, time={"created": BEGIN + 30400}),
    part("prt_8", S, "msg_8", "compaction", auto=True),
    tool("prt_9", S, "msg_9", "bash", 51000, None, "running"),
    part("prt_10", S, "msg_9", "tool", callID="call_p", tool="edit", state={"status": "pending", "input": {}, "raw": MARKER}),
    tool("prt_c1", CHILD, "msg_c2", "read", 5100, 5600),
]
sessions = [(S, None, "/home/dev/atlas"), (CHILD, S, "/home/dev/atlas")]
# A fork copies messages and parts under new ids.
FORK = "ses_fork"
copies = {"msg_1": "msg_f1", "msg_2": "msg_f2"}
messages += [{**m, "id": copies[m["id"]], "sessionID": FORK} for m in messages if m["id"] in copies]
messages.append(assistant("msg_f3", FORK, 60000, 62000, SONNET, used(5, 20), 0.0003, "stop"))
parts += [{**p, "id": p["id"] + "f", "sessionID": FORK, "messageID": "msg_f2"} for p in parts if p["messageID"] == "msg_2"]
sessions.append((FORK, None, "/home/dev/atlas"))

TABLES = """
CREATE TABLE `session` (`id` text PRIMARY KEY, `project_id` text NOT NULL, `parent_id` text, `directory` text NOT NULL,
    `title` text NOT NULL, `version` text NOT NULL, `time_created` integer NOT NULL, `time_updated` integer NOT NULL);
CREATE TABLE `message` (`id` text PRIMARY KEY, `session_id` text NOT NULL, `time_created` integer NOT NULL,
    `time_updated` integer NOT NULL, `data` text NOT NULL);
CREATE TABLE `part` (`id` text PRIMARY KEY, `message_id` text NOT NULL, `session_id` text NOT NULL,
    `time_created` integer NOT NULL, `time_updated` integer NOT NULL, `data` text NOT NULL);
"""
NEWER = """
CREATE TABLE `session_message` (`id` text PRIMARY KEY, `session_id` text NOT NULL, `type` text NOT NULL,
    `time_created` integer NOT NULL, `time_updated` integer NOT NULL, `data` text NOT NULL);
"""


def without(row, *keys):
    return json.dumps({key: value for key, value in row.items() if key not in keys})


def database(path, messages, parts, sessions, newer=()):
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA page_size = 1024;" + TABLES + (NEWER if newer else ""))
    insert(db, messages, parts, sessions)
    for m in newer:
        db.execute("INSERT INTO session_message VALUES (?,?,?,?,?,?)", (m["id"], m["sessionID"], m["role"], BEGIN, BEGIN,
                   json.dumps({**json.loads(without(m, "id", "sessionID", "role", "modelID", "providerID")),
                               "model": {"id": m.get("modelID"), "providerID": m.get("providerID")}})))
    return db


def insert(db, messages, parts, sessions=()):
    for id, parent, folder in sessions:
        db.execute("INSERT INTO session VALUES (?,?,?,?,?,?,?,?)", (id, "prj", parent, folder, MARKER, "1.2.0", BEGIN, BEGIN))
    for m in messages:
        db.execute("INSERT INTO message VALUES (?,?,?,?,?)", (m["id"], m["sessionID"], m["time"]["created"], BEGIN, without(m, "id", "sessionID")))
    for p in parts:
        db.execute("INSERT INTO part VALUES (?,?,?,?,?,?)", (p["id"], p["messageID"], p["sessionID"], BEGIN + 1, BEGIN,
                                                             without(p, "id", "sessionID", "messageID")))


database(out / "opencode.db", messages, parts, sessions).close()

# While the client runs, what is new stands in the log beside the database.
(out / "open").mkdir()
db = database(out / "open/writer.db", messages[:2], parts[:5], sessions[:2])
db.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE);")
insert(db, messages[2:4], [])
for end in ["", "-wal"]:
    shutil.copy(out / ("open/writer.db" + end), out / ("open/opencode.db" + end))
db.close()
for end in ["", "-wal", "-shm"]:
    (out / ("open/writer.db" + end)).unlink(missing_ok=True)

# A newer table beside the older one: sessions that both have are read from the older.
(out / "newer").mkdir()
database(out / "newer/opencode-next.db", messages[:3], parts[:5], sessions[:1],
         newer=messages[:3] + [user("msg_n1", "ses_new", 70000),
                               assistant("msg_n2", "ses_new", 70100, 74100, SONNET, used(9, 70, 0, 500), 0.002, "stop"),
                               {**user("msg_n3", "ses_new", 75000), "role": "synthetic"}]).close()

# A real one, into which a blanked session was imported.
(out / "imported").mkdir()
path = out / "imported/opencode.db"
path.unlink(missing_ok=True)
db = sqlite3.connect(path, isolation_level=None)
db.executescript("PRAGMA page_size = 1024;" + pathlib.Path("tests/reference/opencode.sql").read_text())
db.close()

# The files of older versions.
T = "ses_old"
old = [user("msg_o1", T, 0),
       assistant("msg_o2", T, 100, 5100, GPT, used(600, 90, 30, 400), 0.005, "stop", root="/home/dev/birch"),
       assistant("msg_o3", T, 6000, 9000, GEMINI, used(500, 20, 80), 0, root="/home/dev/birch")]
for m in old:
    path = out / f"files/storage/message/{T}/{m['id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(m, indent=2))
for p in [tool("prt_o1", T, "msg_o3", "glob", 7000, 7250), words("prt_o2", T, "msg_o3")]:
    path = out / f"files/storage/part/{p['messageID']}/{p['id']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(p, indent=2))
path = out / f"files/storage/session/prj/{T}.json"
path.parent.mkdir(parents=True)
path.write_text(json.dumps({"id": T, "projectID": "prj", "directory": "/home/dev/birch", "title": MARKER, "version": "0.9",
                            "time": {"created": BEGIN, "updated": BEGIN}}, indent=2))

# What `opencode export` writes.
export = {"info": {"id": S, "projectID": "prj", "directory": "/home/dev/atlas", "title": MARKER, "time": {"created": BEGIN}},
          "messages": [{"info": m, "parts": [p for p in parts if p["messageID"] == m["id"]]} for m in messages if m["sessionID"] == S]}
(out / "export.json").write_text(json.dumps(export, indent=1))

broken = out / "broken"


def write(name, data):
    (broken / name).write_bytes(data)


good = (out / "opencode.db").read_bytes()
write("opencode-cut.db", good[: len(good) // 2])
write("opencode-header.db", good[:60])
write("opencode-garbage.db", good[:100] + bytes(range(256)) * 20)
page = good.rindex(b'"role": "assistant"') // 1024
write("opencode-page.db", good[: page * 1024] + b"\xff" * 1024 + good[(page + 1) * 1024:])
write("empty.db", b"")
db = database(broken / "opencode-rows.db", messages[:3], parts[:4], sessions[:1])
db.execute("UPDATE message SET data = 'no JSON' WHERE id = 'msg_1'")
db.execute("UPDATE message SET data = replace(data, '\"input\": 700', '\"input\": \"many\"') WHERE id = 'msg_3'")
db.execute("UPDATE part SET data = x'00ff' WHERE id = 'prt_2'")
db.execute("UPDATE part SET data = replace(data, '\"start\": 17', '\"start\": -17') WHERE id = 'prt_3'")
db.close()
db = sqlite3.connect(broken / "opencode-tables.db", isolation_level=None)
db.executescript("PRAGMA page_size = 1024; CREATE TABLE message (id text); INSERT INTO message VALUES ('x');"
                 "CREATE VIEW part AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;")
db.close()
text = json.dumps(export, indent=1).encode()
write("cut_off.json", text[: text.rindex(b'"callID": "call_prt_9"')])
write("wrong_type.json", text.replace(b'"created": 1772438409100', b'"created": "noon"', 1).replace(b'"cost": 0.0183', b'"cost": "dear"', 1)
      .replace(b'"output": 90', b'"output": [1]', 1).replace(b'"start": 1772438401900', b'"start": null', 1))
write("invalid_utf8.json", text.replace(b"MARKER", b"MARK\xffER", 1))
write("deep.json", text.replace(b'"input": {\n', b'"deep": ' + b"[" * 5000 + b"]" * 5000 + b', "input": {\n', 1))
