#!/usr/bin/env python3
"""The models of texts, learned and measured by `goshawk model`, from the sets that sets.py makes.

    bench/models/bench.py measure --sets DIR [NAME ...]    # a table of all recipes, as docs/models.md has it
    bench/models/bench.py ship --sets DIR [NAME ...]       # learns anew what is in models/

goshawk is $GOSHAWK, or target/release/goshawk. A test is never learned from: train and val are. Sets without one are measured by folds.
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOSHAWK = os.environ.get("GOSHAWK", os.path.join(ROOT, "target/release/goshawk"))
RECIPES = "bench/models/recipes.toml"
# how sets without a test are split
FOLDS = {"id_hate_713": 10, "traffic_id": 10}

FLOAT = "--type float"
SHIPPED = {
    "sentiment-en": ("sentiment", f"sentiment {FLOAT} --classes negative=-1,neutral=0,positive=1 --languages en",
                     "How a post feels, from -1 to 1.", ["SemEval 2013-2016, TweetEval val"]),
    "sentiment-id": ("smsa", f"sentiment {FLOAT} --classes negative=-1,neutral=0,positive=1 --languages id",
                     "How an Indonesian post feels, from -1 to 1.", ["IndoNLU SmSA (MIT), train and val"]),
    "offence-en": ("offensive", f"offence {FLOAT} --classes not-offensive=0,offensive=1 --languages en",
                   "How likely a post offends, from 0 to 1.", ["TweetEval offensive, train and val"]),
    "offence-id": ("id_hate_713", f"offence {FLOAT} --classes non_hs=0,hs=1 --languages id",
                   "How likely an Indonesian post is hateful, from 0 to 1.",
                   ["713 tweets of Alfina et al. 2017 (free with citation)"]),
    "traffic-en": ("traffic_en2", f"traffic {FLOAT} --classes none=0,traffic=1 --languages en",
                   "How likely a post is about road traffic, from 0 to 1.", ["Dabiri and Heaslip (MIT)"]),
    "traffic-id": ("traffic_id", f"traffic {FLOAT} --classes other=0,traffic=1 --languages id",
                   "How likely an Indonesian post is about road traffic, from 0 to 1.", ["Kurniawan et al. (Apache-2.0)"]),
    "topic": ("topics", "topic --type text --languages en", "What a post is about: the likeliest of 19 topics.",
              ["TweetTopic multi, train_2020"]),
}


def goshawk(*arguments):
    done = subprocess.run([GOSHAWK, "model", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"goshawk model {' '.join(arguments)} failed")
    return done.stdout


def files(sets, name):
    """what is learned from, what is told, and how else it is measured"""
    path = lambda split: os.path.join(sets, f"{name}.{split}.csv")
    if os.path.exists(path("test")):
        return [path("train"), path("val")], path("test"), []
    group = ["--group", "group"] if name == "crisis" else ["--folds", str(FOLDS.get(name, 5))]
    return [path("all")], None, group


def learned(sets, name, folder, *more):
    data, test, split = files(sets, name)
    told = [argument for path in data for argument in ("--data", path)]
    return goshawk("train", *told, *split, *(["--test", test] if test else []), "--out", folder,
                   "--recipe", f"{RECIPES}:{name}", *more)


def measures(said, folds):
    """the means of the folds, or the measures on the test"""
    pattern = r"^(\w+) +([0-9.]+)  \(mean of the folds\)$" if folds else r"^(\w+) +([0-9.]+)$"
    return {name: float(value) for name, value in re.findall(pattern, said, re.M) if name != "texts"}


def last_f1(said, recipe):
    """the F1 of the class that counts"""
    found = re.search(rf"^{re.escape(recipe['classes'][-1])} +\d+ +[\d.]+ +[\d.]+ +([\d.]+)$", said, re.M)
    return float(found[1])


def measure(sets, names):
    with open(os.path.join(ROOT, RECIPES), "rb") as file:
        recipes = tomllib.load(file)
    print("| set | measure | Goshawk | MB | beside |\n|---|---|---|---|---|")
    below = []
    for name in names or recipes:
        recipe = recipes[name]
        with tempfile.TemporaryDirectory() as place:
            folder = os.path.join(place, "model")
            said = learned(sets, name, folder)
            size = os.path.getsize(os.path.join(folder, "weights.bin")) / 1e6
        folds = files(sets, name)[1] is None
        metric = recipe["metric"]
        value = last_f1(said, recipe) if metric == "last_f1" else measures(said, folds)[metric]
        beside = "; ".join(f"{who} {figure:.3f}" for who, figure in recipe["beside"].items())
        print(f"| {name} | {metric.replace('_', ' ')}{' (folds)' if folds else ''} | **{value:.4f}** | {size:.1f} | {beside} |", flush=True)
        if value < recipe["reached"][metric] - 0.002:
            below.append(f"{name}: {value:.4f}, once {recipe['reached'][metric]}")
    if below:
        sys.exit("worse than it was: " + "; ".join(below))


def ship(sets, names):
    for name in names or SHIPPED:
        recipe, arguments, about, sources = SHIPPED[name]
        folder = os.path.join("models", name)
        made_by = f"make models: bench/models/bench.py ship --sets DIR {name}"
        told = [argument for source in sources for argument in ("--learned-from", source)]
        learned(sets, recipe, folder, "--name", name, "--output", *shlex.split(arguments), "--about", about, *told,
                "--licence", "GPL-3.0-or-later, the weights", "--made-by", made_by)
        print(name, os.path.getsize(os.path.join(ROOT, folder, "weights.bin")), "bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("measure", "ship"))
    parser.add_argument("--sets", required=True, type=os.path.abspath)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    {"measure": measure, "ship": ship}[arguments.what](arguments.sets, arguments.names)


if __name__ == "__main__":
    main()
