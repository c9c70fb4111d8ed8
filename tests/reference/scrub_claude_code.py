#!/usr/bin/env python3
"""Session logs without anybody's words: scrub_claude_code.py IN.jsonl OUT.jsonl NAME

Numbers, times, types, models, tool names and structure stay. Ids become neutral ones of the same
shape, the same for the same id; the folder becomes /home/dev/NAME; every other text becomes filler of
the same length. The same input gives the same bytes.
"""
import hashlib, json, sys

KEPT = {"type", "role", "timestamp", "model", "stop_reason", "version", "userType", "subtype", "operation",
        "service_tier", "level", "stop_sequence", "inference_geo"}
IDS = {"uuid", "parentUuid", "sessionId", "id", "tool_use_id", "requestId", "messageId", "leafUuid",
       "sourceToolAssistantUUID", "agentId", "toolUseID", "parentToolUseID", "logicalParentUuid"}
PREFIXES = ("msg_", "toolu_", "req_")
FILLER = "lorem ipsum dolor sit amet "


def neutral(text):
    prefix = next((p for p in PREFIXES if text.startswith(p)), "")
    digest = hashlib.sha256(text.encode()).hexdigest() * 2
    out, i = prefix, 0
    for c in text[len(prefix):]:
        out += digest[i] if c.isalnum() else c
        i += 1
    return out


def scrub(value, key, name, inside_block):
    if isinstance(value, dict):
        # Only the name of a called tool is a name; keys of a tool's own input say nothing about it.
        block = value.get("type") == "tool_use" and "input" in value
        return {k: scrub(v, k, name, block) for k, v in value.items()}
    if isinstance(value, list):
        return [scrub(v, key, name, False) for v in value]
    if not isinstance(value, str) or key in KEPT or (key == "name" and inside_block):
        return value
    if key in IDS:
        return neutral(value)
    if key == "cwd":
        return "/home/dev/" + name
    return (FILLER * (len(value) // len(FILLER) + 1))[:len(value)]


source, target, name = sys.argv[1:]
with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
    for line in lines:
        if line.strip():
            out.write(json.dumps(scrub(json.loads(line), "", name, False), separators=(",", ":"), ensure_ascii=False) + "\n")
