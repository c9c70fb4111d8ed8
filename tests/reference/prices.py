#!/usr/bin/env python3
"""Writes src/prices/prices.json: prices.py DATE WHEEL [--print]

List prices of Anthropic's, OpenAI's and Google's text models, in US dollars for a million tokens, from the
package genai-prices (MIT licence, copyright Pydantic Services Inc.); DATE is when it was fetched.
Needs Python with genai-prices 0.2.3. Priority prices are left out, as are models with conditions that a
table of dates cannot hold. What a request costs in a batch, as a share of its price at once (`batch`), is from the table in
WHEEL, litellm 1.109.1 (MIT licence, copyright Berri AI), where input and output have the same one.
"""
import importlib.metadata, json, pathlib, sys, zipfile
from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ClauseOr, ClauseStartsWith, ConditionalPrice, StartDateConstraint, TieredPrices

FIELDS = {"fresh": "input_mtok", "read": "cache_read_mtok", "write_5m": "cache_write_mtok",
          "write_1h": "cache_write_1h_mtok", "output": "output_mtok"}
# Beginnings of the names of text models; others price pictures, sound or embeddings.
NAMES = {"anthropic": ("claude",), "openai": ("gpt-4", "gpt-5", "gpt-6", "o1", "o3", "o4", "codex"), "google": ("gemini",)}
NOT_TEXT = ("audio", "realtime", "image", "tts", "transcribe", "embedding", "live", "search", "vision", "computer-use", "robotics", "nano-banana", "omni", "ft:", ".ft", ":")


def number(value):
    return int(value) if value == int(value) else float(value)


def one(price, valid_from):
    out, above, starts = {}, {}, set()
    for ours, theirs in FIELDS.items():
        value = getattr(price, theirs, None)
        if isinstance(value, TieredPrices):
            out[ours] = number(value.base)
            if len(value.tiers) != 1:
                return None
            starts.add(value.tiers[0].start)
            above[ours] = number(value.tiers[0].price)
        elif value is not None:
            out[ours] = number(value)
    if "fresh" not in out or "output" not in out or len(starts) > 1:
        return None
    if starts:
        # What has no tier of its own costs the same above.
        out["above"] = {"tokens": starts.pop(), **{k: above.get(k, v) for k, v in out.items() if k in FIELDS}}
    return {**({"valid_from": str(valid_from)} if valid_from else {}), **out}


def entry(model):
    prices = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices, constraint=None)]
    rows = []
    for conditional in prices:
        constraint = conditional.constraint
        if constraint is not None and not isinstance(constraint, StartDateConstraint):
            return None
        row = one(conditional.prices, constraint and constraint.start_date)
        if row is None:
            return None
        rows.append(row)
    rows.sort(key=lambda r: r.get("valid_from", ""))
    # Where nothing changes, a date says nothing.
    rows = [r for i, r in enumerate(rows) if i == 0 or {**r, "valid_from": ""} != {**rows[i - 1], "valid_from": ""}]
    also = sorted(set(names(model.match)) - {model.id})
    return {"model": model.id, **({"also": also} if also else {}), "prices": rows}


def in_batches(wheel):
    """For each name the share of the price at once; only where it is the same for input and output."""
    with zipfile.ZipFile(wheel) as parts:
        table = json.loads(parts.read("litellm/model_prices_and_context_window_backup.json"))
    shares = {}
    for name, row in table.items():
        both = [(row.get(f"{kind}_cost_per_token_batches"), row.get(f"{kind}_cost_per_token")) for kind in ("input", "output")]
        if all(batch and single for batch, single in both):
            one, other = (round(batch / single, 6) for batch, single in both)
            if one == other < 1:
                shares[name] = one
    return shares


def names(clause):
    """Names that the package takes for this model. Where it takes a beginning, we take the beginning itself."""
    if isinstance(clause, ClauseOr):
        return [name for c in clause.or_ for name in names(c)]
    if isinstance(clause, ClauseEquals):
        return [clause.equals]
    return [clause.starts_with.rstrip("-@")] if isinstance(clause, ClauseStartsWith) else []


models, left, batches = [], [], in_batches(sys.argv[2])
for provider in providers:
    for model in provider.models if provider.id in NAMES else []:
        if not model.id.startswith(NAMES[provider.id]) or any(word in model.id for word in NOT_TEXT) or "." in model.id.split("-")[0]:
            continue
        row = entry(model)
        found = {batches[name] for name in [model.id, *(row or {}).get("also", [])] if name in batches}
        if row and len(found) == 1:
            row = {**{k: v for k, v in row.items() if k != "prices"}, "batch": number(found.pop()), "prices": row["prices"]}
        (models if row else left).append(row or model.id)
models.sort(key=lambda m: m["model"])
all_names = [name for m in models for name in [m["model"], *m.get("also", [])]]
assert len(set(all_names)) == len(all_names)
version = importlib.metadata.version("genai-prices")
head = {"date": sys.argv[1], "source": f"genai-prices {version} (MIT licence, copyright Pydantic Services Inc.)", "batch_source": "litellm 1.109.1 (MIT licence, copyright Berri AI)", "unit": "US dollars for a million tokens"}
lines = ",\n".join("    " + json.dumps(m) for m in models)
text = json.dumps(head, indent=2)[:-2] + ',\n  "models": [\n' + lines + "\n  ]\n}\n"
print(len(models), "models; left out:", left, file=sys.stderr)
pathlib.Path(__file__).resolve().parents[2].joinpath("src/prices/prices.json").write_text(text) if "--print" not in sys.argv else print(text)
