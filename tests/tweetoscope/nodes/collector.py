"""Tweetoscope's collector: one processor for each source, in the rules of the course; its last cascades never end.

Its series are written as one or another of the students' collectors writes them, in turn.
"""

import itertools
import json

from common import WINDOWS, make_topics, options, partition_of_window, producer, read

TERMINATED_S, MIN_SIZE = 1800, 10


def pairs(tweets, left="(", right=")", comma=","):
    return comma.join(f"{left}{t}, {m:g}{right}" for t, m in tweets)


STYLES = {
    "json": lambda c, w: json.dumps({"type": "serie", "cid": c.cid, "msg": "None", "T_obs": w, "tweets": c.tweets}),
    "tuples": lambda c, w: f'{{"type" : "serie", "cid" : {c.cid}, "msg" : None, "T_obs" : {w}, "tweets" : [{pairs(c.tweets)}]}}',
    "quoted": lambda c, w: f"{{'type': 'serie', 'cid': {c.cid}, 'msg': 'None', 'T_obs': {w}, 'tweets': [{pairs(c.tweets)}]}}",
    "mixed": lambda c, w: f"""{{"type": 'serie', "cid": {c.cid}, "msg": "it's fine", "T_obs' : {w}, "tweets" : [{pairs(c.tweets)}]}}""",
    "times": lambda c, w: json.dumps(
        {"type": "serie", "cid": c.cid, "msg": "None", "T_obs": w, "times": [t for t, _ in c.tweets], "magnitudes": [m for _, m in c.tweets]}
    ),
    "text": lambda c, w: json.dumps({"type": "serie", "cid": str(c.cid), "msg": 'so "quoted"', "T_obs": w, "tweets": c.tweets}),
}


class Cascade:
    def __init__(self, cid, t):
        self.cid, self.first, self.last, self.tweets = cid, t, t, []


class Processor:
    """What is known of a source."""

    def __init__(self, send_serie, send_size):
        self.send_serie, self.send_size = send_serie, send_size
        self.known, self.open, self.waiting = set(), {}, {window: [] for window in WINDOWS}

    def take(self, cid, t, mark):
        for window, fifo in self.waiting.items():
            while fifo and t - fifo[0].first >= window:
                cascade = fifo.pop(0)
                if len(cascade.tweets) >= MIN_SIZE:
                    self.send_serie(cascade, window)
        for cascade in sorted(self.open.values(), key=lambda cascade: cascade.last):
            if t - cascade.last < TERMINATED_S:
                break
            if len(cascade.tweets) >= MIN_SIZE:
                self.send_size(cascade)
            del self.open[cascade.cid]
        if cid not in self.known:
            self.known.add(cid)
            self.open[cid] = Cascade(cid, t)
            for fifo in self.waiting.values():
                fifo.append(self.open[cid])
        if cid in self.open:
            cascade = self.open[cid]
            cascade.tweets.append((t, mark))
            cascade.last = t


def main():
    parser = options(__doc__)
    parser.add_argument("--styles", default="json")
    args = parser.parse_args()
    make_topics(args, "cascade_series", "cascade_properties")
    out, styles, processors, told = producer(args), itertools.cycle(args.styles.split(",")), {}, itertools.count()

    def send_serie(cascade, window):
        style = next(styles)
        value = STYLES[style](cascade, window)
        # GaspardVCS's key is empty, nashikun's the cascade, RudolfWorou's the word None; most have none.
        key = {"times": b"", "quoted": b"None", "mixed": str(cascade.cid).encode()}.get(style)
        out.send(args.prefix + "cascade_series", value.encode(), key, partition=next(told) % 4)
        print("serie", cascade.cid, window, json.dumps(cascade.tweets), sep="\t")

    def send_size(cascade):
        value = {"type": "size", "cid": cascade.cid, "n_tot": len(cascade.tweets), "t_end": cascade.last}
        for window in WINDOWS:
            place = partition_of_window(window)
            out.send(args.prefix + "cascade_properties", json.dumps(value).encode(), str(window).encode(), partition=place)
        print("size", cascade.cid, len(cascade.tweets), cascade.last, sep="\t")

    tweets = [(message.timestamp, message.key, json.loads(message.value)) for message in read(args, "mygroup", "tweets")]
    # Partitions are read one after the other here, and side by side in life.
    for _, key, tweet in sorted(tweets, key=lambda told: (told[0], told[2]["t"])):
        key = int(key)
        source, cid = (tweet["source"], key) if "source" in tweet else (key, tweet["tweet_id"])
        processors.setdefault(source, Processor(send_serie, send_size)).take(cid, tweet["t"], tweet["m"])
    out.flush()


main()
