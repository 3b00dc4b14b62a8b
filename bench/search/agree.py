"""Whether two servers give the same answer: totals, buckets, averages; the order of hits where a sort gives one."""

NEAR = 1e-3          # of averages and scores
PERCENTILES = 0.02   # both servers may estimate them


def differences(one, other):
    """where two answers differ, each in a few words"""
    found = list(totals(one["hits"], other["hits"]))
    first, second = (answer.get("aggregations", {}) for answer in (one, other))
    return found + list(parts("aggregations", first, second, NEAR))


def totals(one, other):
    if one["total"] != other["total"]:
        yield f"totals {one['total']} and {other['total']}"
    first, second = ([hit.get("sort") or hit["_score"] for hit in hits["hits"]] for hits in (one, other))
    yield from parts("hits", first, second, NEAR)


def parts(path, one, other, near):
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            yield f"{path}: keys {sorted(one.keys() ^ other.keys())}"
        for key in one.keys() & other.keys():
            yield from parts(f"{path}.{key}", one[key], other[key], PERCENTILES if key == "values" else near)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path}: {len(one)} and {len(other)} of them"
        for at, pair in enumerate(zip(one, other)):
            yield from parts(f"{path}.{at}", *pair, near)
    elif float in (type(one), type(other)) and {type(one), type(other)} <= {int, float}:
        if abs(one - other) > near * max(abs(one), abs(other), NEAR):
            yield f"{path}: {one} and {other}"
    elif one != other:
        yield f"{path}: {one} and {other}"
