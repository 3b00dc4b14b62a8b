#!/usr/bin/env python3
"""Checks the job's rows against a computation of its own.

  check.py make N HOURS [--tail]    N posts over HOURS of event time as `key TAB value` lines, for kcat -P -K '\\t' -Z;
                                    with --tail instead a post for each city much later, which closes all other windows
  check.py compare FILE... < ROWS   FILE: what was sent; ROWS: the job's output, JSON lines; --grace-s and --partitions: the job's
"""
import argparse
import json
import random
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

START = datetime(2026, 3, 1, tzinfo=timezone.utc)
LENGTH, EVERY = 300_000, 60_000
CITIES = 40
KINDS = ["original"] * 8 + ["repost"] * 5 + ["quote", "reply", "reply", "deletion"]


def iso(ms):
    return (START + timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def where(rnd, city):
    """rules and place; three spellings of a city, and now and then none"""
    if (draw := rnd.random()) < 0.2:
        return [], None if draw < 0.05 else {"id": "p1", "name": f"Big City {city}"}
    return [rnd.choice([f"big-city-{city}", f"Big City {city}"]), "other"], {"name": "Elsewhere"}


def line(rnd, i, ms, city):
    if rnd.random() < 0.01:
        return f"beat-{i}\t"  # a heartbeat
    rules, place = where(rnd, city)
    root = str(10 ** 18 + (rnd.randrange(i + 1) if rnd.random() < 0.3 else i))
    post = {"network": rnd.choice("xm"), "id": str(10 ** 18 + i), "root": root, "kind": rnd.choice(KINDS),
            "target": None, "time": iso(ms), "author": {"name": 'A "b" é', "id": str(int(rnd.paretovariate(0.3)) % 5000)},
            "place": place, "rules": rules, "lang": "en", "text": 'so "good" [today] {x}: ' + "word " * rnd.randrange(30)}
    return root + "\t" + json.dumps(post, ensure_ascii=False)


def make(o):
    rnd = random.Random(1)
    if o.tail:
        for city in range(CITIES + 1):
            post = json.loads(line(random.Random(3), city, 10 ** 9, city).split("\t")[1])
            post |= {"kind": "original", "rules": [f"big-city-{city}"] if city < CITIES else ["unknown"]}
            print(city, json.dumps(post), sep="\t")
        return
    for i in range(o.n):
        ms = max(0, int(60_000 + o.hours * 3_600_000 * i / o.n + rnd.uniform(-29_000, 29_000)))
        print(line(rnd, i, ms, int(rnd.random() ** 2 * CITIES)))


def murmur2(data):
    """Kafka's, as its default partitioner uses it"""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def expected(o):
    windows, newest = defaultdict(lambda: [0, 0, set()]), defaultdict(int)
    for text in (text for name in o.files for text in open(name, encoding="utf-8")):
        value = text.rstrip("\n").split("\t")[1]  # json.dumps writes a tab as \t
        post = json.loads(value or "null")
        if not post or post["kind"] == "deletion":
            continue
        name = post["rules"][0] if post["rules"] else post["place"]["name"] if post["place"] else "unknown"
        city = name.lower().replace(" ", "-")
        ms = round((datetime.fromisoformat(post["time"].replace("Z", "+00:00")) - START).total_seconds() * 1000)
        part = murmur2(city.encode()) % o.partitions
        newest[part] = max(newest[part], ms)
        for start in range(ms // EVERY * EVERY - LENGTH + EVERY, ms + 1, EVERY):
            window = windows[city, iso(start), iso(start + LENGTH), start + LENGTH, part]
            window[0] += 1
            window[1] += post["kind"] == "repost"
            window[2].add((post["network"], post["author"]["id"]))
    return {key[:3]: (posts, reposts, len(people)) for key, (posts, reposts, people) in windows.items()
            if key[3] + o.grace_s * 1000 <= newest[key[4]]}


def compare(o):
    want, got, repeats = expected(o), {}, 0
    for row in map(json.loads, sys.stdin):
        key = row["city"], row["start"], row["end"]
        repeats += key in got
        got[key] = row["posts"], row["reposts"], row["people"]
    wrong = sum(got[key] != want[key] for key in want.keys() & got.keys())
    print(f"{len(want)} rows expected, {len(got)} found, {len(want.keys() - got.keys())} missing, "
          f"{len(got.keys() - want.keys())} too many, {wrong} wrong, {repeats} repeated")
    sys.exit(want != got or repeats > 0)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    m, c = sub.add_parser("make"), sub.add_parser("compare")
    m.set_defaults(run=make)
    m.add_argument("n", type=int)
    m.add_argument("hours", type=float)
    m.add_argument("--tail", action="store_true")
    c.set_defaults(run=compare)
    c.add_argument("files", nargs="+")
    c.add_argument("--grace-s", type=int, default=60)
    c.add_argument("--partitions", type=int, default=4)
    o = ap.parse_args()
    o.run(o)


main()
