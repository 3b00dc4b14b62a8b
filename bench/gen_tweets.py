#!/usr/bin/env python3
"""Deterministic synthetic tweet stream (X API v2 filtered-stream shape), one JSON object a line.

  gen_tweets.py --out tweets.jsonl --count 1000000 --seed 1

Same arguments, same bytes (standard library only). Prints count, bytes and SHA-256 as JSON; with --sha256 it fails
when the bytes are others than expected.

Shape of the load:
  cities   200, Zipf (s = 1.0); the city key is matching_rules[0].tag
  users    100,000, Zipf (s = 1.0)
  retweets 30 %, in data.referenced_tweets[0].type; plain tweets have no such field
  time     arrival i of N maps to start + i/N * hours; created_at adds uniform(-30 s, +30 s),
           so a record is at most 60 s behind the newest one seen
  text     8 to 26 tokens: neutral and sentiment words, negations, boosters, 'but', capitals,
           punctuation runs, emoji, hashtags, mentions, links
"""
import argparse
import hashlib
import json
import random
import sys
from datetime import datetime, timedelta, timezone
from itertools import accumulate

CITY_NAMES = """toronto paris london tokyo new-york sao-paulo mumbai madrid berlin istanbul lagos cairo jakarta
mexico-city seoul sydney lima bogota chicago rome nairobi montreal vienna dublin lisbon warsaw oslo athens
prague boston""".split()

NEUTRAL = """the a to of and in on at for with this that it we you they people city train bus road traffic street
station morning evening today tomorrow yesterday week game team match player coach music film show concert ticket
phone app update release version data news report story article photo video camera market price shop store coffee
lunch dinner weather rain sun snow wind temperature office meeting project school class student teacher book page
author museum park river bridge tower airport flight hotel travel trip map line queue minute hour just now here there
where when then from into over about after before while during between near around every some many few more most
other another first second last next new old big small long short open closed red blue green white black left right
up down back again still also only even look looking see seen watch watching hear listening read reading write call
talk walk run drive ride cook eat drink buy sell pay send get got make made take took give gave go going gone come
coming stay move work working think know feel say said tell told ask asked live living home house room door window
table chair car bike boat plane government council election vote mayor police fire hospital doctor company bank""".split()

POS = """good great love amazing happy awesome best excellent beautiful fun nice glad thanks brilliant wonderful
enjoy win perfect cool sweet hope smile proud fantastic favorite lovely superb lol yay cute""".split()
NEG = """bad terrible hate awful sad worst horrible angry ugly sucks disappointed fail pain broken annoying stupid
scared cry lonely tragic disaster lost tired boring worried sick mad ridiculous crap ruined""".split()
BOOST = "very really extremely so totally absolutely barely slightly kinda hardly quite incredibly".split()
NEGATE = "not don't never isn't can't won't wasn't nothing without doesn't".split()
GLUE = ["but", "and", "because", "or", "though"]
EMOJI = ["\U0001F602", "\u2764\ufe0f", "\U0001F62D", "\U0001F525", "\U0001F60D", "\U0001F64F", "\U0001F621",
         "\U0001F44D", "\U0001F389", ":)", ":(", ":D", ";)", "</3", "<3"]
TAGS = ["#news", "#travel", "#monday", "#music", "#football", "#food", "#weather", "#traffic", "#tech", "#photo"]
ENDS = [".", ".", ".", "!", "!!", "!!!", "?", "??", "...", ""]

START = datetime(2026, 3, 1, tzinfo=timezone.utc)
FIRST_MS = 60_000  # the first arrival, after START: disorder must not reach back into February
CHUNK = 10_000  # records drawn at once; part of the format, since it fixes the order of the random draws
RETWEETABLE = 2000


def zipf_cum(n, s=1.0):
    return list(accumulate(1.0 / (k ** s) for k in range(1, n + 1)))


def vocabulary():
    words, weights = [], []
    for group, share in ((NEUTRAL, 0.68), (POS, 0.10), (NEG, 0.07), (BOOST, 0.05), (NEGATE, 0.03), (GLUE, 0.04),
                         (EMOJI, 0.02), (TAGS, 0.01)):
        words += group
        weights += [share / len(group)] * len(group)
    return words, list(accumulate(weights))


def city_json(i):
    """the three places of a record that name its city: data.geo, includes.places, matching_rules"""
    tag = CITY_NAMES[i] if i < len(CITY_NAMES) else f"city-{i:03d}"
    place = f"{(i * 0x9E3779B97F4A7C15 + 0x1234567) & 0xFFFFFFFFFFFFFFFF:016x}"
    lon, lat = round(-179 + (i * 37.7) % 358, 4), round(-60 + (i * 17.3) % 120, 4)
    return (
        f'"geo":{{"place_id":"{place}"}}',
        f'"places":[{{"id":"{place}","full_name":"{tag.replace("-", " ").title()}","country_code":"XX",'
        f'"place_type":"city","geo":{{"type":"Feature",'
        f'"bbox":[{lon},{lat},{round(lon + 0.6, 4)},{round(lat + 0.4, 4)}]}}}}]',
        f'"matching_rules":[{{"id":"{1600000000000000000 + i * 7919}","tag":"{tag}"}}]',
    )


def user_id(i):
    """distinct, and of two lengths as on the real service"""
    return str(10_000_000 + i * 9973 if i % 3 else 1_100_000_000_000_000_000 + i * 7_777_777_777)


class Stream:
    def __init__(self, options):
        self.o = options
        self.rnd = random.Random(options.seed)
        self.cities = [city_json(i) for i in range(options.cities)]
        self.users = [user_id(i) for i in range(options.users)]
        self.city_cum, self.user_cum = zipf_cum(options.cities), zipf_cum(options.users)
        self.order = list(range(options.users))
        self.rnd.shuffle(self.order)  # the most active users must not be the lowest ids
        self.words, self.word_cum = vocabulary()
        self.recent = []  # (id, name, text) of posts that may be retweeted
        self.seconds = {}

    def chunk(self, lo, n):
        """the records lo to lo + n as bytes"""
        rnd = self.rnd
        cities = rnd.choices(range(self.o.cities), cum_weights=self.city_cum, k=n)
        users = rnd.choices(self.order, cum_weights=self.user_cum, k=n)
        lengths = rnd.choices(range(8, 27), k=n)
        tokens = rnd.choices(self.words, cum_weights=self.word_cum, k=sum(lengths))
        out, p = [], 0
        for j in range(n):
            out.append(self.record(lo + j, cities[j], users[j], tokens[p:p + lengths[j]]))
            p += lengths[j]
        return "".join(out).encode()

    def record(self, i, city, user, tokens):
        created = self.created_at(i)
        post = 2_000_000_000_000_000_000 + i * 4_194_304 + city
        uid, name = self.users[user], f"user{user:06d}"
        draw = self.rnd.random()
        if draw < 0.30 and self.recent:
            text, ref = self.retweet()
        else:
            text, ref = self.text(tokens, draw), ""
            self.remember(i, (post, name, text))
        geo, places, rules = self.cities[city]
        return (
            f'{{"data":{{"id":"{post}","text":{json.dumps(text, ensure_ascii=self.o.ascii)},"author_id":"{uid}",'
            f'"created_at":"{created}",{ref}"edit_history_tweet_ids":["{post}"],'
            f'"conversation_id":"{post}","lang":"en","possibly_sensitive":false,'
            f'"public_metrics":{{"retweet_count":{i % 97},"reply_count":{i % 13},"like_count":{i % 211},'
            f'"quote_count":{i % 5}}},{geo}}},'
            f'"includes":{{"users":[{{"id":"{uid}","name":"User {user}","username":"{name}",'
            f'"verified":false}}],{places}}},{rules}}}\n')

    def created_at(self, i):
        disorder = self.o.disorder
        shift = self.rnd.uniform(-disorder, disorder) * 1000
        ms = FIRST_MS + int(self.o.hours * 3_600_000 * i / self.o.count + shift)
        second = ms // 1000
        if second not in self.seconds:  # formatting a date costs more than the rest of the record's head
            self.seconds[second] = (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self.seconds[second]}.{ms % 1000:03d}Z"

    def retweet(self):
        post, name, text = self.recent[int(self.rnd.random() * len(self.recent))]
        return f"RT @{name}: {text}", f'"referenced_tweets":[{{"type":"retweeted","id":"{post}"}}],'

    def text(self, tokens, draw):
        rnd = self.rnd
        if draw > 0.90:
            k = int(rnd.random() * len(tokens))
            tokens[k] = tokens[k].upper()
        text = " ".join(tokens)
        text = text[0].upper() + text[1:] + ENDS[int(rnd.random() * 10)]
        if draw > 0.80:
            return f"@user{int(rnd.random() * self.o.users):06d} {text}"
        if draw < 0.42:
            return text + f" https://t.co/{int(rnd.random() * 36 ** 8):010x}"
        return text

    def remember(self, i, post):
        if len(self.recent) < RETWEETABLE:
            self.recent.append(post)
        else:
            self.recent[i % RETWEETABLE] = post


def options():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True)
    ap.add_argument("--count", type=int, default=1_000_000)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--hours", type=float, default=6.0, help="event time that the posts span")
    ap.add_argument("--cities", type=int, default=200)
    ap.add_argument("--users", type=int, default=100_000)
    ap.add_argument("--disorder", type=float, default=30.0, help="seconds, each side")
    ap.add_argument("--ascii", action="store_true", help="write non-ASCII text as \\u escapes")
    ap.add_argument("--sha256", help="fail unless the bytes have this digest")
    return ap.parse_args()


def main():
    o = options()
    stream, digest, size = Stream(o), hashlib.sha256(), 0
    with open(o.out, "wb") as f:
        for lo in range(0, o.count, CHUNK):
            b = stream.chunk(lo, min(CHUNK, o.count - lo))
            digest.update(b)
            size += len(b)
            f.write(b)
    print(json.dumps({"file": o.out, "count": o.count, "bytes": size, "mean_bytes": round(size / o.count, 1),
                      "sha256": digest.hexdigest()}))
    if o.sha256 and o.sha256 != digest.hexdigest():
        sys.exit(f"gen_tweets.py: expected SHA-256 {o.sha256}; this Python draws other random numbers")


if __name__ == "__main__":
    main()
