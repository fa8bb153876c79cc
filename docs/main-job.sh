#!/usr/bin/env bash
# The main job: from two models to their regularizers, with proofs, and to their verification.
# Usage: docs/main-job.sh [FOLDER], the folder with the console scripts derive and verify (default: .venv/bin).
set -euo pipefail
bin="${1:-.venv/bin}"

show() {
    printf '\n$ %s\n\n' "$1"
    shift
    "$@"
}

show 'derive show diagonal --depth 2' \
    "$bin/derive" show diagonal --depth 2
show 'derive show "a*w1, a*w2, a*w3" --start "a=2, w1=3/5, w2=4/5, w3=0"' \
    "$bin/derive" show "a*w1, a*w2, a*w3" --start "a=2, w1=3/5, w2=4/5, w3=0"
show 'verify limit diagonal --depth 2 --data sparse-small --scale 1/10 --digits 50' \
    "$bin/verify" limit diagonal --depth 2 --data sparse-small --scale 1/10 --digits 50
show 'verify flow diagonal --depth 2 --data three-points-b --loss exponential --scale 1 --until 1e-1700 --digits 50' \
    "$bin/verify" flow diagonal --depth 2 --data three-points-b --loss exponential --scale 1 --until 1e-1700 --digits 50
