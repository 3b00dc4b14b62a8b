"""The same posts over 1, 2 and 4 partitions, with a process of one worker for each partition."""
import os
import time

import figures
import measure as machine
import procs
import throughput
from contest import complaints, restored

COUNTS = [1, 2, 4]


def env(count):
    return {"GOSHAWK__TOPICS__PARTITIONS": str(count), "GOSHAWK__ENGINE__WORKERS": "1"}


def drain(bench, prefix, count):
    """so many processes at once, until the last of them is done"""
    os.sync()
    before, busy, threads, begin = bench.broker.cpu(), machine.machine_busy(), bench.broker.threads(), time.perf_counter()
    command = bench.run(prefix, "locate,count", "--drain")
    processes = [bench.start(command, f"{prefix}{number}", env(count)) for number in range(1, count + 1)]
    while not all([one.ended() for one in processes]):  # a list: each must be looked at, for its end and its threads
        if time.perf_counter() - begin > bench.limit:
            break
        time.sleep(0.01)
    found = [one.wait(bench.limit) for one in processes]
    wall = max(one["wall"] for one in found)
    total = {key: round(sum(one[key] for one in found), 2) for key in ("user", "sys", "cpu", "rss")}
    rows, last = throughput.rows(bench, f"{prefix}counts")
    first = min(event["at"] for one in processes for event in restored(one.log))
    return {"wall": wall, "seconds": round(last - first, 3), **total, "threads": found[0]["threads"],
            **bench.around(wall, total["cpu"], before, busy, threads), "rows": rows,
            "warnings": sum(len(complaints(one.log)) for one in processes), "ends": [one["wall"] for one in found]}


def measure(bench):
    source, answer = bench.source(), None
    bench.fill("warm.", source)
    for number in range(1, bench.options.rounds + 1):
        for count in COUNTS:
            prefix = f"s{number}-{count}."
            bench.fill(prefix, source, env(count))
            found = drain(bench, prefix, count)
            rows = found.pop("rows")
            throughput.check(rows, None, bench.options.posts)
            answer = answer or rows
            if rows != answer:
                raise procs.Trouble(f"{count} partitions give other rows than {COUNTS[0]}")
            bench.note({"part": "scaling", "what": count, "round": number, "posts": bench.options.posts, **found})


def report(bench, results):
    base = [r for r in results if r["what"] == COUNTS[0]]
    head = ["partitions, processes:", "wall s:", "posts/s:", "work s:", "CPU s (user + system):", "broker's CPU s:",
            "others' CPU:", "wall / 1's:", "work / 1's:", "CPU / 1's:"]
    rows = []
    for count, mine in figures.by(results, "what").items():
        wall = figures.column(mine, "wall")
        rows.append([count, figures.spread(wall), f"{bench.options.posts / figures.median(wall):,.0f}",
                     figures.spread(figures.column(mine, "seconds")), figures.used(mine),
                     figures.spread(figures.column(mine, "broker")), f"{max(r['foreign'] for r in mine):.0%}",
                     *(figures.ratio(mine, base, key) for key in ("wall", "seconds", "cpu"))])
    return ["#### Partitions and processes", "", *figures.table(head, rows), "",
            f"Processes of `locate,count`, one worker each; {sum(r['warnings'] for r in results)} warnings in their logs. The "
            f"machine has {machine.CORES} cores, of which the broker uses a part: more processes than that show what sharing "
            "costs, not what more machines give."]
