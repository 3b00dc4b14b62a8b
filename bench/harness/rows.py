"""The answer of job W as {(city, window start): (posts, reposts, people)}, and how two answers differ."""
import csv
import json
import os
import sys
from datetime import datetime

COLUMNS = ["city", "window_start", "tweets", "retweets", "users"]
LENGTH = 300
# an engine that never flushes leaves these many windows open at the end of its input: 5 minutes of length, 1 of watermark
# delay, at 1 a minute, and the two that disorder may add
HELD_BACK = 8


def files(path):
    """the file, or a folder's part files: engines also leave checksums and markers, whose names begin with . or _"""
    if not os.path.isdir(path):
        yield path
        return
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(n for n in inner if n[0] not in "._")
        for name in sorted(n for n in names if n[0] not in "._"):
            yield os.path.join(folder, name)


def load(path):
    """rows and how many of them were written more than once; columns by header where there is one"""
    rows, repeats = {}, 0
    for name in files(path):
        with open(name, newline="") as f:
            order = range(len(COLUMNS))
            for line in csv.reader(f):
                if "window_start" in line:
                    order = [line.index(c) for c in COLUMNS]
                    continue
                city, start, *counts = (line[i] for i in order)
                key = city, int(start)
                repeats += key in rows
                rows[key] = tuple(map(int, counts))
    return rows, repeats


def seconds(time):
    return int(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp())


def from_tap(lines, out):
    """goshawk's counts records, JSON lines, as CSV in the peers' columns"""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in lines:
        r = json.loads(line)
        start, end = seconds(r["start"]), seconds(r["end"])
        if end - start != LENGTH:
            raise ValueError(f"a window of {end - start} s, not {LENGTH}: {line.strip()}")
        writer.writerow([r["city"], start, r["posts"], r["reposts"], r["people"]])


def verdict(reference, answer):
    """'equal', or in a few words what is not"""
    want, (got, repeats) = reference[0], answer
    common = want.keys() & got.keys()
    missing, extra = want.keys() - got.keys(), got.keys() - want.keys()
    said = []
    if missing:
        last = set(sorted({start for _, start in want})[-HELD_BACK:])
        windows = {start for _, start in missing}
        said.append(f"last {len(windows)} windows not emitted" if windows <= last else f"{len(missing)} rows missing")
    if extra:
        said.append(f"{len(extra)} rows too many")
    if repeats:
        said.append(f"{repeats} rows written more than once")
    wrong = sum(want[k][:2] != got[k][:2] for k in common)
    if wrong:
        said.append(f"{wrong} counts wrong")
    if wrong_people := [abs(want[k][2] - got[k][2]) / want[k][2] for k in common if want[k][2] != got[k][2]]:
        said.append(f"people wrong in {len(wrong_people)} of {len(common)} rows, by up to {max(wrong_people):.0%}")
    return "equal" if not said else "; ".join(said)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "from-tap":
        from_tap(sys.stdin, sys.stdout)
    elif len(sys.argv) == 3:
        print(verdict(load(sys.argv[1]), load(sys.argv[2])))
    else:
        sys.exit("usage: rows.py REFERENCE RESULT   compare   |   goshawk tap counts ... | rows.py from-tap   convert")
