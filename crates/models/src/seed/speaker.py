"""Speaks for a model that follows KafkaFilRouge's convention: JSON lines in, JSON lines out."""

import json
import math
import os
import sys

MODULE, MODEL, CLASS, TYPE = sys.argv[1:5]

# What the model prints must not stand between the answers.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

sys.path.insert(0, os.getcwd())
module = __import__(MODULE)
if CLASS != "None":
    # A model that was saved whole looks for its class in the program that loads it.
    setattr(sys.modules["__main__"], CLASS, getattr(module, CLASS))
model = module.load_model(os.path.join(".", MODEL))
# Older models call it so.
inference = getattr(module, "inference", None) or module.predict
as_type = {"integer": int, "float": float, "text": str}[TYPE]


def value(text):
    """What the model says of a text; nothing, where it fails on it."""
    try:
        told = as_type(inference(model, text))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return None
    # What is no number, or no text, cannot be written in JSON.
    if isinstance(told, float) and not math.isfinite(told):
        return None
    return told.encode("utf-8", "replace").decode() if isinstance(told, str) else told


sys.stdin.reconfigure(encoding="utf-8", errors="replace")
for line in sys.stdin:
    asked = json.loads(line)
    values = [value(text) for text in asked["texts"]]
    answers.write(json.dumps({"id": asked["id"], "values": values}) + "\n")
    answers.flush()
