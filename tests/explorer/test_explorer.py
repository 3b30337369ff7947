"""The explorer: what its page says, and that it computes as Python does; not what a browser makes of it."""

from __future__ import annotations

import base64
import html.parser
import json
import linecache
import math
import random
import re
import shutil
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import Any

import pytest
from graphs import network

from micrograd_like import Value, exp, function, grad, jit, log, nn, relu, sqrt, tanh, vmap, where, why
from micrograd_like.__main__ import main
from micrograd_like.drawing import draw
from micrograd_like.explorer import reasons
from micrograd_like.explorer.explore import explore
from micrograd_like.explorer.explorer import Explorer
from micrograd_like.explorer.reasons import MOST_REASONS, strange
from micrograd_like.explorer.rules import GAP
from micrograd_like.ieee import Ieee, backward
from micrograd_like.operation import BUILT_IN, NODE_TYPES, OPS, QUESTIONS
from micrograd_like.pictures.scope import scope
from micrograd_like.targets.javascript import function_of, helpers_for
from micrograd_like.targets.terms import Untranslatable

ROWS = [name for name in OPS if name in BUILT_IN and OPS[name].rule is not None]
AWKWARD = [0.7, -0.7, 0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 30.25, 5e-324, 1e300, math.inf, -math.inf, math.nan]
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node, which runs a page's program, is not here")
RUNNER = """
const pages=JSON.parse(require("fs").readFileSync(0,"utf8")),num=x=>typeof x==="number"?x:Number(x);
const text=x=>x===undefined||x===null?null:Object.is(x,-0)?"-0":String(x);
console.log(JSON.stringify(pages.map(({data,script,points})=>{
 const page=new Function("D","N","num",script+";return{run,shares,base}")(data,null,num);
 return points.map(p=>{const{X,G,other}=page.run(p.map(num)),n=data.pictures[0].nodes;
  const back=(c,g)=>c<page.base||g===undefined?[]:page.shares(X,c,g);
  const of=(x,s)=>x.arrows.map(a=>text(s[a[1]]===null?0:s[a[1]]));
  return{guard:other?other.q??"rule":-1,values:n.map(x=>text(X[x.cell])),derivatives:n.map(x=>text(G[x.cell])),
   slopes:n.map(x=>of(x,back(x.cell,1))),shares:n.map(x=>of(x,back(x.cell,G[x.cell])))}})})))
"""


@pytest.fixture
def own() -> Iterator[Any]:
    """`function`, whose rows are taken out of the table, and off the nodes, after the test."""
    rows = dict(OPS)
    yield function
    for name in set(OPS) - set(rows):
        del OPS[name]
        for kind in NODE_TYPES:
            if name in vars(kind):
                delattr(kind, name)


def data_of(page: str) -> dict[str, Any]:
    """What a page knows, as its script unpacks it."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: Any = json.loads(found[1])
    if isinstance(data, str):
        data = json.loads(zlib.decompress(base64.b64decode(data)))
    for picture in data["pictures"]:
        columns = picture["nodes"]
        rows = zip(*columns.values(), strict=True)
        nodes = [{key: x for key, x in zip(columns, row, strict=True) if x is not None} for row in rows]
        picture["nodes"] = nodes
        for node, cell in zip(nodes, accumulate(node["cell"] for node in nodes), strict=True):
            node["cell"] = cell
        counted = [node for node in nodes if isinstance(node["name"], int)]
        for node, k in zip(counted, accumulate(node["name"] for node in counted), strict=True):
            node["name"] = f"v{k}"
    return data  # type: ignore[no-any-return]


def nodes_of(explorer: Explorer) -> list[dict[str, Any]]:
    return data_of(explorer.html())["pictures"][0]["nodes"]  # type: ignore[no-any-return]


def script_of(page: str) -> str:
    """What a page computes with: its functions, and the part of its script that runs the program."""
    packed = re.search(r'id="script">"(.*?)"</script>', page)
    page = zlib.decompress(base64.b64decode(packed[1])).decode() if packed else page
    functions = re.search(r"""['"]use strict['"];\n(.*?)\n\(async""", page, re.DOTALL)
    program = re.search(r"\nconst inputs = .*?\nlet X = ", page, re.DOTALL)
    assert functions
    assert program
    return functions[1] + program[0].removesuffix("let X = ")


def computed(*requests: tuple[Explorer, list[list[float]]]) -> list[list[dict[str, Any]]]:
    """What each page computes at each point, in node."""
    pages = [(explorer.html(), points) for explorer, points in requests]
    asked = [
        {"data": data_of(page), "script": script_of(page), "points": [[*map(as_json, p)] for p in points]}
        for page, points in pages
    ]
    ran = subprocess.run(["node", "-e", RUNNER], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def as_json(x: float) -> float | str:
    return x if math.isfinite(x) else {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(x)]


def agree(text: str | None, x: float) -> bool:
    y = math.nan if text is None else float(text.replace("Infinity", "inf"))
    return (x != x and y != y) or x == y or math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-320)


def points_of(name: str) -> Iterator[tuple[float, ...]]:
    """The row's probe point, and awkward ones inside what the operation is made for."""
    op = OPS[name]
    yield op.at
    for p in product(AWKWARD, repeat=op.arity or 2):
        whole = {"ldexp": 1, "polygamma": 0}.get(name)
        if len(p) <= 2 and (whole is None or p[whole] in (0.0, 1.0)):
            yield p


def expected(name: str, p: tuple[float, ...]) -> list[float]:
    """The row's value, and, where Python has one, what its inputs receive of 1."""
    op = OPS[name]
    try:
        out = op.value(*p)
    except (ArithmeticError, ValueError):
        return [float(Ieee.record(op, *p))]
    return [out, *(share or 0.0 for share in backward(op, p, out, 1.0))]


# numbers


@pytest.mark.once
@needs_node
def test_a_page_computes_every_row_of_the_table_as_python_does() -> None:
    points = {name: [p for p in points_of(name) if len(p) == len(OPS[name].at)] for name in ROWS}
    pages = [explore(Value.record(OPS[name], *map(Value, OPS[name].at))) for name in ROWS]
    answers = computed(*((page, [[*p] for p in points[name]]) for page, name in zip(pages, ROWS, strict=True)))
    wrong = []
    assert sum(row["guard"] != -1 for rows in answers for row in rows) < 100  # of thousands
    for name, rows in zip(ROWS, answers, strict=True):
        assert rows[0]["guard"] == -1
        for p, row in zip(points[name], rows, strict=True):
            python = expected(name, p)
            if row["guard"] == -1 and not all(map(agree, [row["values"][-1], *row["shares"][-1]], python)):
                wrong.append((name, p, row["values"][-1], row["shares"][-1], python))
    assert wrong == []


@needs_node
def test_a_page_of_a_function_computes_its_derivatives_anew() -> None:
    def f(x: Any, y: Any) -> Any:
        a = x * y + exp(-x)
        return tanh(a) / (y * y + 1) - log(x) * a

    points = [[0.5, 2.0], [1.5, -0.25], [3.0, 1e-3]]
    [answers] = computed((explore(f, 0.7, 1.3), points))
    names = [node["name"] for node in nodes_of(explore(f, 0.7, 1.3))]
    for (x, y), answer in zip(points, answers, strict=True):
        slopes = dict(zip(names, answer["derivatives"], strict=True))
        assert agree(answer["values"][-1], f(x, y))
        assert agree(slopes["x"], grad(f)(x, y))
        assert agree(slopes["y"], grad(f, argnums=1)(x, y))


COMPARISONS_IN_ARITHMETIC: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x * y * 1.1 * (1 + (x * y > 5) * 0.1),
    lambda x, y: x * +(x > y) + y * -(y > x),
    lambda x, y: sum(v > 1 for v in (x, y)) * x + y,
    lambda x, y: where(x > y, x, y) * ((x > 1) + (y > 1)),
    lambda x, y: x * (x > y) ** 2 + y / ((x > 1) + 1) + (x > y) / 4 * y,
    lambda x, y: x * exp(x > y) + y * sqrt((x > 0) + (y > 0)) + abs(x > y) * y,
    lambda x, y: ((x > y) * 2 + 1) * x + y * round((x > y) * 0.7) + y * int(x > y) + float(x > y) * x,
]


@needs_node
@pytest.mark.parametrize("f", COMPARISONS_IN_ARITHMETIC)
def test_comparisons_in_arithmetic_are_the_numbers_that_they_are_in_the_run(f: Callable[[Any, Any], Any]) -> None:
    def of_a_page(x: Any, y: Any) -> Any:
        return f(x, y)

    page = explore(of_a_page, 3.0, 2.0)
    [[answer, elsewhere]] = computed((page, [[3.5, 2.5], [0.5, 0.75]]))
    slopes = dict(zip([node["name"] for node in nodes_of(page)], answer["derivatives"], strict=True))
    assert agree(answer["values"][-1], f(3.5, 2.5))
    assert agree(slopes["x"], grad(f)(3.5, 2.5))
    assert agree(slopes["y"] or "0", grad(f, argnums=1)(3.5, 2.5))  # None where nothing leads to y
    assert elsewhere["guard"] != -1  # another outcome is another program


def random_function(rng: random.Random) -> Callable[..., Value]:
    """A function of three Values that applies a dozen operations of the table, to some results more than once."""
    rows = [OPS[name] for name in ROWS if OPS[name].arity in (1, 2) and name not in ("ldexp", "polygamma")]
    plan = [(rng.choice(rows), rng.random(), rng.random()) for _ in range(12)]

    def f(*inputs: Value) -> Value:
        values = [*inputs]
        for op, *places in plan:
            operands = [values[int(place * len(values))] for place in places[: op.arity]]
            values.append(Value.record(op, *operands))
        return sum(values)  # type: ignore[return-value]

    return f


def slopes_of(f: Callable[..., Value], point: list[float]) -> list[float] | None:
    """Value and derivatives as Python has them; None where it has none."""
    inputs = [*map(Value, point)]
    try:
        output = f(*inputs)
    except (ArithmeticError, ValueError):
        return None
    output.backward()
    return [output.data, *(x.grad for x in inputs)]


@pytest.mark.once
@needs_node
def test_pages_of_random_functions_compute_as_python_does() -> None:
    rng = random.Random(0)
    requests, expected = [], []
    while len(requests) < 30:
        f, start = random_function(rng), [rng.uniform(-2, 2) for _ in range(3)]
        points = [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(8)]
        if slopes_of(f, start):
            requests.append((explore(f(*map(Value, start, "xyz"))), points))
            expected.append([slopes_of(f, point) for point in points])
    compared = 0
    for (explorer, _), answers, rows in zip(requests, computed(*requests), expected, strict=True):
        names = [node["name"] for node in nodes_of(explorer)]
        for answer, row in zip(answers, rows, strict=True):
            if row and answer["guard"] == -1:
                slopes = dict(zip(names, answer["derivatives"], strict=True))
                found = [float(x.replace("Infinity", "inf")) for x in (answer["values"][-1], *map(slopes.get, "xyz"))]
                assert found == pytest.approx(row, rel=1e-9, abs=1e-300, nan_ok=True)
                compared += 1
    assert compared > 100


@needs_node
def test_a_share_is_what_arrived_times_the_local_derivative() -> None:
    a, b = Value(2, "a"), Value(5, "b")
    [[answer]] = computed((explore(a * b * 10), [[3.0, 4.0]]))
    assert answer["slopes"] == [[], [], ["4", "3"], ["10"]]
    assert answer["shares"] == [[], [], ["40", "30"], ["10"]]


@needs_node
def test_what_is_computed_twice_has_a_derivative_at_each_place() -> None:
    def f(x: Any) -> Any:
        a = x * 2
        b = x * 2  # one step of a recorded program, and two values of the picture
        return a * b * b

    [[answer]] = computed((explore(f, 3.0), [[5.0]]))
    assert answer["values"] == ["5", "10", "10", "100", "1000"]
    assert answer["derivatives"] == ["600", "100", "200", "10", "1"]  # of 8 x³, a b² by a and by b, (a b) b by a b


@needs_node
def test_another_answer_to_a_question_ends_the_program() -> None:
    def bill(apple: Any, n: Any) -> Any:
        price = apple * n
        return price * 0.9 if price > 1000 else price

    [[same, other]] = computed((explore(bill, 100, 8), [[100.0, 9.0], [100.0, 11.0]]))
    assert (same["guard"], same["values"][-1], other["guard"]) == (-1, "900", 0)


@needs_node
def test_the_condition_of_where_and_its_branch_are_found_anew() -> None:
    [[low, high]] = computed((explore(lambda x: where(x > 2, x * 3, x), 1.0), [[1.5], [2.5]]))
    assert (low["values"][-1], low["derivatives"][0]) == ("1.5", "1")
    assert (high["values"][-1], high["derivatives"][0]) == ("7.5", "3")


@needs_node
def test_a_rule_goes_the_way_that_the_new_numbers_lead(own: Any) -> None:
    bent = own("its_bend", "2 * x if x > 0 else x", lambda x, out, g: 2 * g if x > 0 else g)
    [[below, above]] = computed((explore(lambda x: bent(x) * 5, -1.0), [[-2.0], [2.0]]))
    assert (below["derivatives"][0], above["derivatives"][0]) == ("5", "10")


@needs_node
def test_a_way_of_a_rule_that_is_not_known_is_told(own: Any) -> None:
    steps = own("its_steps", "x", lambda x, out, g: g * 3 if x > 50 else g)
    [[known, unknown]] = computed((explore(lambda x: steps(x), 7.0), [[8.0], [60.0]]))
    assert (known["guard"], known["derivatives"][0], unknown["guard"]) == (-1, "1", "rule")


@needs_node
def test_values_that_a_function_closes_over_are_inputs() -> None:
    w = Value(2.0, "w")
    explorer = explore(lambda x: x * w, 3.0)
    assert [name for name, *_ in data_of(explorer.html())["inputs"]] == ["x", "w"]
    [[answer]] = computed((explorer, [[4.0, 5.0]]))
    assert answer["values"][-1] == "20"


# what cannot be computed in a page


def test_a_function_of_your_own_freezes_the_inputs_behind_it(own: Any) -> None:
    square = own("its_square", lambda x: x * x, lambda x, out, g: g * 2 * x)
    data = data_of(explore(lambda x, y: square(x) * y, 3, 4).html())
    assert [locked for _, _, locked in data["inputs"]] == [True, False]
    assert data["locked"] == ["its_square is an operation of your own, a Python function that a page cannot run"]


def test_an_operation_given_as_text_runs_in_the_page(own: Any) -> None:
    own("its_cube", "x ** 3 if x else 0 * x", lambda x, out, g: g * 3 * x * x)
    assert function_of(OPS["its_cube"]) == "(a)=>((a!=0)?$pow(a,3):(0*a))"


@pytest.mark.parametrize("text", ["x.real", "[x][0]", "x if x in (1, 2) else x", "exec('x')", "print(x)", "x + '1'"])
def test_what_is_no_arithmetic_is_not_translated(own: Any, text: str) -> None:
    own("its_own", text, lambda x, out, g: g)
    with pytest.raises(Untranslatable, match="its_own computes"):
        function_of(OPS["its_own"])


@needs_node
@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_a_whole_number_is_no_negative_zero_as_in_python(name: str) -> None:
    points = [-0.0, 0.0, -0.3, 0.3, -0.5, 0.5, -0.7, -1.0, -1.5, 2.5]
    text = function_of(QUESTIONS[name])
    shown = f"{points}.map(x => ({text})(x)).map(y => Object.is(y, -0) ? '-0' : String(y)).join()"
    ran = subprocess.run(
        ["node", "-e", f"{helpers_for([text])}console.log({shown})"], capture_output=True, text=True, check=True
    )
    whole = getattr(math, name, round)
    assert ran.stdout.strip().split(",") == [str(whole(x)) for x in points]


def test_letters_that_are_words_of_javascript_are_renamed(own: Any) -> None:
    own("its_sum", "var + delete", lambda var, delete, out, g: (g, g))
    assert function_of(OPS["its_sum"]) == "(a,b)=>(a+b)"


def test_a_rule_of_plain_numbers_leaves_the_page_without_a_program(own: Any) -> None:
    doubled = own("its_double", lambda x: 2 * x, lambda x, out, g: g * float(2 * x / x))
    data = data_of(explore(lambda x: doubled(x), 3.0).html())
    assert "inputs" not in data
    assert data["why"].startswith("the rule of its_double computes with plain numbers only")
    assert data["pictures"][0]["nodes"][-1]["arrows"] == [[0, 0, "the rule of the operation says", 2.0, 2.0]]


def test_a_rule_that_calls_a_function_of_your_own_leaves_the_page_without_a_program(own: Any) -> None:
    square = own("its_square", lambda x: x * x, lambda x, out, g: g * 2 * x)
    triple = own("its_triple", "x * 3", lambda x, out, g: g * 3 * square(x) / square(x))
    for explorer in explore(triple(Value(2.0, "x")) * 2), explore(lambda x: triple(x) * 2, 2.0):
        data = data_of(explorer.html())
        assert "inputs" not in data
        assert data["why"].startswith("its_square is an operation of your own")


def test_a_function_that_reads_data_is_shown_as_it_ran() -> None:
    data = data_of(explore(lambda x: x * x.data, 3.0).html())
    assert "inputs" not in data
    assert ".data of x" in data["why"]
    assert data["numbers"] == [[0, 3.0, 3.0], [1, 9.0, 1.0]]


def test_data_that_was_written_after_the_computation_is_told() -> None:
    x = Value(3.0, "x")
    y = x * 2
    x.data = 5.0
    assert data_of(explore(y).html())["why"] == "x held 3 when y was computed; it holds 5 now. Compute y again"


def test_inputs_without_a_name_are_numbered() -> None:
    data = data_of(explore(Value(2) * Value(3) + Value(4, "x")).html())
    assert [name for name, *_ in data["inputs"]] == ["input 1", "input 2", "x"]
    assert [node["name"] for node in data["pictures"][0]["nodes"]] == ["input 1", "input 2", "v1", "x", "output"]


def test_a_constant_answer_is_refused() -> None:
    for f in grad(lambda t: t * 2.0), lambda x: Value(5.0, "w"):
        with pytest.raises(TypeError, match="depends on none of its arguments"):
            explore(f, 3.0)


@needs_node
def test_what_a_function_that_catches_errors_computes_to_no_use_is_in_its_program() -> None:
    def f(x: Any) -> Any:
        try:
            1 / x
        except ZeroDivisionError:
            return x + 7
        return x * 2

    operations = [len(data_of(explore(g, 2.0).html())["steps"]) // 3 for g in (f, lambda x: (1 / x, x * 2)[1])]
    assert operations == [2, 1]


# what a page shows


def colah(a: Any, b: Any) -> Any:
    c = a + b
    d = b + 1
    e = c * d
    return e  # noqa: RET504 - the name is what is tested


def test_values_have_the_names_of_the_function_s_variables() -> None:
    assert [node["name"] for node in nodes_of(explore(colah, 2, 1))] == ["a", "b", "c", "d", "e"]


def test_values_have_the_names_of_variables_that_are_assigned_together() -> None:
    def product(x: Any, y: Any) -> Any:
        dx, dy = x - 1, y + x
        return dx * dy

    names = [node["name"] for node in nodes_of(explore(lambda x, y: product(x, y) + 1, 3, 4))]
    assert names[:4] == ["x", "dx", "y", "dy"]


def test_a_variable_that_is_assigned_again_is_numbered() -> None:
    def doubled(x: Any) -> Any:
        for _ in range(3):
            x = x + x
        return x

    assert [node["name"] for node in nodes_of(explore(doubled, 1))] == ["x", "x₂", "x₃", "x₄"]


def test_each_value_is_marked_in_the_function_s_own_source() -> None:
    lines = data_of(explore(colah, 2, 1).html())["pictures"][0]["source"]
    marked = {text[start:end]: rows for _, text, marks in lines for start, end, rows in marks}
    assert marked == {"a + b": [2], "b + 1": [3], "c * d": [4]}
    assert lines[0][1] == "def colah(a: Any, b: Any) -> Any:"


def test_a_function_whose_source_cannot_be_read_has_no_empty_listing() -> None:
    found: dict[str, Any] = {}
    exec(compile("def f(x):\n    y = x * 2\n    return y + 1\n", "<stdin>", "exec"), found)
    assert data_of(explore(found["f"], 3).html())["pictures"][0]["source"] == []  # so that the page has "In steps"


def test_the_rule_is_told_in_words_or_as_a_formula() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    words = [
        (x + y, ["it is handed on unchanged:"] * 2),
        (x - y, ["it is handed on unchanged:", "it is handed on with the sign turned:"]),
        (x * y, ["the other factor, y =", "the other factor, x ="]),
        (exp(x), ["the value itself, out ="]),
        (x**2, ["2 × x ="]),
        (x / y, ["1 ÷ y =", "-out ÷ y ="]),
        (tanh(x), ["sech(x)² ="]),
    ]
    for v, rules in words:
        v.name = "out"
        names = {chr(GAP + k): label for k, label in enumerate([*(p.name for p in v.parents if isinstance(p, Value))])}
        names |= {chr(GAP + len(v.parents)): "out"}
        said = [arrow[2] for arrow in nodes_of(explore(v))[-1]["arrows"]]
        assert [words.translate(str.maketrans(names)) for words in said] == rules


def test_questions_are_listed_with_their_place() -> None:
    def f(x: Any) -> Any:
        return x * 2 if x * x > 1 else x

    data = data_of(explore(jit(f), 3).html())
    assert [question[2:] for question in data["questions"]] == [[True, "x × x > 1"]]
    assert re.fullmatch(r"test_explorer\.py:\d+  return x \* 2 if x \* x > 1 else x", data["asked"][0])


def test_whole_numbers_among_the_arguments_stay_whole() -> None:
    def compound(rate: Any, years: Any) -> Any:
        capital = 1000
        for _ in range(years):
            capital = capital * (1 + rate)
        return capital

    assert "compound(0.05, 10): 21 values, 2 inputs" in repr(explore(compound, 0.05, 10))


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = explore(colah, 2, 1).html().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|<link(?! rel=\"icon\" href=\"data:,\")|@import|url\((?!#bk\)|#frame\))|\bsrc=", page)
    assert "default-src 'none'" in page


def size_beside_pictures(page: str) -> int:
    """The bytes of a page, its drawings aside."""
    without = re.sub(r'<div id="graph">.*?</svg>', "", page, count=1, flags=re.DOTALL)
    without = re.sub(r'id="drawings">.*?</script>', "", without, count=1, flags=re.DOTALL)
    return len(without.encode())


def neuron(x1: Any, x2: Any, w1: Any, w2: Any, b: Any) -> Any:
    return tanh(x1 * w1 + x2 * w2 + b)


def chain(n: int) -> Value:
    y = Value(1.0, "x")
    for _ in range(n):
        y = y * 1.00001
    return y


LARGE = [
    lambda: explore(neuron, 2, 0, -3, 1, 6.88),
    lambda: explore(network(15)),
    lambda: explore(nn.MLP(20, [48, 48, 1], seed=0)([0.1] * 20)),
    lambda: explore(chain(120_000)),
    lambda: explore(sum(Value(i / 7, f"price of good number {i}") ** 2 for i in range(4000))),
]


@pytest.mark.parametrize("make", LARGE, ids=["neuron", "network", "wide network", "long chain", "many inputs"])
def test_a_page_beside_its_pictures_is_small(make: Callable[[], Explorer]) -> None:
    assert size_beside_pictures(make().html()) < 80_000


def test_a_page_of_a_long_source_is_small() -> None:
    rng = random.Random(0)
    names = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=60)) for _ in range(1300)]
    lines = [f"    {b} = {a} * 1.01" for a, b in pairwise(names)]
    source = "\n".join([f"def f({names[0]}):", *lines, f"    return {names[-1]}"])
    linecache.cache["<long>"] = len(source), None, source.splitlines(keepends=True), "<long>"
    found: dict[str, Any] = {}
    exec(compile(source, "<long>", "exec"), found)
    assert size_beside_pictures(explore(found["f"], 1.0).html()) < 80_000


# parts of a large graph


def pictures(explorer: Explorer) -> list[dict[str, Any]]:
    return data_of(explorer.html())["pictures"]  # type: ignore[no-any-return]


def test_scopes_are_opened_one_inside_the_other() -> None:
    whole, *parts = pictures(explore(nn.MLP(20, [48, 48, 1], seed=0)([0.1] * 20)))
    assert [node["name"] for node in whole["nodes"]] == ["layer 1", "layer 2", "layer 3"]
    assert {part["title"] for part in parts if part["above"] == 0} == {"layer 1", "layer 2", "layer 3"}
    titles = ["output", *(part["title"] for part in parts)]
    assert {titles[part["above"]] for part in parts if part["title"].startswith("neuron")} <= set(titles[1:4])


def test_of_runs_that_feed_each_other_the_one_is_opened_that_the_output_answers_to_most() -> None:
    @scope
    def cell(x: Any, w: Any) -> Any:
        return tanh(x * w)

    y, w = Value(0.5, "x"), Value(0.7, "w")
    for _ in range(300):
        y = cell(y, w)
    _, run = pictures(explore(y))
    assert run["title"] == "cell, 1 run of 300"
    assert [node.get("op") for node in run["nodes"]] == [None, None, "×", "tanh"]
    assert run["nodes"][-1]["cell"] == data_of(explore(y).html())["output"]


def test_the_scopes_of_a_function_that_is_explored_are_folded_as_those_of_values() -> None:
    @scope
    def step(x: Any, v: Any) -> Any:
        return x + 0.1 * v, v - 0.1 * (x + x * x * x)

    def run(x: Any, v: Any) -> Any:
        for _ in range(100):
            x, v = step(x, v)
        return x * v

    of_function, of_values = explore(run, 1.0, 0.0), explore(run(Value(1.0, "x"), Value(0.0, "v")))
    for explorer in of_function, of_values:
        whole, part = pictures(explorer)
        assert [node["name"] for node in whole["nodes"]][:3] == ["x", "v", "step"]
        assert part["title"] == "step, 1 run of 100"
        assert [node.get("op") for node in part["nodes"]].count("+") == 2


def test_a_network_in_a_function_that_is_explored_is_folded() -> None:
    model = nn.MLP(2, [16, 16, 1], seed=0)

    def loss(points: Any) -> Any:
        return nn.hinge([model(x) for x in points], [1, -1, 1])

    of_function, of_values = (
        pictures(explorer)[0] for explorer in (explore(loss, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), explore(network(3)))
    )
    names = [{node["name"] for node in picture["nodes"] if "kind" in node} for picture in (of_function, of_values)]
    assert {name for name in names[0] if "neuron" in name} == {name for name in names[1] if "neuron" in name}
    assert of_function["left"] == 0


def test_pictures_of_one_shape_have_one_drawing() -> None:
    page = explore(network(15)).html()
    neurons = [picture for picture in data_of(page)["pictures"] if picture["title"].startswith("neuron")]
    assert len(neurons) == 33
    assert len({picture["drawing"] for picture in neurons}) < 8


class Tags(html.parser.HTMLParser):
    """Which elements a page has, and its ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attributes if name == "id"]


@pytest.mark.parametrize(
    "name", ["</script><script>x</script>", "<!--<script>", '"><img src=x>', "__DATA__", "\x00é<b>"]
)
def test_names_made_of_markup_are_text(name: str) -> None:
    plain, nasty = (Tags(explore(Value(2, x) * Value(3, "y")).html()) for x in ("x", name))
    assert nasty.tags == plain.tags
    assert len(set(nasty.ids)) == len(nasty.ids)
    assert name not in nasty.ids


def test_a_page_opens_with_the_derivatives_of_its_own() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    y.backward()
    assert explore(y)._scene.marks[0].derivative == 6.0
    assert x.grad == 12.0


def test_a_large_graph_is_cut_to_what_is_near_the_output() -> None:
    x = Value(1.0, "x")
    for _ in range(5000):
        x = x * 1.0001
    data = data_of(explore(x).html())
    [picture] = data["pictures"]
    kinds = Counter(node.get("kind") for node in picture["nodes"])
    assert (kinds["rest"], kinds[None] + picture["left"]) == (1, 5001)
    assert len(data["steps"]) == 3 * 5000


def test_without_graphviz_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from micrograd_like.pictures import layout

    monkeypatch.setattr(layout, "by_program", lambda *_: None)
    monkeypatch.setattr(layout, "by_library", lambda *_: None)
    assert "a picture needs Graphviz" in explore(Value(2) * 3).html()


# where a page goes


def test_a_notebook_shows_the_page_in_a_frame() -> None:
    bundle = explore(colah, 2, 1)._repr_mimebundle_()
    frame = Tags(bundle["text/html"])
    assert frame.tags == ["iframe"]
    assert bundle["text/plain"] == "<explorer of colah(2, 1): 5 values, 2 inputs>"


def test_save_writes_the_page_and_refuses_other_forms(tmp_path: Path) -> None:
    path = explore(colah, 2, 1).save(tmp_path / "e.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError, match=r"saved as \.html"):
        explore(colah, 2, 1).save(tmp_path / "e.png")


def test_a_drawing_is_saved_as_a_page_by_its_suffix(tmp_path: Path) -> None:
    x = Value(3.0, "x")
    assert data_of(draw(x * x).save(tmp_path / "x.html").read_text(encoding="utf-8"))["root"] == "output"
    with pytest.raises(ValueError, match="steps through the derivatives"):
        draw(x * x, derivatives=False).save(tmp_path / "x.html")


def test_the_command_line_writes_a_page(tmp_path: Path) -> None:
    assert main(["apple * n", "apple=100", "n=2", "-o", str(tmp_path / "a.html")]) == 0
    assert data_of((tmp_path / "a.html").read_text(encoding="utf-8"))["inputs"] == [
        ["apple", 100.0, False],
        ["n", 2.0, False],
    ]


def test_the_page_of_a_file_has_the_file_s_lines(tmp_path: Path) -> None:
    shop = tmp_path / "shop.py"
    shop.write_text("from micrograd_like import Value\napple, n = Value(100), Value(2)\ntotal = apple * n\n")
    assert main([f"{shop}:total", "-o", str(tmp_path / "a.html")]) == 0
    assert data_of((tmp_path / "a.html").read_text(encoding="utf-8"))["pictures"][0]["source"] == [
        [3, "total = apple * n", [[8, 17, [2]]]]
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: explore(5), "explore takes a Value, or a function and its arguments, not 5"),  # type: ignore[arg-type]
        (lambda: explore(Value(5), 3), "explore takes one Value alone"),
        (lambda: explore(lambda x: [x, x], 3), "functions that answer one number; <lambda> answered a list"),
        (lambda: explore(lambda x: None, 3), "<lambda> answered None: does it lack a `return`"),
        (lambda: explore(vmap(exp), [3.0]), "vmap computes one for each row: explore the function itself"),
        (lambda: explore(lambda x: 7, 3), "<lambda> answered 7, which depends on none of its arguments"),
    ],
)
def test_what_cannot_be_explored_is_said_in_a_sentence(call: Any, said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        call()


def test_an_error_of_the_function_is_its_own() -> None:
    with pytest.raises(ValueError, match=r"log\(x\): math domain error at x = -1\.0"):
        explore(lambda x: log(x), -1.0)


# why


def reasons_in(explorer: Explorer) -> list[list[str]]:
    return list(data_of(explorer.html())["reasons"].values())


def test_a_page_has_the_reasons_that_why_gives() -> None:
    w, b = Value(0.2), Value(-1.0)
    z = w * 3 + b
    h = relu(z)
    loss = h + b
    said = why(w, loss)
    assert said.head == "killed by relu"
    assert reasons_in(explore(loss))[0] == ["∂loss/∂w", "= 0: killed by relu", *said.lines]


def test_a_page_has_no_reason_for_an_ordinary_derivative() -> None:
    assert reasons_in(explore(lambda x, y: x * y + exp(x), 1.0, 2.0)) == []
    x, y = Value(0.0, "x"), Value(3.0, "y")
    assert {symbol for symbol, *_ in reasons_in(explore(abs(x) * 3 + x + y))} == {"∂output/∂x"}


def test_reasons_are_of_inputs_first_and_few() -> None:
    inputs = [Value(-1.0, f"x{k}") for k in range(40)]
    found = reasons_in(explore(sum(relu(x * 2) for x in inputs)))
    assert len(found) == MOST_REASONS
    assert all(re.fullmatch(r"∂output/∂x\d+", symbol) for symbol, *_ in found)


def test_names_from_right_to_left_are_themselves_in_reasons() -> None:
    قيمة = Value(-2.0)
    خسارة = relu(قيمة)
    (symbol, *lines), *_ = reasons_in(explore(خسارة))
    assert symbol == "∂\u2068خسارة\u2069/∂\u2068قيمة\u2069"
    assert not re.search(r"\\u20", "".join(lines))


def test_a_reason_is_not_told_of_numbers_that_were_written_since() -> None:
    x = Value(0.0, "x")
    y = abs(x)
    x.data = 2.0
    assert all("kink at x = 2" not in line for lines in reasons_in(explore(y)) for line in lines)


def test_a_page_of_many_kinks_is_made_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = Counter[str]()

    def counted(scene: Any, flow: Any) -> Iterator[Any]:
        for mark in strange(scene, flow):
            looked_at["marks"] += 1
            yield mark

    monkeypatch.setattr(reasons, "strange", counted)
    x = Value(0.0, "x")
    y = x
    for _ in range(20_000):
        y = y + abs(x)
    explore(y).html()
    assert looked_at["marks"] <= 400_000 // 40_001 + 1


def test_a_large_page_keeps_its_script_by_compressing_it() -> None:
    small, large = explore(colah, 2, 1).html(), explore(network(15)).html()
    assert 'id="script"' not in small
    assert 'id="script"' in large
    assert "const inputs = D.inputs" not in large
    assert "\nconst inputs = D.inputs" in script_of(large)


def test_whole_numbers_among_the_arguments_are_marked() -> None:
    assert data_of(explore(lambda a, n, t: a * n * t, 100, 2.0, 3).html())["whole"] == [0, 2]
    assert data_of(explore(Value(3, "a") * 2).html())["whole"] == []


def test_the_parameters_of_a_model_can_be_dragged() -> None:
    model = nn.MLP(2, [3, 1])
    explorer = explore(lambda m, x: m(x) * 2, model, [0.5, -0.3])
    assert len(data_of(explorer.html())["inputs"]) == len(model.parameters()) + 2
