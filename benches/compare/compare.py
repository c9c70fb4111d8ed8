#!/usr/bin/env python3
"""Runs each program in turn, round after round, and prints medians and ratios: compare.py WORKDIR KIND...

Ratios are of the wall time, pair by pair within a round, to perfadvise's; peak memory is that of the
largest process. With --gate FACTOR the exit code is 1 when a ratio is below FACTOR.
"""
import json, os, shlex, shutil, statistics, subprocess, sys, tempfile, time

ENV = os.environ
PANDAS = """import glob,json,sys,pandas as pd
s=[]
for f in glob.glob(sys.argv[1]+'/*.json'):
    with open(f) as h: s+=json.load(h)['recent_snapshots']
d=pd.DataFrame(s); print(json.dumps({'cpu_sum':round(float(d['cpu_usage'].sum()),1),'p95':float(d['cpu_usage'].quantile(.95))}))"""
PREFILTER = """import glob,json,sys
best={}
for f in glob.glob(sys.argv[1]+'/projects/*/*.jsonl'):
    for l in open(f,'rb'):
        if b'"usage"' not in l: continue
        try: m=json.loads(l).get('message') or {}
        except ValueError: continue
        u=m.get('usage')
        if u and u['output_tokens']>best.get(m['id'],-1): best[m['id']]=u['output_tokens']
print(json.dumps({'requests':len(best),'output_tokens':sum(best.values())}))"""
DUCKDB = """import duckdb,json,sys
duckdb.execute('SET threads=%d'%len(__import__('os').sched_getaffinity(0)))
r=duckdb.execute("WITH r AS (SELECT message.id AS id, message.usage.output_tokens AS o FROM read_ndjson('"+sys.argv[1]+"/projects/*/*.jsonl', ignore_errors=true, maximum_object_size=67108864, columns={message:'STRUCT(id VARCHAR, usage STRUCT(output_tokens BIGINT))'}) WHERE message.usage IS NOT NULL), d AS (SELECT id, max(o) o FROM r GROUP BY 1) SELECT count(*), sum(o) FROM d").fetchone()
print(json.dumps({'requests':r[0],'output_tokens':int(r[1])}))"""

DUCKDB_OTLP = """import duckdb,json,sys
duckdb.execute('SET threads=%d'%len(__import__('os').sched_getaffinity(0)))
def tokens(kind): return "sum(list_sum(list_transform(list_filter(s.attributes, lambda a: a.key = 'gen_ai.usage."+kind+"_tokens'), lambda a: a.value.intValue)))"
r=duckdb.execute("WITH r AS (SELECT unnest(resourceSpans) r FROM read_ndjson('"+sys.argv[1]+"/otlp.jsonl', maximum_object_size=67108864, columns={resourceSpans:'STRUCT(scopeSpans STRUCT(spans STRUCT(attributes STRUCT(key VARCHAR, value STRUCT(intValue BIGINT))[])[])[])[]'})), c AS (SELECT unnest(r.scopeSpans) c FROM r), s AS (SELECT unnest(c.spans) s FROM c) SELECT count(*), "+tokens('input')+", "+tokens('output')+" FROM s").fetchone()
print(json.dumps({'spans':r[0],'input':int(r[1]),'output':int(r[2])}))"""


def has_module(name):
    return subprocess.run([ENV["PYTHON"], "-c", "import " + name], capture_output=True).returncode == 0


def contenders(kind, folder):
    python = lambda code: [ENV["PYTHON"], "-c", code, folder]
    ours = shlex.split(ENV["PERFADVISE"])
    found = []
    if shutil.which(ours[0]):
        found.append(("perfadvise", ours + (["--version"] if kind == "start" else ["analyze", "--no-cache", folder])))
        if kind == "sessions":
            # After a first run, which keeps what it read.
            found.append(("perfadvise, again", ours + ["analyze", folder]))
    ccusage = ENV.get("CCUSAGE", "")
    if kind == "sessions":
        found.append(("cat (floor)", ["sh", "-c", "cat %s/projects/*/*.jsonl > /dev/null" % shlex.quote(folder)]))
        if shutil.which(ccusage):
            found.append(("ccusage", [ccusage, "claude", "session", "--json", "--offline"]))
        if has_module("duckdb"):
            found.append(("duckdb", python(DUCKDB)))
        found.append(("python prefilter", python(PREFILTER)))
    elif kind == "reports":
        if has_module("pandas"):
            found.append(("json + pandas", python(PANDAS)))
    elif kind == "otlp":
        found.append(("cat (floor)", ["sh", "-c", "cat %s/otlp.jsonl > /dev/null" % shlex.quote(folder)]))
        if has_module("duckdb"):
            found.append(("duckdb", python(DUCKDB_OTLP)))
    elif kind == "start" and shutil.which(ccusage):
        found.append(("ccusage", [ccusage, "--version"]))
    return found


def run(command, env):
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = status
        out.seek(0)
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), out.read().decode("utf-8", "replace")


def main():
    arguments = sys.argv[1:]
    gate = None
    if "--gate" in arguments:
        at = arguments.index("--gate")
        gate = float(arguments[at + 1])
        del arguments[at:at + 2]
    work, kinds = os.path.abspath(arguments[0]), arguments[1:]
    is_below = False
    for kind in kinds:
        folder = os.path.join(work, kind)
        truth = json.load(open(folder + ".truth.json")) if os.path.exists(folder + ".truth.json") else {}
        home = tempfile.mkdtemp()
        env = dict(ENV, HOME=home, CLAUDE_CONFIG_DIR=folder, NO_COLOR="1")
        programs = contenders(kind, folder)
        if not programs:
            continue
        runs = {name: [] for name, _ in programs}
        notes = {}
        for round_number in range(int(ENV["ROUNDS"]) + 1):
            for name, command in programs:
                wall, cpu, memory, code, text = run(command, env)
                if round_number == 0:  # warms up; its answer is looked at, its time is not
                    want = truth.get("output_tokens", truth.get("output", truth.get("cpu_sum")))
                    notes[name] = "exit %d" % code if code else "total found" if want and str(want) in text.replace(",", "") else ""
                else:
                    runs[name].append((wall, cpu, memory))
        print("\n%s  %s" % (kind, json.dumps(truth)))
        print("%-18s %9s %9s %9s %8s" % ("", "wall s", "cpu s", "peak MB", "ratio"))
        base = runs[programs[0][0]]
        for name, _ in programs:
            ratio = statistics.median(a[0] / b[0] for a, b in zip(runs[name], base))
            middle = [statistics.median(r[i] for r in runs[name]) for i in range(3)]
            print("%-18s %9.3f %9.3f %9.1f %8.2f  %s" % (name, *middle, ratio, notes[name]))
            if gate and name not in (programs[0][0], "cat (floor)") and ratio < gate:
                is_below = True
        shutil.rmtree(home, ignore_errors=True)
    sys.exit(1 if is_below else 0)


if __name__ == "__main__":
    main()
