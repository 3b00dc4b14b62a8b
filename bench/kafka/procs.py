"""Child processes: each under a time limit, with what it used told by the kernel, and gone when this program is."""
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "harness"))
import measure

SAMPLE = 0.1  # seconds between two looks at the threads of a process
PR_SET_PDEATHSIG = 1


class Trouble(Exception):
    """A run that hung, crashed or gave a wrong answer: told, never worked around"""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def thread_cpu(pid):
    """thread name -> CPU seconds so far; numbers that only tell threads apart are left out"""
    found = {}
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat") as f:
                line = f.read()
            name = line[line.index("(") + 1:line.rindex(")")]
            fields = line[line.rindex(")") + 2:].split()
            name = re.sub(r"[\s#-]*\d+$", "", name)
            found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / measure.TICK
    except (OSError, ValueError):
        pass  # it, or one of its threads, ended while we looked
    return found


def cpu(pid):
    """user and system seconds of a process that runs"""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / measure.TICK


class Process:
    """A child, from exec to its end"""

    def __init__(self, command, folder, name, env=None, out=None, stdin=None):
        self.command, self.name, self.log = command, name, os.path.join(folder, name + ".log")
        self.threads, self.sampled, self.usage, self.code = {}, 0.0, None, None
        self.begin, self.started = time.perf_counter(), time.time()
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                command, stdin=stdin or subprocess.DEVNULL, stdout=out or log, stderr=log, cwd=folder,
                env={**os.environ, **(env or {})}, preexec_fn=die_with_parent, start_new_session=True)
        self.pid = self.child.pid

    def ended(self):
        """whether it has ended; looks at its threads now and then"""
        if self.code is not None:
            return True
        now = time.perf_counter()
        if now - self.sampled > SAMPLE:
            self.sampled = now
            for name, seconds in thread_cpu(self.pid).items():
                self.threads[name] = max(seconds, self.threads.get(name, 0))
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return False
        self.wall, self.usage = time.perf_counter() - self.begin, usage
        self.code = self.child.returncode = os.waitstatus_to_exitcode(status)
        return True

    def wait(self, limit):
        """waits for its end; trouble if that does not come, or is not a good one"""
        while not self.ended():
            if time.perf_counter() - self.begin > limit:
                self.explain_hang()
                self.kill()
                raise Trouble(f"{self.name} was not done after {limit:.0f} s; its log: {self.log}\n{self.said()}")
            time.sleep(0.005)
        if self.code:
            raise Trouble(f"{self.name} ended with status {self.code}; its log: {self.log}\n{self.said()}")
        return self.figures()

    def figures(self):
        busiest = sorted(self.threads.items(), key=lambda item: -item[1])
        return {"wall": round(self.wall, 3), "user": round(self.usage.ru_utime, 2), "sys": round(self.usage.ru_stime, 2),
                "cpu": round(self.usage.ru_utime + self.usage.ru_stime, 2), "rss": self.usage.ru_maxrss * 1024,
                "threads": {name: round(seconds, 2) for name, seconds in busiest if seconds >= 0.02}}

    def explain_hang(self):
        """what each thread is waiting in, for whoever reads the log"""
        if self.ended():
            return
        with open(self.log, "a") as log:
            print("\n-- not done in time; thread, state, kernel function, CPU seconds --", file=log)
            for task in sorted(os.listdir(f"/proc/{self.pid}/task"), key=int):
                try:
                    with open(f"/proc/{self.pid}/task/{task}/stat") as f, open(f"/proc/{self.pid}/task/{task}/wchan") as w:
                        fields = f.read().rpartition(")")
                        rest = fields[2].split()
                        used = (int(rest[11]) + int(rest[12])) / measure.TICK
                        print(fields[0].partition("(")[2], rest[0], w.read(), used, file=log)
                except OSError:
                    continue

    def said(self):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-12:])

    def send(self, number):
        if not self.ended():
            os.kill(self.pid, number)

    def kill(self, limit=20):
        """kill -9, and waits until it is gone"""
        self.stop(signal.SIGKILL, limit)

    def stop(self, number=signal.SIGTERM, limit=40):
        self.send(number)
        until = time.perf_counter() + limit
        while not self.ended():
            if time.perf_counter() > until:
                if number == signal.SIGKILL:
                    raise Trouble(f"{self.name} does not die")
                self.explain_hang()
                self.kill()
                raise Trouble(f"{self.name} did not stop within {limit} s of a signal; its log: {self.log}\n{self.said()}")
            time.sleep(0.005)


def moment(text):
    """seconds since 1970 of an RFC 3339 time"""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
