"""The posts that a run reads: made once, kept in the work folder, the same bytes for the same name."""
import json
import os
import subprocess
import sys
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(os.path.dirname(HERE), "gen_tweets.py")
HOURS_A_MILLION = 6
PARTS = 20  # micro-batches for an engine that reads folders


class Load(NamedTuple):
    count: int
    cities: int = 200
    users: int = 100_000
    seed: int = 1

    @property
    def hours(self):
        """the rate stays the same however many posts there are, so that more posts mean more windows"""
        return self.count * HOURS_A_MILLION / 1_000_000

    @property
    def name(self):
        return f"posts-{self.count}-cities-{self.cities}-users-{self.users}-seed-{self.seed}"


# what the generator must yield on every machine; the figures in the docs are about these bytes
DIGESTS = {Load(1_000_000): "6b47d68829f6b73622be19bf21e696d75757998c93cf584e8fa7aa21fcb9f980"}


def make(load, work):
    """the path of the load's file, generated where it is not there yet"""
    folder = os.path.join(work, "data")
    path = os.path.join(folder, load.name + ".jsonl")
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    print(f"generating {load.name}", file=sys.stderr)
    command = [sys.executable, GENERATOR, "--out", path + ".part", "--hours", repr(load.hours)]
    for option in ("count", "cities", "users", "seed"):
        command += ["--" + option, str(getattr(load, option))]
    if load in DIGESTS:
        command += ["--sha256", DIGESTS[load]]
    made = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    with open(path + ".json", "w") as f:
        json.dump({k: made[k] for k in ("count", "bytes", "sha256")}, f)
    os.rename(path + ".part", path)  # only a whole file gets the name
    return path


def facts(path):
    """count, bytes and sha256 as they were when the file was made"""
    with open(path + ".json") as f:
        return json.load(f)


def parts(path):
    """the same posts as a folder of PARTS files of whole lines, in order, oldest first as Spark's file source takes them"""
    folder = path.removesuffix(".jsonl") + ".parts"
    if os.path.isdir(folder):
        return folder
    os.makedirs(folder + ".part")
    size = os.path.getsize(path)
    with open(path, "rb") as source:
        for i in range(PARTS):
            name = os.path.join(folder + ".part", f"part-{i:05d}.jsonl")
            copy_lines(source, size * (i + 1) // PARTS, name)
            os.utime(name, (1_700_000_000 + i, 1_700_000_000 + i))
    os.rename(folder + ".part", folder)
    return folder


def copy_lines(source, end, name):
    with open(name, "wb") as out:
        while source.tell() < end:
            out.write(source.read(min(end - source.tell(), 1 << 24)))
            if source.tell() >= end:
                out.write(source.readline())


def warm(path):
    """read it all, so that every peer finds it in the page cache"""
    names = [os.path.join(path, n) for n in os.listdir(path)] if os.path.isdir(path) else [path]
    for name in names:
        with open(name, "rb", buffering=0) as f:
            while f.read(1 << 24):
                pass
