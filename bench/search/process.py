"""What a server takes: memory and time of its process, from /proc; the size of its folder. And what others take meanwhile."""
import os
import pathlib
import time

MIB = 2**20


def memory(pid):
    """MiB: resident, its share of what is shared, anonymous, and the most that was ever resident"""
    found = {}
    for file in ("status", "smaps_rollup"):
        for line in pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines()[1 if file == "smaps_rollup" else 0:]:
            name, _, value = line.partition(":")
            if value.endswith("kB"):
                found[name] = int(value.split()[0]) / 1024
    return {"rss": found["VmRSS"], "pss": found["Pss"], "anonymous": found["Anonymous"], "peak": found["VmHWM"]}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds():
    """of all cores together, whoever used them"""
    user, nice, system, _, _, interrupt, soft = map(int, pathlib.Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + interrupt + soft) / os.sysconf("SC_CLK_TCK")


class Quiet:
    """how much of the machine was used by others than this process and the servers, from now on"""

    def __init__(self, pids):
        self.pids, self.begin = set(pids), time.perf_counter()
        self.foreign = self.used()

    def used(self):
        return busy_seconds() - time.process_time() - sum(map(cpu_seconds, self.pids))

    def share(self):
        return (self.used() - self.foreign) / (time.perf_counter() - self.begin) / os.cpu_count()


def size_on_disk(folder):
    """MiB of the blocks of all its files, each counted once"""
    sizes = {}
    for path, _, files in os.walk(folder):
        for file in files:
            try:
                found = os.lstat(os.path.join(path, file))
            except FileNotFoundError:  # merged away meanwhile
                continue
            sizes[found.st_ino] = found.st_blocks * 512
    return sum(sizes.values()) / MIB
