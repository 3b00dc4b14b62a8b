"""Tweetoscope's predictor: it joins sizes and parameters by cascade and window, whichever comes first.

Its alerts and stats are written as one or another of the students' predictors writes them, in turn. Told on standard output: what
was joined, what waits for the other, and what its alerts and stats say.
"""

import itertools
import json

from common import PARTITIONS, WINDOWS, make_topics, options, producer, read


# How the window is told: as the handout has it, as the seed (charafbouchtioui) does, and as GaspardVCS does.
STYLES = {
    "handout": lambda value, window: json.dumps(value | {"T_obs": window}),
    "seed": lambda value, window: json.dumps(value | {"t_obs": window}),
    "text": lambda value, window: json.dumps(value | {"T_obs": str(window)}),
    "python": lambda value, window: str(value | {"T_obs": window, "model": None}),
}


def main():
    parser = options(__doc__)
    parser.add_argument("--styles", default="handout")
    args = parser.parse_args()
    make_topics(args, "alerts", "stats", "samples")
    out, sizes, parameters, joined = producer(args), {}, {}, set()
    styles, places = itertools.cycle(args.styles.split(",")), itertools.cycle(range(PARTITIONS))

    def tell(topic, window, value):
        message = STYLES[next(styles)](value, window).encode()
        # mehdiec's key is the window; most have none.
        key = str(window).encode() if "'" in message.decode() else None
        out.send(args.prefix + topic, message, key, partition=next(places))
        print(value["type"], value["cid"], window, value.get("n_tot", value.get("ARE")), sep="\t")

    for message in read(args, "predictors", "cascade_properties"):
        # As they do: it breaks on any text that holds a quote.
        value = json.loads(message.value.decode().replace("'", '"'))
        window = int(message.key)
        assert message.partition == WINDOWS.index(window) % PARTITIONS, "a join across partitions"
        place = (str(value["cid"]), window)
        mine = sizes if value["type"] == "size" else parameters
        assert place not in mine, f"{value['type']} of {place} twice"
        mine[place] = value
        if value["type"] == "parameters":
            n_tot = round(value["n_obs"] + value["n_supp"])
            tell("alerts", window, {"type": "alert", "cid": value["cid"], "msg": value["msg"], "n_tot": n_tot})
        if place in sizes and place in parameters:
            size, fitted = sizes[place], parameters[place]
            p, beta = fitted["params"]
            n_star = p * 35
            g1 = fitted["n_supp"] * (1 - n_star)
            w = (size["n_tot"] - fitted["n_obs"]) * (1 - n_star) / (g1 or 1e-6)
            sample = {"type": "sample", "cid": value["cid"], "X": [beta, n_star, g1], "W": w}
            where = WINDOWS.index(window) % PARTITIONS
            out.send(args.prefix + "samples", json.dumps(sample).encode(), str(window).encode(), partition=where)
            are = abs(fitted["n_obs"] + fitted["n_supp"] - size["n_tot"]) / size["n_tot"]
            tell("stats", window, {"type": "stat", "cid": size["cid"], "ARE": are})
            joined.add(place)
            print("joined", *place, fitted["n_obs"], fitted["n_supp"], size["n_tot"], size["t_end"], sep="\t")
    out.flush()
    for kind, others in (("size", sizes), ("parameters", parameters)):
        for place in others:
            if place not in joined:
                print("alone", *place, kind, sep="\t")


main()
