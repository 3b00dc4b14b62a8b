#!/bin/sh
# Final sizes told on recorded cascades: run.sh [DIR], where DIR/cascades and DIR/cascades_trees hold data.csv and index.csv.
# Without DIR, only what needs no recordings. The result goes to bench/.work/popularity.md, and to standard output.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here/../.work
mkdir -p "$work"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$work/popularity-target}"
cargo build -q --release --manifest-path "$here/Cargo.toml"
set -- ${1:+"$1/cascades_trees" "$1/cascades"}
for folder in "$@"; do
    [ -f "$folder/index.csv" ] || { echo "run.sh: $folder has no index.csv: give the folder above it" >&2; exit 1; }
done
[ $# -gt 0 ] || echo "run.sh: no recordings given, so only --speed, --drift and --authors" >&2
"$CARGO_TARGET_DIR/release/popularity" --speed --drift --authors "$@" | tee "$work/popularity.md"
