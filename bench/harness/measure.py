"""One timed run of a command: wall, CPU of the whole process tree, peak memory, and what others did meanwhile."""
import os
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def machine_busy():
    """CPU seconds that all processes of the machine have used since it started"""
    with open("/proc/stat") as f:
        user, nice, system, _idle, _wait, irq, softirq = (int(x) for x in f.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICK


def status(pid):
    """VmHWM, VmRSS and RssAnon in bytes; zeros for a process that is just ending"""
    found = {}
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            name, _, value = line.partition(":")
            if name in ("VmHWM", "VmRSS", "RssAnon"):
                found[name] = int(value.split()[0]) * 1024
    return found.get("VmHWM", 0), found.get("VmRSS", 0), found.get("RssAnon", 0)


def session(sid):
    """pid -> (CPU seconds, peak, resident, anonymous bytes) of the processes of a session: a tree that forks stays in it"""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                line = f.read()
            fields = line[line.rindex(")") + 2:].split()
            if int(fields[3]) == sid:
                found[int(pid)] = ((int(fields[11]) + int(fields[12])) / TICK, *status(pid))
        except (OSError, ValueError):
            continue  # it ended while we looked
    return found


class Watch:
    """The largest figures seen over the samples of a tree"""

    def __init__(self):
        self.cpu, self.rss, self.anonymous = {}, 0, 0

    def sample(self, sid):
        tree = session(sid)
        for pid, (cpu, *_) in tree.items():
            self.cpu[pid] = cpu
        # the kernel's own high-water mark is exact for one process; sums over several can only be sampled
        peaks = [sum(p[2] for p in tree.values()), *(p[1] for p in tree.values())]
        self.rss = max(self.rss, *peaks)
        self.anonymous = max(self.anonymous, sum(p[3] for p in tree.values()))
        return bool(tree)


def settle(watch, sid):
    """a JVM may outlive its launcher for a moment"""
    for _ in range(100):
        if not watch.sample(sid):
            return
        time.sleep(0.1)


def stop(process):
    """kill a process that still runs, with all that it started"""
    if process.poll() is None:  # else its number may be another's by now
        os.killpg(process.pid, signal.SIGKILL)


def run(command, log, cwd, timeout):
    """run to the end; a dict of the figures, 'rc' -1 where it ran out of time"""
    os.sync()  # the pages that the run before left dirty must not be written on this one's time
    watch, before, start = Watch(), machine_busy(), time.perf_counter()
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=cwd,
                                   start_new_session=True)
    pid, late = 0, False
    try:
        while not pid:
            watch.sample(process.pid)
            passed = time.perf_counter() - start
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if passed > timeout and not late:
                late = True
                os.killpg(process.pid, signal.SIGKILL)  # not stop(): that would reap it, and its usage with it
            # short runs need finer looks: a process of 1 s must not lose its peak
            time.sleep(0.01 if passed < 3 else 0.05)
    finally:
        if not pid:
            stop(process)
            process.wait()
    wall, busy = time.perf_counter() - start, machine_busy() - before
    process.returncode = os.waitstatus_to_exitcode(code)
    settle(watch, process.pid)
    cpu = max(sum(watch.cpu.values()), usage.ru_utime + usage.ru_stime)
    return {"rc": -1 if late else process.returncode, "wall": round(wall, 3), "cpu": round(cpu, 2), "rss": watch.rss,
            "anonymous": watch.anonymous, "foreign": round(max(0.0, busy - cpu) / (wall * CORES), 3)}
