"""Functions of plain numbers turned into their derivatives, with the conventions of JAX.

    grad, value_and_grad    of a function that answers one number: its derivative by each number of an argument
    jacobian, hessian       of many answers, and the second derivatives
    jvp, vjp, hvp           products with the Jacobian, from the right and from the left, and with the Hessian

The function is run on Values in place of its numbers. With numbers in, numbers come out. Where Values are among the
arguments, or the function uses Values that are older than the call, the answers are Values, which can be
differentiated again: so derivatives nest to any order. The attribute `grad` of a Value is neither read nor written.

Sources: Baydin, Pearlmutter, Radul and Siskind, "Automatic Differentiation in Machine Learning: a Survey", Journal of
Machine Learning Research 18 (2018), sections 3.1 (forward mode: jvp) and 3.2 (reverse mode: grad, vjp); Pearlmutter,
"Fast Exact Multiplication by the Hessian", Neural Computation 6 (1994), pages 147-160 (hvp).
"""

from __future__ import annotations

from functools import update_wrapper
from types import FunctionType, MethodType

from ..backward import leaves_of
from ..graph import Node
from ..runs.running import THREAD
from ..trees.containers import is_array
from ..trees.matching import leaves_in_order_of
from ..trees.objects import array_of, is_leaf
from ..trees.planting import planted, shaped
from ..trees.tree import Argument
from .call import Recorder
from .references import is_named, portable
from .run import run_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .call import Argnums


class Derivative:
    """A function that answers derivatives of f. It is called, bound as a method, copied and pickled as f itself is."""

    __slots__ = ("__dict__", "__weakref__", "answer", "options", "recorder", "transform")

    if TYPE_CHECKING:
        __qualname__: str
        __signature__: Any

    def __init__(self, transform: Callable[..., Any], answer: Callable[..., Any], f: Any, *options: Any) -> None:
        self.transform = transform  # what the user has called with f and these options
        self.answer = answer  # to a call, given the recorder
        self.options = options
        self.recorder = Recorder(f, *options)
        update_wrapper(self, f, updated=["__dict__"] if isinstance(f, FunctionType | Derivative) else [])
        self.is_derivative = True  # that it does not move is no surprise

    def __call__(self, /, *args: Any, **options: Any) -> Any:
        return self.answer(self.recorder, args, options)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __repr__(self) -> str:
        return f"<{self.transform.__name__} of {self.recorder.name}>"

    def __copy__(self) -> Derivative:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        f = deepcopy(self.recorder.f, memo)  # another one only if it is bound to an object, or is one
        return self if f is self.recorder.f else self.transform(f, *self.options)

    def __reduce__(self) -> Any:
        if is_named(self):
            return self.__qualname__
        return self.transform, (portable(self.recorder.f), *self.options)


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that answers the derivative of f by one of its arguments.

    >>> def total(apple, n, tax):
    ...     return apple * n * tax
    >>> grad(total)(100, 2, 1.1)
    2.2
    >>> grad(total, argnums=(1, 2))(100, 2, 1.1)
    (110.00000000000001, 200.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0

    f answers one number. The derivative by a list, tuple, dict, dataclass or NumPy array is one of the same form; by a
    model, the list of those by its parameters. Its unit is that of the answer, divided by that of the argument.
    `argnums` says by which arguments, counted from 0 or by name; several give a tuple. With `has_aux` f answers a pair,
    a number and something else, which comes with the derivative. Raises a TypeError if f answers several numbers, or
    has turned its number into a plain float on the way, and warns if the answer does not depend on an argument.
    """
    return Derivative(grad, gradient, f, argnums, has_aux)


def gradient(recorder: Recorder, args: Any, options: Any) -> Any:
    run = run_of(recorder, args, options)
    slopes = run.slopes(run.single_output())
    return run.with_aux(run.shaped(slopes))


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that answers f's value and its derivative, as `grad`.

    >>> value_and_grad(lambda x, y: x * y + x)(2.0, 3.0)
    (8.0, 4.0)

    f runs once for both. Arguments, forms and errors are those of `grad`; with `has_aux` the answer is
    `((value, aux), derivative)`. `scipy.optimize.minimize(value_and_grad(f), x0, jac=True)` works as it stands.
    """
    return Derivative(value_and_grad, value_and_gradient, f, argnums, has_aux)


def value_and_gradient(recorder: Recorder, args: Any, options: Any) -> Any:
    run = run_of(recorder, args, options)
    slopes = run.slopes(run.single_output())
    return run.with_aux(run.value()), run.shaped(slopes)


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that answers the derivative of each of f's answers by each number of an argument.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] ** 2])([2.0, 3.0])
    [[3.0, 2.0], [4.0, 0.0]]

    It has the form of f's answer, with the form of the argument in place of each number: m rows of n numbers for a list
    of m and a list of n. By an array it is an array of the two shapes together. With fewer numbers than answers the
    graph is swept once for each number, forward; else once for each answer, in reverse. `argnums` and `has_aux` are as
    for `grad`.
    """
    return Derivative(jacobian, jacobian_of_f, f, argnums, has_aux)


def jacobian_of_f(recorder: Recorder, args: Any, options: Any) -> Any:
    run = run_of(recorder, args, options)
    rows = run.rows()
    return run.with_aux(run.each_argument(lambda x, part: matrix(run.answer, x, [row[part] for row in rows])))


def hessian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that answers the second derivatives of f by the numbers of an argument.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]

    f answers one number. The answer has the form of the argument twice: n rows of n numbers for a list of n, an array
    of both shapes together for an array; several `argnums` give a tuple of tuples. It is symmetric to the last bit:
    what is computed on one side of the diagonal stands on the other too. Errors are those of `grad`.
    """
    return Derivative(hessian, hessian_of_f, f, argnums, has_aux)


def hessian_of_f(recorder: Recorder, args: Any, options: Any) -> Any:
    run = run_of(recorder, args, options)
    rows = mirrored([run.slopes(slope) for slope in run.slopes_as_nodes(run.single_output())])

    def block(x: Any, part: slice) -> Any:
        return run.each_argument(lambda y, other: matrix(x, y, [row[other] for row in rows[part]]))

    return run.with_aux(run.each_argument(block))


def mirrored(rows: list[list[Any]]) -> list[list[Any]]:
    """The symmetric matrix with the same lower triangle."""
    return [[rows[max(i, j)][min(i, j)] for j in range(len(rows))] for i in range(len(rows))]


def hvp(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of x, v and what else f takes, that answers the Hessian of f by x, times v.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]

    v and the answer have the form of x; a v of another form is a ValueError. The Hessian itself is never formed: the
    product costs a few gradients, however many numbers x holds. SciPy takes it as
    `minimize(f, x0, method="Newton-CG", jac=grad(f), hessp=hvp(f))`.
    """
    from inspect import signature

    product = Derivative(hvp, hessian_times_v, f)
    product.__signature__ = signature(lambda x, v, /, *args, **options: None)  # its arguments are others than f's
    return product


def hessian_times_v(recorder: Recorder, args: Any, options: Any) -> Any:
    if len(args) < 2:
        raise TypeError(f"hvp({recorder.name}) takes x, v and what else {recorder.name} takes: give both by position")
    x, v, *others = args
    run = run_of(recorder, (x, *others), options)
    slopes = run.slopes_as_nodes(run.single_output())
    weights = run.matched([v], "v")
    run.symbolic = run.symbolic or any(isinstance(weight, Node) for weight in weights)
    weighted = sum(slope * weight for slope, weight in zip(slopes, weights, strict=True))
    return run.shaped(run.slopes(weighted))


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """f's answer, and the rate at which it moves when the arguments `primals` move at the rates `tangents`.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)

    It is the Jacobian times the tangents, from one forward sweep. `tangents` has one element for each of `primals`, of
    the same form, else it is a ValueError; the rates have the form of f's answer. With `has_aux` f answers a pair, and
    its second part comes third.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, list | tuple):
            raise TypeError(f"{name} is a tuple with one element for each argument of the function, not {given!r:.60}")
    run = run_of(Recorder(f, range(len(primals)), has_aux), primals, {})
    rates = run.forward(run.matched(tangents, "tangents"))
    pair = run.value(), planted(run.answer, rates)
    return (*pair, run.plain_aux()) if has_aux else pair


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """f's answer, and a function from weights of the answers to the derivatives of their weighted sum.

    >>> value, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pull([1.0, 0.0]), pull([0.0, 1.0])
    ([6.0, 5.0], (3.0, 2.0), (1.0, 1.0))

    It is the weights times the Jacobian, from one reverse sweep, as a tuple with one element for each argument. The
    weights have the form of f's answer, else they are a ValueError. With `has_aux` f answers a pair, and its second
    part comes third.
    """
    run = run_of(Recorder(f, range(len(primals)), has_aux), primals, {})

    met = [(leaf, leaf.data) for leaf in leaves_of(run.nodes)] if run.symbolic and not THREAD.trace else []

    def pull(weights: Any) -> Any:
        for leaf, number in met:
            if leaf.data != number == number:
                raise ValueError(f"the .data of {leaf!r} was {number} when vjp ran, and has been written: run it again")
        return run.shaped(run.reverse(leaves_in_order_of(weights, run.answer, "the weights of the answers")))

    return (run.value(), pull, run.plain_aux()) if has_aux else (run.value(), pull)


def matrix(rows: Any, columns: Argument, numbers: list[list[Any]]) -> Any:
    """Rows of numbers in the form of two trees: an array where the columns are one, lists where they are a list."""
    answer = rows.tree if isinstance(rows, Argument) else rows
    if is_array(answer) and isinstance(columns.tree, list | tuple):
        rows = answer = answer.tolist()
    blocks = [columns.shaped(row) for row in numbers]
    if is_array(columns.tree) and isinstance(answer, list | tuple) and (shape := shape_of(answer)):
        return array_of(blocks, shape)
    return rows.shaped(blocks) if isinstance(rows, Argument) else shaped(rows, blocks)


def shape_of(tree: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers, None if they are not regular."""
    if is_leaf(tree):
        return ()
    if not isinstance(tree, list | tuple):
        return None
    shapes = {shape_of(branch) for branch in tree}
    inner = shapes.pop() if len(shapes) == 1 else None
    return None if inner is None else (len(tree), *inner)
