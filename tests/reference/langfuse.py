"""Makes fixtures/langfuse/ from traces that Langfuse's own seeder stores.

Run from the root of the project: python3 tests/reference/langfuse.py FOLDER
FOLDER holds google-gemini-2025-08-01.json, langgraph-2025-08-22.json, pydantic-ai-tools-2025-12-04.json of
github.com/langfuse/langfuse (packages/shared/scripts/seeder/utils/framework-traces). Every text that carries
anybody's words is replaced by MARKER. Prints what a count by hand gives.
"""
import csv
import io
import json
import pathlib
import sys

source, out = pathlib.Path(sys.argv[1]), pathlib.Path("fixtures/langfuse")
MARKER = "MARKER of a secret text"
CONTENT = ("input", "output", "metadata", "modelParameters", "scores", "tags")


def scrub(o):
    for key in CONTENT:
        if o.get(key) not in (None, [], {}):
            # Objects, texts with JSON in them, plain texts: as in the original.
            value = o[key]
            if isinstance(value, dict):
                o[key] = {"attributes": {"gen_ai.prompt": MARKER, "usage": {"input": 7}}, "text": MARKER + "\nline"}
            elif isinstance(value, list):
                o[key] = [MARKER]
            else:
                o[key] = json.dumps({"messages": [{"role": "user", "content": MARKER}], "totalCost": 9})
    for key in ("projectId", "userId", "internalModelId", "promptId"):
        if o.get(key):
            o[key] = "x"


real = {}
for name in ("google-gemini-2025-08-01", "langgraph-2025-08-22", "pydantic-ai-tools-2025-12-04"):
    document = json.loads((source / (name + ".json")).read_text())
    scrub(document["trace"])
    for o in document["observations"]:
        scrub(o)
    real[name] = document
    (out / "real" / (name.rsplit("-", 3)[0] + ".json")).write_text(json.dumps(document, indent=2) + "\n")
    generations = [o for o in document["observations"] if o["type"] == "GENERATION"]
    print(name, len(document["observations"]), "observations,", len(generations), "generations, input",
          sum(o["usageDetails"]["input"] for o in generations), "output",
          sum(o["usageDetails"]["output"] for o in generations), "cost", sum(o["totalCost"] for o in generations))

# --- The user interface's table, after its documentation: flat names, numbers as texts. ------------
columns = ("id", "traceId", "sessionId", "parentObservationId", "type", "name", "startTime", "endTime", "level",
           "statusMessage", "providedModelName", "inputUsage", "outputUsage", "totalUsage", "totalCost", "latency",
           "usageDetails", "costDetails", "input", "output", "metadata")
rows = []
for o in real["pydantic-ai-tools-2025-12-04"]["observations"]:
    row = {**o, "providedModelName": o["model"], "sessionId": "session-1", "latency": o["latency"] / 1000}
    for key in ("inputUsage", "outputUsage", "totalUsage"):
        row[key] = str(o[key])
    row["totalCost"] = format(o["totalCost"], ".12f") if o["totalCost"] else ""
    for key in ("usageDetails", "costDetails", "metadata"):
        row[key] = json.dumps(o[key])
    for key in ("input", "output"):
        row[key] = MARKER + ',\n"in quotes"'
    rows.append(row)
failed = {**rows[2], "id": "failed", "level": "ERROR", "statusMessage": f"RateLimitError: {MARKER}", "totalCost": "",
          "inputUsage": "0", "outputUsage": "0", "usageDetails": "{}", "costDetails": "{}"}
text = io.StringIO()
table = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\r\n")
table.writeheader()
table.writerows([*rows, failed])
(out / "observations.csv").write_bytes(text.getvalue().encode())

# --- Lists from the API, by hand: usage maps as SDKs fill them. ------------------------------------
def generation(n, usage, **how):
    return {"id": f"g{n}", "traceId": "t1", "type": "GENERATION", "name": MARKER, "level": "DEFAULT",
            "startTime": f"2026-03-02T08:00:0{n}.000Z", "endTime": f"2026-03-02T08:00:0{n}.500Z",
            "parentObservationId": None, "model": "claude-sonnet-4", "usageDetails": usage, "input": MARKER,
            "output": MARKER, "latency": 500, **how}


usages = [
    # The total says that the input contains what was read.
    {"input": 1000, "output": 50, "total": 1050, "input_cached_tokens": 400, "output_reasoning_tokens": 20},
    # It says that it does not.
    {"input": 300, "output": 70, "total": 1470, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 200},
    # No total: more was read than the input has.
    {"input": 5, "output": 10, "cache_read_input_tokens": 100},
    # Reasoning beside the output.
    {"input": 10, "output": 20, "total": 35, "output_reasoning": 5},
    {},
]
items = [generation(n, usage, totalCost=None, costDetails={"input": 0.001, "output": 0.002, "total": 0.003} if n == 1
                    else {}) for n, usage in enumerate(usages, 1)]
items += [{"id": "e1", "traceId": "t1", "type": "EVENT", "name": MARKER, "level": "DEFAULT",
           "startTime": "2026-03-02T08:00:07Z", "parentObservationId": None},
          generation(8, {"input": 1, "output": 1}, endTime=None)]
(out / "api.json").write_text(json.dumps({"data": items, "meta": {"page": 1}}) + "\n")
(out / "observations.jsonl").write_text("".join(json.dumps(i) + "\n" for i in items[:2]))
traces = [{"id": f"t{n}", "timestamp": f"2026-03-02T08:00:0{n}.000Z", "name": MARKER, "userId": "u", "sessionId": None,
           "release": None, "bookmarked": False, "input": MARKER, "output": MARKER, "latency": "2.5",
           "inputTokens": "100", "outputTokens": "10", "totalCost": "0.25"} for n in (1, 2)]
(out / "traces.json").write_text(json.dumps(traces, indent=1) + "\n")

# A list of traces with their observations, as the API forms it: `usage` is made of `usageDetails`, behind it, and counts
# what the cache read and wrote as input. The root failed; its trace tells nothing of that.
usage = {"input": 7, "input_cached_tokens": 16399, "input_cache_creation": 2089, "output": 445, "total": 18940}
whole = {"unit": "TOKENS", "input": 18495, "output": 445, "total": 18940}
root = {"id": "root", "traceId": "t9", "type": "SPAN", "name": MARKER, "level": "ERROR", "statusMessage": f"Error code: 429 - {MARKER}",
        "startTime": "2026-03-02T08:00:00.000Z", "endTime": "2026-03-02T08:00:03.000Z", "parentObservationId": None}
request = generation(1, usage, traceId="t9", parentObservationId="root", completionStartTime="2026-03-02T08:00:01.200Z",
                     totalCost=None, costDetails={"input": 0.0127749, "output": 0.006675}) | {"usage": whole}
embedding = {**generation(2, {"input": 5000, "total": 5000}), "type": "EMBEDDING", "traceId": "t9", "parentObservationId": "root",
             "model": "text-embedding-3-small", "costDetails": {"total": 0.0001}}
trace = {"id": "t9", "timestamp": "2026-03-02T08:00:00.000Z", "name": MARKER, "userId": None, "sessionId": "s9", "release": None,
         "bookmarked": False, "input": MARKER, "output": MARKER, "latency": 3.0, "totalCost": 0.0195499}
full = {**trace, "observations": [root, request, embedding], "scores": []}
(out / "full.json").write_text(json.dumps({"data": [full], "meta": {"page": 1}}, indent=1) + "\n")
# The same trace without its observations, and these without it: two answers of the API.
named = {**trace, "observations": ["root", "g1", "g2"], "scores": []}
(out / "apart").mkdir(exist_ok=True)
(out / "apart" / "traces.json").write_text(json.dumps({"data": [named], "meta": {}}) + "\n")
(out / "apart" / "observations.json").write_text(json.dumps({"data": [root, request, embedding], "meta": {}}) + "\n")
# The export to a blob storage: other names, and times without a zone.
blob = [{"id": f"b{n}", "trace_id": "t8", "type": "GENERATION", "name": MARKER, "start_time": f"2026-03-02 08:00:0{n}.000000",
         "end_time": f"2026-03-02 08:00:0{n}.500000", "completion_start_time": None, "parent_observation_id": None,
         "level": "DEFAULT", "status_message": None, "usage_details": {"input": 100, "output": 20, "total": 120},
         "cost_details": {"total": 0.01}, "total_cost": 0.01, "provided_model_name": "claude-sonnet-4", "input": MARKER,
         "metadata": {"score": 0.5}} for n in (1, 2)]
text = "".join(json.dumps(o) + "\n" for o in blob)
(out / "blob.jsonl").write_text(text)

# --- Broken ones. -----------------------------------------------------------------------------------
good = json.dumps({"trace": {"id": "t1", "sessionId": "s1"}, "observations": items[:3]}, indent=1)


def write(name, *changes, cut=None):
    text = good.encode()
    for old, new in changes:
        assert old in text, (name, old)
        text = text.replace(old, new, 1)
    (out / "broken" / name).write_bytes(text[: text.rindex(cut)] if cut else text)


write("cut_off.json", cut=b'"output": 10')
write("wrong_type.json", (b'"input": 1000', b'"input": 0.5'), (b'"startTime": "2026-03-02T08:00:02.000Z"', b'"startTime": 7'))
write("absurd_date.json", (b'"startTime": "2026', b'"startTime": "9926'), (b'"endTime": "2026-03-02T08:00:02', b'"endTime": "soon'))
write("nan.json", (b'"input": 1000', b'"input": NaN'))
write("invalid_utf8.json", (b"MARKER of", b"MARKER\xff of"))
# Lines with a number that is none, and with half of a pair and bytes that are no UTF-8: none of it matters.
first, second = text.encode().splitlines()
(out / "broken" / "lines.jsonl").write_bytes(
    first.replace(b"0.5", b"NaN") + b"\n" + second.replace(b"MARKER", b"\\ud83d \xff MARKER") + b"\n")
write("deep.json", (b'"input": "MARKER of a secret text"', b'"input": ' + b"[" * 5000 + b"]" * 5000))
table = (out / "observations.csv").read_bytes().split(b"\r\n")
(out / "broken" / "faults.csv").write_bytes(b"\r\n".join(
    [table[0], b"a,b", b'"cut,' * 3 + b'"' , table[1], table[2].replace(b"2025-12-04T14", b"9925-12-04T14"),
     table[3][: len(table[3]) - 40] + b'"in the middle']))
(out / "broken" / "empty.json").write_bytes(b"")
(out / "broken" / "binary.csv").write_bytes(bytes(range(256)) * 4)
