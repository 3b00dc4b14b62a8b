#!/usr/bin/env bash
# run.sh [--all | --only REGEX | --growth | --start-up] [--runs N] ...   measure goshawk; --help says more
set -euo pipefail
exec python3 "$(dirname "$0")/harness/main.py" "$@"
