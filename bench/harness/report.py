"""The figures as markdown, with what is needed to take them again."""
import os
import platform
import shlex
import statistics
import subprocess

import load
import peers

MIB, GIB = 2**20, 2**30


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        return (done.stdout or done.stderr).strip().partition("\n")[0]
    except (OSError, subprocess.TimeoutExpired):
        return ""


def field(path, name):
    with open(path) as f:
        return next((line.partition(":")[2].strip() for line in f if line.startswith(name)), "")


def machine(goshawk):
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    facts = [f"{os.cpu_count()} cores of {field('/proc/cpuinfo', 'model name')}", f"{memory:.0f} GiB",
             f"Linux {platform.release()}", f"CPython {platform.python_version()}", first_line("java", "-version"),
             first_line("rustc", "--version"), first_line(goshawk, "--version"),
             "commit " + first_line("git", "-C", peers.ROOT, "describe", "--always", "--dirty")]
    return "Machine: " + ", ".join(f for f in facts if f and not f.endswith(" ")) + "."


def about(source):
    f = load.facts(source)
    return f"Posts: `{os.path.basename(source)}`, {f['count']:,} posts, {f['bytes']:,} bytes, SHA-256 `{f['sha256']}`."


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def said(results):
    """the verdicts of all runs: one, or each that occurred"""
    return " / ".join(dict.fromkeys(r.get("rows", "") for r in results))


def ratios(results, base, key):
    """a peer's figure over goshawk's of the same round"""
    return [r[key] / base[r["round"]][key] for r in results if r["round"] in base and base[r["round"]][key]]


def compared(source, results):
    count = load.facts(source)["count"]
    lines = ["| peer | wall s: median (min-max) | posts/s | CPU s | peak RSS MiB (anonymous) | others' CPU | rows |"
             " wall / goshawk's | CPU / goshawk's |", "|---|---:|---:|---:|---:|---:|---|---:|---:|"]
    base = {r["round"]: r for r in results if r["peer"] == peers.GOSHAWK.name and not r["rc"]}
    for name in dict.fromkeys(r["peer"] for r in results):
        mine = [r for r in results if r["peer"] == name]
        good = [r for r in mine if not r["rc"]]
        if not good:
            lines.append(f"| {name} | failed | | | | | | | |")
            continue
        wall, cpu = ratios(good, base, "wall"), ratios(good, base, "cpu")
        lines.append(
            f"| {name} | {spread([r['wall'] for r in good], '.2f')} | {count / statistics.median(r['wall'] for r in good):,.0f} |"
            f" {statistics.median(r['cpu'] for r in good):.2f} | {max(r['rss'] for r in good) / MIB:,.0f}"
            f" ({max(r['anonymous'] for r in good) / MIB:,.0f}) | {max(r['foreign'] for r in good):.0%} | {said(mine)} |"
            f" {spread(wall, '.2f') if wall else ''} | {spread(cpu, '.2f') if cpu else ''} |")
    return lines


def commands(results):
    exact = dict.fromkeys(shlex.join(r["command"]) for r in results)
    return ["Commands, run in the repository's root:", "", *(f"    {c}" for c in exact)]


def compare(options, source, results):
    text = [
        "### Job W: posts, reposts and distinct people per city, 5 minute windows every minute", "", machine(options.goshawk),
        about(source), f"Rounds: {options.runs}, each peer once a round; page cache warm; ratios are of runs in the same round, "
        "their median (min-max). RSS is the peak of the process tree. Rows are checked against DuckDB's. 'Others' CPU': the "
        "largest share of the machine that other processes took during a run.", "", *compared(source, results), ""]
    stored = [r["disk"] for r in results if r.get("disk")]
    if stored:
        posts = load.facts(source)["count"]
        text += [f"goshawk kept {max(stored) / MIB:,.0f} MiB on disk, {max(stored) / posts:,.0f} bytes a post.", ""]
    return "\n".join(text + commands(results)) + "\n"


def growth(options, results):
    text = ["### goshawk as the load grows", "", machine(options.goshawk),
            f"Rounds: {options.runs}; wall: median (min-max); memory and disk: the largest.", "",
            "| posts | cities | wall s | posts/s | CPU us a post | peak RSS MiB (anonymous) | disk MiB (bytes a post) | rows |",
            "|---:|---:|---:|---:|---:|---:|---:|---|"]
    for one, runs in results.items():
        good = [r for r in runs if not r["rc"]]
        if not good:
            text.append(f"| {one.count:,} | {one.cities:,} | failed | | | | | |")
            continue
        wall, disk = [r["wall"] for r in good], max(r["disk"] for r in good)
        text.append(
            f"| {one.count:,} | {one.cities:,} | {spread(wall, '.2f')} | {one.count / statistics.median(wall):,.0f} |"
            f" {statistics.median(r['cpu'] for r in good) / one.count * 1e6:.2f} | {max(r['rss'] for r in good) / MIB:,.0f}"
            f" ({max(r['anonymous'] for r in good) / MIB:,.0f}) | {disk / MIB:,.0f} ({disk / one.count:,.0f}) | {said(runs)} |")
    return "\n".join(text + [""] + commands([r for runs in results.values() for r in runs])) + "\n"


def start_up(options, source, size, results):
    text = ["### From exec to the first 200 of /health", "", machine(options.goshawk),
            f"Whole folder: {size / GIB:.2f} GiB, as a drained replay leaves it. {about(source)} Rounds: {options.runs}, page cache warm.",
            "", "| folder | ms: median (min-max) | RSS then MiB |", "|---|---:|---:|"]
    for before in dict.fromkeys(r["before"] for r in results):
        mine = [r for r in results if r["before"] == before]
        text.append(f"| {before} | {spread([r['wall'] * 1000 for r in mine], '.1f')} | {max(r['rss'] for r in mine) / MIB:,.0f} |")
    return "\n".join(text + [""] + commands(results[:3])) + "\n"
