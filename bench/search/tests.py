"""python3 -m unittest discover -s bench/search -p tests.py"""
import itertools
import json
import os
import random
import unittest

import agree
import posts
import process
import queries
import report


class Posts(unittest.TestCase):
    def test_the_same_number_gives_the_same_bytes(self):
        self.assertEqual(list(posts.posts(50)), list(posts.posts(50)))
        self.assertNotEqual(list(posts.posts(50)), list(posts.posts(50, seed=2)))

    def test_a_post_is_an_action_and_a_document(self):
        for number, text in enumerate(itertools.islice(posts.posts(1000), 20)):
            action, document = map(json.loads, text.splitlines())
            self.assertEqual(action, {"index": {"_id": str(number)}})
            self.assertEqual(document["id"], number)
            self.assertTrue(-1 <= document["sentiment"] <= 1 and 0 <= document["offence"] <= 1)

    def test_texts_and_dates_are_as_promised(self):
        documents = [json.loads(text.splitlines()[1]) for text in posts.posts(3000)]
        mean = sum(len(document["content"]) for document in documents) / len(documents)
        self.assertTrue(150 < mean < 250, mean)
        dates = [document["date"] for document in documents]
        self.assertTrue(dates[0].startswith("2026-03-01") and dates[-1].startswith("2026-03-30"))
        self.assertNotEqual(dates, sorted(dates))


class Queries(unittest.TestCase):
    def test_each_server_is_asked_the_same(self):
        for name, make in queries.ALL_QUERIES:
            self.assertEqual(queries.bodies(name, make, 5, 1), queries.bodies(name, make, 5, 1))

    def test_each_time_something_else_is_asked(self):
        for name, make in queries.ALL_QUERIES:
            bodies = [json.dumps(body) for body in queries.bodies(name, make, 20, 1)]
            self.assertTrue(len(set(bodies)) > 10 or make is queries.posts_per_hour, name)

    def test_a_time_lies_within_the_posts(self):
        for _ in range(100):
            span = queries.time_range(random.Random(3), 7)["range"]["date"]
            self.assertTrue(posts.BEGIN <= span["gte"] < span["lt"] <= posts.BEGIN + posts.DAYS * posts.DAY)


class Agree(unittest.TestCase):
    def answer(self, total=3, average=0.5, key=1000, hits=((2.0, None), (1.0, None))):
        shown = [{"_score": score, "sort": sort} for score, sort in hits]
        return {"hits": {"total": {"value": total, "relation": "eq"}, "hits": shown},
                "aggregations": {"a": {"buckets": [{"key": key, "doc_count": 3, "mood": {"value": average}}]}}}

    def test_what_is_near_agrees(self):
        self.assertEqual(agree.differences(self.answer(), self.answer(average=0.50001, hits=((2.0001, None), (1.0, None)))), [])

    def test_what_differs_is_seen(self):
        for other in (self.answer(total=4), self.answer(average=0.6), self.answer(average=None), self.answer(key=2000),
                      self.answer(hits=((2.0, None),)), self.answer(hits=((2.0, [5]), (1.0, None)))):
            self.assertEqual(len(agree.differences(self.answer(), other)), 1, other)


class Figures(unittest.TestCase):
    def test_percentiles(self):
        times = [n / 1000 for n in range(100, 0, -1)]
        self.assertEqual((report.percentile(times, 0.5), report.percentile(times, 0.99)), (51, 100))

    def test_a_process_has_memory_and_time(self):
        found = process.memory(os.getpid())
        self.assertTrue(found["peak"] >= found["rss"] > 1 and found["anonymous"] > 0)
        self.assertTrue(process.busy_seconds() >= process.cpu_seconds(os.getpid()) >= 0)


if __name__ == "__main__":
    unittest.main()
