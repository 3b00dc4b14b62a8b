"""Twelve typical queries. Words and times come from a seeded source, so that no server has the same question's answer at hand."""
import random

import posts

VOCABULARY = posts.words()
AUTHORS = posts.authors()
FREQUENT, MIDDLE, ALL = 200, 2_000, 20_000


def word(rng, most=FREQUENT):
    """one of the most frequent words"""
    return VOCABULARY[rng.randrange(most)]


def time_range(rng, days):
    """milliseconds, so many days long"""
    begin = posts.BEGIN + rng.randrange(int((posts.DAYS - days) * posts.DAY))
    return {"range": {"date": {"gte": begin, "lt": begin + int(days * posts.DAY), "format": "epoch_millis"}}}


def per_time(interval, **inner):
    histogram = {"date_histogram": {"field": "date", "fixed_interval": interval, "min_doc_count": 1}}
    return {"per_time": histogram | ({"aggs": inner} if inner else {})}


def average(field):
    return {"avg": {"field": field}}


def one_word(rng):
    return {"query": {"match": {"content": word(rng)}}}


def two_words(rng):
    return {"query": {"match": {"content": {"query": f"{word(rng)} {word(rng, MIDDLE)}", "operator": "and"}}}}


def phrase(rng):
    return {"query": {"match_phrase": {"content": f"{word(rng, 40)} {word(rng, 40)}"}}}


def newest_of_an_author(rng):
    author = AUTHORS[rng.randrange(300)]
    return {"query": {"bool": {"filter": [{"term": {"pseudo": author}}, time_range(rng, 7)]}}, "sort": [{"date": "desc"}]}


def in_words(rng):
    text = f"content:({word(rng)} OR {word(rng)}) AND lang:{rng.choice(posts.LANGUAGES)} AND likes:>{rng.randrange(2, 9)}"
    return {"query": {"query_string": {"query": text}}}


def posts_per_hour(_):
    return {"size": 0, "query": {"match_all": {}}, "aggs": per_time("1h")}


def mood_over_time(rng):
    return {"size": 0, "query": time_range(rng, 29), "aggs": per_time("10m", mood=average("sentiment"))}


def mood_of_a_word(rng):
    return {"size": 0, "query": {"match": {"content": word(rng, 50)}}, "aggs": per_time("10m", mood=average("sentiment"))}


def authors_with_most(rng):
    return {"size": 0, "query": time_range(rng, 25), "aggs": {"authors": {"terms": {"field": "pseudo", "size": 10}}}}


def cities(rng):
    inner = {"mood": average("sentiment"), "offence": {"percentiles": {"field": "offence", "percents": [50, 95]}}}
    return {"size": 0, "query": time_range(rng, 20), "aggs": {"cities": {"terms": {"field": "place.city"}, "aggs": inner}}}


def prefix(rng):
    return {"query": {"prefix": {"content": word(rng, ALL)[:4]}}}


def wildcard(rng):
    chosen = word(rng, ALL)
    return {"query": {"wildcard": {"content": f"{chosen[:3]}*{chosen[-2:]}"}}}


# name, what makes it
ALL_QUERIES = [
    ("match, one frequent word", one_word),
    ("match, two words, both", two_words),
    ("match_phrase", phrase),
    ("term and range, newest first", newest_of_an_author),
    ("query_string", in_words),
    ("match_all, posts per hour", posts_per_hour),
    ("29 days, average per 10 minutes", mood_over_time),
    ("match, average per 10 minutes", mood_of_a_word),
    ("25 days, 10 authors with most posts", authors_with_most),
    ("20 days, cities, average and percentiles", cities),
    ("prefix", prefix),
    ("wildcard", wildcard),
]


def bodies(name, make, count, seed):
    """the bodies of a query, the same for every server"""
    rng = random.Random(f"{name} {seed}")
    return [make(rng) for _ in range(count)]
