"""The tables of a run, as Markdown."""


def percentile(times, share):
    """in milliseconds"""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def number(value, form=",.0f"):
    return "" if value is None else format(value, form)


def ratio(first, other):
    return f"{other / first:.1f}" if first and other else ""


def loads(result):
    names = result["names"]
    rows = [("seconds of loading, by _bulk", "seconds", ",.1f"), ("CPU seconds of it", "cpu", ",.1f")]
    text = table(["", *names, *(f"{other} : {names[0]}" for other in names[1:])])
    for title, key, form in rows:
        text.append(row(title, [result["load"].get(name, {}).get(key) for name in names], form))
    rates = [number(result["load"].get(name, {}).get("rate")) for name in names]
    text.append("| " + " | ".join(["posts a second", *rates, *[""] * (len(names) - 1)]) + " |")
    for when in ("after loading", "after queries"):
        for key in ("rss", "pss", "anonymous", "peak"):
            values = [(result["memory"][when].get(name) or {}).get(key) for name in names]
            text.append(row(f"MiB of memory {when}, {key}", values))
    text.append(row("MiB on disk", [result["disk"].get(name) for name in names]))
    return text


def queries(result):
    names = result["names"]
    heads = [f"{name} {share}, ms" for name in names for share in ("p50", "p99")]
    text = table(["query", "times", *heads, *(f"{other} : {names[0]}, p50" for other in names[1:]), "answers"])
    for query in result["queries"]:
        times = [query["times"][name] for name in names]
        cells = [f"{percentile(one, share):,.2f}" for one in times for share in (0.5, 0.99)]
        ratios = [ratio(percentile(times[0], 0.5), percentile(other, 0.5)) for other in times[1:]]
        said = f"{query['differ']} of {query['compared']} differ" if query["differ"] else "agree"
        said = said if query["compared"] else "not compared"
        text.append("| " + " | ".join([query["name"], str(len(times[0])), *cells, *ratios, said]) + " |")
    return text


def table(heads):
    return ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]


def row(title, values, form=",.0f"):
    cells = [number(value, form) for value in values] + [ratio(values[0], other) for other in values[1:]]
    return "| " + " | ".join([title, *cells]) + " |"


def markdown(result):
    versions = "; ".join(f"{name}: {version['distribution']} {version['number']}" for name, version in result["versions"].items())
    head = [f"{result['posts']:,} posts. {versions}. Others used {result['others']:.0%} of the machine.", ""]
    return "\n".join([*head, *loads(result), "", *queries(result)]) + "\n"
