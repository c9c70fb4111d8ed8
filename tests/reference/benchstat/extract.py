"""Writes `golden` of vectors.json anew: the p values that benchstat prints for its own test inputs.

    python3 tests/reference/benchstat/extract.py PERF/cmd/benchstat/testdata

PERF is a checkout of github.com/golang/perf at 712aea8.
"""
import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])


def values(name):
    """Times per benchmark, in the order of the file."""
    found = {}
    for line in (folder / name).read_text().splitlines():
        m = re.match(r"Benchmark(\S+)\s+\d+\s+(\S+) ns/op", line)
        if m:
            found.setdefault(m[1], []).append(float(m[2]))
    return found


golden = []
old, new = values("old.txt"), values("new.txt")
for line in (folder / "csvOldNew.stdout").read_text().splitlines():
    m = re.match(r"(Encode/[^,]+),.*,p=([\d.]+) n=10", line)
    if m:
        golden.append({"name": m[1], "a": old[m[1]], "b": new[m[1]], "p": float(m[2]), "within": 0.0005})
old, new = values("crc-old.txt"), values("crc-new.txt")
for line in (folder / "crcOldNew.stdout").read_text().split("B/s")[0].splitlines():
    m = re.match(r"(CRC32/\S+) .*\(p=([\d.]+) n=10\)", line)
    if m:
        golden.append({"name": m[1], "a": old[m[1]], "b": new[m[1]], "p": float(m[2]), "within": 0.0005})
path = pathlib.Path(__file__).with_name("vectors.json")
known = json.loads(path.read_text())
known["golden"] = golden
path.write_text("{" + ",\n".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":")) for k, v in known.items()) + "}\n")
