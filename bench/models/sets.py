#!/usr/bin/env python3
"""Public sets of labelled posts, each as CSV files of one form: text,label and, where there are any, group.

    bench/models/sets.py --data DIR --out DIR [NAME ...]     # DIR defaults to $GOSHAWK_DATA; names as in SETS

A set has either train, val and test, as published, or `all`, to be split by folds. Several labels of one text stand with `|` between
them. What stands in test is taken out of val and train, and what stands in val out of train: texts are compared without case,
links, names and signs. What was taken out is told, and counted again in the files as they were written.
"""
import argparse
import csv
import html
import os
import random
import re
import sqlite3
import sys
import unicodedata
from collections import Counter

TWEETEVAL = ("sentiment", "offensive", "irony", "emotion", "hate")
ESCAPE = re.compile(r'\\u([0-9a-fA-F]{4})|\\([nrt"/\\])')
PLAIN = {"n": " ", "r": " ", "t": " "}


def text_of(path):
    """the file as text: UTF-8, or Latin-1 where it is not"""
    with open(path, "rb") as file:
        raw = file.read()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def lines_of(path):
    """its lines, whether they end with LF, CRLF or a bare CR; nothing else ends one, as `splitlines` would have it"""
    return [line for line in text_of(path).replace("\r\n", "\n").replace("\r", "\n").split("\n") if line]


def table_of(path, **form):
    return list(csv.reader(text_of(path).splitlines(keepends=True), **form))


def unescaped(text):
    """with the escapes that JSON left in it decoded, pairs of surrogates too"""
    text = ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else PLAIN.get(m[2], m[2]), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def normalised(text):
    """what two texts have in common that are the same post"""
    text = html.unescape(html.unescape(unescaped(text)))
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"https?:?\S*|www\.\S+|@\w+", " ", text)
    return " ".join(re.findall(r"\w+", text))


def tweeteval(data, task):
    folder = os.path.join(data, "tweeteval", task)
    names = dict(line.split("\t")[:2] for line in lines_of(os.path.join(folder, "mapping.txt")))
    found = {}
    for split in ("train", "val", "test"):
        path = os.path.join(folder, f"{split}_text.txt")
        if os.path.exists(path):
            texts = text_of(path).split("\n")
            labels = lines_of(os.path.join(folder, f"{split}_labels.txt"))
            assert len(texts[len(labels):]) <= 1, f"{path}: {len(texts)} texts, {len(labels)} labels"
            found[split] = [(unescaped(text), names[label.strip()]) for text, label in zip(texts, labels)]
    return found


def sentiment(data):
    found = tweeteval(data, "sentiment")
    rows = (line.split("\t", 3) for line in text_of(os.path.join(data, "semeval_sentiment/train_rebuilt.tsv")).split("\n") if line)
    found["train"] = [(unescaped(text), label) for _, _, label, text in rows]
    return found


def davidson(data):
    names = ("hate", "offensive", "neither")
    rows = table_of(os.path.join(data, "davidson/labeled_data.csv"))[1:]
    return {"all": [(row[6], names[int(row[5])]) for row in rows]}


def sentiment140(data):
    names = {"0": "negative", "2": "neutral", "4": "positive"}
    train = table_of(os.path.join(data, "sentiment140/merged_25k.csv"))
    test = table_of(os.path.join(data, "sentiment140/testdata_manual_498_with_header.csv"))
    return {split: [(row[5], names[row[0]]) for row in rows if row[0] in names] for split, rows in (("train", train), ("test", test))}


def indonesian(data, column):
    rows = table_of(os.path.join(data, "id_hate/re_dataset.csv"))
    at = rows[0].index(column)
    return {"all": [(row[0].replace("\\n", " "), column.lower() if row[at] == "1" else "none") for row in rows[1:]]}


def indonesian_713(data):
    rows = (line.split("\t", 1) for line in lines_of(os.path.join(data, "id_hate/IDHSD_RIO_unbalanced_713_2017.txt"))[1:])
    return {"all": [(unescaped(text), label.lower()) for label, text in rows]}


def smsa(data):
    def rows(name):
        lines = text_of(os.path.join(data, f"indonlu/smsa_doc-sentiment-prosa/{name}_preprocess.tsv")).split("\n")
        return [tuple(line.rsplit("\t", 1)) for line in lines if line]
    return {"train": rows("train"), "val": rows("valid"), "test": rows("test")}


def kurniawan(data):
    """as many of either kind, as in the paper's balanced arm"""
    folder = os.path.join(data, "kurniawan_traffic")
    traffic = lines_of(os.path.join(folder, "traffic_tweets_combined.txt"))
    others = random.Random(1).sample(lines_of(os.path.join(folder, "random_tweets.txt")), len(traffic))
    return {"all": [(text, "traffic") for text in traffic] + [(text, "other") for text in others]}


def dabiri(data, names):
    rows = table_of(os.path.join(data, "dabiri_traffic/train_3class_rebuilt.csv"))
    return {"all": [(row[2], names[int(row[0])]) for row in rows]}


def crisis(data):
    found = []
    folder = os.path.join(data, "crisislex/CrisisLexT6")
    for event in sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))):
        rows = table_of(os.path.join(folder, event, f"{event}-ontopic_offtopic.csv"))[1:]
        found += [(row[1], row[2].strip(), event) for row in rows if len(row) == 3]
    return {"all": found}


def topics(data):
    with sqlite3.connect(f"file:{data}/cardiff_pubsub/cardifnlp.db?mode=ro&immutable=1", uri=True) as base:
        labels = {}
        pairs = "select publication_id, label from publication_matches join labels using (label_id) order by label"
        for post, label in base.execute(pairs):
            labels.setdefault(post, []).append(label)
        posts = base.execute("select publication_id, publication from publications order by publication_id").fetchall()
    return {"all": [(text, "|".join(labels.get(post, []))) for post, text in posts]}


SETS = {
    **{name: lambda data, name=name: tweeteval(data, name) for name in TWEETEVAL},
    "sentiment": sentiment,
    "davidson": davidson,
    "sentiment140": sentiment140,
    "id_hate": lambda data: indonesian(data, "HS"),
    "id_abusive": lambda data: indonesian(data, "Abusive"),
    "id_hate_713": indonesian_713,
    "smsa": smsa,
    "traffic_id": kurniawan,
    "traffic_en3": lambda data: dabiri(data, ("none", "incident", "condition")),
    "traffic_en2": lambda data: dabiri(data, ("none", "traffic", "traffic")),
    "crisis": crisis,
    "topics": topics,
}


def apart(splits):
    """the splits without what also stands in one that is asked later, and how many that were"""
    seen, kept, taken = set(), {}, Counter()
    for split in ("all", "test", "val", "train"):
        rows = splits.get(split)
        if rows is None:
            continue
        keys = [normalised(row[0]) for row in rows]
        kept[split] = [row for row, key in zip(rows, keys) if not key or key not in seen]
        taken[split] = len(rows) - len(kept[split])
        seen.update(key for key in keys if key)
    return kept, taken


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("text", "label", "group")[:len(rows[0]) if rows else 2])
        out.writerows((" ".join(text.replace("\0", " ").split()), *rest) for text, *rest in rows)


def shared(folder, name):
    """how many texts of a set's files stand in another of its files: nothing but 0 will do"""
    texts = {}
    for split in ("train", "val", "test"):
        path = os.path.join(folder, f"{name}.{split}.csv")
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                texts[split] = {normalised(row["text"]) for row in csv.DictReader(file)} - {""}
    return sum(len(texts[one] & texts[other]) for one in texts for other in texts if one < other)


def make(name, data, out):
    kept, taken = apart(SETS[name](data))
    for split in ("train", "val", "test", "all"):
        path = os.path.join(out, f"{name}.{split}.csv")
        if split in kept:
            write(path, kept[split])
            told = f", {taken[split]} left out that stand in a later split" if taken[split] else ""
            if split == "all":
                texts = Counter(normalised(row[0]) for row in kept[split])
                told = f", {sum(texts.values()) - len(texts)} stand there more than once"
            print(f"{name}.{split}.csv: {len(kept[split])} texts {dict(sorted(Counter(row[1] for row in kept[split]).most_common(4)))}{told}")
        elif os.path.exists(path):
            os.remove(path)
    if found := shared(out, name):
        sys.exit(f"{name}: {found} texts stand in two splits")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("GOSHAWK_DATA"), help="the folder with the sets as they were published")
    parser.add_argument("--out", required=True, help="where the CSV files go")
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(SETS))
    o = parser.parse_args(arguments)
    if not o.data:
        parser.error("say --data DIR, or set GOSHAWK_DATA")
    if unknown := set(o.names) - set(SETS):
        parser.error(f"no set is named {', '.join(sorted(unknown))}; there are {', '.join(SETS)}")
    os.makedirs(o.out, exist_ok=True)
    for name in o.names or SETS:
        make(name, o.data, o.out)


if __name__ == "__main__":
    main(sys.argv[1:])
