"""Makes fixtures/swe-agent/ and fixtures/tau-bench/.

Run from the root of the project: python3 tests/reference/tasks.py FILE
FILE is pydicom__pydicom-1458.traj of github.com/SWE-agent/SWE-agent (tests/test_data/trajectories/…); its texts
are replaced by MARKER. All others are written by hand after the formats' documentation and source.
"""
import json
import pathlib
import sys

MARKER = "MARKER of a secret text"
swe, tau = pathlib.Path("fixtures/swe-agent"), pathlib.Path("fixtures/tau-bench")
for folder in (swe / "real", swe / "timed" / "trial-1", swe / "timed" / "trial-2", swe / "broken", tau / "broken"):
    folder.mkdir(parents=True, exist_ok=True)

real = json.loads(pathlib.Path(sys.argv[1]).read_text())
for step in real["trajectory"]:
    for key in step:
        step[key] = MARKER
for turn in real["history"]:
    for key in turn:
        if key not in ("role", "agent"):
            turn[key] = MARKER
real["info"]["submission"] = MARKER
(swe / "real" / "pydicom__pydicom-1458.traj").write_text(json.dumps(real, indent=1) + "\n")


def trajectory(sent, received, cost, status, *seconds):
    return {"trajectory": [{"action": MARKER, "observation": MARKER, "response": MARKER, "thought": MARKER,
                            "execution_time": s, "state": {"diff": MARKER}} for s in seconds],
            "history": [{"role": "user", "content": MARKER}],
            "info": {"exit_status": status, "submission": MARKER, "model_stats": {
                "instance_cost": cost, "tokens_sent": sent, "tokens_received": received, "api_calls": len(seconds)}},
            "environment": "swe_main", "replay_config": MARKER}


timed = {"trial-1/astropy__astropy-1": trajectory(1000, 100, 0.5, "submitted", 0.25, 1.5),
         "trial-1/django__django-2": trajectory(2000, 200, 0.75, "exit_cost", 2.0),
         "trial-2/astropy__astropy-1": trajectory(900, 90, 0.25, "submitted", 0.5),
         "trial-2/django__django-2": trajectory(1500, 150, 0.5, "submitted", 1.0)}
for name, document in timed.items():
    (swe / "timed" / (name + ".traj")).write_text(json.dumps(document, indent=1) + "\n")


def broken(folder, suffix, good, changes, cut):
    def write(name, data):
        (folder / "broken" / (name + suffix)).write_bytes(data)

    write("empty", b"")
    write("binary", bytes(range(256)) * 4)
    write("cut_off", good[: good.rindex(cut)])
    for name, (old, new) in changes.items():
        assert old in good, (name, old)
        write(name, good.replace(old, new, 1))


deep = b"[" * 5000 + b"]" * 5000
good = json.dumps(timed["trial-1/astropy__astropy-1"], indent=1).encode()
broken(swe, ".traj", good, {
    "wrong_type": (b'"tokens_sent": 1000', b'"tokens_sent": "many"'),
    "negative": (b'"execution_time": 0.25', b'"execution_time": -1'),
    "nan": (b'"instance_cost": 0.5', b'"instance_cost": NaN'),
    "deep": (b'"thought": "MARKER of a secret text"', b'"thought": ' + deep),
    "invalid_utf8": (b"MARKER of", b"MARKER\xff of"),
}, b'"exit_status"')


def trial(task, n, reward, user_cost):
    return {"task_id": task, "reward": reward, "info": {"task": {"instruction": MARKER, "user_id": MARKER}, "source": "user",
            "user_cost": user_cost, "reward_info": {"reward": reward, "info": MARKER}},
            "traj": [{"role": "user", "content": MARKER}, {"role": "assistant", "content": MARKER}], "trial": n}


first = [trial(t, n, r, 0.01) for t, n, r in ((0, 0, 1.0), (0, 1, 0.0), (1, 0, 1.0), (1, 1, 1.0), (2, 0, 0.0))]
second = [trial(t, n, r, None) for t, n, r in ((0, 0, 1.0), (0, 1, 1.0), (1, 0, 0.0), (2, 0, 1))]
(tau / "base.json").write_text(json.dumps(first, indent=2) + "\n")
(tau / "candidate.json").write_text(json.dumps(second) + "\n")
good = json.dumps(first[:3], indent=2).encode()
broken(tau, ".json", good, {
    "wrong_type": (b'"reward": 1.0', b'"reward": "good"'),
    "no_task": (b'"task_id": 0', b'"task_id": [0]'),
    "percent": (b'"reward": 0.0', b'"reward": 40.0'),
    "nan": (b'"user_cost": 0.01', b'"user_cost": NaN'),
    "cost": (b'"user_cost": 0.01', b'"user_cost": -0.01'),
    "deep": (b'"instruction": "MARKER of a secret text"', b'"instruction": ' + deep),
    "invalid_utf8": (b"MARKER of", b"MARKER\xff of"),
}, b'"trial"')
