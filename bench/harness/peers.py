"""The peers of job W. A new one is one line here, a script in ../peers, and where it needs it a group in ../setup.sh."""
import os
import re
import subprocess
import sys
from typing import NamedTuple

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCH)


class Peer(NamedTuple):
    name: str
    group: str  # what setup.sh installs for it; '' for goshawk, which the Makefile builds
    command: str
    quick: bool = True  # in the default set
    parts: bool = False  # reads a folder of parts, not the file
    rows: bool = True  # answers job W


GOSHAWK = Peer("goshawk", "", "{goshawk} run --log disk:{out} --source replay:{in}?speed=max --drain --listen off "
                              "--roles source,locate,count,collect,estimate,predict,learn,monitor,watch")
REFERENCE = Peer("DuckDB (batch)", "python", "{python} {peers}/w_duckdb.py --input {in} --out {out} --threads {threads}")
PEERS = [
    Peer("parse only (sonic-rs, typed, all cores)", "parse", "{parse} --input {in} --out {out} --threads {threads}", rows=False),
    REFERENCE,
    Peer("Polars (batch)", "python", "{python} {peers}/w_polars.py --input {in} --out {out} --threads {threads}"),
    Peer("Python by hand (streaming)", "python", "{python} {peers}/w_python.py --input {in} --out {out}"),
    Peer("Bytewax (streaming)", "python", "{python} {peers}/w_bytewax.py --input {in} --out {out}"),
    Peer("Flink DataStream, Java (streaming)", "flink-java",
         "java -Xmx4g -cp {flink}/classes:{flink}/lib/* JobW --input {in} --out {out} --threads {threads}", quick=False),
    Peer("Flink SQL (streaming)", "flink-sql",
         "{pyflink} {peers}/w_flink_sql.py --input {in} --out {out} --threads {threads}", quick=False),
    Peer("Spark, approximate distinct (streaming)", "spark",
         "{spark} {peers}/w_spark.py --input {in} --out {out} --threads {threads} --distinct approx", quick=False, parts=True),
    Peer("Spark, exact distinct (streaming)", "spark",
         "{spark} {peers}/w_spark.py --input {in} --out {out} --threads {threads} --distinct set", quick=False, parts=True),
]


def choose(only, everything):
    """those whose name matches a pattern, else the quick ones or all"""
    if only:
        named = [p for p in PEERS if re.search(only, p.name, re.IGNORECASE)]
        return named or sys.exit(f"no peer matches '{only}'; there are: " + "; ".join(p.name for p in PEERS))
    return [p for p in PEERS if everything or p.quick]


def install(peers, work):
    groups = sorted({p.group for p in peers if p.group} | {REFERENCE.group})
    subprocess.run([os.path.join(BENCH, "setup.sh"), work, *groups], check=True)


def shown(path):
    """as a reader who stands in the repository would write it"""
    path = os.path.abspath(path)
    return os.path.relpath(path, ROOT) if path.startswith(ROOT + os.sep) else path


def command(peer, work, goshawk, source, out):
    """the words of the command, to be run in ROOT"""
    names = {
        "goshawk": shown(goshawk), "in": shown(source), "out": shown(out), "threads": os.cpu_count(),
        "peers": shown(os.path.join(BENCH, "peers")), "flink": shown(os.path.join(work, "flink")),
        "parse": shown(os.path.join(work, "parse", "release", "parse"))}
    for name, folder in (("python", "venv-python"), ("pyflink", "venv-flink"), ("spark", "venv-spark")):
        names[name] = shown(os.path.join(work, folder, "bin", "python"))
    return [word.format(**names) for word in peer.command.split()]
