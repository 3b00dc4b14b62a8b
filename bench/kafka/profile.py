"""What a run is made of, by its own /metrics: how many commits, how long they and the steps took, what went over the wire."""
import http.client
import re
import time

import figures
from broker import free_ports
from contest import complaints

LINE = re.compile(r'^(goshawk_\w+)\{([^}]*)\} (\S+)$')


def scrape(port):
    """the text of /metrics; nothing, where it does not answer"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def parse(text):
    """name -> {labels: value}, without the buckets of histograms"""
    found = {}
    for line in text.splitlines():
        if (match := LINE.match(line)) and not match[1].endswith("_bucket"):
            found.setdefault(match[1].removeprefix("goshawk_"), {})[match[2].replace('"', "")] = float(match[3])
    return found


def watch(bench, name, prefix, roles, source=None):
    """a run with the server beside it, asked until it is gone; the last answer is up to 0.1 s short of the end"""
    port, last = free_ports(1)[0], ""
    command = bench.run(prefix, roles + ",serve", "--drain", source=source, cache="off")
    command[command.index("off")] = f"127.0.0.1:{port}"
    process = bench.start(command, f"{prefix}{name}")
    while not process.ended():
        last = scrape(port) or last
        time.sleep(0.1)
        if time.perf_counter() - process.begin > bench.limit:
            break
    return {**process.wait(bench.limit), "metrics": parse(last), "warnings": len(complaints(process.log))}


def measure(bench):
    source = bench.source()
    bench.fill("warm.", source)
    for number in range(1, bench.options.rounds + 1):
        for name, roles, url in (("source", "source", f"replay:{source}?speed=max"), ("stages", "locate,count", None)):
            found = watch(bench, name, f"p{number}.", roles, url)
            bench.note({"part": "profile", "what": name, "round": number, **found})


def report(bench, results):
    text = ["#### What a run is made of", "", "With the server beside it, so slower than above.", ""]
    for name, mine in figures.by(results, "what").items():
        last = mine[-1]
        text += [f"- {name}: {last['wall']:.2f} s, CPU by thread: {figures.threads(mine, 8)}"]
        for family in ("commit_seconds", "step_seconds"):
            sums, counts = last["metrics"].get(f"{family}_sum", {}), last["metrics"].get(f"{family}_count", {})
            text += [f"  - {family}: " + "; ".join(f"{label} {counts[label]:.0f} times, {seconds:.2f} s in all, "
                                                   f"{1000 * seconds / (counts[label] or 1):.1f} ms each"
                                                   for label, seconds in sums.items())]
        for family in ("kafka_requests_sent_total", "kafka_messages_sent_total", "kafka_broker_rtt_p99_seconds"):
            values = last["metrics"].get(family, {})
            text += [f"  - {family}: " + "; ".join(f"{label} {value:g}" for label, value in values.items())]
    return text
