"""What every Python peer of job W shares: its command line."""
import argparse
import os


def args(**extra):
    """--input, --out, --threads, and more as name=(type, default)"""
    ap = argparse.ArgumentParser()
    ap.add_argument("--input", required=True, help="JSONL file (or, where the peer says so, a folder of parts)")
    ap.add_argument("--out", required=True)
    ap.add_argument("--threads", type=int, default=os.cpu_count())
    for name, (kind, default) in extra.items():
        ap.add_argument("--" + name.replace("_", "-"), type=kind, default=default)
    return ap.parse_args()
