#!/usr/bin/env python3
"""A transformer that classifies texts, as a folder of model.onnx, tokenizer.json and config.json; and what Python says of texts.

    pip install onnx onnxruntime numpy tokenizers
    bench/models/transformer.py make DIR [--weights FOLDER] [--multi]     # the graph of BERT, its numbers drawn by lot
    bench/models/transformer.py run DIR TEXTS [--batch N] [--repeat N]

With --weights the encoder is that of FOLDER (model.safetensors, tokenizer.json: a MiniLM or another BERT), and only the last layer
is drawn by lot. `run` prints the probabilities of each line of TEXTS, a line of JSON each, and to the error stream how many texts
a second one core made, of `--repeat` runs the quickest.
"""
import argparse
import json
import os
import shutil
import sys
import time

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

LABELS = ("negative", "neutral", "positive")
EMBEDDINGS = {"input_ids": "word", "token_type_ids": "token_type"}
MAX_TOKENS = 128


class Graph:
    """nodes and weights of a graph that grows; each method returns the name of what it adds"""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def add(self, kind, *inputs, **attributes):
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name, array):
        self.constants[name] = numpy_helper.from_array(numpy.asarray(array, order="C"), name)
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def number(self, value, kind=numpy.float32):
        array = numpy.array(value, dtype=kind)
        return self.constant(f"constant_{kind.__name__}_{'_'.join(map(str, array.ravel()))}_{array.ndim}", array)

    def linear(self, x, name):
        product = self.add("MatMul", x, self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T))
        return self.add("Add", product, self.weight(f"{name}.bias"))

    def normalised(self, x, name):
        centred = self.add("Sub", x, self.add("ReduceMean", x, axes=[-1]))
        variance = self.add("ReduceMean", self.add("Mul", centred, centred), axes=[-1])
        deviation = self.add("Sqrt", self.add("Add", variance, self.number(1e-12)))
        scaled = self.add("Mul", self.add("Div", centred, deviation), self.weight(f"{name}.weight"))
        return self.add("Add", scaled, self.weight(f"{name}.bias"))

    def gelu(self, x):
        wave = self.add("Erf", self.add("Mul", x, self.number(0.5 ** 0.5)))
        return self.add("Mul", self.add("Mul", x, self.add("Add", wave, self.number(1.0))), self.number(0.5))

    def heads(self, x, name, heads, size, order):
        split = self.add("Reshape", self.linear(x, name), self.number([0, 0, heads, size], numpy.int64))
        return self.add("Transpose", split, perm=order)

    def attention(self, x, mask, layer, heads):
        size = self.weights[f"{layer}.attention.self.query.weight"].shape[0] // heads
        query = self.heads(x, f"{layer}.attention.self.query", heads, size, [0, 2, 1, 3])
        key = self.heads(x, f"{layer}.attention.self.key", heads, size, [0, 2, 3, 1])
        value = self.heads(x, f"{layer}.attention.self.value", heads, size, [0, 2, 1, 3])
        scores = self.add("Div", self.add("MatMul", query, key), self.number(size ** 0.5))
        seen = self.add("MatMul", self.add("Softmax", self.add("Add", scores, mask), axis=-1), value)
        joined = self.add("Reshape", self.add("Transpose", seen, perm=[0, 2, 1, 3]), self.number([0, 0, heads * size], numpy.int64))
        out = self.linear(joined, f"{layer}.attention.output.dense")
        return self.normalised(self.add("Add", x, out), f"{layer}.attention.output.LayerNorm")

    def layer(self, x, mask, layer, heads):
        x = self.attention(x, mask, layer, heads)
        wide = self.gelu(self.linear(x, f"{layer}.intermediate.dense"))
        out = self.linear(wide, f"{layer}.output.dense")
        return self.normalised(self.add("Add", x, out), f"{layer}.output.LayerNorm")

    def embedded(self):
        """words, kinds and places; the places are counted from the sizes that the graph is given, as exports do"""
        parts = [self.add("Gather", self.weight(f"embeddings.{name}_embeddings.weight"), given) for given, name in EMBEDDINGS.items()]
        width = self.add("Gather", self.add("Shape", "input_ids"), self.number([1], numpy.int64))
        zero, one = self.number([0], numpy.int64), self.number([1], numpy.int64)
        places = self.add("Slice", self.weight("embeddings.position_embeddings.weight"), zero, width, zero, one)
        return self.normalised(self.add("Add", self.add("Add", *parts), places), "embeddings.LayerNorm")

    def classified(self, layers, heads):
        mask = self.add("Cast", self.add("Unsqueeze", "attention_mask", self.number([1, 2], numpy.int64)), to=TensorProto.FLOAT)
        mask = self.add("Mul", self.add("Sub", self.number(1.0), mask), self.number(-10000.0))
        x = self.embedded()
        for at in range(layers):
            x = self.layer(x, mask, f"encoder.layer.{at}", heads)
        first = self.add("Gather", x, self.number(0, numpy.int64), axis=1)
        pooled = self.add("Tanh", self.linear(first, "pooler.dense"))
        return self.add("Identity", self.linear(pooled, "classifier"))

    def model(self, logits):
        given = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
                 for name in ("input_ids", "attention_mask", "token_type_ids")]
        self.nodes[-1].output[0] = "logits"
        answer = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])
        graph = helper.make_graph(self.nodes, "bert", given, [answer], list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def wordpieces():
    """specials, signs, letters, and syllables that begin or go on a word: 1,035 pieces"""
    signs = list("!?.,:;#@'-_/") + list("0123456789")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    syllables = [a + b + c for a in "bcdfghjklmnprstvwz" for b in "aeiou" for c in ("", "n", "r", "s", "t")]
    begin = signs + letters + syllables
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + begin + ["##" + piece for piece in begin]


def tokenizer():
    vocabulary = {piece: at for at, piece in enumerate(wordpieces())}
    special = [{"id": vocabulary[name], "content": name, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for name in list(vocabulary)[:5]]
    ends = {name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")}
    one = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
           {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    two = one + [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "decoder": None,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                       "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing", "single": one, "pair": two, "special_tokens": ends},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": vocabulary},
    }


def drawn(chance, hidden=64, layers=2, words=None):
    """the weights of a small encoder"""
    def matrix(*shape):
        return chance.normal(0, 0.2, shape).astype(numpy.float32)
    weights = {f"embeddings.{name}_embeddings.weight": matrix(rows, hidden)
               for name, rows in (("word", words), ("token_type", 2), ("position", 512))}
    def dense(name, given, made):
        weights[f"{name}.weight"], weights[f"{name}.bias"] = matrix(made, given), matrix(made)
    def norm(name):
        weights[f"{name}.weight"], weights[f"{name}.bias"] = 1 + matrix(hidden), matrix(hidden)
    norm("embeddings.LayerNorm")
    dense("pooler.dense", hidden, hidden)
    for layer in (f"encoder.layer.{at}" for at in range(layers)):
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            dense(f"{layer}.attention.{name}", hidden, hidden)
        dense(f"{layer}.intermediate.dense", hidden, 4 * hidden)
        dense(f"{layer}.output.dense", 4 * hidden, hidden)
        norm(f"{layer}.attention.output.LayerNorm")
        norm(f"{layer}.output.LayerNorm")
    return weights


def safetensors(path):
    """name -> array; a safetensors file is a length, a table in JSON, and the numbers"""
    with open(path, "rb") as file:
        raw = file.read()
    begin = 8 + int.from_bytes(raw[:8], "little")
    kinds = {"F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64}
    table = {name: entry for name, entry in json.loads(raw[8:begin]).items() if name != "__metadata__"}
    arrays = {name: numpy.frombuffer(raw[begin + entry["data_offsets"][0]:begin + entry["data_offsets"][1]], kinds[entry["dtype"]])
              .reshape(entry["shape"]) for name, entry in table.items()}
    return {name.removeprefix("bert."): array.astype(numpy.float32) for name, array in arrays.items()}


def make(folder, source, multi):
    os.makedirs(folder, exist_ok=True)
    chance = numpy.random.default_rng(7)
    if source:
        weights = safetensors(os.path.join(source, "model.safetensors"))
        shutil.copyfile(os.path.join(source, "tokenizer.json"), os.path.join(folder, "tokenizer.json"))
    else:
        weights = drawn(chance, words=len(wordpieces()))
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
            json.dump(tokenizer(), file)
    hidden = weights["pooler.dense.bias"].shape[0]
    weights["classifier.weight"] = chance.normal(0, 1.0, (len(LABELS), hidden)).astype(numpy.float32)
    weights["classifier.bias"] = chance.normal(0, 1.0, len(LABELS)).astype(numpy.float32)
    layers = len({name.split(".")[2] for name in weights if name.startswith("encoder.layer.")})
    graph = Graph(weights)
    onnx.save(graph.model(graph.classified(layers, heads=max(4, hidden // 32))), os.path.join(folder, "model.onnx"))
    config = {"model_type": "bert", "id2label": {str(at): label for at, label in enumerate(LABELS)}, "pad_token_id": 0,
              "max_position_embeddings": 512, "problem_type": f"{'multi' if multi else 'single'}_label_classification"}
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)


def batches(tokens, batch):
    """places and padded inputs of texts of like length"""
    order = sorted(range(len(tokens)), key=lambda at: len(tokens[at].ids))
    for part in (order[at:at + batch] for at in range(0, len(order), batch)):
        width = max(len(tokens[at].ids) for at in part)
        rows = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        padded = {name: numpy.array([(getattr(tokens[at], key) + [0] * width)[:width] for at in part], dtype=numpy.int64)
                  for name, key in rows.items()}
        yield part, padded


def probabilities(session, tokenizer, texts, batch, multi):
    found = [None] * len(texts)
    tokens = [tokenizer.encode(text) for text in texts]
    for part, inputs in batches(tokens, batch):
        logits = session.run(["logits"], inputs)[0].astype(numpy.float64)
        if multi:
            rows = 1 / (1 + numpy.exp(-logits))
        else:
            powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
            rows = powers / powers.sum(axis=1, keepdims=True)
        for at, row in zip(part, rows):
            found[at] = row
    return found


def run(folder, path, batch, repeat):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(os.path.join(folder, "model.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        multi = json.load(file).get("problem_type") == "multi_label_classification"
    with open(path, encoding="utf-8", newline="\n") as file:
        texts = file.read().removesuffix("\n").split("\n")
    took = []
    for _ in range(repeat):
        begun = time.process_time()
        found = probabilities(session, tokenizer, texts, batch, multi)
        took.append(time.process_time() - begun)
    for row in found:
        print(json.dumps([round(float(number), 9) for number in row]))
    print(f"python: {len(texts) / min(took):,.0f} texts/s", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make")
    maker.add_argument("folder")
    maker.add_argument("--weights", help="a folder with model.safetensors and tokenizer.json")
    maker.add_argument("--multi", action="store_true", help="a text may have several labels")
    runner = commands.add_parser("run")
    runner.add_argument("folder")
    runner.add_argument("texts")
    runner.add_argument("--batch", type=int, default=16)
    runner.add_argument("--repeat", type=int, default=1)
    o = parser.parse_args()
    if o.command == "make":
        make(o.folder, o.weights, o.multi)
    else:
        run(o.folder, o.texts, o.batch, o.repeat)


if __name__ == "__main__":
    main()
