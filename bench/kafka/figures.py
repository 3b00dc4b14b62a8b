"""The arithmetic of the results, and how they are shown."""
import math
import os
import statistics
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
import measure
import report

MIB = 2**20


def percentile(values, share):
    """the smallest value that at least this share of them does not exceed"""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(head, rows):
    """lines of markdown; a column whose head ends in ':' is set to the right"""
    line = "| " + " | ".join(name.rstrip(":") for name in head) + " |"
    rule = "|" + "|".join("---:" if name.endswith(":") else "---" for name in head) + "|"
    return [line, rule, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]


def spread(values, form=".2f"):
    """median (least-greatest); the median alone, where there is one value"""
    values = [v for v in values if v is not None]
    if not values:
        return ""
    return report.spread(values, form) if len(values) > 1 else f"{values[0]:{form}}"


def ratio(results, base, key):
    """of runs in the same round, as text"""
    of_round = {r["round"]: r for r in base if r.get(key)}
    return spread(report.ratios([r for r in results if r.get(key)], of_round, key))


def column(results, key):
    return [r[key] for r in results if r.get(key) is not None]


def median(values):
    return statistics.median(values) if values else math.nan


def by(results, key):
    """the results by one of their fields, in the order in which its values came"""
    return {value: [r for r in results if r[key] == value] for value in dict.fromkeys(r[key] for r in results)}


def used(runs):
    """CPU seconds: user, system"""
    return f"{median(column(runs, 'user')):.2f} + {median(column(runs, 'sys')):.2f}"


def threads(runs, most=6):
    """where the CPU time of the last run went: `locate 1.20, count 0.80`"""
    found = list(runs[-1].get("threads", {}).items())[:most]
    return ", ".join(f"{name} {seconds:.2f}" for name, seconds in found)


def machine(goshawk, jars):
    """one line about the machine and the versions"""
    kafka = next((n for n in os.listdir(jars) if n.startswith("kafka_")), "").removesuffix(".jar")
    return f"{report.machine(goshawk).removesuffix('.')}, {kafka}, {report.first_line('kcat', '-V')}."
