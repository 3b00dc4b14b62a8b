#!/bin/sh
# Final sizes told on recorded cascades, and how soon they are told: run.sh [DIR], where DIR/cascades and DIR/cascades_trees hold
# data.csv and index.csv. Without DIR, only what needs no recordings. The result goes to bench/.work/popularity.md, and to standard output.
# GOSHAWK_BINARY names the program whose latency is measured; without it that of target/release.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here/../.work
mkdir -p "$work"
goshawk=${GOSHAWK_BINARY:-$here/../../target/release/goshawk}
[ -x "$goshawk" ] || { echo "run.sh: $goshawk is not there: build it with 'cargo build --release', or name it in GOSHAWK_BINARY" >&2; exit 1; }
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$work/popularity-target}"
cargo build -q --release --manifest-path "$here/Cargo.toml"
set -- ${1:+"$1/cascades_trees" "$1/cascades"}
for folder in "$@"; do
    [ -f "$folder/index.csv" ] || { echo "run.sh: $folder has no index.csv: give the folder above it" >&2; exit 1; }
done
[ $# -gt 0 ] || echo "run.sh: no recordings given, so only latency, --speed, --drift and --authors" >&2
python3 "$here/latency.py" --goshawk "$goshawk" --work "$work" >"$work/latency.md"
{
    cat "$work/latency.md"
    "$CARGO_TARGET_DIR/release/popularity" --speed --drift --authors "$@"
} | tee "$work/popularity.md"
