"""Makes heuristics/agent/retired-models.data.yaml from LiteLLM's table of models.

    retired_models.py model_prices_and_context_window_backup.json > heuristics/agent/retired-models.data.yaml
"""

import json
import re
import sys

table = json.load(open(sys.argv[1], encoding="utf-8"))
rows = {}
for key, model in table.items():
    if not isinstance(model, dict) or not model.get("deprecation_date"):
        continue
    if model.get("litellm_provider") not in ("anthropic", "openai", "gemini"):
        continue
    if model.get("mode") not in ("chat", "responses") or key.startswith("ft:"):
        continue
    name = key.removeprefix("gemini/")
    if re.search("audio|tts|image|live|realtime", name):
        continue
    rows[name] = (model["deprecation_date"], model["litellm_provider"])

print("""# Models that their provider retires, with the date.
#
# Source: LiteLLM 1.109.1, model_prices_and_context_window_backup.json, `deprecation_date`; made by
# tests/reference/retired_models.py. That table is under the MIT licence, copyright 2023 Berri AI:
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files, to deal in the Software without restriction, subject to this notice
# being included. It is provided "as is", without warranty of any kind.
retrieved: "2026-11-24"
models:""")
for name, (date, provider) in sorted(rows.items()):
    print(f'  - {{model: {name}, provider: {provider}, retired: "{date}"}}')
