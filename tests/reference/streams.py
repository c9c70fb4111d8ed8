"""Facts of request streams, from the logs themselves: what the program must give for the real fixtures.

Run from the root of the repository: python3 tests/reference/streams.py > tests/reference/streams.json

Claude Code: requests by message id with the largest of each count, started by the last user line before
their first line; what a request read of what the one before it left. Codex: requests by the change of the
cumulative sums; a compaction of the context at 60, 80, 100 and 120 thousand tokens, to 20 thousand with a
summary of 3 thousand, at the prices of gpt-5.3-codex (1.75, 0.175 read, 14 dollars a million).
"""
import datetime
import glob
import gzip
import json


def lines(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def claude(path):
    requests, asked = {}, None
    for line in lines(path):
        if line.get("type") == "user":
            asked = seconds(line["timestamp"])
        message = line.get("message") or {}
        usage = message.get("usage")
        if line.get("type") != "assistant" or not usage or message.get("model") == "<synthetic>":
            continue
        new = {"start": asked or seconds(line["timestamp"]), "fresh": 0, "read": 0, "write": 0, "output": 0}
        request = requests.setdefault(message["id"], new)
        for name, key in [("output", "output_tokens"), ("fresh", "input_tokens"), ("read", "cache_read_input_tokens"), ("write", "cache_creation_input_tokens")]:
            request[name] = max(request[name], usage.get(key) or 0)
    return list(requests.values())


def prefixes(paths):
    expected = kept = context = lost = requests = breaks = 0
    for path in paths:
        stream = claude(path)
        if len(stream) < 2 or not any(r["write"] for r in stream):
            continue
        context += sum(r["fresh"] + r["read"] + r["write"] for r in stream)
        for before, now in zip(stream, stream[1:]):
            left = before["read"] + before["write"]
            requests, expected, kept = requests + 1, expected + left, kept + min(left, now["read"])
            if left >= 1024 and now["read"] < 0.9 * left and now["start"] - before["start"] > 300:
                breaks, lost = breaks + 1, lost + left - now["read"]
    return {"n": requests, "retention": kept / expected, "expired": breaks, "lost_expired": lost / context}


def hour(paths):
    """What an hour's lifetime saves of the cost of input, in prices relative to fresh input (all of one model)."""
    measured = present = then = 0.0
    for path in paths:
        stream = claude(path)
        if not any(r["write"] for r in stream):
            continue
        least = min(r["read"] for r in stream)
        for index, request in enumerate(stream):
            cached = request["read"] + request["write"]
            gap, readable = 0.0, request["read"]
            if index:
                before = stream[index - 1]
                left, gap = before["read"] + before["write"], request["start"] - before["start"]
                if left >= 1024 and request["read"] < 0.9 * left and gap > 300:
                    readable = min(left, cached)

            def cost(lifetime, write):
                read = min(least, readable) if gap > lifetime else readable
                return request["fresh"] + read * 0.1 + (cached - read) * write

            measured += request["fresh"] + request["read"] * 0.1 + request["write"] * 1.25
            present, then = present + cost(300, 1.25), then + cost(3600, 2.0)
    assert abs(present / measured - 1) < 0.05
    return (present - then) / measured


def dollars(paths):
    """All costs of the logs, and with an hour's lifetime, at the prices of claude-opus-4-5 (5, 0.5 read, 6.25
    written, 10 for an hour, 25 dollars a million). Starts up to 30 s off cost the more of both."""
    now, then = 0.0, []
    for slack in [0, 30]:
        now = hour = 0.0
        for path in paths:
            stream = claude(path)
            least = min((r["read"] for r in stream), default=0)
            is_written = any(r["write"] for r in stream)
            for index, request in enumerate(stream):
                one = request["fresh"] * 5 + request["read"] * 0.5 + request["write"] * 6.25 + request["output"] * 25
                now += one
                if not is_written:
                    hour += one
                    continue
                cached = request["read"] + request["write"]
                gap, readable = 0.0, request["read"]
                if index:
                    before = stream[index - 1]
                    left, gap = before["read"] + before["write"], request["start"] - before["start"]
                    if left >= 1024 and request["read"] < 0.9 * left and gap > 300:
                        readable = min(left, cached)

                def cost(lifetime, write):
                    read = min(least, readable) if gap > lifetime + slack else readable
                    return read * 0.5 + (cached - read) * write

                hour += one + cost(3600, 10) - cost(300, 6.25)
        then.append(hour)
    return now / 1e6, max(then) / 1e6


def codex(path):
    before, requests = (0, 0, 0), []
    for line in lines(path):
        payload = line.get("payload") or {}
        info = payload.get("info") if payload.get("type") == "token_count" else None
        if not info:
            continue
        names = ["input_tokens", "cached_input_tokens", "output_tokens"]
        now = tuple(info["total_token_usage"][n] for n in names)
        if now == before:
            continue
        used = [a - b for a, b in zip(now, before)]
        if min(used) < 0:
            used = [info["last_token_usage"][n] for n in names]
        before = now
        requests.append((used[0] - used[1], used[1], used[2]))
    return requests


def compacted(requests, at, fresh=1.75e-6, read=0.175e-6, output=14e-6):
    cost = then = 0.0
    cut = held = recorded = 0
    for new, cached, written in requests:
        context = new + cached
        if context * 5 < recorded * 4:
            cut = 0
        recorded = context
        one = new * fresh + cached * read + written * output
        cost += one
        if context - cut > at and held > 20_000:
            then += held * read + 3_000 * output + 20_000 * fresh
            cut += held - 20_000
        from_cache = min(cut, cached)
        then += one - from_cache * read - min(cut - from_cache, new) * fresh
        held = max(0, context - cut)
    return cost, then


def carried(paths):
    best = None
    for at in [60_000, 80_000, 100_000, 120_000]:
        sums = [compacted(codex(path), at) for path in paths]
        cost, then = (sum(column) for column in zip(*sums))
        if best is None or 1 - then / cost > best["share"]:
            best = {"at": at, "share": 1 - then / cost, "cost": cost, "cost_compacted": then}
    return best


logs = sorted(glob.glob("fixtures/claude-code/real/*"))
found = {
    "claude_code": {
        **prefixes(logs),
        "hour_saving": hour(logs),
        **dict(zip(["cost", "cost_hour"], dollars(logs))),
    },
    "codex": carried(sorted(glob.glob("fixtures/codex/real/*"))),
}
print(json.dumps(found, indent=2))
