"""python3 -m unittest discover -s bench/models -p tests.py: what a wrong figure could hide behind; no set is needed."""
import csv
import os
import tempfile
import tomllib
import unittest
from unittest import mock

import sets


def written(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return path


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Reading(unittest.TestCase):
    def test_lines_end_with_what_ends_them_only(self):
        with tempfile.TemporaryDirectory() as folder:
            path = written(folder, "x", "one\rtwo\r\nthree\u2028still\x85three\n\n".encode())
            self.assertEqual(sets.lines_of(path), ["one", "two", "three\u2028still\x85three"])

    def test_what_is_not_utf8_is_latin1(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(sets.text_of(written(folder, "x", b"caf\xe9")), "café")
            self.assertEqual(sets.text_of(written(folder, "y", "\ufeffcafé".encode())), "café")

    def test_escapes_are_decoded(self):
        self.assertEqual(sets.unescaped(r"can\u2019t \"x\" \ud83d\ude02 a\/b\nc"), "can’t \"x\" 😂 a/b c")
        self.assertEqual(sets.unescaped(r"\ud83d alone, c:\users"), "� alone, c:\\users")

    def test_rows_of_a_set_as_published(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "tweeteval/irony/mapping.txt", b"0\tplain\n1\tironic\n")
            for split, texts in (("train", "a\nb\u2028b\n"), ("val", "c\n"), ("test", "d\n")):
                written(folder, f"tweeteval/irony/{split}_text.txt", texts.encode())
                written(folder, f"tweeteval/irony/{split}_labels.txt", b"1\n0\n" if split == "train" else b"0\n")
            found = sets.tweeteval(folder, "irony")
            self.assertEqual(found["train"], [("a", "ironic"), ("b\u2028b", "plain")])


class Apart(unittest.TestCase):
    SPLITS = {
        "train": [("One  post http://a.b", "x"), ("two", "x"), ("@ann http://c", "x"), ("three", "y")],
        "val": [("TWO!", "y"), ("four &amp; more", "y")],
        "test": [("@you one post", "x"), ("Four & more", "x"), ("@bob", "x")],
    }

    def test_what_is_asked_later_is_not_learned_from(self):
        kept, taken = sets.apart(self.SPLITS)
        self.assertEqual([text for text, _ in kept["train"]], ["@ann http://c", "three"])
        self.assertEqual([text for text, _ in kept["val"]], ["TWO!"])
        self.assertEqual((len(kept["test"]), taken["train"], taken["val"], taken["test"]), (3, 2, 1, 0))

    def test_files_hold_nothing_twice_or_are_refused(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(sets.SETS, mine=lambda data: self.SPLITS), mock.patch("builtins.print"):
            sets.main(["--data", folder, "--out", folder, "mine"])
            self.assertEqual(rows(folder, "mine.train.csv"), [{"text": "@ann http://c", "label": "x"}, {"text": "three", "label": "y"}])
            self.assertEqual(sets.shared(folder, "mine"), 0)
            with mock.patch.object(sets, "apart", lambda splits: (splits, dict.fromkeys(splits, 0))), self.assertRaises(SystemExit) as refused:
                sets.main(["--data", folder, "--out", folder, "mine"])
            self.assertIn("3 texts", str(refused.exception))

    def test_groups_and_lines_within_texts(self):
        with tempfile.TemporaryDirectory() as folder:
            sets.write(os.path.join(folder, "x.all.csv"), [('say "a",\nb', "x", "flood")])
            self.assertEqual(rows(folder, "x.all.csv"), [{"text": 'say "a", b', "label": "x", "group": "flood"}])


class Recipes(unittest.TestCase):
    def test_each_is_of_a_set_and_says_how_it_is_measured(self):
        with open(os.path.join(os.path.dirname(sets.__file__), "recipes.toml"), "rb") as file:
            recipes = tomllib.load(file)
        self.assertEqual(set(recipes) - set(sets.SETS), set())
        for name, recipe in recipes.items():
            self.assertLessEqual({"metric", "measured_by", "classes", "training", "beside", "reached"}, set(recipe), name)


if __name__ == "__main__":
    unittest.main()
