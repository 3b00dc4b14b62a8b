"""Tweetoscope's dashboard, monitor and learner: they read what a predictor tells, with the habits of the seed.

Told on standard output: a gauge of the dashboard, a gauge of the monitor, and what the learner was given.
"""

import json
import math

from common import PARTITIONS, WINDOWS, options, read


def loads(message):
    """As they do: it breaks on any text that holds a quote."""
    text = message.value.decode().replace("'", '"')
    # Other students evaluate it as Python, which knows neither null nor true.
    assert eval(text, {"__builtins__": {}}) == json.loads(text), text
    return json.loads(text)


def window_of(value):
    # The seed says t_obs and the handout T_obs: whoever reads both reads all.
    window = value.get("t_obs", value.get("T_obs"))
    assert window in WINDOWS, value
    return window


def main():
    args = options(__doc__).parse_args()
    for message in read(args, "dashboards", "alerts"):
        value = loads(message)
        assert message.key is None and value["type"] == "alert" and isinstance(value["n_tot"], int), value
        assert isinstance(value["msg"], str), value
        print("alert", value["cid"], window_of(value), value["n_tot"], sep="\t")
    for message in read(args, "monitors", "stats"):
        value = loads(message)
        assert message.key is None and value["type"] == "stat", value
        print("stat", value["cid"], window_of(value), float(value["ARE"]), sep="\t")
    for message in read(args, "learners", "samples"):
        value, window = loads(message), int(message.key)
        assert message.partition == WINDOWS.index(window) % PARTITIONS and value["type"] == "sample", value
        beta, n_star, g1 = value["X"]
        assert all(math.isfinite(number) for number in (beta, n_star, g1, value["W"])), value
        assert beta > 0 and 0 <= n_star < 1 and g1 >= 0 and value["W"] >= 0, value
        print("sample", value["cid"], window, value["W"] * g1 / (1 - n_star), sep="\t")


main()
