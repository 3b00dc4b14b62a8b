"""Tweetoscope's estimator: it takes series for Python literals, as the students' do, and fits crudely."""

import ast
import json
import math

from common import make_topics, options, partition_of_window, producer, read

E_M = 35  # alpha 2.4, mu 10


def fit(tweets, t_obs):
    """Of a few pairs, the likeliest: the best p is known for each beta, when the first tweet is given."""
    first = tweets[0][0]
    history = [(t - first, m) for t, m in tweets]
    best = None
    for beta in (1 / 60, 1 / 200, 1 / 600, 1 / 1800, 1 / 6000, 1 / 20000):
        a, logs, before = 0.0, 0.0, None
        for t, m in history:
            if before is not None:
                a = (a + before[1]) * math.exp(-beta * (t - before[0]))
                logs += math.log(beta * max(a, 1e-9))
            before = (t, m)
        mass = sum(m * (1 - math.exp(-beta * (t_obs - t))) for t, m in history)
        p = min((len(history) - 1) / max(mass, 1e-9), 0.9 / E_M)
        p = max(p, 1e-8)
        likelihood = (len(history) - 1) * math.log(p) + logs - p * mass
        g1 = p * sum(m * math.exp(-beta * (t_obs - t)) for t, m in history)
        best = max(best or (-math.inf,), (likelihood, p, beta, g1))
    return best[1:]


def main():
    args = options(__doc__).parse_args()
    make_topics(args, "cascade_properties")
    out = producer(args)
    for message in read(args, "estimators", "cascade_series"):
        serie = ast.literal_eval(message.value.decode())
        tweets, t_obs = serie["tweets"], serie["T_obs"]
        p, beta, g1 = fit(tweets, t_obs)
        n_star = p * E_M
        value = {
            "type": "parameters",
            "cid": serie["cid"],
            "msg": serie["msg"],
            "n_obs": len(tweets),
            "n_supp": g1 / (1 - n_star),
            "params": [p, beta],
        }
        place = partition_of_window(t_obs)
        out.send(args.prefix + "cascade_properties", json.dumps(value).encode(), str(t_obs).encode(), partition=place)
        print(serie["cid"], t_obs, len(tweets), sep="\t")
    out.flush()


main()
