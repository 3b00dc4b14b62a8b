"""What becomes of cascades, by the rules: computed from the files, and read from goshawk's log."""
import json
import os
from collections import Counter
from datetime import datetime

SILENCE, LONGEST = 1800.0, 7 * 86_400.0
LEAST = 10


def final(events, silence=SILENCE, longest=LONGEST):
    """(size, reach, seconds from the first to the last) at the first silence: (time, followers) of each, the oldest first"""
    size, reach, start, last = 0, 0, events[0][0], events[0][0]
    for time, followers in events:
        if time >= min(last + silence, start + longest):
            break
        size, reach, last = size + 1, reach + followers, time
    return size, reach, round(last - start, 3)


def cascades(folder):
    """the events of each cascade of a folder; the index is in the order of the rows"""
    with open(os.path.join(folder, "news-data.csv")) as data, open(os.path.join(folder, "news-index.csv")) as index:
        next(data), next(index)
        for line in index:
            start, end = map(int, line.split(","))
            rows = (next(data).split(",") for _ in range(end - start + 1))
            yield [(float(time), int(followers)) for time, followers, _ in rows]


def expected(folder):
    """what is told of, how many cascades are too small, how many events come too late for one that was told of"""
    told, small, late = Counter(), 0, 0
    for events in cascades(folder):
        found = final(events)
        if found[0] < LEAST:
            small += 1
        else:
            told[found] += 1
            late += len(events) - found[0]
    return told, small, late


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def told(lines):
    """the records of topic sizes, as JSON lines: the same figures; and how many cascades were told of twice"""
    found, seen = Counter(), Counter()
    for line in lines:
        record = json.loads(line)
        found[record["size"], record["reach"], round(moment(record["end"]) - moment(record["start"]), 3)] += 1
        seen[record["cascade"]] += 1
    return found, sum(count > 1 for count in seen.values())


def verdict(wanted, got):
    """'all equal', or in a few words what is not"""
    (want, small, _), (have, twice) = wanted, got
    missing, extra = sum((want - have).values()), sum((have - want).values())
    wrong = [f"{missing} missing" if missing else "", f"{extra} wrong" if extra else "", f"{twice} told of twice" if twice else ""]
    total = f"{sum(have.values()):,} sizes and {small:,} too small"
    return f"{total}: all equal" if not any(wrong) else f"{total}: " + ", ".join(filter(None, wrong))
