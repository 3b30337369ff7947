"""What a number inside a trace answers: as the plain number itself, or not at all."""

from __future__ import annotations

import argparse
import collections
import functools
import math
import pickle
import types
from itertools import product
from typing import Any

import numpy as np
import pytest
from awkward import OPERATIONS
from programs import alike, outcome, real_power

import micrograd_like as ml
from micrograd_like import (
    Value,
    copysign,
    grad,
    jacobian,
    jit,
    leaky_relu,
    lift,
    log,
    maximum,
    minimum,
    relu,
    value_and_grad,
    vmap,
    where,
)
from micrograd_like.errors import TracingError
from micrograd_like.graph import Node
from micrograd_like.operation import OPS, Op
from micrograd_like.trace.trace import Trace

inf, nan = math.inf, math.nan
AWKWARD = [0.7, -0.4, 0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 3.0, 5e-324, 1e308, inf, -inf, nan]


class Plain(Node):
    """Does to numbers, in place of a node, what the operation does to plain numbers."""

    @staticmethod
    def record(op: Op, *inputs: Any) -> Any:
        return op.value(*inputs)


def called(op: Op) -> Any:
    """The operation as a function of plain numbers: as it is written, where it is an operator."""
    if op.name == "pow_const":
        return lambda x: real_power(x, 1.5)
    if op.name == "pow":
        return real_power
    if op.infix:
        return eval(f"lambda {', '.join(op.letters)}: {op.spelling}")
    if op.name == "where":
        return lambda c, x, y: where(c > 0, x, y) + 0 * c
    return lambda *xs: next((x for x in xs if isinstance(x, Node)), Plain()).record(op, *xs)


def points(op: Op) -> list[tuple[float, ...]]:
    several = product(AWKWARD[:9] if op.arity == 2 else AWKWARD[:4], repeat=op.arity or len(op.at))
    return [*product(AWKWARD)] if op.arity == 1 or op.name == "pow_const" else [op.at, *several]


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_operation_compiled_gives_the_same_bits_and_the_same_errors(op: Op) -> None:
    f = called(op)
    fast = jit(f)
    for numbers in points(op):
        assert alike(outcome(fast, numbers), outcome(f, numbers)), numbers


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_every_derivative_compiled_gives_the_same_bits(op: Op) -> None:
    f = called(op)
    slope = value_and_grad(lambda *xs: f(*xs), [*range(1 if op.name == "pow_const" else op.arity or len(op.at))])
    fast = jit(slope)
    for numbers in points(op):
        assert alike(outcome(fast, numbers), outcome(slope, numbers)), numbers


def answers_as_it_is(f: Any, *calls: tuple[Any, ...]) -> Any:
    """The compiled function, which has answered the calls as the function itself; and once more, when it knew them."""
    fast = jit(f)
    for call in [*calls, *calls]:
        assert alike(outcome(fast, call), outcome(f, call)), call
    return fast


# answers that a program could come to in another way than by a comparison


def test_text_made_of_a_number_leads_its_own_way() -> None:
    answers_as_it_is(lambda x: 1.0 if f"{x:.1f}" == "1.0" else 2.0, (1.0,), (1.04,), (3.0,))
    answers_as_it_is(lambda x: float(str(x)) * 2, (1.0,), (3.0,), (-0.0,), (nan,))
    answers_as_it_is(lambda x: {"1.0": 5.0}.get(repr(x), x), (1.0,), (3.0,))


def test_isinstance_sees_the_number() -> None:
    answers_as_it_is(lambda x: x * 2 if isinstance(x, float) else x, (1.0,), (1,))
    answers_as_it_is(lambda x: 1.0 if isinstance(x > 0, bool) else 0.0, (1.0,), (-1.0,))


def test_isinstance_sees_a_float_in_a_derivative_and_a_value_if_it_is_asked_for() -> None:
    def f(x: Any) -> Any:
        return x * x if isinstance(x, float) and isinstance(x, Value) and isinstance(x, (str, Value)) else 3 * x

    assert [grad(f)(5.0), jit(grad(f))(5.0), vmap(grad(f))([5.0])[0]] == [10.0] * 3


def test_a_condition_is_a_key_and_an_index() -> None:
    answers_as_it_is(lambda x: {True: x, False: -x}[x > 0], (1.0,), (-1.0,))
    answers_as_it_is(lambda x: [x, 2 * x][x > 0] + (x > 0) + (x < 5), (1.0,), (-1.0,), (7.0,))


def test_a_condition_that_a_differentiated_function_answers_is_a_bool() -> None:
    answers_as_it_is(jacobian(lambda x: (x * x, x > 0)), (1.0,), (-1.0,))
    answers_as_it_is(grad(lambda x: (x * x, [x > 0]), has_aux=True), (1.0,), (-1.0,))


def test_a_number_is_not_looked_up_in_sets_and_dicts() -> None:
    lookups: list[Any] = [lambda x: x in {1.0}, lambda x: {x: 1}, functools.cache(lambda x: x * 2)]
    for lookup in [*lookups, lambda x: len(collections.Counter([x, 1.0]))]:
        with pytest.raises(TracingError, match="cannot be looked up in a set or a dict"):
            jit(lambda x, lookup=lookup: lookup(x) and x)(1.0)


def test_membership_in_a_list_compares() -> None:
    answers_as_it_is(
        lambda x, y: (x in [1.0, y], [x, y].index(y), [x, y].count(1.0)), (1.0, 2.0), (2.0, 2.0), (3.0, 1.0)
    )


def test_parts_of_a_plain_number_are_those_of_this_very_number() -> None:
    fast = answers_as_it_is(lambda x: x * 2 if x.is_integer() else -x, *[(x,) for x in AWKWARD])
    assert fast.paths == 2
    answers_as_it_is(lambda x: x.real + x.imag + x.conjugate(), (2.5,), (-0.0,), (inf,))
    answers_as_it_is(lambda x: x * x.as_integer_ratio()[1] + len(x.hex()), (2.5,), (0.75,), (2.5,), (inf,))
    answers_as_it_is(lambda n: n * n.bit_length() + n.real + n.imag + n.numerator, (5,), (1023,), (0,))
    answers_as_it_is(lambda x: (x > 0).real + (x > 1).imag + (x > 2).numerator + x, (2.5,), (-1.0,))


def test_a_number_has_no_attributes_that_the_plain_one_does_not_have() -> None:
    for number, kind in ((2.0, "float"), (2, "int")):
        with pytest.raises(AttributeError, match=f"^'{kind}' object has no attribute 'grad'"):
            jit(lambda x: x.grad)(number)


def test_a_whole_value_outside_is_asked_in_every_call() -> None:
    w = Value(2.0, "w")
    fast = jit(lambda x: x * w.real if w.is_integer() else x + w.imag)
    assert fast(3.0) == 6.0
    w.data = 2.5
    assert fast(3.0) == 3.0


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda x: x.grad, "the .grad of x would stay as it is"),
        (lambda x: x.backward(), "the .backward of x would stay as it is"),
        (lambda x: x.as_integer_ratio(), "the .as_integer_ratio of x would stay as it is"),
        (lambda x: x.data, "the .data of x would stay for ever"),
        (lambda x: math.sin(x), "x would lose its derivative as a plain float: take functions from micrograd_like"),
        (lambda x: [1.0, 2.0][x], r"x is there to differentiate by, .*: write int\(x\), or leave x a plain int"),
        (lambda x: Value(x), "not x of a run that is recorded: compute with x as it is"),
    ],
)
def test_what_a_recorded_derivative_cannot_follow_is_refused_by_name(use: Any, said: str) -> None:
    with lift.off(), pytest.raises(TypeError, match=said):
        jit(grad(lambda x: use(x) and x))(1.0)


# errors


@pytest.mark.parametrize("record", [vmap, lambda f: vmap(grad(f))])
@pytest.mark.parametrize("use", [float, math.sin, complex, pickle.dumps, Value, lambda x: x.data, lambda x: [1, 2][x]])
def test_messages_name_what_people_have_called_and_nothing_inside(record: Any, use: Any) -> None:
    with pytest.raises(TypeError, match="rate") as error:
        record(lambda rate: use(rate) and rate)([2.5])
    assert not {"Symbol", "jit", "trace"} & {*str(error.value).replace("(", " ").split()}


def test_an_error_that_the_program_catches_is_no_constant() -> None:
    def safe_log(x: Any) -> Any:
        try:
            return log(x)
        except ValueError:
            return 0.0

    answers_as_it_is(safe_log, (-1.0,), (2.0,), (0.0,), (3.0,))
    answers_as_it_is(value_and_grad(safe_log), (2.0,), (3.0,))


def test_a_question_without_an_answer_that_the_program_catches_is_no_constant() -> None:
    def whole(x: Any) -> Any:
        try:
            return x * int(x)
        except (OverflowError, ValueError):
            return 5.0

    answers_as_it_is(whole, (nan,), (2.5,), (inf,), (3.5,))


def test_an_error_met_by_a_value_beside_is_no_constant() -> None:
    w = Value(-1.0, "w")

    def f(x: Any) -> Any:
        try:
            log(w)
        except ValueError:
            return -x
        return x

    fast = jit(f)
    assert fast(2.0) == -2.0
    w.data = 1.0
    assert fast(2.0) == 2.0
    w.data = -1.0
    assert fast(2.0) == -2.0


def test_an_error_in_a_branch_that_where_does_not_choose_is_raised() -> None:
    answers_as_it_is(lambda x: where(x < 1, 0.5, 1 / x), (2.0,), (0.5,), (0.0,))


# ints and floats


@pytest.mark.parametrize("choose", [maximum, minimum, lambda x, n: where(x > n, x, n), lambda x, n: leaky_relu(n, x)])
def test_a_choice_of_an_int_and_a_float_keeps_its_type(choose: Any) -> None:
    answers_as_it_is(lambda x, n: choose(x, n), (0.5, 1), (1.5, 1), (1.0, 1), (-2.0, -3), (nan, 1))
    answers_as_it_is(lambda x, n: choose(x, n) // 2 + choose(x, n) * 0, (0.5, 1), (1.5, 1), (7.5, 7))
    answers_as_it_is(lambda x, n: choose(x, n) * 1.0, (0.5, 1), (1.5, 1), (-0.5, 1), (-0.5, -1))


def test_relu_of_an_int_is_an_int_or_a_zero() -> None:
    answers_as_it_is(lambda n: relu(n), (2,), (0,), (-3,), (2.0,))


def test_a_power_of_ints_is_an_int_or_a_float_by_its_exponent() -> None:
    answers_as_it_is(lambda n, m: n**m, (3, 2), (3, -1), (2, 0), (10, 30), (0, -1))
    answers_as_it_is(lambda n: 2**n, (3,), (-3,), (70,))


def test_a_whole_variable_as_an_exponent_is_no_constant() -> None:
    x = Trace("f").input("x", 3, is_value=True)
    assert [(2**x).parents[1] is x, (x**x).parents[1] is x] == [True, True]


def test_an_int_beside_a_variable_is_a_float_in_the_answer() -> None:
    answers_as_it_is(value_and_grad(lambda x, n: minimum(x, n)), (0.5, 1), (3.0, 1))
    answers_as_it_is(value_and_grad(lambda x, n: n**2 if x > 0 else x), (-1.0, 3), (1.0, 3))


def test_an_operation_on_values_alone_has_a_float() -> None:
    w = Value(1.5, "w")
    answers_as_it_is(lambda n: where(n > 1, n, w), (2,), (1,))


def test_zeros_keep_their_signs() -> None:
    for f in (lambda x: sum([x]), lambda x: 0 + x, lambda x: x + 0, lambda x: sum([x, x]), lambda x: x - 0.0):
        answers_as_it_is(f, (0.0,), (-0.0,), (1.0,))
    answers_as_it_is(lambda x: round(x, 2), (0.0,), (-0.0,), (0.004,), (-0.004,), (1.237,))


def test_the_slope_of_a_power_with_a_negative_zero_as_exponent_is_zero() -> None:
    answers_as_it_is(value_and_grad(lambda x, y: x**y, (0, 1)), (2.0, 0.0), (2.0, -0.0), (inf, -0.0), (0.0, 0.0))


# source


def test_brackets_stand_where_a_spelling_uses_an_operand_in_an_expression() -> None:
    answers_as_it_is(lambda x, y, z: leaky_relu(y, x - z), (3.0, -1.0, 1.0), (3.0, 2.0, 1.0))
    answers_as_it_is(lambda x, y: where(where(x > 0, x, y) > 1, where(y > 0, x, y), x - y), (2.0, 1.0), (-1.0, 3.0))
    answers_as_it_is(lambda x, y: maximum(x - y, -x) * minimum(x * y, x + y) ** 2, (2.0, 1.0), (-1.0, 3.0))
    answers_as_it_is(lambda x, y: OPS["fraction"].value(x) if x == 1 else ml.math.modf(x * y)[0], (2.5, 1.0))


# arguments and surroundings


def test_text_flags_and_empty_lists_among_the_arguments_are_told_apart() -> None:
    answers_as_it_is(lambda x, side: x if side == "left" else -x, (1.0, "left"), (1.0, "right"), (2.0, "left"))
    answers_as_it_is(lambda x, up: x if up else -x, (1.0, True), (1.0, False), (1.0, None))
    answers_as_it_is(lambda x, xs: sum(xs, x), (1.0, []), (1.0, [2.0]), (1.0, [2.0, 3.0]), (1.0, []))


def test_a_value_that_takes_the_place_of_another_is_read() -> None:
    holder = {"w": Value(2.0), "list": [Value(3.0), 1.0]}
    fast = jit(lambda x: x * holder["w"] + holder["list"][0] * holder["list"][1])  # type: ignore[index]
    assert fast(1.0) == 5.0
    holder["w"] = Value(10.0)
    assert fast(1.0) == 13.0
    holder["list"] = [Value(5.0), 2.0]
    assert fast(1.0) == 20.0
    holder["list"][1] = -0.0  # type: ignore[index]
    assert fast(0.0) == 0.0


class Scale:
    def __init__(self, by: Any) -> None:
        self.by = by


def test_an_object_among_the_arguments_is_looked_into() -> None:
    scale = Scale(2.0)
    fast = jit(lambda x, scale: x * scale.by if scale.by > 0 else x)
    assert fast(3.0, scale) == 6.0
    scale.by = 5.0
    assert fast(3.0, scale) == 15.0
    scale.by = Value(-1.0)
    assert fast(3.0, scale) == 3.0
    scale.by.data = 2.0
    assert fast(3.0, scale) == 6.0


def test_an_object_that_is_the_same_for_all_rows_is_looked_into() -> None:
    scale = Scale(2.0)
    by_rows = ml.vmap(lambda x, scale: x * scale.by, in_axes=(0, None))
    assert by_rows([1.0, 3.0], scale).tolist() == [2.0, 6.0]
    scale.by = 5.0
    assert by_rows([1.0, 3.0], scale).tolist() == [5.0, 15.0]


def test_a_function_among_the_arguments_is_looked_into() -> None:
    factor = 2.0
    fast = jit(lambda g, x: g(x))

    def scaled(x: Any) -> Any:
        return x * factor

    assert fast(scaled, 3.0) == 6.0
    factor = 5.0
    assert fast(scaled, 3.0) == 15.0


def test_an_iterator_outside_is_never_as_it_was() -> None:
    numbers = iter([1.0, 2.0, 3.0])
    fast = jit(lambda x: x * next(numbers))
    assert [fast(1.0), fast(1.0), fast(1.0)] == [1.0, 2.0, 3.0]


def follows(f: Any, change: Any) -> None:
    """jit(f) answers as f before and after the change."""
    fast = jit(f)
    before = f(2.0)
    assert fast(2.0) == before
    assert fast(2.0) == before
    change()
    assert fast(2.0) == f(2.0) != before


class Gain:
    k: Any = 1.0


class Derived(Gain):
    pass


class Slotted:
    __slots__ = ("__k", "late")

    def __init__(self) -> None:
        self.__k = 1.0

    def set(self, k: float) -> None:
        self.__k = k

    def __call__(self, x: Any) -> Any:
        return x * self.__k * getattr(self, "late", 1.0)


def test_an_attribute_that_hides_the_one_of_a_class() -> None:
    plain, derived, slotted = Gain(), Derived(), Slotted()
    follows(lambda x: x * plain.k, lambda: setattr(plain, "k", 3.0))
    follows(lambda x: x * derived.k, lambda: setattr(Derived, "k", 4.0))
    follows(lambda x: x * slotted(x), lambda: slotted.set(3.0))
    follows(lambda x: x * slotted(x), lambda: setattr(slotted, "late", 3.0))


def test_an_attribute_that_a_class_inherits(monkeypatch: pytest.MonkeyPatch) -> None:
    other = type("Other", (Gain,), {})
    follows(lambda x: x * other.k, lambda: monkeypatch.setattr(Gain, "k", 5.0))


def test_objects_of_the_standard_library_are_looked_into() -> None:
    space, args = types.SimpleNamespace(k=1.0, deep=types.SimpleNamespace(k=1.0)), argparse.Namespace(k=1.0)
    user, chain = collections.UserDict({"k": 1.0}), collections.ChainMap({}, {"k": 1.0})
    inner = {"k": 1.0}
    proxy, get, values, octets = types.MappingProxyType(inner), inner.get, inner.values(), bytearray([1])
    follows(lambda x: x * space.k, lambda: setattr(space, "k", 3.0))
    follows(lambda x: x * space.deep.k, lambda: setattr(space.deep, "k", 3.0))
    follows(lambda x: x * args.k, lambda: setattr(args, "k", 3.0))
    follows(lambda x: x * user["k"], lambda: user.update(k=3.0))
    follows(lambda x: x * chain["k"], lambda: chain.update(k=3.0))
    follows(lambda x: x * proxy["k"], lambda: inner.update(k=3.0))
    follows(lambda x: x * get("k"), lambda: inner.update(k=4.0))
    follows(lambda x: x * sum(values), lambda: inner.update(k=5.0))
    follows(lambda x: x * octets[0], lambda: octets.__setitem__(0, 3))


def test_a_partial_function_is_looked_into() -> None:
    gain, options = Gain(), {"k": 1.0}
    scaled = functools.partial(lambda gain, options, x: x * gain.k * options["k"], gain, options)
    follows(lambda x: scaled(x), lambda: setattr(gain, "k", 3.0))
    follows(scaled, lambda: options.update(k=7.0))


def test_the_chance_of_numpy_is_not_recorded() -> None:
    rng, normal, holder = np.random.default_rng(0), np.random.normal, [np.random.default_rng(1)]
    follows_chance(lambda x: x + rng.normal())
    follows_chance(lambda x: x + np.random.normal())
    follows_chance(lambda x: x + float(np.random.permutation(10**6)[0]))
    follows_chance(lambda x: x + normal())
    follows_chance(lambda x: x + holder[0].normal())
    follows_chance(lambda x: x + np.random.default_rng().normal())


def follows_chance(f: Any) -> None:
    """jit(f) answers something else in every call, or refuses, as it does where NumPy lets a profiler see its calls."""
    fast = jit(f)
    try:
        answers = [fast(1.0) for _ in range(4)]
    except TracingError:
        return
    assert len({*answers}) == 4


class Bag(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self[name]


def test_an_object_outside_that_makes_up_its_attributes() -> None:
    bag = Bag(k=1.0)
    follows(lambda x: x * bag.k, lambda: bag.update(k=3.0))
    follows(lambda x: x * bag.k, lambda: object.__setattr__(bag, "k", 5.0))


def test_a_container_outside_that_is_in_itself() -> None:
    node: dict[str, Any] = {"v": 1.0}
    node["parent"] = node
    follows(lambda x: x * node["parent"]["v"], lambda: node.update(v=3.0))


# Values beside, and derivatives inside


def test_functions_take_a_closed_value_before_a_number() -> None:
    w = Value(1.5, "w")
    for op in (maximum, minimum, copysign, ml.hypot, ml.atan2):
        assert jit(lambda x, op=op: op(w, x))(2.0) == op(1.5, 2.0)


def test_a_derivative_inside_at_a_closed_value() -> None:
    w = Value(3.0, "w")
    fast = jit(lambda x: grad(lambda t: t * t * x)(w))
    assert fast(2.0) == 12.0
    w.data = 5.0
    assert fast(2.0) == 20.0
    assert jit(lambda x: x * grad(lambda t: w * w * t)(2.0))(1.0) == 25.0
    assert jit(lambda x: x * grad(lambda t: w * w)(w))(1.0) == 10.0


def test_a_dropped_derivative_is_the_same_error_under_jit() -> None:
    with pytest.raises(TypeError, match="lost its derivative"):
        jit(grad(lambda x: int(x) * 2))(3.5)
    with pytest.raises(TypeError, match="lost its derivative"):
        jit(grad(lambda x: grad(lambda t: t * 0.5)(1.0) if math.floor(x) else 1.0))(3.5)
