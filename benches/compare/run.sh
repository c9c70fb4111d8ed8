#!/usr/bin/env bash
# perfadvise beside other programs on the same invented inputs: interleaved rounds, one table of ratios.
#   benches/compare/run.sh WORKDIR [sessions|reports|small|otlp|start ...]
# Environment: PERFADVISE (the program, default target/release/perfadvise), CCUSAGE (ccusage's native binary),
# PYTHON (an interpreter; with pandas and duckdb those run too), BYTES of sessions and of otlp (300000000),
# FILES of sessions (300), SPANS of a trace (120), REPORTS (10000), ROUNDS (5). What is not there is left out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:?usage: run.sh WORKDIR [sessions|reports|small|otlp|start ...]}
shift
: "${PYTHON:=python3}" "${BYTES:=300000000}" "${FILES:=300}" "${SPANS:=120}" "${REPORTS:=10000}" "${ROUNDS:=5}"
: "${PERFADVISE:=$here/../../target/release/perfadvise}"
export PYTHON BYTES FILES SPANS REPORTS ROUNDS PERFADVISE
mkdir -p "$work"
[ $# -gt 0 ] || set -- sessions reports small start
"$PYTHON" "$here/corpus.py" "$work" "$@"
exec "$PYTHON" "$here/compare.py" "$work" "$@"
