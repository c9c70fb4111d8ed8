"""What waits before retries come to under other policies, from generated session logs alone.

Usage: python3 tests/reference/backoff.py > tests/reference/backoff.json

A line that tells of a failed attempt has the wait that follows (`retryInMs`) and its number (`retryAttempt`); lines that
stand in two files have one `uuid`. A policy puts its own wait for that number in the place of each. Of a session counts
what its main conversation waited: the union of its waits, before and after.
"""

import glob
import json
from datetime import datetime

POLICIES = {
    "none": lambda n: 0.0,
    "constant:2s": lambda n: 2.0,
    "exponential:250ms": lambda n: 0.25 * 2 ** (n - 1),
    "exponential:1s:3s": lambda n: min(1.0 * 2 ** (n - 1), 3.0),
}


def waits(folder):
    """Session, whether of the main conversation, start and length in milliseconds, number of the retry; each once."""
    seen = {}
    sessions = set()
    for path in sorted(glob.glob(f"{folder}/projects/**/*.jsonl", recursive=True)):
        for text in open(path, encoding="utf-8", errors="replace"):
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if not isinstance(line, dict):
                continue
            if line.get("type") == "assistant":
                sessions.add(line["sessionId"])
            if line.get("subtype") == "api_error" and "retryInMs" in line:
                start = datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00"))
                # Whole milliseconds: seconds since 1970 with three digits are none that a float can hold.
                seen[line["uuid"]] = (
                    line["sessionId"],
                    not line.get("isSidechain", False),
                    round(start.timestamp() * 1000),
                    line["retryInMs"],
                    line["retryAttempt"],
                )
    return len(sessions), list(seen.values())


def union(spans):
    total, until = 0, float("-inf")
    for start, end in sorted(spans):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def of_sessions(found, length):
    sessions = {}
    for session, is_main, start, wait, number in found:
        if is_main:
            sessions.setdefault(session, []).append((start, start + length(wait, number)))
    return sum(union(spans) for spans in sessions.values()) / 1000


def main():
    answer = {}
    for name in ("faults-2", "faults-4"):
        sessions, found = waits(f"fixtures/claude-code/generated/{name}")
        now = of_sessions(found, lambda wait, number: wait)
        answer[name] = {
            "sessions": sessions,
            "waits": len(found),
            "seconds": sum(w[3] for w in found) / 1000,
            "policies": {
                policy: {
                    "seconds": sum(rule(w[4]) for w in found),
                    "saved_by_sessions": now - of_sessions(found, lambda wait, number: 1000 * rule(number)),
                }
                for policy, rule in POLICIES.items()
            },
        }
    print(json.dumps(answer, indent=1))


main()
