"""Jitted functions go to another process, and record there what was not recorded here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SHOP = """
from functools import partial

from micrograd_like import exp, jit, value_and_grad, vmap

def price(x, y):
    return x * x * y if x > 0 else exp(y) * x

unnamed = lambda x, y: x * x * y if x > 0 else exp(y) * x

def made(k):
    def inner(x, y):
        return k * x * x * y if x > 0 else k * exp(y) * x
    return inner

of_a_maker = made(1.0)
hidden = jit(made(1.0))  # the module has the function behind it only
whole = vmap(value_and_grad(price, argnums=(0, 1)), engine="native")

class Shop:
    k = 1.0

    def price(self, x, y):
        return self.k * x * x * y if x > 0 else exp(y) * x
"""

SENDER = """
import sys, pickle, cloudpickle
import numpy as np
import shop
from micrograd_like import exp, jit, value_and_grad, vmap

def here(x, y):
    return x * x * y if x > 0 else helper(y) * x

def helper(y):
    return exp(y)

functions = {"price": shop.price, "unnamed": shop.unnamed, "of_a_maker": shop.of_a_maker, "method": shop.Shop().price}
if sys.argv[1] == "cloudpickle":
    functions |= {"here": here, "lambda": lambda x, y: x * x * y if x > 0 else exp(y) * x, "inner": shop.made(1.0)}
made = {"hidden": shop.hidden, "whole": shop.whole}
for name, f in functions.items():
    made[f"jit {name}"] = jit(f)
    made[f"gradient {name}"] = jit(value_and_grad(f, argnums=(0, 1)), engine="native")
    made[f"rows {name}"] = vmap(value_and_grad(f, argnums=(0, 1)))
    made[f"native rows {name}"] = vmap(value_and_grad(f, argnums=(0, 1)), engine="native")
if sys.argv[2] == "recorded":
    for name, f in made.items():
        is_rows = "rows" in name or name == "whole"
        f(*(np.full(9, 2.0), np.full(9, 3.0)) if is_rows else (2.0, 3.0))
with open("sent", "wb") as file:
    (cloudpickle if sys.argv[1] == "cloudpickle" else pickle).dump(made, file)
"""

RECEIVER = """
import json, pickle
import numpy as np

with open("sent", "rb") as file:
    made = pickle.load(file)
answers = {}
for name, f in made.items():
    is_rows = "rows" in name or name == "whole"
    x, y = [2.0, -1.5, 0.5] * 3, [3.0, 0.25, -1.0] * 3
    found = f(np.array(x), np.array(y)) if is_rows else [f(*pair) for pair in zip(x, y)]
    if is_rows:
        found = [(v, (a, b)) for v, a, b in zip(found[0].tolist(), *(a.tolist() for a in found[1]))]
    answers[name] = found, f.paths, f.eager
print(json.dumps(answers))
"""


def run(path: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("how", ["pickle", "cloudpickle"])
@pytest.mark.parametrize("state", ["unrecorded", "recorded"])
def test_functions_record_in_another_process(how: str, state: str, tmp_path: Path) -> None:
    for name, text in (("shop.py", SHOP), ("sender.py", SENDER), ("receiver.py", RECEIVER)):
        (tmp_path / name).write_text(text)
    run(tmp_path, "sender.py", how, state)
    answers: dict[str, Any] = json.loads(run(tmp_path, "receiver.py"))
    assert len(answers) == (18 if how == "pickle" else 30)
    for name, (found, paths, eager) in answers.items():
        assert (paths, eager) == (2, False), name
        for answer, (x, y) in zip(found, [(2.0, 3.0), (-1.5, 0.25), (0.5, -1.0)] * 3, strict=True):
            value, *slopes = [x * x * y, 2 * x * y, x * x] if x > 0 else [math.exp(y) * x, math.exp(y), math.exp(y) * x]
            expected = value if name.startswith(("jit", "hidden")) else [value, slopes]
            assert flat(answer) == pytest.approx(flat(expected), rel=1e-14), name


def flat(answer: Any) -> list[float]:
    return [x for part in answer for x in flat(part)] if isinstance(answer, list) else [answer]


SPAWNING = """
import multiprocessing

from micrograd_like import jit, value_and_grad, vmap

def price(x, y):
    return x * x * y if x > 0 else x * y

def called(f):
    return f(2.0, 3.0), f(-2.0, 3.0)

def rows(f):
    import numpy as np

    return [x.tolist() for x in f(np.array([2.0, -2.0]), np.array([3.0, 3.0]))]

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for engine in ("python", "native"):
            print(pool.apply(called, [jit(value_and_grad(price), engine=engine)]))
        print(pool.apply(rows, [vmap(value_and_grad(price))]))
"""


def test_functions_of_a_program_record_in_the_processes_that_it_spawns(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SPAWNING)
    calls = "((12.0, 12.0), (-6.0, 3.0))"
    assert run(tmp_path, "program.py").splitlines() == [calls, calls, "[[12.0, -6.0], [12.0, 3.0]]"]


def test_a_function_that_nobody_can_find_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    sender = "import pickle, shop; from micrograd_like import jit; print(pickle.dumps(jit(shop.made(2.0))).hex())"
    sent = run(tmp_path, "-c", sender).strip()
    receiver = (
        f"import pickle\ntry:\n    pickle.loads(bytes.fromhex('{sent}'))(1.0, 2.0)\n"
        "except LookupError as error:\n    print(error)"
    )
    assert run(tmp_path, "-c", receiver) == (
        "this call of inner takes a way that was not recorded before it was pickled, and the function itself could not "
        "travel: define it in a module, by name\n"
    )


def test_what_a_module_holds_besides_functions_is_not_asked_for_what_it_wraps(tmp_path: Path) -> None:
    text = "from unittest.mock import call as first\nmade = (lambda x: 2 * x,)\n"
    (tmp_path / "odd.py").write_text(text)
    sender = "import pickle, odd; from micrograd_like import jit; pickle.dumps(jit(odd.made[0])); print('sent')"
    assert run(tmp_path, "-c", sender) == "sent\n"
