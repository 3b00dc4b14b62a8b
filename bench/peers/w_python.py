"""Job W as a user would write it by hand: one Python process, orjson, dicts and sets, windows written when the
watermark (newest event time - 60 s) passes them. Exact."""
import common
a = common.args(delay=(int, 60))
from datetime import datetime
from orjson import loads

LENGTH, EVERY = 300, 60
open_windows = {}  # window start -> {city: [tweets, retweets, set of users]}


def close(out, upto):
    for start in sorted(w for w in open_windows if w + LENGTH <= upto):
        for city, (n, r, users) in open_windows.pop(start).items():
            out.write(f"{city},{start},{n},{r},{len(users)}\n")


def run(posts, out):
    """one long loop, because calls cost more than the work in this language"""
    minutes, newest, frontier, late = {}, 0, None, 0
    for line in posts:
        post = loads(line)
        data = post["data"]
        created = data["created_at"]
        minute = created[:16]
        pane = minutes.get(minute)
        if pane is None:
            pane = minutes[minute] = int(datetime.fromisoformat(minute + ":00+00:00").timestamp())
        second = pane + int(created[17:19])
        if second > newest:
            newest = second
            if frontier is None or (newest - a.delay) // EVERY > frontier:
                close(out, newest - a.delay)
                frontier = (newest - a.delay) // EVERY
        city, user = post["matching_rules"][0]["tag"], data["author_id"]
        ref = data.get("referenced_tweets")
        retweet = 1 if ref and ref[0]["type"] == "retweeted" else 0
        for start in range(pane - LENGTH + EVERY, pane + EVERY, EVERY):
            if start + LENGTH <= newest - a.delay:
                late += 1
                continue
            cities = open_windows.setdefault(start, {})
            acc = cities.get(city)
            if acc is None:
                cities[city] = [1, retweet, {user}]
            else:
                acc[0] += 1
                acc[1] += retweet
                acc[2].add(user)
    close(out, 1 << 62)
    return late


with open(a.input, "rb") as f, open(a.out, "w") as o:
    o.write("city,window_start,tweets,retweets,users\n")
    print("late contributions dropped:", run(f, o))
