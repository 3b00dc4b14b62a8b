"""Tweetoscope's predictor: it joins sizes and parameters by cascade and window, whichever comes first.

Told on standard output: what was joined, and what waits for the other.
"""

import json

from common import PARTITIONS, WINDOWS, make_topics, options, producer, read


def main():
    args = options(__doc__).parse_args()
    make_topics(args, "alerts", "samples")
    out, sizes, parameters, joined = producer(args), {}, {}, set()
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
            alert = {"type": "alert", "cid": value["cid"], "msg": value["msg"], "T_obs": window, "n_tot": n_tot}
            out.send(args.prefix + "alerts", json.dumps(alert).encode())
        if place in sizes and place in parameters:
            size, fitted = sizes[place], parameters[place]
            p, beta = fitted["params"]
            n_star = p * 35
            g1 = fitted["n_supp"] * (1 - n_star)
            w = (size["n_tot"] - fitted["n_obs"]) * (1 - n_star) / (g1 or 1e-6)
            sample = {"type": "sample", "cid": value["cid"], "X": [beta, n_star, g1], "W": w}
            where = WINDOWS.index(window) % PARTITIONS
            out.send(args.prefix + "samples", json.dumps(sample).encode(), str(window).encode(), partition=where)
            joined.add(place)
            print("joined", *place, fitted["n_obs"], fitted["n_supp"], size["n_tot"], size["t_end"], sep="\t")
    out.flush()
    for kind, others in (("size", sizes), ("parameters", parameters)):
        for place in others:
            if place not in joined:
                print("alone", *place, kind, sep="\t")


main()
