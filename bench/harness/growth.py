"""goshawk alone as the load grows: more posts at the same rate, and more cities for the same posts."""
import compare
import load
import peers

POSTS = [100_000, 1_000_000, 5_000_000]
CITIES = [10, 1_000, 10_000]


def loads(scale):
    """the series; a scale below 1 is for trying the harness, not for figures"""
    posts = [load.Load(int(n * scale)) for n in POSTS]
    return posts + [load.Load(int(1_000_000 * scale), cities=n) for n in CITIES]


def growth(options):
    """(load, results) for each step of the series, run in rounds"""
    peers.install([], options.work)
    bench = compare.Bench(options, "growth")
    series = [(one, load.make(one, bench.work)) for one in loads(options.scale)]
    results = {one: [] for one, _ in series}
    for i in range(options.runs):
        for one, source in series:
            results[one].append(bench.run(peers.GOSHAWK, source, i + 1))
    return results
