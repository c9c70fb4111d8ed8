"""Makes fixtures/langsmith/: runs written by hand after LangSmith's documentation of the run format.

Run from the root of the project: python3 tests/reference/langsmith.py
Every text that carries anybody's words is MARKER, which must reach no output.
"""
import json
import pathlib

out = pathlib.Path("fixtures/langsmith")
(out / "broken").mkdir(parents=True, exist_ok=True)
MARKER = "MARKER of a secret text"


def run(n, kind, start, end, parent=None, trace="trace-1", metadata=None, **how):
    return {"id": f"run-{n}", "name": how.pop("name", MARKER), "run_type": kind, "start_time": start,
            "end_time": end, "extra": {"metadata": {"note": MARKER, **(metadata or {})},
                                       "invocation_params": {"stop": MARKER}},
            "error": None, "serialized": {"text": MARKER}, "inputs": {"messages": [MARKER], "usage": 9},
            "outputs": {"generations": [MARKER], "prompt_tokens": 9}, "trace_id": trace, "parent_run_id": parent,
            "session_id": "project-1", "dotted_order": f"x.{n}", "tags": [MARKER], "status": "success", **how}


model = {"ls_model_name": "gpt-4o-2024-08-06", "ls_provider": "openai", "thread_id": "thread-1"}
T = "2026-03-02T08:00:"
runs = [
    # A chain repeats what is below it.
    run(1, "chain", T + "00.000000", T + "09.500000", prompt_tokens=1010, completion_tokens=75, total_tokens=1085,
        total_cost="0.0125", metadata={"thread_id": "thread-1"}),
    run(2, "llm", T + "00.100000", T + "02.600000", "run-1", prompt_tokens=1000, completion_tokens=60, total_tokens=1060,
        total_cost="0.0123", metadata=model, prompt_token_details={"cache_read": 400},
        completion_token_details={"reasoning": 10}),
    run(3, "tool", T + "02.700000", T + "03.000000", "run-1", name="search", metadata={"thread_id": "thread-1"}),
    run(4, "llm", T + "03.100000+00:00", T + "04.100000+00:00", "run-1", prompt_tokens=10, completion_tokens=15,
        total_tokens=25, total_cost=0.0002, metadata=model),
    run(5, "llm", T + "05.000000", T + "05.050000", "run-1", error=f"RateLimitError('{MARKER}')\nTraceback", status="error",
        metadata=model),
    run(6, "tool", T + "06.000000", T + "06.100000", "run-1", name="search", error=f"ValueError: timeout {MARKER}",
        status="error", metadata={"thread_id": "thread-1"}),
    # No thread, and still running.
    run(7, "llm", T + "10.000000", None, trace="trace-2", status="pending", metadata={"ls_model_name": "gpt-4o"}),
    run(8, "retriever", T + "11.000000", T + "11.200000", trace="trace-2"),
]
(out / "runs.json").write_text(json.dumps(runs, indent=1) + "\n")
(out / "answer.json").write_text(json.dumps({"runs": runs[:2], "cursors": {"next": None}}) + "\n")
(out / "runs.jsonl").write_text("".join(json.dumps(r) + "\n" for r in runs[:3]))

good = json.dumps(runs[:3], indent=1).encode()


def write(name, *changes, cut=None):
    text = good
    for old, new in changes:
        assert old in text, (name, old)
        text = text.replace(old, new, 1)
    (out / "broken" / name).write_bytes(text[: text.rindex(cut)] if cut else text)


write("cut_off.json", cut=b'"parent_run_id": "run-1"')
write("wrong_type.json", (b'"total_cost": "0.0123"', b'"total_cost": "dear"'), (b'"prompt_tokens": 1000', b'"prompt_tokens": [1]'),
      (b'"start_time": "2026-03-02T08:00:02', b'"start_time": 7, "x": "'))
write("absurd_date.json", (b'"start_time": "2026', b'"start_time": "9926'), (b'"end_time": "2026-03-02T08:00:02', b'"end_time": "soon'))
write("nan.json", (b'"prompt_tokens": 1000', b'"prompt_tokens": NaN'))
write("invalid_utf8.json", (b"MARKER of", b"MARKER\xff of"))
write("deep.json", (b'"MARKER of a secret text"\n   ]', b"[" * 5000 + b"]" * 5000 + b"]"))
line = json.dumps(runs[1]).encode()
(out / "broken" / "faults.jsonl").write_bytes(b"\n".join(
    [line, b"not json, MARKER", line.replace(b'"start_time": "2026', b'"start_time": "1926'), b"[]", line[:200]]))
(out / "broken" / "empty.json").write_bytes(b"")
(out / "broken" / "binary.json").write_bytes(bytes(range(256)) * 4)
