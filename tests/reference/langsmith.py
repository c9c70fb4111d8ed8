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

# The SDK's run holds those below it; writes to the cache by lifetime leave the whole of them 0.
lifetimes = {"cache_read": 10, "cache_creation": 0, "ephemeral_5m_input_tokens": 80, "ephemeral_1h_input_tokens": 70}
inner = run(12, "llm", T + "20.100000", T + "20.850000", "run-11", trace="trace-3", prompt_tokens="360", completion_tokens="30",
            total_cost="0.00155", metadata={"ls_model_name": "claude-sonnet-4-5", "ls_provider": "anthropic"},
            prompt_token_details=lifetimes, first_token_time=T + "20.350000")
outer = run(11, "chain", T + "20.000000", T + "23.000000", trace="trace-3", prompt_tokens=360, completion_tokens=30,
            child_runs=[inner])
(out / "nested.json").write_text(json.dumps([outer], indent=1) + "\n")


# What the command line writes: other names; without the metadata it tells no status.
def flat(n, kind, start, end, parent=None, **how):
    return {"run_id": f"run-{n}", "trace_id": "trace-4", "name": MARKER, "run_type": kind, "parent_run_id": parent,
            "start_time": T + start + "+00:00", "end_time": T + end + "+00:00", **how}


used = {"token_usage": {"prompt_tokens": 360, "completion_tokens": 30, "total_tokens": 390}, "costs": {"total_cost": 0.00155}}
cli = [flat(21, "chain", "30", "33", status="success", duration_ms=3000, custom_metadata=None, **used),
       flat(22, "llm", "31", "32", "run-21", status="success", duration_ms=1000, first_token_time=T + "31.25+00:00",
            custom_metadata={"ls_model_name": "claude-sonnet-4-5", "thread_id": "thread-4", "note": MARKER}, **used),
       flat(23, "llm", "32", "33", "run-21")]
(out / "cli.jsonl").write_text("".join(json.dumps(r) + "\n" for r in cli))
(out / "cli_trace.json").write_text(json.dumps({"trace_id": "trace-4", "runs": cli[:2]}, indent=1) + "\n")

# The export in bulk writes `extra` as a text.
bulk = {**runs[1], "id": "run-31", "extra": json.dumps(runs[1]["extra"]), "start_time": "2026-03-02 08:00:40.000000",
        "end_time": "2026-03-02 08:00:41.000000", "error": "ResourceExhausted('429 Quota')", "status": "error"}
(out / "bulk.jsonl").write_text(json.dumps(bulk) + "\n")

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
    [line, line.replace(b"run-2", b"run-9").replace(b'"usage": 9', b'"usage": NaN'), b"not json, MARKER", line.replace(b'"start_time": "2026', b'"start_time": "1926'), b"[]", line[:200]]))
(out / "broken" / "empty.json").write_bytes(b"")
(out / "broken" / "binary.json").write_bytes(bytes(range(256)) * 4)
