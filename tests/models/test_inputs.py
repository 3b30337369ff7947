"""Facts about the inputs of models: how they are given, found, named, and refused."""

from __future__ import annotations

import math as pythons
import pickle
import random
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isnan, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_like import Value, measured, pm, sensitivities

np = pytest.importorskip("numpy")
stats = pytest.importorskip("scipy.stats")


def bill(apple: float, n: float, tax: float = 1.1) -> float:
    return apple * n * tax


def refused(kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=text):
        call()


# pm


@pytest.mark.parametrize(
    ("text", "value", "u"),
    [
        ("100 ± 5", 100, 5),
        ("100+-5", 100, 5),
        ("-1.5e3 +/- 2e1", -1500, 20),
        ("100 ± 5 %", 100, 5),
        ("-8 ± 10%", -8, 0.8),
        ("100(5)", 100, 5),
        ("1.2345(12)", 1.2345, 0.0012),
        ("1.2345(1.2)", 1.2345, 1.2),
        ("6.62607(4)e-34", 6.62607e-34, 4e-39),
        ("−3(1)", -3, 1),
        ("10,000 ± 50", 10_000, 50),
    ],
)
def test_pm_reads_the_forms_that_people_write(text: str, value: float, u: float) -> None:
    found = pm(text)
    assert (found.value, found.u) == (value, pytest.approx(u, rel=1e-15))


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_pm_reads_what_it_is_told_as_it_reads_numbers(value: float, u: float) -> None:
    assert pm(f"{value!r} ± {u!r}") == pm(value, u)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: pm("about 5"), ValueError, "pm reads '100 ± 5'"),
        (lambda: pm(100), TypeError, "a value and its standard uncertainty"),
        (lambda: pm("100", 5), TypeError, "a text or two numbers"),
        (lambda: pm(100, -5), ValueError, "not negative"),
        (lambda: pm(100, inf), ValueError, "finite number, not inf"),
        (lambda: pm(float("nan"), 1), ValueError, "finite number, not nan"),
        (lambda: pm(True, 1), TypeError, "value of pm is a number, not True"),
        (lambda: pm(1, "x"), TypeError, "standard uncertainty of pm is a number, not 'x'"),
        (lambda: pm(1, 1, dof=0), ValueError, "degrees of freedom"),
        (lambda: pm(10**400, 1), ValueError, "value of pm is beyond all floats"),
        (lambda: pm(np.array([1.0, 2.0]), 1), TypeError, "value of pm is a number, not array"),
        (lambda: pm("1(5)e999999999"), ValueError, r"the exponent of '1\(5\)e999999999' is beyond all floats"),
        (lambda: pm("1(5)e" + "9" * 5000), ValueError, "is beyond all floats"),
        (lambda: pm(Value(1.0), 1), TypeError, "give its .data"),
        (lambda: pm(1, 1) * 2, TypeError, "is not computed with"),
        (lambda: 2 - pm(1, 1), TypeError, "is not computed with"),
        (lambda: pm(1, 1) < 2, TypeError, "is not computed with"),
    ],
)
def test_what_is_no_value_with_its_uncertainty_is_refused(call: Any, kind: type[Exception], text: str) -> None:
    refused(kind, text, call)


def test_pm_is_a_value_like_others() -> None:
    assert pickle.loads(pickle.dumps(pm(1, 2, dof=3))) == pm(1, 2, dof=3) != pm(1, 2)
    assert {pm(1, 2): "x"}[pm(1, 2)] == "x"
    assert eval(repr(pm(1.5, 0.25, dof=4))) == pm(1.5, 0.25, dof=4)


# measured


def test_means_keep_all_digits_of_large_numbers() -> None:
    """NIST StRD, NumAcc4: mean 10000000.2 and standard deviation 0.1, certified."""
    column = [10_000_000.2, *([10_000_000.1, 10_000_000.3] * 500)]
    found = measured({"y": column})["y"]
    assert found.value == pytest.approx(10_000_000.2, rel=1e-15)
    assert found.u * sqrt(1001) == pytest.approx(0.1, rel=1e-8)
    assert found.dof == 1000


def test_means_are_those_of_numpy() -> None:
    data = np.random.default_rng(1).normal(size=(3, 20)) @ np.diag(np.arange(1.0, 21))
    found = measured(dict(zip("abc", data, strict=True)))
    cov = np.cov(data) / 20
    assert [x.value for x in found.values()] == pytest.approx(data.mean(axis=1).tolist())
    assert [x.u for x in found.values()] == pytest.approx(np.sqrt(np.diag(cov)).tolist())
    assert found.corr["a", "c"] == pytest.approx(cov[0, 2] / sqrt(cov[0, 0] * cov[2, 2]))


def test_frames_of_observations() -> None:
    pd, pl = (pytest.importorskip(name, reason=f"{name} is not installed") for name in ("pandas", "polars"))
    columns = {"a": [1.0, 2.5, 4.0], "b": [2.0, 4.0, 7.0]}
    expected = measured(columns)
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns)):
        assert {**measured(frame)} == {**expected}
        assert measured(frame).corr == expected.corr
    with pytest.raises(ValueError, match="observation 1 of 'a' is <NA>"):
        measured(pd.DataFrame({"a": pd.array([1, None], "Int64")}))
    with pytest.raises(ValueError, match="two columns have the same name"):
        measured(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]))


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    assert pm(1, 0.5, dof=np.int64(3)) == pm(1, 0.5, dof=3)
    assert pm(1, 0.5, dof=np.float32(3)).dof == 3.0
    one, other = (sensitivities(bill, apple=pm(1, 1), n=2.0, draws=n, seed=n) for n in (np.int64(100), 100))
    assert one.draws.u == other.draws.u


def test_measured_inputs_know_how_they_are_correlated_wherever_they_stand() -> None:
    x, y = [1.0, 2.0, 4.0], [2.0, 4.0, 8.0]
    means = measured({"a": x, "b": y})
    for given_inputs in (means, {**means}, {"a": means["a"], "b": means["b"]}):
        r = sensitivities(lambda a, b: 2 * a - b, given_inputs, draws=100)
        assert (r.line.u, r.draws.u) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    assert sensitivities(lambda xs: 2 * xs[0] - xs[1], xs=[means["a"], means["b"]], draws=0).u == pytest.approx(0)


def test_what_was_measured_apart_is_independent() -> None:
    one = {**measured({"a": [1.0, 2.0]}), **measured({"b": [1.0, 2.0, 3.0]})}
    r = sensitivities(lambda a, b: a - b, one, draws=0)
    assert r.u == pytest.approx(sqrt(0.5**2 + 1 / 3))
    assert r.dof == pytest.approx((0.25 + 1 / 3) ** 2 / (0.25**2 / 1 + (1 / 3) ** 2 / 2))


@pytest.mark.parametrize(
    ("columns", "kind", "text"),
    [
        ({"a": [1.0, 2.0], "b": [1.0]}, ValueError, "a has 2, b has 1"),
        ({"a": [1.0]}, ValueError, "two observations or more; here are 1"),
        ({"a": [1.0, float("nan")]}, ValueError, "observation 1 of 'a' is nan"),
        ({"a": ["x", "y"]}, TypeError, "a is a column of numbers, and observation 0 is 'x'"),
        ({"a": "123"}, TypeError, "a is a column of numbers, not '123'"),
        ({"a": 3.0}, TypeError, "a is a column of numbers, not 3.0"),
        ({"a": [1.0, None]}, ValueError, "observation 1 of 'a' is None: leave that row out"),
        ({1: [1.0, 2.0], "1": [3.0, 5.0]}, ValueError, "two columns have the same name"),
        ([1.0, 2.0], TypeError, "a dict of columns"),
        ({}, ValueError, "here are 0"),
    ],
)
def test_what_has_no_mean_is_refused(columns: Any, kind: type[Exception], text: str) -> None:
    refused(kind, text, lambda: measured(columns))


# how inputs are found


@dataclass
class Basket:
    price: float
    counts: dict[str, Any]


class Shop:
    def __init__(self, rent: Any) -> None:
        self.rent = rent

    def profit(self, apples: float, price: float = 2.0) -> float:
        return apples * price - self.rent  # type: ignore[no-any-return]


def derivatives(r: Any) -> dict[str, float]:
    return {name: row.derivative for name, row in r.inputs.items()}


def test_defaults_are_reported_too() -> None:
    assert derivatives(sensitivities(bill, apple=pm(100, 5), n=2, draws=0)) == pytest.approx(
        {"apple": 2.2, "n": 110, "tax": 200}
    )


def test_uncertain_numbers_are_found_in_structures() -> None:
    def total(baskets: list[Basket], rates: Any, **more: Any) -> Any:
        return sum(b.price * b.counts["n"] for b in baskets) * rates[1] + more["extra"]

    r = sensitivities(
        total,
        baskets=[Basket(pm(3, 0.1), {"n": 2.0}), Basket(4.0, {"n": pm(1, 0.5)})],
        rates=np.array([1.0, 2.0]),
        extra=pm(5, 1),
        draws=1000,
    )
    assert derivatives(r) == {
        "baskets[0].price": 4.0,
        "baskets[0].counts['n']": 6.0,
        "baskets[1].price": 2.0,
        "baskets[1].counts['n']": 8.0,
        "rates[0]": 0.0,
        "rates[1]": 10.0,
        "extra": 1.0,
    }
    assert r.u == pytest.approx(sqrt(0.4**2 + 4**2 + 1))
    assert r.holds


def test_arrays_of_uncertain_numbers() -> None:
    r = sensitivities(lambda m: (m * m).sum(), m=np.array([[pm(1, 0.1), 2.0], [3.0, pm(4, 0.1)]]), draws=1000)
    assert derivatives(r) == {"m[0, 0]": 2.0, "m[0, 1]": 4.0, "m[1, 0]": 6.0, "m[1, 1]": 8.0}
    assert r.line.u == pytest.approx(sqrt(0.2**2 + 0.8**2))


def test_methods_objects_and_functions_with_many_arguments() -> None:
    assert derivatives(sensitivities(Shop(100.0).profit, apples=pm(80, 5), draws=0)) == {"apples": 2.0, "price": 80.0}
    assert sensitivities(lambda shop: shop.profit(80.0), shop=Shop(pm(100, 10)), draws=0).u == 10.0

    def many(*xs: float, scale: float = 2.0) -> float:
        return sum(xs) * scale

    r = sensitivities(many, xs=(pm(1, 0.1), 2.0), draws=500)
    assert derivatives(r) == {"xs[0]": 2.0, "xs[1]": 2.0, "scale": 3.0}


def test_inputs_that_are_called_like_options_go_into_the_dict() -> None:
    r = sensitivities(lambda seed, draws: seed * draws, {"seed": pm(2, 1), "draws": 3.0}, draws=0, seed=7)
    assert derivatives(r) == {"seed": 3.0, "draws": 2.0}


def test_models_say_math_and_float_as_plain_python_does() -> None:
    def period(L: float, g: float) -> float:
        return 2 * pythons.pi * pythons.sqrt(float(L) / g)

    r = sensitivities(period, L=pm(1, 0.01), g=9.81)
    assert r.inputs["L"].derivative == pytest.approx(pythons.pi / sqrt(9.81), rel=1e-14)
    assert r.holds


def test_distributions_have_their_mean_and_standard_deviation() -> None:
    r = sensitivities(bill, apple=stats.uniform(90, 20), n=stats.gamma(4, scale=0.5), draws=200_000)
    assert (r.inputs["apple"].value, r.inputs["apple"].u) == (100.0, pytest.approx(20 / sqrt(12)))
    assert r.inputs["n"].u == pytest.approx(1.0)
    exact = 1.1 * sqrt((100**2 + 400 / 12) * (4 + 1) - 200**2)
    assert r.draws.u == pytest.approx(exact, rel=0.01)


def test_numbers_of_uncertainties_know_how_they_are_correlated() -> None:
    ufloat = pytest.importorskip("uncertainties").ufloat
    x = ufloat(2.0, 0.1)
    r = sensitivities(lambda a, b: a - b / 2, a=x, b=2 * x, draws=100)
    assert (r.line.u, r.draws.u) == (0.0, pytest.approx(0.0, abs=1e-15))
    assert sensitivities(lambda a, b: a + b, a=x, b=ufloat(1.0, 0.2), draws=0).u == pytest.approx(sqrt(0.05))


class Sized:
    def __init__(self, size: float) -> None:
        self.size = size


REFUSED = [
    (lambda: sensitivities(bill, apple=1.0), TypeError, "bill needs n: give it by name"),
    (lambda: sensitivities(bill, apple=1.0, n=1.0, taxe=1.0), TypeError, "no input 'taxe': did you mean 'tax'"),
    (lambda: sensitivities(bill, appel=1.0, n=1.0), TypeError, "no input 'appel': did you mean 'apple'"),
    (lambda: sensitivities(bill, {"n": 2.0}, n=2.0, apple=1.0), TypeError, "n is given twice"),
    (lambda: sensitivities(bill, 100.0), TypeError, "given by name, as in price=pm"),  # type: ignore[arg-type]
    (lambda: sensitivities(bill, {1: 2.0}), TypeError, "called by names, which are texts"),  # type: ignore[dict-item]
    (lambda: sensitivities(3.0, x=1.0), TypeError, "a model is a function, not 3.0"),  # type: ignore[arg-type]
    (lambda: sensitivities(bill, apple=float("nan"), n=1.0), ValueError, "apple is a finite number, not nan"),
    (lambda: sensitivities(bill, apple=Value(1.0), n=1.0), TypeError, "apple is a Value"),
    (lambda: sensitivities(bill, apple=stats.norm, n=1.0), TypeError, "a distribution without its numbers"),
    (lambda: sensitivities(bill, apple=stats.cauchy(), n=1.0), ValueError, "apple has a distribution with mean nan"),
    (lambda: sensitivities(bill, apple=stats.t(2), n=1.0), ValueError, "standard deviation inf"),
    (lambda: sensitivities(bill, apple=1j, n=1.0), TypeError, "complex"),
    (lambda: sensitivities(lambda x: 3.0, x=stats.multivariate_normal([0, 0])), TypeError, "x is a multivariate_norm"),
    (lambda: sensitivities(bill, apple=stats.gaussian_kde([1.0, 2.0]), n=1.0), TypeError, "apple is a gaussian_kde, "),
    (lambda: sensitivities(bill, apple=1.0, n=10**400), ValueError, "n is a whole number beyond all floats"),
    (lambda: sensitivities(lambda x: None, x=1.0), TypeError, "does it lack a `return`"),
    (lambda: sensitivities(lambda x: "x", x=1.0), TypeError, "answered 'x', which is no number"),
    (lambda: sensitivities(lambda x, kind: x, kind="a", x="b"), TypeError, "is given no number"),
    (lambda: sensitivities(lambda x: random.random() * x, x=1.0), ValueError, "to the same inputs"),
    (lambda: sensitivities(lambda x, n: x * n, x=1.0, n=2**60 + 1), ValueError, "n is 1152921504606846977, which no"),
    (lambda: sensitivities(bill, apple=pm(1, 1), n=1.0, draws=-1), ValueError, "draws is how many"),
    (lambda: sensitivities(bill, apple=pm(1, 1), n=1.0, draws=1), ValueError, "draws is how many"),
    (lambda: sensitivities(bill, apple=pm(1, 1), n=1.0, seed=-1), ValueError, "seed is a whole number"),
    (lambda: sensitivities(bill, apple=pm(1, 1), n=1.0, coverage=95), ValueError, "between 0 and 1, as 0.95, not 95"),
]


@pytest.mark.parametrize(("call", "kind", "text"), REFUSED, ids=[text for *_, text in REFUSED])
def test_what_is_no_input_is_refused_by_its_name(call: Any, kind: type[Exception], text: str) -> None:
    refused(kind, text, call)


@pytest.mark.parametrize(
    ("x", "note"),
    [
        ((1.0, 0.1), "is the tuple (1.0, 0.1): a value with its standard uncertainty is written pm(1.0, 0.1)"),
        ("1.0", "is the text '1.0': a number is written without quotes"),
    ],
)
def test_what_looks_like_an_uncertain_number_and_is_none_is_said(x: Any, note: str) -> None:
    with pytest.raises(TypeError) as caught:
        sensitivities(lambda a, b: a * b, a=x, b=2.5)
    assert any(note in told for told in caught.value.__notes__)


def test_an_uncertain_number_that_the_model_counts_with_is_said() -> None:
    with pytest.raises(TypeError) as caught:
        sensitivities(lambda n: sum([1.0] * n), n=pm(3, 1))
    assert "n is uncertain, and so a float" in caught.value.__notes__[0]


def test_an_error_in_a_draw_tells_the_draw() -> None:
    def model(x: float) -> float:
        if x > 1.0:
            raise KeyError("too far")
        return x

    with pytest.raises(KeyError) as caught:
        sensitivities(model, x=pm(0.5, 0.5))
    assert "in a draw, with x = 1." in caught.value.__notes__[-1]


# correlations

PAIR: dict[str, Any] = {"a": pm(1, 0.1), "b": pm(2, 0.2)}
FORMS: list[Any] = [
    {"corr": {("a", "b"): 0.5}},
    {"corr": {("b", "a"): 0.5, ("a", "b"): 0.5}},
    {"corr": [[1, 0.5], [0.5, 1]]},
    {"corr": np.array([[1, 0.5], [0.5, 1]])},
    {"cov": [[0.01, 0.01], [0.01, 0.04]]},
    {"cov": {("a", "a"): 0.01, ("b", "b"): 0.04, ("a", "b"): 0.01}},
]


@pytest.mark.parametrize("how", FORMS)
def test_correlations_come_in_many_forms(how: Any) -> None:
    r = sensitivities(lambda a, b: a + b, PAIR, draws=200_000, **how)
    assert r.line.u == pytest.approx(sqrt(0.01 + 0.04 + 2 * 0.01))
    assert r.draws.u == pytest.approx(r.line.u, rel=0.01)
    assert r.holds


def test_covariances_of_plain_numbers() -> None:
    r = sensitivities(lambda a, b, c: a + b + c, a=1.0, b=2.0, c=3.0, cov=np.diag([0.01, 0.04, 0.0]), draws=0)
    assert r.u == pytest.approx(sqrt(0.05))
    assert r.inputs["c"].share == 0.0


def test_a_covariance_may_have_a_row_of_zeros() -> None:
    r = sensitivities(lambda a, b: a * b, a=3.0, b=2.0, cov=[[0.0, 0.0], [0.0, 0.25]], draws=100)
    assert (r.line.u, r.inputs["a"].share, r.inputs["b"].share) == (1.5, 0.0, 1.0)
    with pytest.raises(ValueError, match="a does not vary, and that it varies with another"):
        sensitivities(lambda a, b: a * b, a=3.0, b=2.0, cov=[[0.0, 0.1], [0.1, 0.25]])


def test_frames_with_names() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([[1, 0.5], [0.5, 1]], index=["b", "a"], columns=["b", "a"])
    assert sensitivities(lambda a, b: a + b, PAIR, corr=frame, draws=0).u == pytest.approx(sqrt(0.07))


WRONG: list[Any] = [
    ({"corr": {("a", "c"): 0.5}}, ValueError, "corr names 'c', and the model has no such number: its numbers are a, b"),
    ({"corr": {("a", "b"): 1.5}}, ValueError, "between -1 and 1: that of a and b is 1.5"),
    ({"corr": {("a", "b"): float("nan")}}, ValueError, "is a finite number"),
    ({"corr": {("a", "b"): 0.5, ("b", "a"): 0.4}}, ValueError, "corr of a and b is given as 0.5 and as 0.4"),
    ({"corr": [[1, 0.5], [0.4, 1]]}, ValueError, "given as 0.5 and as 0.4"),
    ({"corr": [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]}, ValueError, "corr has 3 rows"),
    ({"corr": [[2, 0.5], [0.5, 2]]}, ValueError, "correlated with itself by 1, and a by 2 here: is this cov?"),
    ({"corr": {"a": 0.5}}, TypeError, "'a' is no pair"),
    ({"corr": {("a", "b"): "x"}}, TypeError, "is a number, not 'x'"),
    ({"corr": {("a", "b"): 0.5}, "cov": {("a", "b"): 0.5}}, TypeError, "corr and cov say the same"),
    ({"cov": [[0.02, 0.0], [0.0, 0.04]]}, ValueError, "a has u = 0.1 by itself and 0.141421 by cov"),
    ({"cov": [[-0.01, 0.0], [0.0, 0.04]]}, ValueError, "cov of a with itself is its variance, and not -0.01"),
]


@pytest.mark.parametrize(("how", "kind", "text"), WRONG, ids=[text for *_, text in WRONG])
def test_what_is_no_correlation_is_refused(how: Any, kind: type[Exception], text: str) -> None:
    refused(kind, text, lambda: sensitivities(lambda a, b: a + b, PAIR, **how))


def test_degrees_of_freedom_of_correlated_inputs_are_not_known() -> None:
    r = sensitivities(lambda a, b: a + b, a=pm(1, 0.1, dof=5), b=pm(2, 0.2, dof=7), corr={("a", "b"): 0.5}, draws=0)
    assert isnan(r.dof)
    assert "no common degrees of freedom" in r.reasons[-1]
    assert r.interval()[1] - r.value == pytest.approx(1.959963984540054 * r.u)


def test_a_missing_input_that_is_called_like_an_option_is_told_where_to_stand() -> None:
    with pytest.raises(TypeError, match="needs cov: give it by name; cov stands in a dict before the options"):
        sensitivities(lambda a, cov: a * cov, a=1.0, cov=2.0)


def test_frames_as_inputs_are_refused_with_what_to_give() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"xs is a Series: give xs\.to_numpy\(\)"):
        sensitivities(lambda xs: xs.sum(), xs=pandas.Series([1.0, 2.0]))


def test_decimals_and_fractions_become_floats() -> None:
    from decimal import Decimal
    from fractions import Fraction

    r = sensitivities(lambda x, ys: x * ys[0], x=pm(Decimal("2.5"), Fraction(1, 10)), ys=[Decimal(3)], draws=0)
    assert derivatives(r) == {"x": 3.0, "ys[0]": 2.5}


def test_an_answer_that_is_not_finite_is_said() -> None:
    r = sensitivities(lambda x: pythons.inf if x > 1 else x, x=pm(1.2, 0.3), draws=1000)
    assert str(r).splitlines()[0] == "answer = ∞"
    assert "no finite answer at these inputs" in r.reasons[0]
    assert r.tornado().startswith("<svg")


@pytest.mark.parametrize("text", ["1,5 ± 0,1", "1,50(2)", "1,2345 ± 1", "0,500 ± 0.1", "1,000,5(1)", "1000,000 ± 1"])
def test_a_comma_before_decimals_is_no_comma_of_thousands(text: str) -> None:
    with pytest.raises(ValueError, match="decimals stand behind a point, and three digits behind each comma"):
        pm(text)


def test_a_correlation_with_what_is_certain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"corr of a and b is given, and b is certain: give it as pm\(value, u\)"):
        sensitivities(lambda a, b: a + b, a=pm(1, 0.1), b=2.0, corr={("a", "b"): 0.5})


def test_a_number_is_no_matrix_of_correlations() -> None:
    with pytest.raises(TypeError, match=r"corr is a matrix, or a dict of pairs, as .*, not 0\.3"):
        sensitivities(lambda a, b: a + b, a=pm(1, 0.1), b=pm(2, 0.1), corr=0.3)
