#!/usr/bin/env python3
"""Codex rollouts without anybody's words: scrub_codex.py IN.jsonl OUT.jsonl NAME

Numbers, times, types, models, tool names and structure stay. Ids become neutral ones of the same
shape, the same for the same id (of ids of UUID version 7 the time stays); folders become
/home/dev/NAME; every other text becomes filler of the same length. The same input gives the same bytes.
"""
import hashlib, json, re, sys

KEPT = {"type", "role", "timestamp", "model", "cli_version", "originator", "source", "model_provider", "effort",
        "reasoning_effort", "status", "approval_policy", "personality", "mode", "collaboration_mode_kind", "limit_id",
        "limit_name", "plan_type", "phase"}
IDS = {"id", "turn_id", "call_id", "forked_from_id", "commit_hash", "session_id"}
FOLDERS = {"cwd", "writable_roots"}
FILLER = "lorem ipsum dolor sit amet "
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def neutral(text):
    prefix = "call_" if text.startswith("call_") else text[:15] if UUID.match(text) else ""
    digest = hashlib.sha256(text.encode()).hexdigest() * 2
    return prefix + "".join(digest[i] if c.isalnum() else c for i, c in enumerate(text[len(prefix):]))


def scrub(value, key, name, kind):
    if isinstance(value, dict):
        # Only the name of a called tool is a name.
        kind = value.get("type", "")
        return {k: scrub(v, k, name, kind) for k, v in value.items()}
    if isinstance(value, list):
        return [scrub(v, key, name, kind) for v in value]
    if not isinstance(value, str) or key in KEPT:
        return value
    if key == "name" and kind in ("function_call", "custom_tool_call"):
        return value if re.match(r"(?!mcp__)\w+$", value) else "mcp__server__tool"
    if key in IDS:
        return neutral(value)
    if key in FOLDERS:
        return "/home/dev/" + name
    return (FILLER * (len(value) // len(FILLER) + 1))[:len(value)]


source, target, name = sys.argv[1:]
with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
    for line in lines:
        if line.strip():
            out.write(json.dumps(scrub(json.loads(line), "", name, ""), separators=(",", ":"), ensure_ascii=False) + "\n")
