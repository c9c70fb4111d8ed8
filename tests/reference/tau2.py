"""Makes fixtures/tau2-bench/.

Run from the root of the project: python3 tests/reference/tau2.py
Written by hand after results of tau2-bench that people have published (all of claude-sonnet-4-5 in the domain retail, of
2025-10-31, in github.com/sierra-research/tau2-bench) and after its source (src/tau2/data_model); numbers are invented, and
every text that would carry anybody's words is MARKER.
"""
import datetime
import json
import pathlib

MARKER = "MARKER of a secret text"
folder = pathlib.Path("fixtures/tau2-bench")
for each in (folder / "one" / "simulations", folder / "broken"):
    each.mkdir(parents=True, exist_ok=True)
start = datetime.datetime(2025, 10, 31, 7, 16, 28)


def at(seconds):
    return (start + datetime.timedelta(seconds=seconds)).isoformat(timespec="microseconds")


def message(role, seconds, usage=None, cost=None, raw=None, calls=None, **more):
    usage = usage and {"completion_tokens": usage[1], "prompt_tokens": usage[0]}
    return {"role": role, "content": MARKER, "tool_calls": calls and [
        {"id": i, "name": n, "arguments": {"text": MARKER}, "requestor": role} for i, n in calls],
        "turn_idx": 0, "timestamp": at(seconds), "cost": cost, "usage": usage, "raw_data": raw, **more}


def result(call, seconds, error=False, requestor="assistant"):
    return {"id": call, "role": "tool", "content": MARKER, "requestor": requestor, "error": error, "turn_idx": 0,
            "timestamp": at(seconds)}


def anthropic(fresh, output, read, written):
    return {"id": "msg_1", "model": "claude-sonnet-4-5-20250929", "role": "assistant", "stop_reason": "tool_use", "usage": {
        "cache_creation_input_tokens": written, "cache_read_input_tokens": read, "input_tokens": fresh,
        "output_tokens": output}, "thinking_blocks": [{"type": "thinking", "thinking": MARKER, "signature": MARKER}]}


def openai(prompt, output, cached):
    return {"finish_reason": "stop", "index": 0, "model": "gpt-4.1-2025-04-14", "message": {"content": MARKER},
            "usage": {"prompt_tokens": prompt, "completion_tokens": output,
                      "prompt_tokens_details": {"cached_tokens": cached}}}


def simulation(name, task, trial, seconds, reason, reward, messages, agent_cost, user_cost, begin=0):
    return {"id": name, "task_id": task, "timestamp": at(begin + seconds), "start_time": at(begin),
            "end_time": at(begin + seconds), "duration": seconds, "termination_reason": reason, "agent_cost": agent_cost,
            "user_cost": user_cost, "reward_info": None if reward is None else {
                "reward": reward, "nl_assertions": None, "reward_basis": ["DB"], "info": {"note": MARKER}},
            "messages": messages, "trial": trial, "seed": 300}


greeting = message("assistant", 0.0001, cost=0.0)
first = simulation("sim-1", "0", 0, 30.5, "user_stop", 1.0, [
    greeting,
    message("user", 1, (700, 20), 0.001, {"finish_reason": "stop", "message": {"content": MARKER}}),
    message("assistant", 8, (9000, 300), 0.0315, anthropic(9000, 300, 0, 0), [("call_1", "get_order_details")]),
    result("call_1", 8.25),
    message("assistant", 15.25, (9400, 100), 0.0123, anthropic(400, 100, 8500, 500),
            [("call_2", "get_product_details"), ("call_3", "exchange_items")]),
    result("call_2", 15.5),
    result("call_3", 16.5, error=True),
    message("assistant", 20.5, (9600, 200), 0.0333, anthropic(9600, 200, 0, 0), generation_time_seconds=3.5),
    message("user", 30, (900, 3), 0.0018),
], 0.0771, 0.0028)
second = simulation("sim-2", "1", 0, 12, "max_steps", 0.0, [
    message("assistant", 100.0001, cost=0.0),
    message("user", 101, (700, 20), 0.001, None, [("u_1", "check_status_bar")]),
    result("u_1", 101.5, requestor="user"),
    message("user", 103, (800, 20), 0.001),
    message("assistant", 107, (1000, 50), 0.002, openai(1000, 50, 600), [("call_9", "enable_roaming")]),
], 0.002, 0.002, begin=100)
third = simulation("sim-3", "2", 0, 3, "infrastructure_error", None, [], None, None, begin=200)
# A talk in speech.
fourth = simulation("sim-4", "0", 1, 40, "agent_stop", 0.5, None, 0.25, 0.5, begin=300)
fourth["ticks"] = [{"tick_id": 0, "timestamp": at(300), "agent_chunk": {"content": MARKER}}]
info = {"git_commit": "0" * 40, "num_trials": 2, "max_steps": 200, "max_errors": 10,
        "user_info": {"implementation": "user_simulator", "llm": "gpt-4.1", "global_simulation_guidelines": MARKER},
        "agent_info": {"implementation": "llm_agent", "llm": "claude-sonnet-4-5", "llm_args": {"temperature": 0.0}},
        "environment_info": {"domain_name": "retail", "policy": MARKER, "tool_defs": None}, "seed": 300}
tasks = [{"id": str(n), "description": {"purpose": MARKER}, "user_scenario": {"instructions": {"task_instructions": MARKER}}}
         for n in range(3)]
results = {"timestamp": at(0), "info": info, "tasks": tasks, "simulations": [first, second, third, fourth]}
(folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
# The same with a file for each simulation: what all have in common stands beside them.
index = [{"id": "sim-1", "task_id": "0", "trial": 0, "reward": 1.0, "termination_reason": "user_stop", "agent_cost": 0.0771,
          "duration": 30.5}]
(folder / "one" / "results.json").write_text(json.dumps(
    {"timestamp": at(0), "info": info, "tasks": tasks, "simulation_index": index}, indent=1) + "\n")
(folder / "one" / "simulations" / "sim-1.json").write_text(json.dumps(first, indent=1) + "\n")

good = json.dumps({**results, "simulations": [first, second]}, indent=1).encode()
deep = b"[" * 5000 + b"]" * 5000


def write(name, data):
    (folder / "broken" / (name + ".json")).write_bytes(data)


write("empty", b"")
write("binary", bytes(range(256)) * 4)
write("cut_off", good[: good.rindex(b'"check_status_bar"')])
for name, (old, new) in {
    "wrong_type": (b'"prompt_tokens": 9000', b'"prompt_tokens": "many"'),
    "no_task": (b'"task_id": "0"', b'"task_id": [0]'),
    "no_time": (b'"timestamp": "2025-10-31T07:16:36.000000"', b'"timestamp": "soon"'),
    "percent": (b'"reward": 1.0', b'"reward": 100.0'),
    "nan": (b'"cost": 0.0315', b'"cost": NaN'),
    "cost": (b'"user_cost": 0.0028', b'"user_cost": -0.01'),
    "deep": (b'"purpose": "MARKER of a secret text"', b'"purpose": ' + deep),
    "invalid_utf8": (b"MARKER of", b"MARKER\xff of"),
}.items():
    assert old in good, name
    write(name, good.replace(old, new, 1))
