"""Job W, streaming, exact: Bytewax, SlidingWindower + EventClock + fold_window, one worker in one process.

More workers are slower for this job: Python objects are pickled between processes."""
import common
a = common.args(delay=(int, 60))
from datetime import datetime, timedelta, timezone
import bytewax.operators as op
import bytewax.operators.windowing as win
import orjson
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

ALIGN = datetime(2026, 1, 1, tzinfo=timezone.utc)
ALIGN_S = int(ALIGN.timestamp())


class CsvPart(StatelessSinkPartition):
    def __init__(self, path):
        self.file = open(path, "w")

    def write_batch(self, items):
        self.file.writelines(items)

    def close(self):
        self.file.close()


class CsvSink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return CsvPart(a.out)


def parse(line):
    post = orjson.loads(line)
    data = post["data"]
    ref = data.get("referenced_tweets")
    retweet = 1 if ref and ref[0]["type"] == "retweeted" else 0
    return post["matching_rules"][0]["tag"], (datetime.fromisoformat(data["created_at"]), retweet, data["author_id"])


def fold(acc, post):
    acc[0] += 1
    acc[1] += post[1]
    acc[2].add(post[2])
    return acc


def merge(x, y):
    return [x[0] + y[0], x[1] + y[1], x[2] | y[2]]


def row(item):
    city, (window, (n, r, users)) = item
    return f"{city},{ALIGN_S + window * 60},{n},{r},{len(users)}\n"


flow = Dataflow("job_w")
lines = op.input("in", flow, FileSource(a.input, batch_size=1000))
keyed = op.map("parse", lines, parse)
clock = win.EventClock(ts_getter=lambda x: x[0], wait_for_system_duration=timedelta(seconds=a.delay))
windower = win.SlidingWindower(length=timedelta(minutes=5), offset=timedelta(minutes=1), align_to=ALIGN)
counted = win.fold_window("agg", keyed, clock, windower, lambda: [0, 0, set()], fold, merge)
op.output("out", op.map("row", counted.down, row), CsvSink())
run_main(flow)
