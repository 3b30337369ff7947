"""The causes of a derivative: each function finds one kind, and tells it in a few lines."""

from __future__ import annotations

from math import isfinite, isinf, isnan

from ..graph import forward_sweep, topological_order
from ..value import Value, met
from ..words.names import Names, first_of_many
from ..words.notation import formula
from ..words.numbers import number
from .flow import Flow, infinity_arrives, nan_arrives, slopes_of, zero_arrives
from .kinks import branch_line, kind_of_kink, kink_lines, near_kink, rise
from .local import culprit, fades, is_stationary, kink_distance, moved, on_kink, slope, slope_edge, sloping

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..words.names import Edge

    Told = tuple[str, str, list[str]]  # the cause in a word, in its own words, and lines about it

MOST_OF_A_KIND = 3  # causes, shares or places, of which all say the same
MOST_STEPS = 5  # of a path, or inputs
ORDINARY = "an ordinary derivative"
CANCELLED = 1e3  # shares nearly cancel where their sizes add up to so many times their sum
COMMON = {-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0}  # numbers that a program writes without taking them from anywhere
SMALLEST_FLOAT, LARGEST_FLOAT = "the smallest float, 5e-324", "the largest float, 1.8e308"


def told(flow: Flow, x: Value, in_short: bool = False) -> Told:
    """Why the derivative by x is what it is; `in_short`, an ordinary one is not explained."""
    if x not in flow.position:
        return absent(flow, x)
    if x is flow.y:
        return "ordinary", "it is the same Value", []
    derivative = flow.derivative(x)
    if in_short and derivative and isfinite(derivative) and not flow.kinks:
        return "ordinary", ORDINARY, []
    find = not_a_number if isnan(derivative) else infinite if isinf(derivative) else finite if derivative else zero
    cause, head, lines = find(flow, x)
    return cause, head, list(dict.fromkeys([*lines, *value_lines(flow.names, flow.y), stale(flow, x)]))


# zero


def zero(flow: Flow, x: Value) -> Told:
    """Why the derivative by x is 0: the operations at which it ends, or the paths that cancel."""
    names = flow.names
    edges, meetings = flow.origins(x, zero_arrives)
    if meetings:
        return cancelled(flow, x, meetings[0])
    reasons = [reason_of_zero(flow, edge) for edge in edges[:MOST_OF_A_KIND]]
    cause = reasons[0][0]
    operations = first_of_many(list(dict.fromkeys(names.operation(child) for child, _ in edges)))
    heads = {"killed": f"killed by {operations}", "underflow": f"underflow in {operations}"}
    lines = [line for _, *reason in reasons for line in reason]
    places = [names.place(child) for child, _ in edges[:MOST_OF_A_KIND]]
    lines += [*zeros_before(flow, x, edges), no_way_round(flow, edges), *places]
    return cause, heads.get(cause, f"{operations} sits on a {cause}"), lines


def zeros_before(flow: Flow, x: Value, edges: Sequence[Edge], most: int = MOST_OF_A_KIND) -> list[str]:
    """What else makes the derivative 0, nearer to x: it would be 0 even if the operations of these edges were not."""
    stations = list(dict.fromkeys(child.parents[k] for child, k in edges))
    rates = forward_sweep(flow.from_here(x), [(x, 1.0)], slopes_of)
    if any(rates.get(v) for v in stations):
        return []
    if not most:
        return ["and there are more such places on the way"]
    inner = Flow(stations[0], flow.names.variables, flow.names.places)
    inner.names = flow.names
    causes, meetings = inner.origins(x, zero_arrives)
    if meetings:
        return [f"even without that, what arrives at {flow.names(meetings[0])} cancels"]
    _, first, *rest = reason_of_zero(inner, causes[0])
    return [f"even without that: {first}", *rest, *zeros_before(inner, x, causes, most - 1)]


def no_way_round(flow: Flow, edges: Sequence[Edge]) -> str:
    """A line that says that no path from x to y goes round the operations of these edges."""
    y = flow.names(flow.y)
    children = list(dict.fromkeys(child for child, _ in edges))
    if len(edges) > MOST_OF_A_KIND:
        return f"and so in {len(edges) - MOST_OF_A_KIND} more places: no path to {y} is left"
    if len(children) > 1:
        return f"no other path leads to {y}"
    return every_path(flow, children[0])


def every_path(flow: Flow, v: Value) -> str:
    """A line that says that all paths to y go through v; "" if v is y."""
    return "" if v is flow.y else f"every path to {flow.names(flow.y)} goes through {flow.names.brief(v) or 'it'}"


def reason_of_zero(flow: Flow, edge: Edge) -> list[str]:
    """The cause, and lines that say why an operation hands nothing down to one of its inputs."""
    (child, k), names = edge, flow.names
    op, inputs, own = child.op, met(child), flow.slope(edge)
    assert op
    what, me, this = names.defined(child), names(child.parents[k]), names.input(edge)
    if own is None:
        return ["killed", not_taken(flow, edge)]
    if own:
        product = f"{number(flow.derivative(child))} × {number(own)}"
        return ["underflow", f"{what} hands down {product}, which is below {SMALLEST_FLOAT}"]
    if on_kink(op, inputs, k):
        return ["kink", *kink_lines(flow, edge)]
    if is_stationary(op, inputs, k):
        return ["killed", f"{what} is flat at {this}, where its derivative is 0"]
    if kink_distance(op, inputs) is not None:
        return ["killed", f"{what} has the derivative 0 {names.at(edge)}", branch_line(flow, edge)]
    other = culprit(op, inputs, k)
    if other is not None:
        return ["killed", f"{what} has the derivative 0 by {me}, because of {names.input((child, other))}"]
    near = sloping(op, inputs, k)
    if near is not None:
        return faded_or_flat(flow, edge, near)
    return ["killed", f"{what} has the derivative 0 by {me} there, and all around"]


def faded_or_flat(flow: Flow, edge: Edge, near: float) -> list[str]:
    """Why the slope is 0 here, though it is not elsewhere: it rounds to 0, or the operation has branches."""
    (child, k), names = edge, flow.names
    op, inputs, what = child.op, met(child), names.defined(child)
    assert op
    begin = slope_edge(op, inputs, k, near)
    if fades(op, inputs, k, begin):
        there = number(slope(op, moved(inputs, k, near), k) or 0.0)
        line = f"{what} is saturated at {names.input(edge)}: its derivative rounds to 0 ({there} at {number(near)})"
        return ["underflow", line]
    there, step = number(slope(op, moved(inputs, k, begin), k) or 0.0), begin - inputs[k]
    me = names.brief(child.parents[k]) or "that input"
    way = f"{me} would have to {rise(step)} by {number(abs(step))} to reach the branch where it is {there}"
    return ["killed", f"{what} has the derivative 0 {names.at(edge)}", way]


def not_taken(flow: Flow, edge: Edge) -> str:
    """A line about an operation that chose another of its inputs than this one."""
    (child, k), names = edge, flow.names
    assert child.op
    taken = [names(x) for j, x in enumerate(child.parents) if flow.slope((child, j)) is not None]
    if child.op.letters[k : k + 1] == ("c",):
        return f"{names.defined(child)} only lets {names.input(edge)} choose: a condition has no derivative"
    me = names(child.parents[k])
    return f"{names.defined(child)} took {first_of_many(taken)}: nothing goes back to {me}, the branch not taken"


def cancelled(flow: Flow, x: Value, v: Value) -> Told:
    """Derivatives that arrive at v along several paths and add up to 0."""
    names = flow.names
    shares = flow.shares(v)
    lines = share_lines(names, v, shares)
    if v is not x:
        lines.append(every_path(flow, v))
    kinks = [edge for edge in flow.kinks if edge in shares]
    if kinks:
        kind = kind_of_kink(kinks[0][0])
        return kind, f"the sides of a {kind} cancel", [*lines, *kink_lines(flow, kinks[0])]
    return "cancelled", f"{len(shares)} paths cancel", [*lines, *(names.place(child) for child, _ in shares)]


def share_lines(names: Names, v: Value, shares: Mapping[Edge, float]) -> list[str]:
    """What arrives at v by each operation that uses it, the largest first."""
    edges = sorted(shares, key=lambda edge: -abs(shares[edge]))
    shown, left_out = edges[:MOST_OF_A_KIND], len(edges) - MOST_OF_A_KIND
    lines = [f"{number(shares[edge]):>8} arrives at {names(v)} through {through(names, edge)}" for edge in shown]
    return [*lines, f"{'…':>8} and through {left_out} more"] if left_out > 0 else lines


def through(names: Names, edge: Edge) -> str:
    """An operation, and which of its inputs, where a number is more than one of them."""
    child, k = edge
    twice = sum(x is child.parents[k] for x in child.parents) > 1
    return names.defined(child) + (f", as input {k + 1}" if twice else "")


# nan and infinite


def not_a_number(flow: Flow, x: Value) -> Told:
    """Why the derivative by x is nan: the operation that makes it, or infinities that meet."""
    names = flow.names
    edges, meetings = flow.origins(x, nan_arrives)
    if edges:
        return reason_of_nan(flow, edges[0])
    v = meetings[0]
    shares = {edge: share for edge, share in flow.shares(v).items() if infinity_arrives(share)}
    return "nan", "∞ − ∞ where paths meet", [*share_lines(names, v, shares), *infinite(flow, v)[2]]


def reason_of_nan(flow: Flow, edge: Edge) -> Told:
    """Why an operation makes nan of the derivative that arrives."""
    child, names = edge[0], flow.names
    if values := value_lines(names, child, (isnan,)):
        return "nan", "a value is nan already", values
    arrived, own = flow.derivative(child), flow.slope(edge)
    what, at, place = names.defined(child), names.at(edge), names.place(child)
    if own is None or isnan(own):
        return "nan", f"{names.operation(child)} has no derivative", [f"{what} has no derivative {at}", place]
    if not isinf(own) and not isinf(arrived):
        line = f"{what} makes nan of the derivative {number(arrived)} that arrives, {at}"
        return "nan", f"{names.operation(child)} makes it", [line, place]
    before = zero if arrived == 0 else infinite
    lines = [
        f"{what} has {'an infinite derivative' if isinf(own) else f'the derivative {number(own)}'} {at}",
        f"and what arrives there from {names(flow.y)} is {number(arrived)}:",
        *before(flow, child)[2],
    ]
    return "nan", f"{number(arrived)} × {number(own)}", [*lines, place]


def infinite(flow: Flow, x: Value) -> Told:
    """Why the derivative by x is infinite: the operation that makes it, or a sum beyond the floats."""
    names = flow.names
    edges, meetings = flow.origins(x, infinity_arrives)
    if edges:
        return reason_of_infinity(flow, edges[0])
    v = meetings[0]
    shares = flow.shares(v)
    return "overflow", f"the sum of its paths is beyond {LARGEST_FLOAT}", share_lines(names, v, shares)


def reason_of_infinity(flow: Flow, edge: Edge) -> Told:
    """Why an operation hands down an infinite derivative."""
    (child, k), names, own = edge, flow.names, flow.slope(edge) or 0.0
    inputs, what, operation, place = met(child), names.defined(child), names.operation(child), names.place(child)
    if not isinf(own):
        line = f"{what} hands down {number(flow.derivative(child))} × {number(own)}, which is beyond {LARGEST_FLOAT}"
        return "overflow", f"overflow in {operation}", [line, place]
    if any(map(isinf, inputs)):
        so = f"so {what} has an infinite derivative by {names(child.parents[k])}"
        return "infinite", "a value is infinite already", [*value_lines(names, child, (isinf,)), so, place]
    if all(inputs) and not all(1e-150 < abs(x) < 1e150 for x in inputs):
        line = f"{what} has a derivative beyond {LARGEST_FLOAT}, {names.at(edge)}"
        return "overflow", f"overflow in {operation}", [line, place]
    line = f"{what} has an infinite derivative {names.at(edge)}"
    return "infinite", f"{operation} is infinitely steep", [line, place]


def value_lines(names: Names, v: Value, tests: Sequence[Callable[[float], bool]] = (isnan, isinf)) -> list[str]:
    """Lines about where, on the way to v, values became nan or infinite."""
    if not any(test(x) for test in tests for x in (v._out, *met(v))):
        return []
    order = topological_order(v)
    firsts = [next((u for u in order if any(map(test, (u._out, *met(u))))), None) for test in (isinf, isnan)]
    return [line for u in firsts if u for line in (value_line(names, u), names.place(u))]


def value_line(names: Names, v: Value) -> str:
    """A line about how a value became nan or infinite: the numbers that it was computed from."""
    if v.op is None:
        return f"{names.leaf(v)} is an input, and {number(v._out)} from the start"
    inputs = met(v)
    numbers = formula(v.op, inputs, list(map(number, inputs)))
    return f"{names.defined(v)} is {number(v._out)}, the first on the way: {numbers}"


# everything else


def finite(flow: Flow, x: Value) -> Told:
    """What there is to be told of a derivative that is neither 0 nor nan nor infinite: kinks that it sits on."""
    names = flow.names
    kinks = list({child: (child, k) for child, k in flow.kinks_from(x)}.values())
    if not kinks:
        return "ordinary", ORDINARY, [*main_path(flow, x), near_kink(flow, x)]
    cause = kind_of_kink(kinks[0][0])
    lines = [line for edge in kinks[:MOST_OF_A_KIND] for line in kink_lines(flow, edge)]
    more = len(kinks) - MOST_OF_A_KIND
    places = [names.place(child) for child, _ in kinks[:MOST_OF_A_KIND]]
    head = f"one-sided, {names.operation(kinks[0][0])} sits on a {cause}"
    return cause, head, [*lines, f"and {more} more such places" if more > 0 else "", *places]


def main_path(flow: Flow, x: Value) -> list[str]:
    """The path along which the largest share comes, and where paths nearly cancel."""
    names = flow.names
    v, part, alone = x, flow.derivative(x), True
    stations: list[Value] = [v]
    meeting: list[str] = []
    while v is not flow.y:
        arriving = flow.shares(v)
        if not meeting and sum(map(abs, arriving.values())) > CANCELLED * abs(flow.derivative(v)):
            meeting = [f"paths nearly cancel at {names(v)}:", *share_lines(names, v, arriving)]
        by_child: dict[Value, float] = {}
        for (child, _), share in arriving.items():
            by_child[child] = by_child.get(child, 0.0) + share
        child = max(by_child, key=lambda child: abs(by_child[child]))
        part *= by_child[child] / flow.derivative(v)
        alone = alone and len(by_child) == 1
        v = child
        stations.append(v)
    how_much = "all of it" if alone else f"{number(part)} of it, the largest part,"
    return [f"{how_much} comes along {arrows(names, stations)}", *meeting]


def arrows(names: Names, stations: list[Value]) -> str:
    """A path by the names of its Values: a → b → c."""
    inner = [name for name in map(names.known, stations[1:-1]) if name] or [names(v) for v in stations[1:-1][:2]]
    if len(inner) > MOST_STEPS:
        inner = [*inner[: MOST_STEPS - 2], "…", inner[-1]]
    return " → ".join([names(stations[0]), *inner, names(stations[-1])])


def stale(flow: Flow, x: Value) -> str:
    """A line about an x whose `data` was written after y was computed."""
    names = flow.names
    for child, k in flow.uses[x]:
        number_then = met(child)[k]
        if number_then != x.data and not isnan(number_then):
            y = names(flow.y)
            return f"{names(x)} is {number(x.data)} now; {y} and this derivative are of {names.input((child, k))}"
    return ""


# a Value that is not there


def absent(flow: Flow, x: Value) -> Told:
    """Why x is not in the graph of y, and what the two have in common."""
    names, kind = flow.names, "not in the graph"
    me, name, y = names.asked(x), names.known(x), names(flow.y)
    head = f"{y} was not computed from {me}"
    ancestors = topological_order(x)
    if any(v is flow.y for v in ancestors):
        return kind, head, [f"it is the other way round: {me} was computed from {y}"]
    shared = [v for v in ancestors if v in flow.position]
    if shared:
        both = f"both were computed from {names.leaf(shared[-1])}, but {y} does not go through {names.defined(x)}"
        anew = f"if {me} was written anew, by {me} = … or {me} += …: compute {y} again from it"
        return kind, head, [both, anew if name else ""]
    twin = next((v for v in flow.order if name and v.op is None and names.known(v) == name), None)
    if twin:
        line = f"{y} was computed from another Value of the name {name}, {number(twin.data)}, perhaps an older one"
        return kind, head, [line]
    copies = list(copies_of(flow, x))[:MOST_OF_A_KIND]
    if copies:
        hint = f"if it was taken from {me}, as by {me}.data, that cut the derivative off"
        return kind if x.data in COMMON else "cut", head, [*copies, hint]
    inputs = first_of_many([names.leaf(v) for v in flow.order if v.op is None], MOST_STEPS)
    return kind, head, [f"it was computed from {inputs}" if flow.y.op else f"{y} is an input itself"]


def copies_of(flow: Flow, x: Value) -> Iterator[str]:
    """The plain numbers and other inputs that are the same number as x."""
    me = flow.names.asked(x)
    for v in flow.order:
        if v.op is None and v.data == x.data:
            yield f"{flow.names.leaf(v)} is another Value, and holds {number(x.data)} as {me} does"
        elif any(type(p) is float and p == x.data for p in v.parents):
            yield f"{flow.names.defined(v)} holds the plain number {number(x.data)}, as {me} does"
