"""Facts about operations of one's own: one row, and it is a function, a method, differentiable and pickled."""

from __future__ import annotations

import inspect
import math
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from micrograd_like import Value, function, ops
from micrograd_like.graph import chain_rule
from micrograd_like.operation import OPS, QUESTIONS, Op

pytestmark = pytest.mark.usefixtures("table_as_it_was")


def square_of_our_own() -> Any:
    return function("square_of", lambda x: x * x, lambda x, out, g: g * 2 * x)


def blend_of_our_own() -> Any:
    return function("blend", "x * y + x", lambda x, y, out, g: (g * (y + 1), g * x))


def slopes(y: Value, *xs: Value) -> list[float]:
    y.backward()
    return [x.grad for x in xs]


# a row becomes a function and a method


def test_of_plain_numbers_it_is_a_plain_number() -> None:
    square = square_of_our_own()
    assert repr(square(3.0)) == "9.0"
    assert repr(square(3)) == "9.0"


def test_of_a_value_it_is_a_value_that_knows_its_derivative() -> None:
    square = square_of_our_own()
    x = Value(3)
    y = square(x)
    assert (y.data, y.op.name, y.parents) == (9.0, "square_of", (x,))
    assert slopes(y, x) == [6.0]


def test_it_is_a_method_under_its_own_name_and_under_numpys() -> None:
    function("either", lambda x, y: float((x != 0) != (y != 0)), lambda x, y, out, g: (0.0, 0.0), numpy="logical_xor")
    assert Value(2.6).either(0).data == Value(2.6).logical_xor(0).data == 1.0
    assert [v.data for v in np.logical_xor(np.array([Value(2.6), Value(0.0)]), 1)] == [0.0, 1.0]


def test_its_value_may_be_text_in_the_letters_of_the_rule_and_the_names_of_math() -> None:
    pythagoras = function("pythagoras", "sqrt(a * a + b * b)", lambda a, b, out, g: (g * a / out, g * b / out))
    a, b = Value(3), Value(4)
    assert pythagoras(3.0, 4.0) == pythagoras(a, b).data == 5.0
    assert slopes(a.pythagoras(b), a, b) == [0.6, 0.8]


@pytest.mark.parametrize("plain", [0, 1])
def test_with_two_inputs_either_may_be_a_plain_number(plain: int) -> None:
    blend = blend_of_our_own()
    inputs = [Value(3), Value(4)]
    others: list[Any] = [*inputs]
    others[plain] = int(inputs[plain].data)
    y = blend(*others)
    y.backward()
    assert y.data == 15.0
    assert inputs[1 - plain].grad == [5.0, 3.0][1 - plain]


def test_with_three_inputs_any_may_be_a_plain_number() -> None:
    clip = function(
        "clip", "min(max(x, y), z)", lambda x, y, z, out, g: (g * (out == x), g * (out == y), g * (out == z))
    )
    x, y, z = Value(0.5), Value(0), Value(1)
    assert slopes(clip(x, 0, 1), x) == slopes(clip(Value(-2), y, 1), y) == slopes(clip(5, 0, z), z) == [1.0]
    assert clip(7, 0, 1) == clip(7, Value(0), 1).data == 1.0


def test_with_four_inputs_it_is_defined_like_any_other() -> None:
    det = function("det", "a * d - b * c", lambda a, b, c, d, out, g: (g * d, -g * c, -g * b, g * a))
    values = [Value(x) for x in (1, 2, 3, 4)]
    assert slopes(det(*values), *values) == [4.0, -3.0, -2.0, 1.0]


def test_with_xs_it_takes_any_number_of_inputs() -> None:
    mean = function("mean", "fsum(xs) / len(xs)", lambda xs, out, g: [g / len(xs) for _ in xs])
    x, y = Value(1), Value(3)
    assert mean(1.0, 2.0, 6.0) == 3.0
    assert mean(x, 2, y, 6).data == 3.0
    assert slopes(mean(x, 2, y, 6), x, y) == [0.25, 0.25]


def test_a_default_is_that_of_the_last_input() -> None:
    leaky = function(
        "leaky", "x if x > 0 else x * y", lambda x, y, out, g: (g if x > 0 else g * y, None), defaults=(0.1,)
    )
    x = Value(-2)
    assert leaky(-2.0) == leaky(x).data == x.leaky().data == -0.2
    assert leaky(-2.0, 0.5) == leaky(x, 0.5).data == x.leaky(0.5).data == -1.0
    assert slopes(leaky(x), x) == [0.1]


def test_of_three_inputs_the_last_two_may_have_defaults() -> None:
    line = function("line", "x * y + z", lambda x, y, z, out, g: (g * y, g * x, g), defaults=(2.0, 1.0))
    x = Value(5)
    assert line(5.0) == line(x).data == x.line().data == 11.0
    assert line(5.0, 3.0) == line(x, 3.0).data == x.line(3.0).data == 16.0
    assert line(5.0, 3.0, 4.0) == line(x, 3.0, 4.0).data == 19.0


def test_an_operation_may_have_a_wider_one_with_one_input_more() -> None:
    function("root_of", "x ** (1 / y)", lambda x, y, out, g: (g * out / (x * y), -g * out * ops.log(x) / y**2))
    root = function("root", "sqrt(x)", lambda x, out, g: g / (2 * out), wider="root_of")
    x = Value(16)
    assert (root(x).data, root(x, 4).data, x.root(4).op.name) == (4.0, 2.0, "root_of")
    assert (root(16.0), root(16.0, 4.0)) == (4.0, 2.0)


def test_help_shows_its_name_its_inputs_and_its_authors_words() -> None:
    def cubed(x: float) -> float:
        """The volume of a cube."""
        return x**3

    cube = function("cube", cubed, lambda edge, out, g: 3 * g * edge**2)
    assert (cube.__name__, cube.__doc__, [*inspect.signature(cube).parameters]) == (
        "cube",
        "The volume of a cube.",
        ["edge"],
    )
    assert [*inspect.signature(blend_of_our_own()).parameters] == ["x", "y"]


def test_pictures_call_it_by_its_label_or_else_by_its_name() -> None:
    area = function("area", "pi * x * x", lambda x, out, g: g * math.tau * x, label="πr²")
    assert area(Value(1)).op.label == "πr²"
    assert square_of_our_own()(Value(1)).op.label == "square_of"


def test_a_domain_without_the_usual_probe_point_is_no_reason_not_to_define_it() -> None:
    shifted = function("shifted", "log(x - 5)", lambda x, out, g: g / (x - 5))
    assert shifted(6.0) == 0.0


@pytest.mark.parametrize("value", [math.sin, np.sin, type("Sine", (), {"__call__": lambda _, x: math.sin(x)})()])
def test_its_value_may_be_anything_that_is_called(value: Any) -> None:
    x = Value(0.5)
    y = function("sine", value, lambda x, out, g: g * ops.cos(x))(x)
    assert y.data == pytest.approx(math.sin(0.5), rel=1e-15)
    assert slopes(y, x) == [math.cos(0.5)]


# it can be differentiated again


def test_its_rule_on_values_gives_a_derivative_that_is_a_value() -> None:
    cube = function("cube", "x * x * x", lambda x, out, g: g * 3 * x * x)
    x = Value(2)
    y = cube(x)
    (slope,) = y.op.backward(y.parents, y, 1.0)
    assert (slope.data, slopes(slope, x)) == (12.0, [12.0])
    assert [x.data for x in y.op.backward((Value(5),), y, 1.0)] == [75.0]


def test_two_operations_whose_rules_are_each_other_have_every_derivative() -> None:
    sine = function("sine", "sin(x)", lambda x, out, g: g * cosine(x))
    cosine = function("cosine", "cos(x)", lambda x, out, g: -g * sine(x))
    x = Value(0.5)
    y = sine(x)
    for true in (math.cos(0.5), -math.sin(0.5), -math.cos(0.5), math.sin(0.5)):
        y = chain_rule(y, lambda node: partial(node.op.backward, node.parents, node))[x]
        assert y.data == true


def test_a_rule_in_functions_of_the_standard_math_answers_once_but_not_as_a_graph() -> None:
    sine = function("sine", math.sin, lambda x, out, g: g * math.cos(x))
    x = Value(0.5)
    y = sine(x)
    assert slopes(y, x) == [math.cos(0.5)]
    with pytest.raises(TypeError, match=r"micrograd_like.exp, not math.exp"):
        y.op.backward(y.parents, y, 1.0)


# questions


def test_questions_are_read_as_people_write_them() -> None:
    words = [op.asked(["n"]) for op in QUESTIONS.values()]
    assert words == ["floor(n)", "ceil(n)", "int(n)", "round(n)", "n as a whole number", "the very number n"]
    assert [OPS[name].asked(["{x}", "2"]) for name in ("lt", "ge", "ne")] == ["{x} < 2", "{x} ≥ 2", "{x} ≠ 2"]
    assert QUESTIONS["exactly"].asked(["{x}"]) == "the very number {x}"


# pickles


@pytest.mark.parametrize("op", [*OPS.values(), *QUESTIONS.values()], ids=lambda op: op.name)
def test_a_row_that_travels_is_the_same_row(op: Op) -> None:
    assert pickle.loads(pickle.dumps(op)) is op


def test_a_graph_with_an_own_operation_pickles() -> None:
    x = Value(3, name="x")
    y = pickle.loads(pickle.dumps(square_of_our_own()(x)))
    assert (y.data, y.op is OPS["square_of"], y.parents[0].name) == (9.0, True, "x")
    assert slopes(y, *y.parents) == [6.0]


def test_a_pickled_graph_whose_operation_is_not_defined_says_to_define_it() -> None:
    pickled = pickle.dumps(square_of_our_own()(Value(3)))
    del OPS["square_of"]
    with pytest.raises(LookupError, match=r"no operation named 'square_of': define it, as it was, with function\('sq"):
        pickle.loads(pickled)


DEFINITION = "from micrograd_like import Value, function\ntwice = function('twice', '2 * x', lambda x, out, g: 2 * g)\n"


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (
            "import own, pickle; y = pickle.load(open('y', 'rb')); y.backward(); print(y.data, y.parents[0].grad)",
            "6.0 2.0",
        ),
        ("import own, pickle; print(pickle.loads(pickle.dumps(own.twice)) is own.twice)", "True"),
        ("import pickle\ntry: pickle.load(open('y', 'rb'))\nexcept LookupError: print('define it')", "define it"),
    ],
    ids=["a graph, where the operation is defined", "the function", "a graph, where it is not"],
)
def test_in_another_process(program: str, printed: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(DEFINITION)
    twice = function("twice", "2 * x", lambda x, out, g: 2 * g)
    (tmp_path / "y").write_bytes(pickle.dumps(twice(Value(3))))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (printed, "")


# names


@pytest.mark.parametrize("name", ["exp", "mul", "where", "arcsin", "data", "grad", "backward", "_out", "__add__"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the name '{name}' is taken: choose another"):
        function(name, "x", lambda x, out, g: g)


@pytest.mark.parametrize("name", ["", "2x", "my operation", "lambda", "None", None, 5])
def test_a_name_that_is_not_a_python_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match=f"an operation's name is a Python name, such as 'square', not {name!r}"):
        function(name, "x", lambda x, out, g: g)


@pytest.mark.parametrize("numpy", ["exp", "arcsin", "data", "backward", "my name"])
def test_a_numpy_name_is_refused_for_the_same_reasons(numpy: str) -> None:
    with pytest.raises(ValueError, match=numpy):
        function("own", "x", lambda x, out, g: g, numpy=numpy)


def test_a_refused_operation_leaves_the_table_as_it_was() -> None:
    rows = dict(OPS)
    for name, value, rule in [
        ("exp", "x", lambda x, out, g: g),
        ("own", "x +", lambda x, out, g: g),
        ("own", "x", lambda x: x),
    ]:
        with pytest.raises((ValueError, TypeError, SyntaxError)):
            function(name, value, rule)
    assert rows == OPS
    assert not hasattr(Value, "own")


def test_ones_own_operation_may_be_defined_anew_and_graphs_made_before_keep_their_rule() -> None:
    x = Value(3)
    before = function("raised", "x * x", lambda x, out, g: g * 2 * x)(x)
    after = function("raised", "x * x * x", lambda x, out, g: g * 3 * x * x)(x)
    assert (before.data, after.data, x.raised().data) == (9.0, 27.0, 27.0)
    assert slopes(before, x) == [6.0]
    x.zero_grad()
    assert slopes(after, x) == [27.0]


def test_the_function_of_an_earlier_definition_stays_what_it_was_on_numbers_and_on_values() -> None:
    earlier = function("raised", "x * x", lambda x, out, g: g * 2 * x)
    function("raised", "x * x * x", lambda x, out, g: g * 3 * x * x)
    assert earlier(3.0) == earlier(Value(3)).data == 9.0


def test_a_definition_anew_may_keep_its_numpy_name() -> None:
    for direction in (math.floor, math.ceil):
        function("nearest", lambda x: direction(x), lambda x, out, g: 0.0 * g, numpy="around")  # noqa: B023
        assert Value(2.5).around().data == direction(2.5)


def test_a_definition_anew_may_take_another_number_of_inputs() -> None:
    function("own", "x", lambda x, out, g: g)
    own = function("own", "x - y", lambda x, y, out, g: (g, -g))
    x, y = Value(5), Value(3)
    assert own(x, y).data == x.own(y).data == own(5.0, y).data == 2.0
    assert slopes(own(x, y), x, y) == [1.0, -1.0]


# rules


@pytest.mark.parametrize(
    "rule",
    [lambda x: x, lambda x, g: g, lambda x, g, out: g, lambda out, g: g, lambda *xs: xs, math.sin, None],
    ids=["no out and g", "no out", "g before out", "no input", "stars", "not Python", "None"],
)
def test_a_rule_takes_its_inputs_then_out_and_g(rule: Any) -> None:
    with pytest.raises(TypeError, match="a rule takes its inputs, then out and g, as in `lambda x, out, g: …`, not"):
        function("own", "x", rule)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("x", lambda x, out, g: (g, g)),
        ("x", lambda x, out, g: ()),
        ("x + y", lambda x, y, out, g: g),
        ("x + y", lambda x, y, out, g: (g,)),
        ("x + y", lambda x, y, out, g: (g, g, g)),
        ("x + y + z", lambda x, y, z, out, g: (g, g)),
        ("fsum(xs)", lambda xs, out, g: [g] * (len(xs) + 1)),
        ("fsum(xs)", lambda xs, out, g: g),
    ],
)
def test_a_rule_that_answers_for_more_or_fewer_inputs_than_there_are_is_named(value: str, rule: Any) -> None:
    own = function("own", value, rule)
    inputs = [Value(x) for x in range(2 if value == "fsum(xs)" else len(OPS["own"].letters))]
    with pytest.raises(TypeError, match=rf"the rule of own answers for \d inputs?; there (is|are) {len(inputs)}"):
        own(*inputs).backward()


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("x", lambda x, out, g: None),
        ("x + y", lambda x, y, out, g: (None, None)),
        ("x + y + z", lambda x, y, z, out, g: (None, None, None)),
        ("fsum(xs)", lambda xs, out, g: [None for _ in xs]),
    ],
)
def test_nothing_flows_to_an_input_for_which_the_rule_answers_none(value: str, rule: Any) -> None:
    own = function("own", value, rule)
    inputs = [Value(1) for _ in OPS["own"].letters]
    assert slopes(own(*inputs), *inputs) == [0.0 for _ in inputs]


@pytest.mark.parametrize("share", [2, True, np.float64(2.0), np.float32(2.0), Fraction(2)])
def test_what_a_rule_answers_becomes_a_float(share: Any) -> None:
    own = function("own", "2 * x", lambda x, out, g: share)
    x = Value(3)
    middle = x + 1
    own(middle).backward()
    assert (middle.grad, x.grad) == (share, share)
    assert {type(middle.grad), type(x.grad)} == {float}


def test_a_mistake_inside_a_rule_is_the_rules_own_error() -> None:
    own = function("own", "x", lambda x, out, g: g.nowhere)
    with pytest.raises(AttributeError, match="nowhere"):
        own(Value(1)).backward()


def test_a_rule_that_raises_at_a_singular_point_gives_an_infinite_derivative() -> None:
    root = function("root", "sqrt(x)", lambda x, out, g: g / (2 * out))
    x = Value(0)
    assert slopes(root(x), x) == [math.inf]


# values


NUMBERS = [2, True, 2.5, Fraction(5, 2), Decimal("2.5"), np.float64(2.5), np.float32(2.5), np.int8(2), np.True_]
NO_NUMBERS = [1j, None, "2.5", [2.5], np.array([2.5]), np.complex128(1j), Value(2.5)]


@pytest.mark.parametrize("out", [*NUMBERS, np.array(2.5)], ids=repr)
def test_a_real_number_of_any_kind_that_a_value_answers_becomes_a_float(out: Any) -> None:
    own = function("own", lambda x: out, lambda x, out, g: g)
    for answer in (own(1.0), own(Value(1)).data, Value(1).own().data):
        assert type(answer) is float
        assert answer == out


@pytest.mark.parametrize("out", NO_NUMBERS, ids=repr)
def test_a_value_that_answers_no_real_number_is_named(out: Any) -> None:
    own = function("own", lambda x: out, lambda x, out, g: g)
    for x in (1.0, Value(1)):
        with pytest.raises(TypeError, match="the value of own is a real number; it answered"):
            own(x)


@pytest.mark.parametrize(("text", "out"), [("1 if x > 0 else 0", 1.0), ("x > 0", 1.0), ("len(xs)", 1.0)])
def test_an_int_or_bool_that_a_text_answers_becomes_a_float(text: str, out: float) -> None:
    own = function("own", text, (lambda xs, out, g: [g for _ in xs]) if "xs" in text else (lambda x, out, g: g))
    assert repr(own(3.0)) == repr(own(Value(3)).data) == repr(out)


@pytest.mark.parametrize("text", ["x ** 0.5", "None", "'x'", "(x, x)"])
def test_a_text_that_answers_no_real_number_is_named(text: str) -> None:
    own = function("own", text, lambda x, out, g: g, at=(-4.0,))
    for x in (-4.0, Value(-4)):
        with pytest.raises(TypeError, match="the value of own is a real number; it answered"):
            own(x)


def test_a_text_that_is_not_python_is_a_syntax_error_at_once() -> None:
    with pytest.raises(SyntaxError):
        function("own", "x +", lambda x, out, g: g)


class OutOfStock(ValueError):
    """An exception as users write them: its argument is no text, and it keeps it."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} are missing")
        self.missing = missing


class Unpayable(ArithmeticError):
    """An exception that does something with its argument."""

    def __init__(self, limit: Fraction) -> None:
        super().__init__(f"more than {limit.numerator}")


class TwoArguments(ArithmeticError):
    def __init__(self, wanted: float, given: float) -> None:
        super().__init__(f"{wanted} wanted, {given} given")


ERRORS = [KeyError("apple"), RuntimeError("closed"), OutOfStock(3), Unpayable(Fraction(7)), TwoArguments(1.0, 2.0)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("arity", [1, 2, 3])
def test_an_exception_of_the_users_value_stays_what_it_is(error: Exception, arity: int) -> None:
    def value(*_: float) -> float:
        raise error

    rules = {1: lambda x, out, g: g, 2: lambda x, y, out, g: (g, g), 3: lambda x, y, z, out, g: (g, g, g)}
    own = function("own", value, rules[arity])
    with pytest.raises(type(error)) as caught:
        own(*[Value(1) for _ in range(arity)])
    assert vars(caught.value) == {**vars(error), **{k: v for k, v in vars(caught.value).items() if k == "__notes__"}}
    assert str(error) in str(caught.value)


def test_an_exception_of_python_names_the_own_operation_and_the_operand() -> None:
    own = function("own", "1 / (x - y)", lambda x, y, out, g: (-g * out * out, g * out * out))
    with pytest.raises(ZeroDivisionError, match=r"^own\(price, 2.0\): float division by zero at price = 2.0$"):
        own(Value(2, name="price"), 2.0)


@pytest.mark.parametrize("wrong", ["2", None, 2j, [2.0]])
def test_an_input_that_is_no_number_is_shown(wrong: Any) -> None:
    blend, x = blend_of_our_own(), Value(1)
    for call in (lambda: blend(x, wrong), lambda: blend(wrong, x), lambda: x.blend(wrong)):
        with pytest.raises(TypeError, match="blend takes numbers and Values, not"):
            call()


@pytest.mark.parametrize("inputs", [(), (1.0, 2.0)])
def test_a_wrong_number_of_inputs_is_a_type_error(inputs: tuple[float, ...]) -> None:
    blend_of_our_own()
    with pytest.raises(TypeError, match="blend"):
        Value(1).blend(*inputs)


def test_a_rule_that_answers_floats_is_checked_all_the_same() -> None:
    two = function("two_shares", lambda x, y: x * y, lambda x, y, out, g: (g * y, g * x, 0.0))
    any_number = function("few_shares", lambda *xs: math.fsum(xs), lambda xs, out, g: (g,))
    one = function("wrapped_share", lambda x: 3 * x, lambda x, out, g: (g * 3.0,))
    x, y = Value(2.0), Value(3.0)
    with pytest.raises(TypeError, match="the rule of two_shares answers for 3 inputs; there are 2"):
        two(x, y).backward()
    with pytest.raises(TypeError, match="the rule of few_shares answers for 1 inputs; there are 2"):
        any_number(x, y).backward()
    one(x).backward()
    assert x.grad == 3.0


def test_a_rule_of_any_number_of_inputs_that_raises_is_asked_once_on_numbers_and_once_on_limits() -> None:
    met = []

    def rule(xs: Any, out: Any, g: Any) -> Any:
        met.append(type(out).__name__)
        return [g / x for x in xs]

    shares = function("shares_by_size", lambda *xs: math.fsum(xs), rule)
    x, y = Value(0.0), Value(2.0)
    shares(x, y).backward()
    assert (met, x.grad, y.grad) == (["float", "Ieee"], math.inf, 0.5)


def test_a_rule_of_three_inputs_takes_them_one_by_one() -> None:
    blend = function("blend", lambda x, y, z: x * y + z, lambda x, y, z, out, g: [g * y, g * x, None])
    x, y, z = Value(2.0), Value(3.0), Value(5.0)
    blend(x, y, z).backward()
    assert (x.grad, y.grad, z.grad) == (3.0, 2.0, 0.0)


LETTERS_OF_A_CHOICE = """
from micrograd_like import function

rule = lambda c, x, y, out, g: (g * (x - y), g * c, g * (1 - c))
blend = function("blend", lambda c, x, y: c * x + (1 - c) * y, rule)
pick = function("pick", "x if c else y", lambda c, x, y, out, g: (None, g * 10.0, g))

import numpy as np
from micrograd_like import grad, jit, vmap


def f(a, b):
    return blend(a, b, 5.0) * 2.0 + pick(a > 0.3, b, 7.0)


fast, rows = jit(f, check=False), vmap(grad(f, argnums=(0, 1)), check=False)
print([fast(0.25, 3.0) for _ in range(3)], fast(0.5, 3.0), f(0.25, 3.0), f(0.5, 3.0))
print(np.array(rows(np.array([0.25, 0.5]), 3.0)).T.tolist(), [grad(f, argnums=(0, 1))(a, 3.0) for a in (0.25, 0.5)])
"""


def test_an_operation_with_the_letters_of_a_choice_is_itself_before_jit_is_imported() -> None:
    pytest.importorskip("numpy")
    run = subprocess.run([sys.executable, "-c", LETTERS_OF_A_CHOICE], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "[16.0, 16.0, 16.0] 11.0 16.0 11.0",
        "[[-4.0, 10.5], [-4.0, 11.0]] [(-4.0, 10.5), (-4.0, 11.0)]",
    ]
