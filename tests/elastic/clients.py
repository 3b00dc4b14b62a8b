#!/usr/bin/env python3
"""Do what users of the official Python clients do, on the server at a URL; every answer is checked.

  clients.py URL --client opensearch       opensearch-py
  clients.py URL --client elasticsearch    elasticsearch 7.13.4, the last that takes a server other than Elastic's
  clients.py URL --client elasticsearch8   elasticsearch 8, for a server that says `X-Elastic-Product: Elasticsearch`

Needs that client installed. Makes and deletes the indices goshawk-posts and goshawk-made.
"""
import argparse
import importlib

POSTS, MADE = "goshawk-posts", "goshawk-made"
MAPPINGS = {"properties": {"pseudo": {"type": "keyword"}, "content": {"type": "text"}, "date": {"type": "date"},
                           "sentiment": {"type": "double"}, "likes": {"type": "long"}}}
SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0}
WORDS = ["snow", "traffic", "coffee", "hello"]
COUNT = 250


def posts():
    for n in range(COUNT):
        yield {"_index": POSTS, "_id": str(n), "_source": {
            "pseudo": f"author{n % 7}", "content": f"{WORDS[n % 4]} number {n}", "date": f"2026-03-{1 + n % 28:02d}T12:00:00Z",
            "sentiment": n % 5 / 4, "likes": n}}


class Checks:
    def __init__(self):
        self.done = 0

    def same(self, what, got, expected):
        assert got == expected, f"{what}: {got!r} came, {expected!r} was expected"
        self.done += 1

    def holds(self, what, got):
        assert got, f"{what}: {got!r}"
        self.done += 1

    def refused(self, what, error, call, status):
        try:
            answer = call()
        except error as refusal:
            # 8 has it in .meta.status, the others in .status_code
            got = getattr(refusal, "status_code", None) or refusal.meta.status
            self.same(f"{what}: status", got, status)
        else:
            raise AssertionError(f"{what}: {error.__name__} was expected, {answer!r} came")


class Old:
    """calls as opensearch-py and elasticsearch 7 spell them: all in `body`"""

    def __init__(self, module, url):
        self.client = module.OpenSearch([url]) if hasattr(module, "OpenSearch") else module.Elasticsearch([url])

    def create_index(self, name, **body):
        return self.client.indices.create(index=name, body=body)

    def put_mapping(self, name, **body):
        return self.client.indices.put_mapping(index=name, body=body)

    def put(self, name, key, document, **more):
        return self.client.index(index=name, id=key, body=document, **more)

    def create(self, name, key, document):
        return self.client.create(index=name, id=key, body=document)

    def update(self, name, key, document):
        return self.client.update(index=name, id=key, body={"doc": document})

    def search(self, name, **body):
        return self.client.search(index=name, body=body)

    def count(self, name, **body):
        return self.client.count(index=name, body=body)

    def msearch(self, lines):
        return self.client.msearch(body=lines)

    def mget(self, name, keys):
        return self.client.mget(index=name, body={"ids": keys})

    def quietly(self, status):
        """keywords of a call of which `status` is no error"""
        return {"client": self.client, "keywords": {"ignore": status}}


class New(Old):
    """calls as elasticsearch 8 spells them: each part by its name"""

    def __init__(self, module, url):
        self.client = module.Elasticsearch(url)

    def create_index(self, name, **body):
        return self.client.indices.create(index=name, **body)

    def put_mapping(self, name, **body):
        return self.client.indices.put_mapping(index=name, **body)

    def put(self, name, key, document, **more):
        return self.client.index(index=name, id=key, document=document, **more)

    def create(self, name, key, document):
        return self.client.create(index=name, id=key, document=document)

    def update(self, name, key, document):
        return self.client.update(index=name, id=key, doc=document)

    def search(self, name, **body):
        return self.client.search(index=name, **body)

    def count(self, name, **body):
        return self.client.count(index=name, **body)

    def msearch(self, lines):
        return self.client.msearch(searches=lines)

    def mget(self, name, keys):
        return self.client.mget(index=name, ids=keys)

    def quietly(self, status):
        return {"client": self.client.options(ignore_status=status), "keywords": {}}


def delete_index(calls, name):
    way = calls.quietly(404)
    return way["client"].indices.delete(index=name, **way["keywords"])


def begin(calls, checks):
    client = calls.client
    checks.holds("ping", client.ping())
    info = client.info()
    checks.holds("the root's version", info["version"]["number"][0].isdigit())
    checks.holds("the root's tagline", info["tagline"])
    for name in (POSTS, MADE):
        delete_index(calls, name)
    checks.same("an index that is not there exists", bool(client.indices.exists(index=POSTS)), False)
    checks.same("create", calls.create_index(POSTS, settings=SETTINGS, mappings=MAPPINGS)["acknowledged"], True)
    checks.same("it exists", bool(client.indices.exists(index=POSTS)), True)
    checks.same("mapping", client.indices.get_mapping(index=POSTS)[POSTS]["mappings"], MAPPINGS)
    checks.same("put mapping", calls.put_mapping(POSTS, properties={"lang": {"type": "keyword"}})["acknowledged"], True)
    checks.same("settings", client.indices.get_settings(index=POSTS)[POSTS]["settings"]["index"]["number_of_shards"], "1")
    checks.holds("health", client.cluster.health()["status"] in ("green", "yellow"))


def documents(calls, errors, checks):
    client = calls.client
    first = calls.put(MADE, "1", {"text": "first", "n": 1}, refresh=True)
    checks.same("index", (first["result"], first["_version"]), ("created", 1))
    checks.same("index again", calls.put(MADE, "1", {"text": "second", "n": 2})["_version"], 2)
    checks.same("get", client.get(index=MADE, id="1")["_source"], {"text": "second", "n": 2})
    checks.same("get the source", dict(client.get_source(index=MADE, id="1")), {"text": "second", "n": 2})
    checks.same("exists", bool(client.exists(index=MADE, id="1")), True)
    checks.same("exists not", bool(client.exists(index=MADE, id="2")), False)
    checks.same("create", calls.create(MADE, "2", {"n": 3})["result"], "created")
    checks.same("update", calls.update(MADE, "2", {"n": 4})["result"], "updated")
    checks.same("update to the same", calls.update(MADE, "2", {"n": 4})["result"], "noop")
    found = [document["found"] for document in calls.mget(MADE, ["1", "2", "3"])["docs"]]
    checks.same("several", found, [True, True, False])
    checks.same("delete", client.delete(index=MADE, id="2")["result"], "deleted")
    checks.same("an id of its own", len(calls.put(MADE, None, {"n": 5})["_id"]), 20)
    versioned = calls.put(MADE, "7", {"n": 7}, version=7, version_type="external")
    checks.same("an own version", versioned["_version"], 7)
    checks.refused("an older version", errors.ConflictError,
                   lambda: calls.put(MADE, "7", {"n": 6}, version=6, version_type="external"), 409)
    checks.refused("create what is there", errors.ConflictError, lambda: calls.create(MADE, "1", {"n": 9}), 409)
    checks.refused("get what is not there", errors.NotFoundError, lambda: client.get(index=MADE, id="2"), 404)
    checks.refused("delete what is not there", errors.NotFoundError, lambda: client.delete(index=MADE, id="2"), 404)
    checks.refused("a word for a number", errors.RequestError, lambda: calls.put(MADE, "8", {"n": "many"}), 400)


def bulk(calls, helpers, checks):
    client = calls.client
    checks.same("bulk", helpers.bulk(client, posts(), chunk_size=100, refresh=True), (COUNT, []))
    bad = [{"_index": POSTS, "_id": "bad", "likes": "many"}, {"_index": POSTS, "_id": "0", "_op_type": "create", "likes": 1}]
    fine, wrong = helpers.bulk(client, bad, raise_on_error=False)
    checks.same("bulk, what fails", (fine, [list(item.values())[0]["status"] for item in wrong]), (0, [400, 409]))
    failed = {"_op_type": "delete", "_index": POSTS, "_id": "nobody"}
    answers = [ok for ok, _ in helpers.streaming_bulk(client, [failed], raise_on_error=False)]
    checks.same("bulk, delete what is not there", answers, [False])
    parallel = list(helpers.parallel_bulk(client, posts(), thread_count=2, chunk_size=50))
    checks.same("bulk in parallel", (len(parallel), all(ok for ok, _ in parallel)), (COUNT, True))
    client.indices.refresh(index=POSTS)


def search(calls, errors, checks):
    client = calls.client
    answer = calls.search(POSTS, query={"match": {"content": "snow"}}, sort=[{"likes": "desc"}], size=3, _source=["likes"])
    checks.same("total", answer["hits"]["total"], {"value": 63, "relation": "eq"})
    checks.same("hits", [hit["_source"] for hit in answer["hits"]["hits"]], [{"likes": 248}, {"likes": 244}, {"likes": 240}])
    aggregations = {"authors": {"terms": {"field": "pseudo", "size": 3}, "aggs": {"mood": {"avg": {"field": "sentiment"}}}},
                    "days": {"date_histogram": {"field": "date", "calendar_interval": "week"}}}
    found = calls.search(POSTS, size=0, aggs=aggregations)["aggregations"]
    checks.same("terms", [(bucket["key"], bucket["doc_count"]) for bucket in found["authors"]["buckets"]],
                [("author0", 36), ("author1", 36), ("author2", 36)])
    checks.holds("average", 0.4 < found["authors"]["buckets"][0]["mood"]["value"] < 0.6)
    checks.same("date_histogram", sum(bucket["doc_count"] for bucket in found["days"]["buckets"]), COUNT)
    checks.same("count", calls.count(POSTS, query={"term": {"pseudo": "author1"}})["count"], 36)
    several = calls.msearch([{"index": POSTS}, {"size": 0}, {"index": "nothing"}, {"size": 0}])["responses"]
    checks.same("several searches", [one["status"] for one in several], [200, 404])
    able = client.field_caps(index=POSTS, fields=["likes", "content"])["fields"]
    checks.same("field caps", (able["likes"]["long"]["aggregatable"], able["content"]["text"]["aggregatable"]), (True, False))
    rows = client.cat.indices(index=POSTS, format="json")
    checks.same("cat indices", rows[0]["docs.count"], str(COUNT))
    checks.holds("cat indices as text", POSTS in str(client.cat.indices(index=POSTS, v=True)))
    checks.refused("a query nobody knows", errors.RequestError, lambda: calls.search(POSTS, query={"nonsense": {}}), 400)
    checks.refused("an index that is not there", errors.NotFoundError, lambda: calls.search("nothing"), 404)
    checks.refused("an index that is", errors.RequestError, lambda: calls.create_index(POSTS), 400)


def pages(calls, helpers, checks):
    client = calls.client
    scanned = helpers.scan(client, index=POSTS, query={"query": {"range": {"likes": {"gte": 50}}}}, size=33)
    checks.same("scan", sorted(hit["_source"]["likes"] for hit in scanned), list(range(50, COUNT)))
    likes, after = [], None
    while True:
        more = {"search_after": after} if after else {}
        hits = calls.search(POSTS, sort=[{"date": "asc"}, {"likes": "asc"}], size=60, **more)["hits"]["hits"]
        if not hits:
            break
        likes += [hit["_source"]["likes"] for hit in hits]
        after = hits[-1]["sort"]
    checks.same("search_after", (len(likes), sorted(likes)), (COUNT, list(range(COUNT))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--client", choices=["opensearch", "elasticsearch", "elasticsearch8"], required=True)
    options = parser.parse_args()
    package = {"opensearch": "opensearchpy"}.get(options.client, "elasticsearch")
    module, helpers = importlib.import_module(package), importlib.import_module(f"{package}.helpers")
    calls = (New if options.client == "elasticsearch8" else Old)(module, options.url)
    checks = Checks()
    begin(calls, checks)
    documents(calls, module, checks)
    bulk(calls, helpers, checks)
    search(calls, module, checks)
    pages(calls, helpers, checks)
    for name in (POSTS, MADE):
        checks.same("delete the index", delete_index(calls, name)["acknowledged"], True)
    print(f"ok {options.client} {checks.done} checks")


if __name__ == "__main__":
    main()
