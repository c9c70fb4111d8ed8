"""Steps under two strategies by which the mode is chosen, and what each would have given throughout.

Run from the root of the repository: python3 tests/reference/strategy.py
It writes tests/reference/strategy.jsonl (native records) and tests/reference/strategy.json (what the program must give).

Forty sessions, twenty under accuracy_first, then twenty under performance_first. Steps of a purpose and agent that ran under
the other strategy are brought to the mix of modes of the wanted one: of those in the mode that there is too much of, a share
becomes steps of the other mode. For each purpose the effect is that of like steps (same agent): B, what the present ones
would have taken at the other mode's mean, over A, what they took; of accuracy (B - A) / n. Errors: jackknife over twenty
groups of sessions, which leaves them out of mix and effect at once (of a factor, on the logarithm); Student's t with 19
degrees of freedom; purposes as independent. Standard library only.
"""

import json
import math
import random

GROUPS = 20
T90, T95 = 1.729132812, 2.093024054  # t(0.95; 19), t(0.975; 19)
LEAST = 20
# Purpose, agent: steps a session, share of SIMPLE under either strategy, seconds in FANCY and SIMPLE.
WORK = {
    ("testing", "a"): (4, (0.2, 0.7), (4.0, 2.0)),
    ("testing", "b"): (2, (0.5, 0.6), (5.0, 3.0)),
    ("development", "a"): (3, (0.1, 0.3), (9.0, 7.0)),
    # Fewer than twenty under performance_first: they stay as they are.
    ("review", "a"): (1, (0.3, 0.9), (3.0, 1.0)),
}
NAMES = ("accuracy_first", "performance_first")


def make():
    draw = random.Random(11)
    lines = []
    for session in range(40):
        strategy = session // 20
        begin = session * 3600
        if session == 20:
            lines.append({"kind": "event", "event": "config_change", "time": at(begin), "knob": "context.mode_selection_strategy",
                          "from": NAMES[0], "to": NAMES[1]})
        clock = begin
        for (purpose, agent), (n, shares, seconds) in WORK.items():
            if purpose == "review" and strategy == 1 and session % 2:
                continue
            for _ in range(n):
                simple = draw.random() < shares[strategy]
                took = round(seconds[simple] * draw.uniform(0.7, 1.3), 3)
                lines.append({"kind": "operation", "operation": "step", "time": at(clock), "duration": took, "outcome": "ok",
                              "session": f"s{session:02}", "purpose": purpose, "agent": agent,
                              "mode": "SIMPLE" if simple else "FANCY",
                              "accuracy": round((0.85 if simple else 0.95) + draw.uniform(-0.04, 0.04), 4)})
                clock += 12
    return lines


def at(seconds):
    return f"2026-03-{2 + seconds // 86400:02}T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def steps_of(lines):
    return [
        {"session": int(l["session"][1:]), "whose": (l["purpose"], l["agent"]), "mode": l["mode"], "took": l["duration"], "accuracy": l["accuracy"]}
        for l in lines if l["kind"] == "operation"
    ]


def share_of(steps, whose, mode, strategy):
    own = [s for s in steps if s["whose"] == whose and s["session"] // 20 == strategy]
    return sum(s["mode"] == mode for s in own) / len(own)


def moved(steps, whose, wanted, pair):
    """The share of the steps in the first mode under the other strategy that go to the second one."""
    now, then = (share_of(steps, whose, pair[0], strategy) for strategy in (1 - wanted, wanted))
    return (now - then) / now


def effect(steps, purpose, pair, value, is_factor):
    a = b = n = 0.0
    for whose in WORK:
        if whose[0] != purpose:
            continue
        own = [[s[value] for s in steps if s["whose"] == whose and s["mode"] == mode] for mode in pair]
        if own[0] and own[1]:
            a += sum(own[0])
            b += len(own[0]) * sum(own[1]) / len(own[1])
            n += len(own[0])
    return b / a if is_factor else (b - a) / n


def shared(steps, purpose, agents, wanted, pair, value, is_factor):
    """The effect on all steps of the purpose in the first mode, of which a share changes."""
    weight = lambda s: s[value] if is_factor else 1.0
    all_of = [s for s in steps if s["whose"][0] == purpose and s["mode"] == pair[0]]
    changed = sum(
        moved(steps, (purpose, agent), wanted, pair) * sum(weight(s) for s in all_of if s["whose"][1] == agent and s["session"] // 20 != wanted)
        for agent in agents
    )
    share = changed / sum(weight(s) for s in all_of)
    e = effect(steps, purpose, pair, value, is_factor)
    return 1 + share * (e - 1) if is_factor else share * e


def without(steps, group):
    return [s for s in steps if s["session"] % GROUPS != group]


def error(estimates):
    mean = sum(estimates) / len(estimates)
    return math.sqrt((len(estimates) - 1) / len(estimates) * sum((e - mean) ** 2 for e in estimates))


def projected(steps, wanted):
    told = [w for w in WORK if sum(s["whose"] == w and s["session"] // 20 == wanted for s in steps) >= LEAST]
    answer = {}
    for value, is_factor in (("took", True), ("accuracy", False)):
        total = sum(s[value] for s in steps)
        then, low, high = total, 0.0, 0.0
        for purpose in sorted({w[0] for w in told}):
            by_pair = {}
            for whose in told:
                if whose[0] == purpose:
                    pair = ("FANCY", "SIMPLE")
                    if share_of(steps, whose, "FANCY", 1 - wanted) < share_of(steps, whose, "FANCY", wanted):
                        pair = pair[::-1]
                    by_pair.setdefault(pair, []).append(whose[1])
            for pair, agents in by_pair.items():
                def of(part):
                    return shared(part, purpose, agents, wanted, pair, value, is_factor)
                e = of(steps)
                scale = math.log if is_factor else float
                half = T90 * error([scale(of(without(steps, g))) for g in range(GROUPS)])
                if not is_factor:
                    whole = effect(steps, purpose, pair, value, False)
                    seen = T95 * error([effect(without(steps, g), purpose, pair, value, False) for g in range(GROUPS)])
                    if abs(whole) <= seen:
                        continue
                own = [s[value] for s in steps if s["whose"][0] == purpose and s["mode"] == pair[0]]
                def change(x):
                    return sum(own) * (x - 1) if is_factor else len(own) * x
                ends = (e * math.exp(-half), e * math.exp(half)) if is_factor else (e - half, e + half)
                then += change(e)
                parts = [(change(end) - change(e)) / len(steps) for end in ends]
                low += min(0.0, *parts) ** 2
                high += max(0.0, *parts) ** 2
        n = len(steps)
        answer[value] = {"from": total / n, "to": then / n, "low": then / n - math.sqrt(low), "high": then / n + math.sqrt(high)}
    return answer


def main():
    lines = make()
    with open("tests/reference/strategy.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    steps = steps_of(lines)
    answer = {name: projected(steps, wanted) for wanted, name in enumerate(NAMES)}
    with open("tests/reference/strategy.json", "w", encoding="utf-8") as file:
        json.dump(answer, file, indent=1)
        file.write("\n")


main()
