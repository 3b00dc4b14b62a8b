#!/usr/bin/env python3
"""Posts made up for measuring: the same number and seed give the same bytes.

  posts.py N > posts.ndjson        lines of _bulk: an action, a post, an action, a post
  posts.py N --seed 7

Texts have about 200 bytes, of words that are as unequal as those of a language (Zipf); so are authors. The dates go over 30 days,
nearly in order: most posts are seconds late, one in 50 up to an hour.
"""
import argparse
import datetime
import itertools
import random
import sys

WORDS, AUTHORS = 50_000, 20_000
BEGIN = 1_772_323_200_000  # 2026-03-01, in milliseconds
DAY = 86_400_000
DAYS = 30
CITIES = [
    ("Jakarta", "ID"), ("Paris", "FR"), ("London", "GB"), ("Tokyo", "JP"), ("Berlin", "DE"), ("Rome", "IT"), ("Madrid", "ES"),
    ("Lima", "PE"), ("Lagos", "NG"), ("Cairo", "EG"), ("Delhi", "IN"), ("Oslo", "NO"), ("Bandung", "ID"), ("Lyon", "FR"),
    ("Leeds", "GB"), ("Osaka", "JP"), ("Bremen", "DE"), ("Turin", "IT"), ("Seville", "ES"), ("Cusco", "PE"),
]
LANGUAGES = ["en", "id", "fr", "ja", "es", "de", "it", "pt"]
SYLLABLES = [first + vowel + last for first in "bdfgklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r", "s")]


def names(count, seed, syllables):
    """so many different words, the same each time"""
    rng, found = random.Random(seed), {}
    while len(found) < count:
        found["".join(rng.choices(SYLLABLES, k=rng.choice(syllables)))] = None
    return list(found)


def zipf(count, power=1.0):
    return list(itertools.accumulate(1 / (rank + 3) ** power for rank in range(count)))


def words():
    """the words of all texts, the most frequent first"""
    return names(WORDS, 1, (1, 2, 2, 3, 3))


def authors():
    return [f"{name}_{number}" for number, name in enumerate(names(AUTHORS, 2, (2, 3)))]


def posts(count, seed=1):
    """the bulk lines of each post, as one text"""
    rng = random.Random(seed)
    vocabulary, word_weights = words(), zipf(WORDS)
    writers, writer_weights = authors(), zipf(AUTHORS, 0.9)
    place_weights, language_weights = zipf(len(CITIES)), zipf(len(LANGUAGES), 1.5)
    step = DAYS * DAY / count
    for number in range(count):
        late = rng.expovariate(1 / 3_600_000 if rng.random() < 0.02 else 1 / 2_000)
        moment = BEGIN + int(max(0, number * step - min(late, 3_600_000)))
        text = " ".join(rng.choices(vocabulary, cum_weights=word_weights, k=rng.randint(16, 42)))
        city, country = rng.choices(CITIES, cum_weights=place_weights)[0]
        date = datetime.datetime.fromtimestamp(moment / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        likes = min(int(rng.paretovariate(1.1)) - 1, 1_000_000)
        language = rng.choices(LANGUAGES, cum_weights=language_weights)[0]
        verified = "true" if rng.random() < 0.03 else "false"
        yield (f'{{"index":{{"_id":"{number}"}}}}\n'
               f'{{"id":{number},"pseudo":"{rng.choices(writers, cum_weights=writer_weights)[0]}","content":"{text}",'
               f'"date":"{date}.{moment % 1000:03d}Z","lang":"{language}",'
               f'"sentiment":{max(-1.0, min(1.0, rng.gauss(0.1, 0.5))):.3f},"offence":{rng.random() ** 3:.3f},'
               f'"likes":{likes},"verified":{verified},'
               f'"place":{{"city":"{city}","country":"{country}"}}}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.stdout.writelines(posts(options.count, options.seed))


if __name__ == "__main__":
    main()
