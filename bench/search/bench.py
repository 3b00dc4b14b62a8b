#!/usr/bin/env python3
"""Measure servers that speak the Elasticsearch API beside each other: loading, twelve queries, memory, disk.

  bench.py goshawk=http://127.0.0.1:9200,PID,FOLDER opensearch=http://127.0.0.1:9201,PID,FOLDER
  bench.py --posts 100000 ...     so many posts (1,000,000)
  bench.py --loaded ...           they are there from a run before
  bench.py --merge ...            one segment on every server, if all can

PID and FOLDER may be left out (NAME=URL,,FOLDER): then memory or disk is. Ratios are to the first server; over 1 it takes less.
Results: search.md and search.json in the work folder, and the tables on standard output. Exit status 1 if answers differ.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import agree
import posts
import process
import queries
import report
import server

ROOT = pathlib.Path(__file__).resolve().parents[2]


def named(text):
    name, _, rest = text.partition("=")
    url, pid, folder = (rest.split(",") + ["", ""])[:3]
    if not url.startswith("http://"):
        raise argparse.ArgumentTypeError(f"{text}: write NAME=http://HOST:PORT[,PID[,FOLDER]]")
    return name, url, int(pid) if pid else None, folder or None


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", type=named, metavar="NAME=URL[,PID[,FOLDER]]")
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--index", default="bench-posts")
    parser.add_argument("--loaded", action="store_true")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--settle", type=float, default=10, help="seconds of quiet after loading (10)")
    parser.add_argument("--warm", type=int, default=30, help="times that each query is asked before it is measured (30)")
    parser.add_argument("--times", type=int, default=200, help="times that each query is measured, at most (200)")
    parser.add_argument("--seconds", type=float, default=20, help="seconds that each query is measured, at most, all servers (20)")
    parser.add_argument("--compare", type=int, default=20, help="how many answers of each query are compared (20)")
    parser.add_argument("--only", default="", help="queries whose name holds this")
    parser.add_argument("--seed", type=int, default=1, help="of words and times in queries")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "bench" / ".work", help="where posts and results go")
    return parser.parse_args()


def posts_file(work, count):
    """the file with so many posts, made if it is not there"""
    path = work / f"posts-{count}.ndjson"
    if not path.exists():
        print(f"making {path}", file=sys.stderr)
        part = path.with_suffix(".part")
        with open(part, "w") as file:
            file.writelines(posts.posts(count))
        os.replace(part, path)
    return path


def load(servers, o):
    """each server alone, one after the other"""
    path, results = posts_file(o.work, o.posts), {}
    for one in servers:
        results[one.name] = one.load(path, o.posts)
        print(f"{one.name}: {results[one.name]['rate']:,.0f} posts a second", file=sys.stderr)
    if o.merge:
        merged = [one.ask("POST", f"/{o.index}/_forcemerge?max_num_segments=1")[0] == 200 for one in servers]
        print(f"merged: {merged}", file=sys.stderr)
        if not all(merged):
            sys.exit("--merge is fair only where every server can: start again without")
    time.sleep(o.settle)
    return results


def measure(servers, name, make, o):
    """times of one query on all servers, in turns, so that what the machine does meanwhile falls on all"""
    bodies = [json.dumps(body).encode() for body in queries.bodies(name, make, o.warm + o.times, o.seed)]
    times, differ, compared = {one.name: [] for one in servers}, [], 0
    for body in bodies[:o.warm]:
        for one in servers:
            one.search(body)
    begin = time.perf_counter()
    for turn, body in enumerate(bodies[o.warm:]):
        if turn >= 5 and time.perf_counter() - begin > o.seconds:
            break
        answers = {}
        for one in servers[turn % len(servers):] + servers[:turn % len(servers)]:
            answers[one.name], taken = one.search(body)
            times[one.name].append(taken)
        if turn < o.compare and len(servers) > 1:
            compared += 1
            differ += compare(servers, body, answers)
    return {"name": name, "times": times, "compared": compared, "differ": len(differ), "differences": differ}


def compare(servers, body, answers):
    first, *others = [json.loads(answers[one.name]) for one in servers]
    found = [difference for other in others for difference in agree.differences(first, other)]
    return [{"body": body.decode(), "found": found[:5]}] if found else []


def run(o):
    servers = [server.Server(name, url, o.index, pid, folder) for name, url, pid, folder in o.servers]
    result = {"names": [one.name for one in servers], "posts": o.posts, "versions": {one.name: one.version() for one in servers},
              "memory": {}, "queries": []}
    quiet = process.Quiet(one.pid for one in servers if one.pid)
    result["load"] = {} if o.loaded else load(servers, o)
    result["memory"]["after loading"] = {one.name: one.memory() for one in servers}
    for name, make in queries.ALL_QUERIES:
        if o.only in name:
            result["queries"].append(measure(servers, name, make, o))
            print(report.queries(result)[-1], file=sys.stderr)
    result["memory"]["after queries"] = {one.name: one.memory() for one in servers}
    result["others"] = quiet.share()
    result["disk"] = {one.name: one.disk() for one in servers}
    return result


def main():
    o = options()
    o.work.mkdir(parents=True, exist_ok=True)
    result = run(o)
    (o.work / "search.json").write_text(json.dumps(result))
    text = report.markdown(result)
    (o.work / "search.md").write_text(text)
    print(text)
    for query in result["queries"]:
        for difference in query["differences"][:3]:
            print(f"{query['name']}: {difference['body']}\n  " + "\n  ".join(difference["found"]), file=sys.stderr)
    sys.exit(1 if any(query["differ"] for query in result["queries"]) else 0)


if __name__ == "__main__":
    main()
