"""The peers, how they are installed and started, and the rounds in which they are measured."""
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass

import cascades
import score

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
                                     "RAYON_NUM_THREADS")}


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    most: int  # cascades that it fits, of all: a slow one takes fewer
    same: bool = True  # whether its objective is the one that is scored


PEERS = [
    Peer("goshawk", "**Goshawk** MAP", 1000),
    Peer("profile", "profile over ln beta, all in numba, MAP", 1000),
    Peer("lbfgs", "numba likelihood, scipy L-BFGS-B, MAP", 1000),
    Peer("intensify", "intensify 0.3.3 (Rust core), MLE, background", 1000, same=False),
    Peer("course", "the course's: numpy loop, scipy Powell, MAP", 200),
]
GOSHAWK = PEERS[0]
# events -> cascades; the first is the table with all peers
SIZES = {200: 1000, 50: 1000, 1000: 200, 10_000: 30}
IN_ALL_SIZES = ["goshawk", "profile"]


class Trouble(Exception):
    """A peer that ended badly or in no time at all: told, never worked around"""


class Contest:
    """One call of bench.py"""

    def __init__(self, options):
        self.options, self.work = options, os.path.join(os.path.abspath(options.work), "hawkes")
        os.makedirs(self.work, exist_ok=True)
        self.python = os.path.join(os.path.abspath(options.work), "venv-hawkes", "bin", "python")
        self.binary, self.results = os.path.join(self.work, "target", "release", "hawkes"), []

    def install(self):
        command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", os.path.join(HERE, "goshawk", "Cargo.toml")]
        call(command, env={"CARGO_TARGET_DIR": os.path.join(self.work, "target")})
        if all(peer is GOSHAWK for peer in self.peers(200)):
            return
        wanted, stamp = os.path.join(HERE, "requirements.txt"), os.path.join(self.work, "installed.txt")
        if not same(wanted, stamp) or not os.path.exists(self.python):
            venv.create(os.path.dirname(os.path.dirname(self.python)), clear=True, with_pip=True)
            call([self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted])
            with open(wanted) as f, open(stamp, "w") as to:
                to.write(f.read())

    def peers(self, size):
        """those that are asked for, and fit cascades of this size"""
        only = self.options.only
        return [p for p in PEERS if (p is GOSHAWK or not only or p.name in only) and (size == 200 or p.name in IN_ALL_SIZES)]

    def command(self, peer):
        worker = [self.python, os.path.join(HERE, "peers", "worker.py"), peer.name]
        return [self.binary] if peer is GOSHAWK else worker

    def fits_of(self, peer, size):
        return os.path.join(self.work, f"{peer.name}-{size}.jsonl")

    def run(self, peer, size, path, round_):
        """one peer once; the first round also says what it finds"""
        most = min(peer.most, SIZES[size])
        words = [*self.command(peer), "--seconds", str(self.options.seconds), "--most", str(most)]
        words += ["--out", self.fits_of(peer, size)] if round_ == 1 else []
        with open(path) as f:
            said = json.loads(call(words, stdin=f, env=ONE_THREAD, limit=self.options.timeout))
        if not said["cpu"] > 0.02:
            raise Trouble(f"{peer.name} took {said['cpu']} s of CPU time: nothing was measured")
        rate = said["fits"] / said["cpu"]
        self.results.append({"peer": peer.name, "size": size, "round": round_, "rate": rate, **said})
        self.note(f"{size} events  round {round_}  {peer.name}  {rate:,.0f} fits/s")

    def note(self, text):
        print(text, file=sys.stderr)

    def measure(self):
        for size in self.options.sizes:
            path = os.path.join(self.work, f"cascades-{size}.jsonl")
            cascades.write(path, SIZES[size], size, self.options.seed)
            for round_ in range(1, self.options.rounds + 1):
                for peer in self.peers(size):
                    self.run(peer, size, path, round_)

    def quality(self, size):
        """peer -> how good its fits are"""
        seen = cascades.read(os.path.join(self.work, f"cascades-{size}.jsonl"))
        fits = {peer: cascades.read(self.fits_of(peer, size)) for peer in self.peers(size)}
        worth = {peer: score.worth(seen, found) for peer, found in fits.items() if peer.same}
        tops = score.best(list(worth.values()))
        return {peer: {**score.errors(seen, found), **(score.short(worth[peer], tops) if peer.same else {})}
                for peer, found in fits.items()}


def same(one, other):
    try:
        with open(one) as f, open(other) as g:
            return f.read() == g.read()
    except OSError:
        return False


def call(command, stdin=subprocess.DEVNULL, env=None, limit=900):
    """what it says on standard output; trouble, if it does not end well"""
    try:
        done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, text=True, timeout=limit, env={**os.environ, **(env or {})})
    except subprocess.TimeoutExpired as late:
        raise Trouble(f"{command[0]} was not done after {limit} s") from late
    if done.returncode:
        raise Trouble(f"{' '.join(command)} ended with status {done.returncode}")
    return done.stdout
