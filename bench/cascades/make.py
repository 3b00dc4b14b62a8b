"""Cascade files in the layout of news-data.csv, as large as one wants, with the sizes of the News set.

That set has 20,093 cascades of 50 to 35,999 events: half have up to 90, the mean is 162. The size of a cascade is drawn
from its quantiles, evenly: any number of cascades has the law that the whole has."""
import json
import math
import os
import random

# share of cascades that are no larger -> size; the last is the largest of 20,093
QUANTILES = [(0.0, 50), (0.5, 90), (0.75, 148), (0.9, 272), (0.95, 419), (0.99, 1129), (1 - 1 / 20_093, 35_999)]
GOLDEN = (math.sqrt(5) - 1) / 2


def size_at(share):
    """the size that this share of cascades does not exceed; between quantiles a power of what is above"""
    if share >= QUANTILES[-1][0]:
        return QUANTILES[-1][1]
    place = max(i for i, (at, _) in enumerate(QUANTILES) if at <= share)
    (low, least), (high, most) = QUANTILES[place:place + 2]
    way = math.log((1 - low) / (1 - share)) / math.log((1 - low) / (1 - high))
    return round(least * (most / least) ** way)


def sizes(events):
    """sizes that add up to so many events"""
    left, place = events, 0.5
    while left > 0:
        place = (place + GOLDEN) % 1
        size = min(left, size_at(place))
        left -= size
        yield size


def rows(dice, size):
    """a cascade's rows: interest fades, over minutes or hours; some reposts come much later, and some cascades are slow"""
    uniform = dice.random
    rate = math.exp(-dice.gauss(math.log(1800), 0.8)) / (30 if uniform() < 0.03 else 1)
    log, times = math.log, [0]
    for _ in range(size - 1):
        late = 20 if uniform() < 0.05 else 1
        times.append(int(-log(1 - uniform()) / rate * late))
    times.sort()
    # a Pareto law with the mean 1,500
    return [f"{time},{int(300 * (1 - uniform()) ** -0.8)},{int(uniform() * 5_000_000)}\n" for time in times]


def write(folder, all_sizes, seed=1, draw=rows):
    """data and index, and beside them how many there are of what"""
    os.makedirs(folder, exist_ok=True)
    dice, at, count = random.Random(seed), 0, 0
    with open(os.path.join(folder, "news-data.csv"), "w") as data, open(os.path.join(folder, "news-index.csv"), "w") as index:
        data.write("time,magnitude,user_id\n")
        index.write("start_ind,end_ind\n")
        for size in all_sizes:
            data.writelines(draw(dice, size))
            index.write(f"{at + 1},{at + size}\n")
            at, count = at + size, count + 1
    with open(os.path.join(folder, "facts.json"), "w") as f:  # last: only a whole folder has it
        json.dump({"events": at, "cascades": count}, f)
    return folder


def news(work, events):
    """a folder with so many events, made where it is not there yet"""
    folder = os.path.join(work, f"news-{events}")
    return folder if os.path.exists(os.path.join(folder, "facts.json")) else write(folder, sizes(events))


def giant(work, reposts, seconds):
    """a folder with one cascade, whose reposts come evenly within so many seconds"""
    folder = os.path.join(work, f"giant-{reposts}")
    if os.path.exists(os.path.join(folder, "facts.json")):
        return folder
    return write(folder, [reposts + 1], draw=lambda dice, size: (
        f"{seconds * i / size:.3f},{int(300 * (1 - dice.random()) ** -0.8)},{i}\n" for i in range(size)))


def facts(folder):
    with open(os.path.join(folder, "facts.json")) as f:
        return json.load(f)
