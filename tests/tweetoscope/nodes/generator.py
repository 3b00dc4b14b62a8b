"""Plays made-up cascades as the course's C++ generator does, byte for byte; each source has a clock of its own.

What was sent is told on standard output, a line for each message: source, cascade, time, magnitude, kind, key, value.
"""

import heapq
import random
import time

from common import by_key, make_topics, options, producer


def cascade(dice):
    """Times since the start and magnitudes. Some fall on the ends of windows, some come after the cascade was over."""
    size = dice.choice([1, 3, 9, 10, 11, 15, 25, 40, 80])
    mean_s = dice.choice([200, 500, 900])
    times = sorted(int(dice.expovariate(1 / mean_s)) for _ in range(size - 1))
    times += dice.choice([[], [600], [1200], [599, 600, 601], [times[-1] + 1799 if times else 5]])
    times = [0, *sorted(times)]
    if dice.random() < 0.3:
        times.append(times[-1] + dice.choice([1800, 1801, 4000]))
    marks = [int(dice.paretovariate(1.1) * 10) for _ in times]
    marks[0] = dice.choice([marks[0], 1_200_000, 2_345_678, 0])
    return list(zip(times, marks))


def events(number, args, dice, counter):
    """What one source sends, in order: (time, magnitude, kind, number of the cascade, row)."""
    heap, now = [], 37 * number
    rows = [(row, cascade(dice)) for row in range(number, args.cascades, args.sources)]

    def begin():
        if rows:
            row, tweets = rows.pop()
            heapq.heappush(heap, (now + dice.randint(0, 600), next(counter), row, tweets, 0))

    for _ in range(5):
        begin()
    while heap:
        now, cid, row, tweets, at = heapq.heappop(heap)
        yield now, tweets[at][1], "retweet" if at else "tweet", cid, row
        if at + 1 < len(tweets):
            heapq.heappush(heap, (now - tweets[at][0] + tweets[at + 1][0], cid, row, tweets, at + 1))
        else:
            begin()


def main():
    parser = options(__doc__)
    parser.add_argument("--form", choices=["2020", "2021"], default="2020")
    parser.add_argument("--sources", type=int, default=3)
    parser.add_argument("--cascades", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--factor", type=float, default=0, help="time_acceleration_factor; 0: no pause")
    args = parser.parse_args()
    make_topics(args, "tweets")
    out, dice = producer(args), random.Random(args.seed)
    counter = iter(range(10**9))
    sources = [
        ((t, number, *more) for t, *more in events(number, args, random.Random(dice.random()), counter))
        for number in range(args.sources)
    ]
    clock = 0
    for t, source, mark, kind, cid, row in heapq.merge(*sources, key=lambda event: event[0]):
        if args.factor:
            time.sleep(max(t - clock, 0) / args.factor)
            clock = t
        identity = f'"source": {source}' if args.form == "2020" else f'"tweet_id": {cid}'
        # The format of a C++ stream: six digits.
        value = f'{{"type": "{kind}", "msg": "None", "t": {t}, "m": {mark:g}, {identity}, "info": "cascade={row}"}}'
        key = str(cid if args.form == "2020" else source)
        place = by_key(key.encode())
        out.send(args.prefix + "tweets", value.encode(), key.encode(), partition=place)
        print(source, cid, t, f"{mark:g}", kind, key, value, sep="\t")
    out.flush()


main()
