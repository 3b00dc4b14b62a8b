"""Posts into Kafka, and posts to closed windows out of Kafka: goshawk, kcat, Kafka Streams, on the same topic."""
import json
import os

import figures
import procs
from contest import STREAMS, complaints, restored

GRACE = 1800  # seconds of event time that Kafka Streams waits: less, and it drops posts as late
PANES = 5  # windows that a post is in
PRODUCE = ["goshawk source", "kcat -P"]
CONSUME = ["kcat -C", "goshawk", "Kafka Streams"]


def dump(bench, topic, path):
    """a topic as lines of key TAB value, heartbeats left out"""
    with open(path, "w", encoding="utf-8") as out:
        count = 0
        for line in bench.read(topic, "%k\t%s"):
            if line.partition("\t")[2]:
                out.write(line + "\n")
                count += 1
    return count


def kcat_produce(bench, lines, topic):
    """the same keys and values, and headers as goshawk's; kcat has no marks"""
    bench.broker.make_topic(topic, 4)
    headers = [w for h in ("source=replay:posts", "schema=1", "time=2026-03-01T00:00:00.000Z") for w in ("-H", h)]
    command = bench.kcat("-P", "-t", topic, "-K", "\t", *headers, "-X", "acks=all", "-X", "compression.codec=lz4", "-X",
                         "topic.partitioner=murmur2_random", "-l", lines)
    return bench.timed(command, topic)


def produce(bench, prefix, source):
    """goshawk's source, and how long it was at work: to the beginning of its last commit"""
    found = bench.fill(prefix, source)
    last = max(int(line) for line in bench.read(f"{prefix}posts", "%T")) / 1000
    found.update(seconds=round(last - restored(found["log"])[0]["at"], 3), warnings=len(complaints(found["log"])))
    return found


def count(bench, prefix, *roles, **env):
    """both stages, exactly once, in one process, until all windows are closed"""
    command = bench.run(prefix, ",".join(["locate", "count", *roles]), "--drain")
    found = bench.timed(command, f"{prefix}count", env)
    found["warnings"] = len(complaints(found["log"]))
    begun = min(r["at"] for r in restored(found["log"]))
    found["rows"], last = rows(bench, f"{prefix}counts")
    found["seconds"] = round(last - begun, 3)
    return found


def rows(bench, topic):
    """(city, start) -> numbers of closed windows, and when the last was written; trouble if one was written twice"""
    found, last = {}, 0.0
    for line in bench.read(topic, "%T %s"):
        written, _, value = line.partition(" ")
        row = json.loads(value)
        if (row["city"], row["start"]) in found:
            raise procs.Trouble(f"{topic}: the window of {row['city']} at {row['start']} was written twice")
        found[row["city"], row["start"]] = row["posts"], row["reposts"], row["people"]
        last = max(last, int(written) / 1000)
    return found, last


def streams(bench, prefix):
    """Kafka Streams on the same posts"""
    out, folder = f"{prefix}ks-counts", bench.folder(f"{prefix}state")
    command = ["java", "-cp", f"{STREAMS}/*:{STREAMS}/lib/*", "Job", "--bootstrap", bench.broker.bootstrap, "--input",
               f"{prefix}posts", "--output", out, "--application", f"{prefix}ks", "--partitions", "4", "--threads", "1",
               "--grace-s", str(GRACE), "--commit-ms", "100", "--state-dir", folder]
    found = bench.timed(command, f"{prefix}streams")
    with open(found["log"]) as f:
        said = json.loads(f.readlines()[-1])
    if said["late"] or said["records"] != bench.options.posts:
        raise procs.Trouble(f"Kafka Streams' run does not count: {said}")
    found["seconds"] = said["seconds"]
    found["rows"], _ = rows(bench, out)
    return found


def check(mine, theirs, posts):
    """goshawk has closed all windows, Kafka Streams those that its grace has passed: what both have must be the same"""
    total = sum(numbers[0] for numbers in mine.values())
    if total != PANES * posts:
        raise procs.Trouble(f"goshawk's windows hold {total} posts, not {PANES} times {posts}")
    if theirs is None:
        return f"{len(mine):,}, their sum is right"
    wrong = [(key, numbers, mine.get(key)) for key, numbers in theirs.items() if mine.get(key) != numbers]
    if wrong:
        raise procs.Trouble(f"{len(wrong)} of {len(theirs)} rows differ; first, Kafka Streams' and goshawk's: {wrong[0]}")
    if not theirs:
        raise procs.Trouble("Kafka Streams has closed no window: more posts are needed")
    return f"{len(theirs):,} of {len(mine):,} closed, all equal"


def one_round(bench, source, lines, number):
    prefix = f"t{number}."
    topic = f"{prefix}posts"

    def note(what, found):
        found.update(part="throughput", what=what, round=number, posts=bench.options.posts)
        bench.note({key: value for key, value in found.items() if key != "rows"})
        return found

    note("goshawk source", produce(bench, prefix, source))
    note("kcat -P", kcat_produce(bench, lines, f"{prefix}kcat"))
    with open(os.devnull, "wb") as null:
        note("kcat -C", bench.timed(bench.consume(topic), f"{prefix}kcat-c", out=null))
    mine = note("goshawk", count(bench, prefix))
    theirs = note("Kafka Streams", streams(bench, prefix)) if os.path.isdir(STREAMS) else None
    bench.note({"part": "throughput", "what": "rows", "round": number,
                "said": check(mine["rows"], theirs and theirs["rows"], bench.options.posts)})


def measure(bench):
    source = bench.source()
    lines = os.path.join(bench.logs, "posts.tsv")
    bench.fill("warm.", source)  # the broker's code is compiled by the time that anything counts
    found = dump(bench, "warm.posts", lines)
    if found != bench.options.posts:
        raise procs.Trouble(f"topic posts holds {found} posts of {bench.options.posts}")
    count(bench, "warm.")
    for number in range(1, bench.options.rounds + 1):
        one_round(bench, source, lines, number)
    os.remove(lines)


def section(bench, names, base, results):
    """a table of contestants; ratios are of runs in the same round"""
    head = ["", "wall s:", "posts/s:", "work s:", "CPU s (user + system):", "broker's CPU s:", "RSS MiB:", "others' CPU:",
            f"wall / {base}'s:", "work:", "CPU:"]
    runs = figures.by(results, "what")
    lines = []
    for name in (n for n in names if n in runs):
        mine, other = runs[name], runs.get(base, [])
        wall = figures.column(mine, "wall")
        lines.append([name, figures.spread(wall), f"{bench.options.posts / figures.median(wall):,.0f}",
                      figures.spread(figures.column(mine, "seconds")), figures.used(mine),
                      figures.spread(figures.column(mine, "broker")), f"{max(r['rss'] for r in mine) / figures.MIB:,.0f}",
                      f"{max(r['foreign'] for r in mine):.0%}", figures.ratio(mine, other, "wall"),
                      figures.ratio(mine, other, "seconds"), figures.ratio(mine, other, "cpu")])
    return figures.table(head, lines)


def report(bench, results):
    said = " / ".join(dict.fromkeys(r["said"] for r in results if r["what"] == "rows"))
    runs = [r for r in results if r["what"] != "rows"]
    text = ["#### Posts into topic `posts`, 4 partitions", "", *section(bench, PRODUCE, "kcat -P", runs), "",
            "#### From topic `posts` to closed windows in `counts`, exactly once", "", *section(bench, CONSUME, "goshawk", runs),
            "", f"Rows: {said}. Warnings in goshawk's logs: {sum(r.get('warnings', 0) for r in runs)}.", "",
            "Work: goshawk, from the first state restored to the last window written, and for its source to the beginning of the last "
            "commit; Kafka Streams, from the first record polled to the last commit. Starting, and seeing that the end is reached, "
            "are not in it.", "",
            "Where the CPU time went, last round, by thread:", ""]
    for name, mine in figures.by(runs, "what").items():
        broker = ", ".join(f"{k} {v:.2f}" for k, v in mine[-1]["broker_threads"].items())
        text.append(f"- {name}: {figures.threads(mine)}; broker: {broker}")
    return text
