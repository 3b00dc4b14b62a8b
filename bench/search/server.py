"""A server that speaks the Elasticsearch API: what the bench asks of it."""
import concurrent.futures
import http.client
import itertools
import json
import threading
import time
import urllib.parse

import process

MAPPING = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0},
    "mappings": {"properties": {
        "id": {"type": "long"}, "pseudo": {"type": "keyword"}, "content": {"type": "text"}, "date": {"type": "date"},
        "lang": {"type": "keyword"}, "sentiment": {"type": "double"}, "offence": {"type": "double"}, "likes": {"type": "long"},
        "verified": {"type": "boolean"},
        "place": {"properties": {"city": {"type": "keyword"}, "country": {"type": "keyword"}}}}},
}
BATCH = 5_000
CONNECTIONS = 2


class Server:
    def __init__(self, name, url, index, pid=None, folder=None):
        self.name, self.index, self.pid, self.folder = name, index, pid, folder
        parts = urllib.parse.urlsplit(url)
        self.root = parts.path.rstrip("/")
        self.address = (parts.hostname, parts.port or 9200)
        self.local = threading.local()

    def ask(self, method, path, body=None, kind="application/json"):
        """the status and the bytes of an answer; a connection for each thread"""
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(*self.address, timeout=600)
        self.local.connection.request(method, self.root + path, body, {"content-type": kind})
        answer = self.local.connection.getresponse()
        return answer.status, answer.read()

    def must(self, method, path, body=None, kind="application/json"):
        status, answer = self.ask(method, path, body, kind)
        if status >= 300:
            raise SystemExit(f"{self.name}: {method} {path}: {status} {answer[:500]!r}")
        return json.loads(answer)

    def search(self, body):
        """the answer to a body of bytes, and how many seconds it took"""
        begin = time.perf_counter()
        status, answer = self.ask("POST", f"/{self.index}/_search?request_cache=false", body)
        taken = time.perf_counter() - begin
        if status != 200:
            raise SystemExit(f"{self.name}: {body.decode()}: {status} {answer[:500]!r}")
        return answer, taken

    def version(self):
        return self.must("GET", "/")["version"]

    def load(self, path, count):
        """puts the first posts of a file into a new index; what it took"""
        self.ask("DELETE", f"/{self.index}")
        self.must("PUT", f"/{self.index}", json.dumps(MAPPING).encode())
        cpu = process.cpu_seconds(self.pid) if self.pid else 0
        begin = time.perf_counter()
        with open(path, "rb") as file, concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            lines = itertools.islice(file, 2 * count)
            slots = threading.Semaphore(CONNECTIONS + 1)  # few batches lie in memory
            done = []
            while batch := b"".join(itertools.islice(lines, 2 * BATCH)):
                slots.acquire()
                done.append(pool.submit(self.put, batch, slots))
            for one in done:
                one.result()
        self.must("POST", f"/{self.index}/_refresh")
        seconds = time.perf_counter() - begin
        there = self.must("GET", f"/{self.index}/_count")["count"]
        if there != count:
            raise SystemExit(f"{self.name}: {there} posts are there, {count} were put")
        cpu = process.cpu_seconds(self.pid) - cpu if self.pid else None
        return {"posts": count, "seconds": seconds, "rate": count / seconds, "cpu": cpu, "memory": self.memory()}

    def put(self, batch, slots):
        try:
            if self.must("POST", f"/{self.index}/_bulk", batch, "application/x-ndjson")["errors"]:
                raise SystemExit(f"{self.name}: some posts were refused")
        finally:
            slots.release()

    def memory(self):
        return process.memory(self.pid) if self.pid else None

    def disk(self):
        return process.size_on_disk(self.folder) if self.folder else None
