"""Facts about copies and pickles of graphs: classes stay, shared Values stay shared, and the work is linear."""

from __future__ import annotations

import copy
import copyreg
import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import cloudpickle
import pytest
from side_by_side import side_by_side

from micrograd_like import Value, copies, exp, grad, hypot, scope, sqrt, where


class Parameter(Value):
    """A class of the user's own, with an attribute."""

    def __init__(self, data: float, rate: float = 0.1) -> None:
        super().__init__(data)
        self.rate = rate


class Slotted(Value):
    __slots__ = ("__hidden", "rate")

    def __init__(self, data: float, rate: float) -> None:
        super().__init__(data)
        self.rate = rate
        self.__hidden = [rate]

    @property
    def hidden(self) -> list[float]:
        return self.__hidden


class Choosy(Value):
    """It says itself what is to be kept."""

    def __init__(self, data: float, kept: str, dropped: Any = None) -> None:
        super().__init__(data)
        self.kept, self.dropped = kept, dropped

    def __getstate__(self) -> dict[str, Any]:
        return {"kept": self.kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.kept, self.dropped = state["kept"] + "!", None


class WithArguments(Value):
    def __new__(cls, data: float, must: str) -> WithArguments:
        return super().__new__(cls)

    def __init__(self, data: float, must: str) -> None:
        super().__init__(data)
        self.must = must


@dataclass
class Trial:
    states: list[Value]
    best: dict[str, Any]


def pickled(x: Any, protocol: int | None = None) -> Any:
    return pickle.loads(pickle.dumps(x, protocol))


def pickled_by_python(x: Any) -> Any:
    return pickle._loads(pickle._dumps(x))  # type: ignore[attr-defined]


def cloudpickled(x: Any) -> Any:
    return pickle.loads(cloudpickle.dumps(x))


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PICKLERS = {f"protocol{p}": lambda x, p=p: pickled(x, p) for p in PROTOCOLS}
PICKLERS |= {"python": pickled_by_python, "cloudpickle": cloudpickled}
DEEP = {"deepcopy": copy.deepcopy, **PICKLERS}
EVERY = {"copy": copy.copy, **DEEP}


def by(ways: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("twin", ways.values(), ids=ways)


def history(length: int, every: int = 1) -> list[Value]:
    """Every so many of the states of one chain that goes back to one leaf."""
    x = Value(1.0, "x")
    states = [x]
    for _ in range(length):
        y = states[-1]
        for _ in range(every):
            y = y * 1.0001 + x
        states.append(y)
    return states


def graph_of(root: Value) -> list[Value]:
    return copies.unvisited(root, ())


class Counted:
    """How often ancestors are visited while it is entered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.visits = 0
        unvisited = copies.unvisited

        def counted(root: Any, visited: Any) -> list[Any]:
            order = unvisited(root, visited)
            self.visits += len(order)
            return order

        monkeypatch.setattr(copies, "unvisited", counted)


# classes


@by(EVERY)
def test_a_copy_has_the_class_of_the_original_and_its_attributes(twin: Callable[[Any], Any]) -> None:
    w = Parameter(2.0, rate=0.5)
    w.name, w.grad = "w", 3.0
    other = twin(w)
    assert (type(other), other.rate, repr(other)) == (Parameter, 0.5, repr(w))
    assert other is not w


@by(EVERY)
def test_a_copy_has_what_is_in_slots(twin: Callable[[Any], Any]) -> None:
    other = twin(Slotted(2.0, 0.5))
    assert (type(other), other.data, other.rate, other.hidden) == (Slotted, 2.0, 0.5, [0.5])
    assert not hasattr(other, "__dict__")


@by(EVERY)
def test_a_class_that_says_what_is_kept_is_asked(twin: Callable[[Any], Any]) -> None:
    other = twin(Choosy(2.0, "a", dropped=lambda: None))
    assert (type(other), other.data, other.kept, other.dropped) == (Choosy, 2.0, "a!", None)


@by(EVERY)
def test_no_constructor_runs_again(twin: Callable[[Any], Any]) -> None:
    other = twin(WithArguments(2.0, "yes"))
    assert (type(other), other.data, other.must) == (WithArguments, 2.0, "yes")


@by({name: EVERY[name] for name in ("copy", "deepcopy", "cloudpickle")})
def test_a_class_made_within_a_function_stays_that_class(twin: Callable[[Any], Any]) -> None:
    class Local(Value):
        pass

    assert type(twin(Local(1.0))) is Local


@by(DEEP)
def test_leaves_within_a_graph_keep_their_class_and_what_operations_made_is_a_value(twin: Any) -> None:
    w, x = Parameter(2.0, 0.5), Slotted(3.0, 0.25)
    y = twin(exp(w * x) * w)
    leaves = [node for node in graph_of(y) if node.op is None]
    assert [(type(v), v.rate) for v in leaves] == [(Parameter, 0.5), (Slotted, 0.25)]
    assert {type(node) for node in graph_of(y) if node.op} == {Value}
    y.backward()
    (exp(w * x) * w).backward()
    assert [v.grad for v in leaves] == [w.grad, x.grad]


@by(DEEP)
def test_a_derivative_at_a_singular_point_is_a_value_like_others(twin: Any) -> None:
    slope = twin(grad(sqrt)(Value(0.0)))
    assert {type(node) for node in graph_of(slope)} == {Value}
    assert slope.data == float("inf")
    assert (1 / slope).data == 0.0


def test_a_shallow_copy_shares_parents_and_attributes() -> None:
    w = Parameter(2.0)
    w.log = [1]
    assert copy.copy(w).log is w.log
    y = w * w
    assert copy.copy(y).parents[0] is w


@by(DEEP)
def test_attributes_share_with_the_graph_what_they_shared(twin: Any) -> None:
    w, log = Parameter(2.0), [1.0]
    u = Parameter(3.0)
    w.log = u.log = log
    w.partner, u.partner, w.me = u, w, w
    w.result = w * u
    other_w, other_u = twin([w, u])
    assert other_w.log is other_u.log is not log
    assert (other_w.partner, other_u.partner, other_w.me) == (other_u, other_w, other_w)
    assert other_w.partner is other_u
    assert other_w.result.parents[0] is other_w
    assert other_w.result.parents[1] is other_u


@by(DEEP)
def test_attributes_refer_to_other_parents_and_to_what_is_computed_later(twin: Any) -> None:
    w, u, v = Parameter(2.0), Parameter(3.0), Parameter(5.0)
    y = exp(w * u) + v
    w.partner, w.result, u.all = u, y, [w, u, v, y]
    other = twin(y)
    other_w, other_u = other.parents[0].parents[0].parents
    assert other_w.partner is other_u
    assert other_w.result is other
    assert [a is b for a, b in zip(other_u.all, [other_w, other_u, other.parents[1], other], strict=True)] == [True] * 4
    assert len(graph_of(other)) == len(graph_of(y)) == 6


@by(DEEP)
def test_a_model_that_looks_for_its_own_class_of_parameters_finds_them_in_a_copy(twin: Any) -> None:
    model = {"w": Parameter(2.0), "scale": Value(3.0)}
    assert [name for name, v in twin(model).items() if isinstance(v, Parameter)] == ["w"]


# graphs


@by(DEEP)
@pytest.mark.parametrize("order", [1, -1], ids=["oldest-first", "newest-first"])
def test_states_of_one_chain_in_a_list_are_one_graph(twin: Any, order: int) -> None:
    states = history(300)
    others = twin(states[::order])[::order]
    assert len(graph_of(others[-1])) == len(graph_of(states[-1])) == 601
    for k in (1, 2, 150, 300):
        assert others[k].parents[0].parents[0] is others[k - 1]
    others[-1].backward()
    states[-1].backward()
    assert (others[0].grad, others[0].data) == (states[0].grad, states[0].data)


@by(DEEP)
def test_states_in_containers_and_objects_are_one_graph(twin: Any) -> None:
    states = history(50, every=3)
    mixed = {"last": states[-1], "all": tuple(states), "trial": Trial(states[::2], {"best": {states[7]}})}
    other = twin(mixed)
    assert other["last"] is other["all"][-1]
    assert all(v is w for v, w in zip(other["trial"].states, other["all"][::2], strict=True))
    assert other["trial"].best["best"] == {other["all"][7]}
    assert len(graph_of(other["last"])) == len(graph_of(states[-1]))


@by({name: DEEP[name] for name in ("deepcopy", "protocol0", "protocol2", "protocol5", "cloudpickle")})
@pytest.mark.parametrize("every", [1, 30])
@pytest.mark.parametrize(
    "within",
    [
        list,
        lambda states: {k: [state] for k, state in enumerate(states)},
        lambda states: Trial(states, {"last": states[-1]}),
        set,
        lambda states: states[::-1],
    ],
    ids=["list", "dict", "object", "set", "reversed"],
)
def test_the_work_for_many_states_of_one_chain_is_that_for_the_chain(
    twin: Any, every: int, within: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = history(1200 // every, every)
    mixed = within(states)
    counted = Counted(monkeypatch)
    twin(mixed)
    assert counted.visits <= 5 * len(states) * (2 * every + 1)


def test_the_pickler_written_in_python_walks_a_chain_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    states = history(400, 3)
    counted = Counted(monkeypatch)
    pickled_by_python(states)
    assert counted.visits <= 5 * 400 * 7


@pytest.mark.slow
@by({name: DEEP[name] for name in ("deepcopy", "protocol0", "protocol5", "python", "cloudpickle")})
def test_a_graph_may_be_100_000_deep(twin: Any) -> None:
    states = history(50_000)
    kept = [states[0], states[25_000], states[-1]]
    del states
    first, middle, last = twin(kept)
    assert len(graph_of(last)) == 100_001
    last.backward()
    assert middle.grad == pytest.approx(1.0001**25_000, rel=1e-9)
    assert first.grad != 0.0


@by(DEEP)
def test_a_deep_graph_hangs_on_an_attribute_of_a_leaf(twin: Any) -> None:
    w = Parameter(1.0)
    w.history = history(2 * sys.getrecursionlimit())[-1]
    other = twin(w * 2)
    assert len(graph_of(other.parents[0].history)) == 4 * sys.getrecursionlimit() + 1


@by(DEEP)
def test_a_wide_graph_and_operations_of_many_inputs(twin: Any) -> None:
    xs = [Value(float(i)) for i in range(1, 500)]
    y = hypot(*xs) + where(xs[0] > 0, xs[1], xs[2]) + sum(x * xs[0] for x in xs)
    other = twin([y, xs])
    y.backward()
    other[0].backward()
    assert [x.grad for x in other[1]] == [x.grad for x in xs]


@by(DEEP)
def test_the_inputs_of_scopes_are_those_of_the_copy(twin: Any) -> None:
    x = Value(2.0, "x")

    @scope
    def step(y: Value, unused: Value) -> Value:
        return y * x

    y = x
    for _ in range(1500):
        y = step(y, Value(1.0))
    other = twin(y)
    assert other._scope[1] == (other.parents[0],)
    assert other._scope[1][0] is other.parents[0]


def test_an_input_of_a_scope_that_nothing_was_computed_from_is_copied_too() -> None:
    unused = Value(5.0)
    y = Value(2.0) * 3
    y._scope = (("part",), (unused, 7.0))
    for twin in DEEP.values():
        part, inputs = twin(y)._scope
        assert (part, inputs[0].data, inputs[1]) == (("part",), 5.0, 7.0)
        assert inputs[0] is not unused


# picklers


def test_two_pickles_in_turn_in_one_thread_know_their_own() -> None:
    files = [io.BytesIO(), io.BytesIO()]
    picklers = [pickle.Pickler(file) for file in files]
    states = history(3 * sys.getrecursionlimit())
    for part in (states[: sys.getrecursionlimit()], states[: 2 * sys.getrecursionlimit()], states):
        for pickler in picklers:
            pickler.dump([part[-1], part])
    for file in files:
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        first, *_, (last, _) = [unpickler.load() for _ in range(3)]
        assert len(graph_of(last)) == len(graph_of(states[-1]))
        assert first[0] in graph_of(last)


class Nested:
    """It is pickled as a pickle of its own."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (pickle.dumps(self.x),)


@by(PICKLERS)
def test_a_pickle_within_a_pickle_has_a_graph_of_its_own(twin: Any) -> None:
    states = history(2 * sys.getrecursionlimit())
    w = Parameter(1.0)
    w.nested = Nested(states[-1])
    y = states[-1] + w
    other, inner, last, again = twin([y, Nested(states), states[-1], Nested(y * 2)])
    assert other.parents[0] is last
    assert len(graph_of(inner[-1])) == len(graph_of(last)) == len(graph_of(states[-1]))
    assert inner[-1] is not last
    assert again.data == 2 * y.data
    assert other.parents[1].nested.data == states[-1].data


class Refusing(Value):
    refuses = True

    def __reduce__(self) -> Any:
        if Refusing.refuses:
            raise RuntimeError("not now")
        return super().__reduce__()


def test_a_pickling_that_fails_half_way_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    w = Refusing(1.0)
    y: Any = Value(2.0)
    for k in range(3 * sys.getrecursionlimit()):
        y = y * 1.0001 + (w if k == 2 * sys.getrecursionlimit() else 0.0)
    for dumps in (pickle.dumps, pickle._dumps):  # type: ignore[attr-defined]
        monkeypatch.setattr(Refusing, "refuses", True)
        reused = pickle.Pickler(file := io.BytesIO())
        for attempt in (dumps, dumps, reused.dump):
            with pytest.raises(RuntimeError, match="not now"):
                attempt(y)
        monkeypatch.setattr(Refusing, "refuses", False)
        assert pickle.loads(dumps(y)).data == y.data
        start = file.tell()
        reused.dump([1])
        reused.dump(y * 2)
        assert file.tell() > start


def test_a_pickler_whose_memo_was_cleared_writes_everything_anew() -> None:
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    y = history(2 * sys.getrecursionlimit())[-1]
    pickler.dump(y)
    pickler.clear_memo()
    start = file.tell()
    pickler.dump(y)
    assert len(graph_of(pickle.loads(file.getvalue()[start:]))) == len(graph_of(y))


def test_threads_pickle_and_copy_one_graph_at_the_same_time() -> None:
    states = history(3000)
    size = len(graph_of(states[-1]))
    found: list[Any] = []

    def work(twin: Any) -> None:
        for _ in range(3):
            other = twin([states[-1], states])
            found.append((len(graph_of(other[0])), other[1][-1] is other[0], other[0].data))

    ways = [pickled, copy.deepcopy, pickled_by_python, pickled]
    side_by_side(*(partial(work, way) for way in ways))
    assert found == [(size, True, states[-1].data)] * 12


def test_copyreg_and_a_dispatch_table_may_reduce_a_class_in_their_own_way() -> None:
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dispatch_table = copyreg.dispatch_table.copy()
    pickler.dispatch_table[Parameter] = lambda w: (Parameter, (w.data, 7.0))
    pickler.dump(Parameter(2.0, 0.5) * 3)
    file.seek(0)
    assert pickle.load(file).parents[0].rate == 7.0


def test_what_is_kept_of_a_pickle_is_freed_with_it() -> None:
    pickle.dumps(history(100))
    assert copies.PICKLED.pickling() is None


def test_a_class_of_a_main_program_travels_by_cloudpickle(tmp_path: Any) -> None:
    (tmp_path / "write.py").write_text(
        "import cloudpickle\nfrom micrograd_like import Value\n"
        "class Mine(Value):\n    __slots__ = ('rate',)\n"
        "w = Mine(2.0); w.rate = 0.5\n"
        "open('w', 'wb').write(cloudpickle.dumps([w * w, w]))\n"
    )
    read = (
        "import pickle; y, w = pickle.load(open('w', 'rb')); y.backward(); "
        "print(type(w).__name__, w.rate, w.grad, y.parents[0] is w)"
    )
    subprocess.run([sys.executable, "write.py"], check=True, cwd=tmp_path)
    done = subprocess.run([sys.executable, "-c", read], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "Mine 0.5 4.0 True\n", done.stderr


# deepcopy's memo


def test_a_deep_copy_takes_stand_ins_from_the_memo() -> None:
    w, x = Value(2.0), Value(3.0)
    stand_in = Value(10.0)
    y = copy.deepcopy(w * x + w, {id(w): stand_in})
    y.backward()
    assert stand_in.grad == 4.0
    assert y.parents[1] is stand_in


def test_a_class_that_copies_itself_is_asked_within_a_graph() -> None:
    class Constant(Value):
        def __deepcopy__(self, memo: Any) -> Constant:
            return self

    w, x = Constant(2.0), Value(3.0)
    y = copy.deepcopy(w * x)
    assert y.parents[0] is w
    assert y.parents[1] is not x


def test_copies_are_younger_than_what_was_there_and_differentiate_on_their_own() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    other = copy.deepcopy([x, y])
    other[1].backward()
    assert (x.grad, other[0].grad) == (6.0, 12.0)
    x.data = 5.0
    assert (other[0].data, y.data) == (3.0, 9.0)
