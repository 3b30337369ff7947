"""Facts about reports: first and second order, draws, the verdict, and what they look like."""

from __future__ import annotations

import json
import subprocess
import sys
from math import inf, isnan, sqrt
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_like import Value, math, measured, pm, sensitivities
from micrograd_like.models import draws

np = pytest.importorskip("numpy")
ROOT = Path(__file__).parents[2]


def bill(apple: float, n: float, tax: float) -> float:
    return apple * n * tax


def tariff(kwh: float) -> float:
    if kwh <= 100:
        return 0.3 * kwh
    return 30 + 0.2 * (kwh - 100)


# first order

MODELS = {
    "bill": lambda a, b, c: a * b * c,
    "ratio": lambda a, b, c: (a - b) / (c + 3),
    "powers": lambda a, b, c: a**2 * b**-1.5 + c**3,
    "waves": lambda a, b, c: math.sin(a) * math.exp(b / 4) - math.log(c) * math.sqrt(a),
    "twice": lambda a, b, c: a * a + a * b - c / a,
}
OF_UNCERTAINTIES = {**MODELS}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 9), st.floats(0.001, 0.5)), min_size=3, max_size=3))
def test_the_first_order_is_that_of_uncertainties(name: str, inputs: list[tuple[float, float]]) -> None:
    uncertainties = pytest.importorskip("uncertainties")
    import uncertainties.umath as umath

    model = MODELS[name]
    if name == "waves":
        other = lambda a, b, c: umath.sin(a) * umath.exp(b / 4) - umath.log(c) * umath.sqrt(a)  # noqa: E731
    else:
        other = model
    r = sensitivities(model, dict(zip("abc", (pm(*pair) for pair in inputs), strict=True)), draws=0)
    numbers = [uncertainties.ufloat(*pair) for pair in inputs]
    answer = other(*numbers)
    assert r.value == pytest.approx(answer.nominal_value, rel=1e-12, abs=1e-12)
    assert r.line.u == pytest.approx(answer.std_dev, rel=1e-12)
    for row, number in zip(r.inputs.values(), numbers, strict=True):
        slope = answer.derivatives[number]
        assert row.derivative == pytest.approx(slope, rel=1e-12, abs=1e-14)
        assert row.contribution == pytest.approx(slope * number.std_dev, rel=1e-12, abs=1e-14)


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.99, 0.99), st.floats(0.1, 2), st.floats(0.1, 2))
def test_the_first_order_with_correlation_is_that_of_uncertainties(r: float, u: float, v: float) -> None:
    uncertainties = pytest.importorskip("uncertainties")
    a, b = uncertainties.correlated_values([3.0, 4.0], [[u * u, r * u * v], [r * u * v, v * v]])
    report = sensitivities(lambda a, b: a * b + a, a=pm(3, u), b=pm(4, v), corr={("a", "b"): r}, draws=0)
    assert report.line.u == pytest.approx((a * b + a).std_dev, rel=1e-9)
    assert sum(row.share for row in report.inputs.values()) == pytest.approx(1)
    assert sensitivities(lambda a, b: a * b + a, a=a, b=b, draws=0).line.u == pytest.approx((a * b + a).std_dev)


def test_what_moves_the_answer() -> None:
    r = sensitivities(bill, apple=pm(100, 5), n=2, tax=pm(1.1, 0.01), draws=0)
    row = r.inputs["apple"]
    assert (row.derivative, row.elasticity, row.contribution) == (2.2, pytest.approx(1), pytest.approx(11))
    assert row.share == pytest.approx(121 / (121 + 4))
    assert r.elasticity == {"apple": pytest.approx(1), "n": pytest.approx(1), "tax": pytest.approx(1)}
    assert r.u == pytest.approx(sqrt(125))
    assert r.interval(0.5) == (pytest.approx(220 - 0.6744897501960817 * sqrt(125)),) * 1 + (
        pytest.approx(220 + 0.6744897501960817 * sqrt(125)),
    )


def test_the_elasticity_of_an_answer_of_0_is_nan() -> None:
    r = sensitivities(lambda a, b: a - b, a=pm(1, 0.1), b=1.0, draws=0)
    assert isnan(r.elasticity["a"])
    assert [line.split()[4] for line in str(r).splitlines()[2:4]] == ["–", "–"]


# second order


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6), st.floats(-0.9, 0.9))
def test_the_second_order_is_exact_for_quadratic_forms(c: list[float], r: float) -> None:
    """½ tr(HΣ) and ½ tr(HΣHΣ) are the mean and variance of a quadratic form of normal numbers."""

    def form(x: float, y: float) -> float:
        return c[0] * x + c[1] * y + c[2] * x * x + c[3] * x * y + c[4] * y * y + c[5]

    report = sensitivities(form, x=pm(1, 0.5), y=pm(-1, 0.25), corr={("x", "y"): r}, draws=0)
    cov = np.array([[0.25, r * 0.125], [r * 0.125, 0.0625]])
    g = np.array([c[0] + 2 * c[2] - c[3], c[1] + c[3] - 2 * c[4]])
    h = np.array([[2 * c[2], c[3]], [c[3], 2 * c[4]]])
    assert report.second_order.value == pytest.approx(report.value + np.trace(h @ cov) / 2, abs=1e-12)
    exact = g @ cov @ g + np.trace(h @ cov @ h @ cov) / 2
    assert report.second_order.u == pytest.approx(sqrt(max(exact, 0)), rel=1e-9, abs=1e-9)


def test_second_derivatives_of_many_inputs_are_probed() -> None:
    """A diagonal Hessian shows in each random direction as it is."""
    xs = [pm(1 + k / 300, 0.1) for k in range(300)]
    r = sensitivities(lambda xs: sum(x * x for x in xs), xs=xs, draws=0)
    assert r.second_order.value == pytest.approx(r.value + 300 * 0.01)
    assert r.second_order.u**2 - r.line.u**2 == pytest.approx(300 * 2 * 0.01**2, rel=1e-6)


def test_interactions_say_which_inputs_bend_the_model_together() -> None:
    r = sensitivities(lambda x, y, z: x * y + z * z / 10, x=pm(0, 1), y=pm(0, 1), z=pm(0, 1), draws=0)
    assert [names for names, _ in r.interactions] == [("x", "y"), ("z", "z")]
    assert sum(part for _, part in r.interactions) == pytest.approx(1)
    assert r.interactions[0][1] == pytest.approx(1 / (1 + 0.02))


# draws


def test_draws_are_the_same_for_the_same_seed_whatever_their_number() -> None:
    one, other, third = (
        sensitivities(bill, apple=pm(100, 5), n=2.0, tax=pm(1.1, 0.01), draws=n, seed=seed).draws
        for n, seed in ((5000, 3), (70_000, 3), (5000, 4))
    )
    assert one.numbers.tolist() == other.numbers[:5000].tolist()
    assert one.numbers.tolist() != third.numbers.tolist()


def test_draws_through_vmap_and_one_by_one_are_the_same() -> None:
    """The second model does what cannot be recorded."""

    def aside(apple: float, n: float, tax: float) -> float:
        return float(str(float(apple * n * tax))) if type(apple) is float else apple * n * tax

    inputs = {"apple": pm(100, 5), "n": 2.0, "tax": pm(1.1, 0.01)}
    fast, slow = (sensitivities(f, inputs, draws=2000).draws for f in (bill, aside))
    assert slow.numbers == pytest.approx(fast.numbers, rel=1e-12)


def test_draws_without_an_answer_are_counted() -> None:
    def root(x: float) -> float:
        if x < 0:
            raise ValueError("negative")
        return math.sqrt(x)

    r = sensitivities(root, x=pm(1, 0.5), draws=10_000)
    z = np.random.default_rng(0).standard_normal((10_000, 1))
    assert r.draws.failed == int((1 + 0.5 * z < 0).sum()) > 0
    assert f"{r.draws.failed} of 10,000 draws have no finite answer" in r.reasons


def test_complex_answers_are_none() -> None:
    r = sensitivities(lambda x: x**0.5, x=pm(1, 0.5), draws=10_000)
    assert 150 < r.draws.failed < 350


def test_draws_say_how_exact_they_are() -> None:
    draws = [sensitivities(math.exp, x=pm(0, 0.3), draws=2000, seed=k).draws for k in range(40)]
    spread = np.std([d.u for d in draws])
    assert np.median([d.error for d in draws]) == pytest.approx(spread, rel=0.5)


def test_models_whose_loops_end_elsewhere_are_drawn() -> None:
    def throw(speed: float, angle: float) -> float:
        x, y = 0.0, 1.5
        vx, vy = speed * math.cos(angle), speed * math.sin(angle)
        while True:
            nx, ny = x + 0.02 * vx, y + 0.02 * vy
            if ny < 0:
                return x + (nx - x) * y / (y - ny)
            x, y, vy = nx, ny, vy - 0.02 * 9.81

    r = sensitivities(throw, speed=pm(20, 1), angle=pm(0.7, 0.02), draws=400)
    assert r.holds
    assert any("`if ny < 0`" in reason for reason in r.reasons)
    assert r.draws.u == pytest.approx(r.line.u, rel=0.15)


# the verdict


def test_the_line_holds_where_the_model_is_straight() -> None:
    r = sensitivities(lambda a, b: a - 2 * b, a=pm(1, 0.1), b=pm(2, 0.2), draws=20_000)
    assert r.holds
    assert r.reasons == ["the straight line holds"]
    assert r.u == r.line.u


def test_a_branch_that_draws_take_is_named_with_its_line() -> None:
    r = sensitivities(tariff, kwh=pm(90, 10), draws=20_000)
    line = tariff.__code__.co_firstlineno + 1
    (told,) = [x for x in r.reasons if "another way" in x]
    share = float(told.split()[0])
    assert 3 < share < 45  # of 25 draws or more, as time allows: 15.9 of very many
    assert f"`if kwh <= 100`, line {line}, 1.0 u away" in told


def test_on_a_kink_both_slopes_are_told() -> None:
    r = sensitivities(tariff, kwh=pm(100, 10), draws=5000)
    assert r.kinks == {"kwh": (0.3, 0.2)}
    assert "+0.3 / +0.2" in str(r)
    r = sensitivities(lambda x, y: abs(x) + y, x=pm(0, 1), y=pm(0, 1), draws=50_000)
    assert r.inputs["x"].slopes == (-1.0, 1.0)
    assert r.u == pytest.approx(sqrt(1 + 1 - 2 / 3.141592653589793), rel=0.02)


def test_where_all_derivatives_are_0_the_line_sees_nothing() -> None:
    r = sensitivities(lambda x: x * x, x=pm(0, 1), draws=50_000)
    assert (r.line.u, r.holds) == (0.0, False)
    assert r.u == pytest.approx(sqrt(2), rel=0.05)
    assert "every derivative is 0 here" in r.reasons[0]
    assert r.inputs["x"].share == 1.0


def test_shares_that_are_not_to_be_believed_are_said() -> None:
    r = sensitivities(lambda x, y: math.cos(3 * x) + y, x=pm(0, 1), y=pm(0, 0.2), draws=50_000)
    assert not r.shares_are_of_draws
    assert any("ask sobol()" in reason for reason in r.reasons)
    first, total = r.sobol(1024)["x"]
    variance = (1 + np.exp(-18)) / 2 - np.exp(-9)
    assert first == pytest.approx(variance / (variance + 0.04), abs=0.02)
    assert total == pytest.approx(first, abs=0.03)


def test_indices_of_sobol_know_interactions() -> None:
    pytest.importorskip("scipy")
    r = sensitivities(lambda x, y: x * y, x=pm(0, 1), y=pm(0, 1), draws=1000)
    assert r.sobol(2048)["x"] == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.05))
    with pytest.raises(ValueError, match="correlated"):
        sensitivities(lambda x, y: x * y, x=pm(0, 1), y=pm(0, 1), corr={("x", "y"): 0.5}, draws=100).sobol()
    with pytest.raises(ValueError, match="power of 2"):
        r.sobol(1000)


def test_indices_of_sobol_of_one_input_and_of_none() -> None:
    pytest.importorskip("scipy")
    one = sensitivities(lambda x, y: x * y, x=pm(1, 0.1), y=2.0, draws=1000).sobol(4096)
    assert one == {"x": (pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.01))}
    assert sensitivities(lambda x: 3.0, x=pm(1, 0.1), draws=1000).sobol() == {"x": (0.0, 0.0)}


def test_where_the_model_has_no_answer_there_are_no_indices_of_sobol() -> None:
    pytest.importorskip("scipy")
    r = sensitivities(lambda x, y: math.sqrt(x) * y, x=pm(1, 1), y=pm(2, 1), draws=1000)
    with pytest.raises(ValueError, match="points have no finite answer, and so answer no indices"):
        r.sobol()


def test_where_everything_cancels_out_shares_are_0() -> None:
    means = measured({"a": [1.0, 2.0, 4.0], "b": [2.1, 4.1, 8.1]})
    r = sensitivities(lambda a, b: 2 * a - b, means, draws=1000)
    assert (r.u, [row.share for row in r.inputs.values()]) == (0.0, [0.0, 0.0])
    assert r.holds


def test_a_variance_that_no_float_holds_is_no_infinite_slope() -> None:
    huge, tiny = (sensitivities(lambda x, k: x * k, x=pm(1, 0.1), k=k, draws=1000) for k in (1e200, 1e-200))
    assert huge.reasons[0].endswith("its variance is beyond all floats")
    assert tiny.reasons[0].endswith("its variance is smaller than floats can be")
    for r, k in ((huge, 1e200), (tiny, 1e-200)):
        assert r.u == pytest.approx(0.1 * k, rel=0.1) or math.isnan(r.u)


def test_draws_validate_in_digits() -> None:
    r = sensitivities(bill, apple=pm(100, 1), n=2.0, tax=pm(1.1, 0.001), draws=100_000)
    assert r.validated()
    assert r.validated(1).tolerance == 0.5
    assert "validated" in repr(r.validated())
    assert not sensitivities(math.exp, x=pm(0, 1), draws=10_000).validated()
    with pytest.raises(ValueError, match="without draws"):
        sensitivities(math.exp, x=pm(0, 1), draws=0).validated()
    with pytest.raises(ValueError, match="digits"):
        r.validated(0)


def test_without_uncertainties_a_report_is_one_of_percentages() -> None:
    r = sensitivities(bill, apple=100.0, n=2, tax=1.1)
    assert (r.u, r.holds, r.draws) == (0.0, None, None)
    assert str(r).splitlines()[0] == "bill = 220"
    assert "share" not in str(r)
    assert "no input is uncertain" in r.reasons[0]


def test_uncertainties_of_0_are_no_nan() -> None:
    r = sensitivities(bill, apple=pm(100, 0), n=2.0, tax=pm(1.1, 0.01), draws=1000)
    assert (r.inputs["apple"].share, r.inputs["apple"].contribution, r.inputs["tax"].share) == (0.0, 0.0, 1.0)
    assert sensitivities(bill, apple=pm(100, 0), n=2.0, tax=1.1).u == 0.0


def test_an_infinite_slope_is_reported() -> None:
    r = sensitivities(math.sqrt, x=pm(0, 1), draws=1000)
    assert (r.inputs["x"].derivative, r.line.u) == (inf, inf)
    assert "∞" in str(r)
    assert r.tornado().startswith("<svg")


# several answers


def test_several_answers_have_reports_and_correlations() -> None:
    several = sensitivities(lambda a, b: {"sum": a + b, "parts": [a - b, a]}, a=pm(1, 0.1), b=pm(2, 0.2), draws=1000)
    assert [*several.outputs] == ["sum", "parts[0]", "parts[1]"]
    assert several.value == {"sum": 3.0, "parts[0]": -1.0, "parts[1]": 1.0}
    assert several["sum"].u == pytest.approx(sqrt(0.05))
    jacobian = np.array([[1, 1], [1, -1], [1, 0]])
    assert np.array(several.cov) == pytest.approx(jacobian @ np.diag([0.01, 0.04]) @ jacobian.T)
    assert several.corr[0][1] == pytest.approx((0.01 - 0.04) / 0.05)
    assert several.holds
    assert "correlations" in str(several)
    assert several.to_dict()["outputs"]["sum"]["value"] == 3.0


def test_an_array_of_answers() -> None:
    several = sensitivities(lambda a: np.array([a, 2 * a]), a=pm(1, 0.1), draws=1000)
    assert several.u == {"answer[0]": pytest.approx(0.1), "answer[1]": pytest.approx(0.2)}


# forms


REPORT: Any = sensitivities(bill, apple=pm(100, 5), n=2, tax=pm(1.1, 0.01), draws=20_000)


def test_a_report_as_text() -> None:
    assert (
        str(REPORT)
        == """\
bill = 220 ± 11
input  value      u  ∂/∂input  %/%  moves it by  share
apple  100.0    5.0       2.2   +1          +11  96.8%  ████████████
tax    1.100  0.010       200   +1           +2   3.2%
n          2      –       110   +1            –      –

straight line   220.0 ± 11.2            95 % in [198.1, 241.9]
second order    220.0 ± 11.2
20,000 draws    220.1 ± 11.2 (± 0.06)   95 % in [197.9, 242.2]
The straight line holds."""
    )


def test_a_report_as_markdown() -> None:
    assert "| apple | 100.0 | 5.0 | 2.2 | +1 | +11 | 96.8% |" in REPORT.markdown()
    assert REPORT.markdown().startswith("**bill = 220 ± 11**")


def test_a_report_as_html_is_well_formed_and_escapes_names() -> None:
    def model(**inputs: float) -> float:
        return sum(inputs.values())

    page = sensitivities(model, {"<b>": pm(1, 1)}, draws=100)._repr_html_()
    cells = [x.text for x in ElementTree.fromstring(page).iter("td")]
    assert cells[:3] == ["<b>", "1.0", "1.0"]
    assert "<svg" in page


def test_a_report_as_plain_data_goes_through_json() -> None:
    found = json.loads(json.dumps(REPORT.to_dict(), allow_nan=True))
    assert found["inputs"]["apple"]["derivative"] == 2.2
    assert found["holds"] is True
    assert found["draws"]["count"] == 20_000


def test_a_report_as_a_frame() -> None:
    pytest.importorskip("pandas")
    frame = REPORT.to_frame()
    assert frame.loc["apple", "derivative"] == 2.2
    assert [*frame.index] == ["apple", "tax", "n"]
    several = sensitivities(lambda a: {"x": a, "y": 2 * a}, a=pm(1, 1), draws=0).to_frame()
    assert several.loc[("y", "a"), "derivative"] == 2.0


def test_numbers_have_the_digits_that_their_uncertainties_leave() -> None:
    """JCGM 100, 7.2.6."""
    r = sensitivities(lambda a: a, a=pm(8.314_462_618, 0.000_48), draws=0)
    assert str(r).splitlines()[0] == "answer = 8.31446 ± 0.00048"
    assert "9.96e-34 ± 0.10e-34" in str(sensitivities(lambda a: a, a=pm(9.96e-34, 0.099_6e-34), draws=0))


# the tornado


def tags(svg: str, tag: str) -> list[Any]:
    return [x for x in ElementTree.fromstring(svg).iter() if x.tag.endswith(tag)]


def test_bars_of_a_tornado_are_the_models_answers() -> None:
    r = sensitivities(lambda x, y: math.exp(x) + y, x=pm(0, 1), y=pm(0, 0.1), draws=100)
    titles = [x.text for x in tags(r.tornado(), "title")]
    assert titles == [
        f"x = -1: {np.exp(-1) + 0:.6g}",
        f"x = 1: {np.exp(1):.6g}",
        "y = -0.1: 0.9",
        "y = 0.1: 1.1",
    ]
    kinked = sensitivities(lambda x: abs(x - 1) + 2 * x, x=pm(1, 1), draws=100).tornado()
    left, right = tags(kinked, "rect")[1:]
    ends = float(left.get("x")), float(right.get("x")) + float(right.get("width"))
    assert [float(x.get("d")[1:].split()[0]) for x in tags(kinked, "path")] == pytest.approx(ends, abs=0.2)
    diamonds = tags(r.tornado(), "path")
    assert len(diamonds) == 4
    below, above = (float(x.get("d")[1:].split()[0]) for x in diamonds[:2])
    middle = (below + above) / 2
    line = next(float(x.get("x1")) for x in tags(r.tornado(), "line") if x.get("stroke-width"))
    assert middle == pytest.approx(line, abs=0.2)


def test_a_tornado_with_both_ends_on_one_side_is_stacked() -> None:
    r = sensitivities(lambda x: x * x, x=pm(0, 1), draws=100)
    heights = [x.get("height") for x in tags(r.tornado(), "rect")[1:]]
    assert heights == ["9", "9"]


def test_a_tornado_without_uncertainties_moves_inputs_by_one_per_cent() -> None:
    titles = [x.text for x in tags(sensitivities(bill, apple=100.0, n=2, tax=1.1).tornado(), "title")]
    assert "apple = 99: 217.8" in titles
    assert len(titles) == 6


def test_what_has_no_answer_is_said_in_the_tornado() -> None:
    svg = sensitivities(math.sqrt, x=pm(0.5, 1), draws=100).tornado()
    assert "no answer below" in svg


# without other libraries

BARE = """
import sys
sys.modules.update(dict.fromkeys(["numpy", "scipy", "pandas"]))
from micrograd_like import pm, measured, sensitivities
def bill(apple, n, tax):
    return apple * n * tax
r = sensitivities(bill, apple=pm(100, 5), n=2, tax=pm(1.1, 0.01))
print(r)
print(r.tornado()[:4], r.markdown()[:4], r._repr_html_()[:4])
r = sensitivities(lambda a, b: a / b, measured({"a": [1.0, 2.0, 3.0]}), b=2.0)
print(r.u, r.dof)
for call in (r.interval, r.to_frame, r.sobol, lambda: sensitivities(bill, apple=pm(1, 1), n=1, tax=1, draws=10),
             lambda: sensitivities(bill, apple=pm(1, 1), n=pm(1, 1), tax=1, corr={("apple", "n"): 0.5})):
    try:
        call()
    except ImportError as missing:
        print(missing)
"""


def test_the_first_order_needs_the_standard_library_alone() -> None:
    run = subprocess.run([sys.executable, "-c", BARE], capture_output=True, encoding="utf-8", cwd=ROOT, check=True)
    lines = run.stdout.splitlines()
    assert lines[0] == "bill = 220 ± 11"
    assert "draws need NumPy: pip install 'micrograd_like[batch]'" in run.stdout
    assert lines[-7:-5] == ["<svg **bi <div", "0.28867513459481287 2.0"]
    assert [line.rpartition(": ")[2] for line in lines[-5:]] == [
        "pip install 'micrograd_like[fit]'",
        "pip install pandas; to_dict() needs nothing",
        "pip install 'micrograd_like[fit]'",
        "pip install 'micrograd_like[batch]'",
        "pip install 'micrograd_like[batch]'",
    ]


def test_a_smooth_model_is_on_no_kink_however_flat_it_is() -> None:
    for model in (
        lambda x, y: x * x + 0 * y,
        lambda x, y: x**4 + math.exp(-y * 1e3),
        lambda x, y: math.sin(1e4 * x) + y,
    ):
        assert sensitivities(model, x=pm(0, 1), y=pm(0, 1), draws=0).kinks == {}


def test_the_users_own_derivatives_are_not_touched() -> None:
    outside = Value(3.0)
    (outside * 2).backward()
    r = sensitivities(lambda x: x * outside, x=pm(2, 0.1), draws=0)
    assert r.inputs["x"].derivative == 3.0
    assert outside.grad == 2.0


def test_a_few_draws_are_too_few() -> None:
    r = sensitivities(math.exp, x=pm(0, 0.01), draws=30)
    assert r.holds is None
    assert r.reasons[0] == "30 draws are too few to tell whether the straight line holds"


def test_a_branch_that_few_draws_take_is_found() -> None:
    r = sensitivities(tariff, kwh=pm(80, 10), draws=20_000)
    (branch,) = r.branches
    assert branch.share == pytest.approx(0.023, abs=0.015)
    assert branch.distance == pytest.approx(2.0, abs=0.01)


def test_a_model_without_branches_has_none() -> None:
    assert sensitivities(bill, apple=pm(100, 5), n=2.0, tax=1.1, draws=1000).branches == []


def test_an_error_in_a_few_draws_is_no_answer_though_vmap_has_one() -> None:
    """There the square root is nan, which is not above 1: Python raises before it comes to that."""

    def model(x: float) -> float:
        root = math.sqrt(x)
        return root if root > 3 else 1.0

    r = sensitivities(model, x=pm(4, 2), draws=20_000)
    z = np.random.default_rng(0).standard_normal((20_000, 1))
    assert r.draws.failed == int((4 + 2 * z < 0).sum()) > 100


def test_an_infinite_slope_has_no_second_order_and_no_shares() -> None:
    r = sensitivities(lambda a, b: sqrt(a) * b, a=pm(0.0, 1.0), b=pm(2.0, 0.1), draws=1000)
    assert r.line.u == inf
    assert isnan(r.second_order.u)
    assert isnan(r.inputs["a"].share)
    assert "a derivative is infinite here, and so is its u" in r.reasons[0]
    text = str(r)
    assert "second order    no finite answer" in text
    assert "nan" not in text


def test_without_any_finite_answer_a_report_shows_no_intervals() -> None:
    text = str(sensitivities(lambda a: inf * a, a=pm(1.0, 0.1), draws=100))
    assert "100 draws       no finite answer" in text
    assert "[" not in text


def test_the_time_that_planning_takes_is_not_that_of_each_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    own, seen = draws.AtOnce.__call__, set[int]()

    def call(self: Any, rows: Any) -> Any:
        if len(rows) >= draws.FEWEST_DRAWS:
            clock[0] += (0.5 if len(rows) not in seen else 0.0) + 1e-7 * len(rows)  # the first of a size is planned
            seen.add(len(rows))
        return own(self, rows)

    monkeypatch.setattr(draws, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(draws, "RECORDING_SECONDS", 0.0)
    monkeypatch.setattr(draws.AtOnce, "__call__", call)
    monkeypatch.setattr(draws.AtOnce, "agrees", lambda self, pilot: bool(seen.add(draws.FEWEST_DRAWS)) or True)
    r = sensitivities(lambda a: 2.0 * a, a=pm(1.0, 0.1))
    assert r.draws is not None
    assert r.draws.count >= 500_000
