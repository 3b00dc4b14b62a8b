#!/usr/bin/env python3
"""Play the scenarios of this folder on a server that speaks the Elasticsearch API.

  record.py URL [FILE...]           write into the files how it answers
  record.py URL --check [FILE...]   compare instead; say what differs, exit status 1
  record.py URL --wipe ...          first delete all indices that the server has; else it must have none
  record.py URL --check --apart F   the scenarios of a JSON file, [[file, name, why], ...], must differ, and no others

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
        self.root = parts.path.rstrip("/")

    def ask(self, request, body=None, kind="application/json"):
        method, path = request.split(" ", 1)
        headers = {"content-type": kind} if body is not None else {}
        self.connection.request(method, self.root + path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        is_json = "json" in (answer.getheader("content-type") or "") and text
        return answer.status, json.loads(text) if is_json else text

    def play(self, step):
        """status and answer of a step: of the setup, or a scenario"""
        lines = "ndjson" in step or step.get("file", "").endswith(".ndjson")
        body = json.dumps(step["body"]) if "body" in step else step.get("ndjson", step.get("raw"))
        body = (HERE / step["file"]).read_bytes() if "file" in step else body and body.encode()
        return self.ask(step["request"], body, "application/x-ndjson" if lines else "application/json")

    def indices(self):
        # what a server keeps for itself has a dot in front
        return [row["index"] for row in self.ask("GET /_cat/indices?format=json")[1] if not row["index"].startswith(".")]

    def wipe(self):
        for index in self.indices():
            self.ask(f"DELETE /{index}")


def same_each_time(value, key=None):
    """the answer without what is STRIPPED; a reason without places in a text, and without the uuid after an index"""
    if key in DATA:
        return value
    if isinstance(value, dict):
        # where an error has no root, its cause is what a user reads
        kept = STRIPPED - {"caused_by"} if value.get("root_cause") == [] else STRIPPED
        return {name: same_each_time(inner, name) for name, inner in value.items() if name not in kept}
    if isinstance(value, list):
        return list(map(same_each_time, value))
    return re.sub(r"( at )?\[\d+:\d+\] ?|/[\w-]{22}(?=\])", "", value) if key == "reason" else value


def sifted(value, paths, only):
    """only what the paths lead to, or all but that; `*` is every key"""
    if not isinstance(value, (dict, list)) or only and [] in paths:
        return value
    kept = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        below = [path[1:] for path in paths if path[0] in ("*", str(key))]
        if below if only else [] not in below:
            kept.append((key, sifted(inner, below, only)))
    return dict(kept) if isinstance(value, dict) else [inner for _, inner in kept]


def seen(scenario, answer):
    """what a scenario looks at of an answer"""
    ignore, only = ([path.strip("/").split("/") for path in scenario.get(key, [])] for key in ("ignore", "only"))
    answer = sifted(same_each_time(answer), ignore, False)
    return sifted(answer, only, True) if only else answer


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
        both_whole = type(expected) is type(got) is int
        near = tolerance or (0 if both_whole else 1e-6)
        if abs(expected - got) > near * max(abs(expected), abs(got)):
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


def play_file(server, path, check, apart):
    text = path.read_text()
    file = yaml.load(text, Loader)
    for step in file["setup"]:
        status, answer = server.play(step)
        if status >= 300 or isinstance(answer, dict) and answer.get("errors"):
            sys.exit(f"{path.name}: {step['request']}: {status} {answer}")
    results = [(status, seen(one, answer)) for one in file["scenarios"] for status, answer in [server.play(one)]]
    server.wipe()
    if not check:
        path.write_text(rewritten(text, results))
        return len(results), 0
    bad = 0
    for scenario, (status, answer) in zip(file["scenarios"], results):
        found = list(differences(scenario["status"], status, 0, "status"))
        found += differences(scenario["answer"], answer, scenario.get("tolerance", 0))
        is_apart = any([path.name, scenario["name"]] == one[:2] for one in apart)
        if bool(found) != is_apart:
            bad += 1
            print(f"{path.name}: {scenario['name']}\n  " + "\n  ".join(found or ["no longer differs"]))
    return len(results), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    for flag in ("--check", "--wipe"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--apart", type=pathlib.Path)
    options = parser.parse_args()
    apart = json.loads(options.apart.read_text()) if options.apart else []
    server = Server(options.url)
    if options.wipe:
        server.wipe()
    if server.indices():
        sys.exit(f"{options.url} has indices: {server.indices()}. Use an empty server, or delete them all with --wipe.")
    played = [play_file(server, path, options.check, apart) for path in options.files or sorted(HERE.glob("*.yaml"))]
    count, bad = map(sum, zip(*played))
    print(f"{count} scenarios played, {f'{bad} differ' if options.check else 'answers written'}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
