#!/usr/bin/env python3
"""Play the scenarios of this folder on a server that speaks the Elasticsearch API.

  record.py URL [FILE...]           write into the files how it answers
  record.py URL --check [FILE...]   compare instead; say what differs, exit status 1
  record.py URL --wipe ...          first delete all indices that the server has; else it must have none

Needs PyYAML; the rest is the standard library. See README.md for the form of a file.
"""
import argparse
import http.client
import json
import pathlib
import re
import sys
import urllib.parse

import yaml

HERE = pathlib.Path(__file__).resolve().parent
WIDTH = 130
# never the same on two servers, or on one server twice
STRIPPED = {"took", "timed_out", "_shards", "shards", "_primary_term", "uuid", "index_uuid", "cluster_uuid", "creation_date",
            "provided_name", "store.size", "pri.store.size", "stack_trace", "caused_by", "failed_shards", "line", "col"}
# what lies below is data, whatever its names
DATA = {"_source", "highlight", "properties", "mapping"}
SCORES = {"_score", "max_score"}


class Loader(yaml.SafeLoader):
    """YAML with the numbers and words of JSON: no dates, no yes and no."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in [("null", r"^(null|~|)$", ["n", "~", ""]), ("bool", r"^(true|false)$", ["t", "f"]),
                            ("int", r"^-?(0|[1-9]\d*)$", list("-0123456789")),
                            ("float", r"^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$", list("-0123456789"))]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


class Server:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port or 9200, timeout=60)

    def ask(self, request, body=None, kind="application/json"):
        method, path = request.split(" ", 1)
        headers = {"content-type": kind} if body is not None else {}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        is_json = "json" in (answer.getheader("content-type") or "") and text
        return answer.status, json.loads(text) if is_json else text

    def play(self, step):
        """status and answer of a step: of the setup, or a scenario"""
        if "body" in step:
            return self.ask(step["request"], json.dumps(step["body"]).encode())
        if "file" in step:
            kind = "application/x-ndjson" if step["file"].endswith(".ndjson") else "application/json"
            return self.ask(step["request"], (HERE / step["file"]).read_bytes(), kind)
        if "ndjson" in step:
            return self.ask(step["request"], step["ndjson"].encode(), "application/x-ndjson")
        return self.ask(step["request"], step["raw"].encode() if "raw" in step else None)

    def indices(self):
        return [row["index"] for row in self.ask("GET /_cat/indices?format=json")[1]]

    def wipe(self):
        for index in self.indices():
            self.ask(f"DELETE /{urllib.parse.quote(index)}")


def same_each_time(value, key=None):
    """the answer without what is STRIPPED; a reason without places in a text, and without the uuid after an index"""
    if key in DATA:
        return value
    if isinstance(value, dict):
        # where an error has no root, its cause is what a user reads
        kept = STRIPPED - {"caused_by"} if value.get("root_cause") == [] else STRIPPED
        return {name: same_each_time(inner, name) for name, inner in value.items() if name not in kept}
    if isinstance(value, list):
        return [same_each_time(inner) for inner in value]
    return re.sub(r"\[\d+:\d+\] |/[\w-]{22}(?=\])", "", value) if key == "reason" else value


def without(value, path):
    """the value less what the path leads to; `*` is every key"""
    if not isinstance(value, (dict, list)):
        return value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    kept = [(key, inner if path[0] not in ("*", str(key)) else without(inner, path[1:])) for key, inner in items
            if len(path) > 1 or path[0] not in ("*", str(key))]
    return dict(kept) if isinstance(value, dict) else [inner for _, inner in kept]


def chosen(value, paths):
    """only what the paths lead to"""
    if not isinstance(value, (dict, list)) or [] in paths:
        return value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    kept = []
    for key, inner in items:
        below = [path[1:] for path in paths if path[0] in ("*", str(key))]
        if below:
            kept.append((key, chosen(inner, below)))
    return dict(kept) if isinstance(value, dict) else [inner for _, inner in kept]


def seen(scenario, answer):
    """what a scenario looks at of an answer"""
    answer = same_each_time(answer)
    for path in scenario.get("ignore", []):
        answer = without(answer, path.strip("/").split("/"))
    if "only" in scenario:
        answer = chosen(answer, [path.strip("/").split("/") for path in scenario["only"]])
    return answer


def differences(expected, got, tolerance, path=""):
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in {**expected, **got}:
            if key not in got or key not in expected:
                yield f"{path}/{key}: {'lacks' if key in expected else 'is not expected'}: {(got | expected)[key]!r:.200}"
            else:
                near = 1e-3 if key in SCORES else tolerance
                yield from differences(expected[key], got[key], near, f"{path}/{key}")
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{path}: {len(expected)} expected, {len(got)} there"
        for at, pair in enumerate(zip(expected, got)):
            yield from differences(*pair, tolerance, f"{path}/{at}")
    elif type(expected) in (int, float) and type(got) in (int, float):
        if abs(expected - got) > tolerance * max(abs(expected), abs(got)):
            yield f"{path}: {expected} expected, {got} there"
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield f"{path}: {expected!r:.300} expected, {got!r:.300} there"


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.]*", value, re.ASCII)
    if plain and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n"):
        return value
    return json.dumps(value, ensure_ascii=False)


def block(head, value, indent):
    """lines of YAML: in one where that is short enough"""
    line = f"{indent}{head} {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return [line]
    children = value.items() if isinstance(value, dict) else [(None, inner) for inner in value]
    lines = [block("-" if key is None else flow(key) + ":", inner, indent + "  ") for key, inner in children]
    # the first key of an object in a list stands beside the dash
    lines = [[f"{of[0]} {of[1].lstrip()}", *of[2:]] if of[0].endswith("-") else of for of in lines]
    return [f"{indent}{head}"] + [line for of in lines for line in of]


def rewritten(text, results):
    """the file's text with other answers; all else stays as it was written"""
    head, *chunks = re.split(r"^(?=  - name:)", text, flags=re.M)
    for at, (status, answer) in enumerate(results):
        new = "\n".join([f"    status: {status}"] + block("answer:", answer, "    ")) + "\n"
        bare = re.sub(r"^    status:.*\n(^ {4}.*\n)*", "", chunks[at], flags=re.M)
        body, blank, rest = re.fullmatch(r"((?:  - .*\n| {4}.*\n)*)(\n?)(.*)", bare, re.S).groups()
        chunks[at] = body + new + blank + rest
    return head + "".join(chunks)


def play_file(server, path, check):
    text = path.read_text()
    file = yaml.load(text, Loader)
    for step in file["setup"]:
        status, answer = server.play(step)
        if status >= 300 or isinstance(answer, dict) and answer.get("errors"):
            sys.exit(f"{path.name}: {step['request']}: {status} {answer}")
    results = [(status, seen(scenario, answer)) for scenario in file["scenarios"] for status, answer in [server.play(scenario)]]
    server.wipe()
    if not check:
        path.write_text(rewritten(text, results))
        return len(results), 0
    bad = 0
    for scenario, (status, answer) in zip(file["scenarios"], results):
        found = [] if status == scenario["status"] else [f"status {scenario['status']} expected, {status} there"]
        found += differences(scenario["answer"], answer, scenario.get("tolerance", 1e-6))
        if found:
            bad += 1
            print(f"{path.name}: {scenario['name']}\n  " + "\n  ".join(found))
    return len(results), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--wipe", action="store_true")
    options = parser.parse_args()
    server = Server(options.url)
    if options.wipe:
        server.wipe()
    if server.indices():
        sys.exit(f"{options.url} has indices: {server.indices()}. Use an empty server, or delete them all with --wipe.")
    played = [play_file(server, path, options.check) for path in options.files or sorted(HERE.glob("*.yaml"))]
    bad = sum(bad for _, bad in played)
    print(f"{sum(count for count, _ in played)} scenarios played, {f'{bad} differ' if options.check else 'answers written'}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
