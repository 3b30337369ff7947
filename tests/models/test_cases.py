"""Cases with certified answers: digits beyond those printed in the sources are mpmath's, of the printed inputs."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from gases import compressibility

from micrograd_like import math, pm, sensitivities

pytest.importorskip("scipy")
from scipy import stats

EXACT = 1e-10


def close(x: float, tolerance: float = EXACT) -> Any:
    return pytest.approx(x, rel=tolerance)


# JCGM 100 and its kin


def orifice(C: float, H: float, M: float, P: float, t: float) -> float:
    return C * math.sqrt(520 * H * P / (M * (t + 460)))


def test_flow_through_an_orifice() -> None:
    """Documentation of soerp."""
    r = sensitivities(orifice, C=38.4, H=pm(64, 0.5), M=pm(16, 0.1), P=pm(361, 2), t=pm(165, 0.5))
    assert (r.value, r.line.u) == (close(1330.9951842437297), close(7.6294908450240743))
    assert (r.second_order.value, r.second_order.u) == (close(1330.9997393920972), close(7.629597816330442))
    slopes = [34.661332923013795, 10.398399876904138, -41.593599507616553, 1.8434836346866062, -1.0647961473949838]
    assert [row.derivative for row in r.inputs.values()] == [close(x) for x in slopes]
    assert [*r.elasticity.values()] == [close(1), close(0.5), close(-0.5), close(0.5), close(-0.132)]
    assert r.holds
    assert r.u == r.line.u


def test_fluorescence_with_degrees_of_freedom() -> None:
    """Sandia ENGR224; the tests of suncal."""
    r = sensitivities(
        lambda X1, X2, Yu: X1 / X2 * Yu,
        X1=pm(0.1820, 0.00093, dof=9),
        X2=pm(0.1823, 0.00058, dof=19),
        Yu=pm(0.6978, 0.0026, dof=19),
    )
    assert (r.value, r.u, r.dof) == (close(0.69665167306637411), close(0.0049318019991297), close(27.512731755714))
    low, high = r.interval(0.95)
    assert (high - low) / 2 == close(stats.t(27.512731755714).ppf(0.975) * 0.0049318019991297)
    assert round((high - low) / 2, 4) == 0.0101


def test_degrees_of_freedom_of_a_sum() -> None:
    """The same course: 12.79, by Welch and Satterthwaite."""
    r = sensitivities(lambda a, b: a + b, a=pm(0, 0.57, dof=9), b=pm(0, 0.25), draws=0)
    assert r.dof == close((0.57**2 + 0.25**2) ** 2 / (0.57**4 / 9))
    assert round(r.dof, 1) == 12.8


@pytest.mark.parametrize(
    ("given", "half"),
    [(pm(0, 1), 3.92), (stats.uniform(-sqrt(3), 2 * sqrt(3)), 3.88)],
    ids=["normal", "uniform"],
)
def test_the_sum_of_four(given: Any, half: float) -> None:
    """JCGM 101, 9.2, tables 2 and 3."""
    r = sensitivities(lambda a, b, c, d: a + b + c + d, a=given, b=given, c=given, d=given, draws=1_000_000)
    assert r.line.u == close(2)
    low, high = r.draws.interval(0.95)
    assert (low, high) == (pytest.approx(-half, abs=0.012), pytest.approx(half, abs=0.012))
    assert r.holds


@pytest.mark.parametrize(
    ("r_of_both", "radius", "angle"),
    [(0.0, (0.013, 0.007), (0.0, 1.744)), (0.9, (0.012, 0.008), (-0.556, 1.599))],
)
def test_polar_coordinates_where_the_line_fails(
    r_of_both: float, radius: tuple[float, float], angle: tuple[float, float]
) -> None:
    """JCGM 102, tables 6 and 7: the second order is worse than the first, and the draws decide."""

    def polar(re: float, im: float) -> dict[str, float]:
        return {"radius": math.hypot(re, im), "angle": math.atan2(im, re)}

    several = sensitivities(
        polar, re=pm(0.001, 0.01), im=pm(0.0, 0.01), corr={("re", "im"): r_of_both}, draws=1_000_000
    )
    for name, (value, u), line in (("radius", radius, 0.010), ("angle", angle, 10.0)):
        r = several[name]
        assert r.draws.value == pytest.approx(value, abs=5e-4 + 4 * r.draws.error_of_value)
        assert r.draws.u == pytest.approx(u, abs=5e-4 + 4 * r.draws.error)
        assert round(r.line.u, 3) == line
        assert abs(r.second_order.u - r.draws.u) > abs(r.line.u - r.draws.u)
        assert not r.takes_second_order()
        assert not r.shares_are_of_draws
        assert r.holds is False
        assert r.u == r.draws.u
        assert "does NOT hold" in str(r)


def test_the_exponential_is_log_normal() -> None:
    r = sensitivities(math.exp, x=pm(0, 0.5), draws=1_000_000)
    assert (r.value, r.line.u, r.second_order.value) == (1.0, close(0.5), close(1.125))
    mean, u = math.exp(0.125), math.sqrt(math.exp(0.25) * (math.exp(0.25) - 1))
    assert abs(r.draws.value - mean) < 5 * r.draws.error_of_value < 0.005
    assert abs(r.draws.u - u) < 5 * r.draws.error < 0.02
    assert r.holds is False


# models


def test_a_projectile_without_drag() -> None:
    r = sensitivities(lambda v, a: v**2 * math.sin(2 * math.radians(a)) / 9.81, v=pm(40, 0.5), a=pm(35, 1))
    assert (r.value, r.u) == (close(153.26281276834388), close(4.297965746972968))
    assert r.inputs["v"].derivative == close(7.6631406384171938)
    assert r.inputs["a"].derivative == close(1.9471975891297298)


def mortgage(P: float, r: float, n: float) -> float:
    return P * (r / 12) / (1 - (1 + r / 12) ** -n)


def test_a_mortgage() -> None:
    report = sensitivities(mortgage, {"P": 200_000, "r": pm(0.04, 0.005), "n": 360.0})
    assert (report.value, report.line.u) == (close(954.83059093091898), close(57.651259809590514))
    assert report.inputs["r"].derivative == close(11530.251961918103)
    assert report.elasticity["r"] == pytest.approx(0.48302818, abs=5e-9)
    assert report.inputs["n"].derivative == close(-1.3734508353241803)


def test_a_whole_number_that_the_model_counts_with_has_no_derivative() -> None:
    def payment(P: float, r: float, n: int) -> float:
        left = 0.0
        for k in range(1, n + 1):
            left += (1 + r / 12) ** -k
        return P / left

    report = sensitivities(payment, {"P": 200_000, "r": pm(0.04, 0.005), "n": 360}, draws=0)
    assert report.value == close(954.83059093091898)
    assert report.inputs["r"].derivative == close(11530.251961918103)
    assert report.inputs["n"].derivative != report.inputs["n"].derivative
    assert "counted with: no derivative, line" in str(report)


def mmc(arrivals: float, service: float, servers: int = 3) -> float:
    a = arrivals / service
    if a >= servers:
        return math.inf
    s = sum(a**k / math.factorial(k) for k in range(servers))
    last = a**servers / math.factorial(servers) * servers / (servers - a)
    pw = last / (s + last)
    return pw / (servers * service - arrivals)


def test_a_queue_that_may_overflow() -> None:
    """Erlang's C; beyond three arrivals the queue grows for ever."""
    r = sensitivities(mmc, arrivals=pm(2.5, 0.1), service=pm(1, 0.03), draws=100_000)
    assert (r.value, r.line.u) == (close(125 / 89), close(0.51716456924961926))
    assert r.inputs["arrivals"].derivative == close(3.9262719353616968)
    assert r.inputs["service"].derivative == close(-11.220174220426714)
    assert 0 < r.draws.failed < 100
    assert f"{r.draws.failed} of 100,000 draws have no finite answer" in str(r)
    assert not r.draws.is_sure
    assert r.u != r.u
    assert "median" in str(r).splitlines()[0]


def test_compressibility_by_newtons_method() -> None:
    r = sensitivities(compressibility, T=350.0, P=5e6, draws=0)
    assert r.value == close(0.82920639229280078)
    slopes = [
        0.001935072865087749,
        -3.536848570045495e-8,
        -0.002226927638775235,
        2.397115862202632e-8,
        0.06065988291993993,
    ]
    assert [row.derivative for row in r.inputs.values()] == [close(x) for x in slopes]


def test_the_final_size_of_an_epidemic_by_a_fixed_point() -> None:
    def size(R0: float) -> float:
        r = 0.5
        for _ in range(200):
            r = 1 - math.exp(-R0 * r)
        return r

    report = sensitivities(size, R0=pm(2.0, 0.1), draws=0)
    assert (report.value, report.inputs["R0"].derivative) == (close(0.79681213002002005), close(0.27273575285157374))


# correlation


def test_a_difference_of_what_is_fully_correlated_is_certain() -> None:
    r = sensitivities(lambda a, b: a - b, a=pm(5, 0.1), b=pm(5, 0.1), corr={("a", "b"): 1})
    assert (r.u, r.line.u, r.draws.u) == (0.0, 0.0, 0.0)
    assert [row.share for row in r.inputs.values()] == [0.0, 0.0]


def test_correlations_that_cannot_be_are_refused_with_their_names() -> None:
    corr = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    with pytest.raises(ValueError, match=r"eigenvalue of their matrix is -0\.8, .* Look at a, b, c"):
        sensitivities(lambda a, b, c, d: a + b + c + d, a=pm(1, 1), b=pm(1, 1), c=pm(1, 1), d=pm(1, 1), corr=corr)


def test_ten_thousand_inputs() -> None:
    r = sensitivities(lambda xs: sum(xs), xs=[pm(1, 0.01)] * 10_000, draws=100)
    assert (r.value, r.line.u) == (close(10_000), close(1))
    lines = str(r).splitlines()
    assert sum(line.startswith("xs[") for line in lines) == 20
    assert "9,980 others: 99.8 %" in lines


# JCGM 100, annex H


def gauge(l_s: float, d: float, d_alpha: float, theta: float, alpha: float, d_theta: float) -> float:
    return l_s + d - l_s * (d_alpha * theta + alpha * d_theta)


def test_h1_an_end_gauge() -> None:
    """JCGM 100, H.1: u = 32 nm with 16 degrees of freedom, and U99 = 93 nm; lengths in nm, the second order 34 nm."""
    r = sensitivities(
        gauge,
        l_s=pm(50_000_623, 25, dof=18),
        d=pm(215, 9.7, dof=25.6),
        d_alpha=pm(0, 0.58e-6, dof=50),
        theta=pm(-0.1, 0.41),
        alpha=pm(11.5e-6, 1.2e-6),
        d_theta=pm(0, 0.029, dof=2),
        draws=0,
    )
    assert r.value == pytest.approx(50_000_838, abs=0.5)
    assert round(r.line.u) == 32
    assert 16 <= r.dof < 18
    assert stats.t(16).ppf(0.995) * r.line.u == pytest.approx(93, abs=1)
    assert round(r.second_order.u) == 34
    contributions = {name: abs(row.contribution) for name, row in r.inputs.items()}
    assert contributions["d_alpha"] == pytest.approx(2.9, abs=0.05)
    assert contributions["d_theta"] == pytest.approx(16.6, abs=0.1)
    assert contributions["alpha"] == contributions["theta"] == 0.0


VOLT = [5.007, 4.994, 5.005, 4.990, 4.999]
MILLIAMPERE = [19.663, 19.639, 19.640, 19.685, 19.678]
PHASE = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]


def impedance(V: float, I: float, phi: float) -> dict[str, float]:  # noqa: E741 - as in the source
    return {"R": V / I * math.cos(phi), "X": V / I * math.sin(phi), "Z": V / I}


def test_h2_resistance_and_reactance() -> None:
    """JCGM 100, H.2, tables H.2 to H.4: simultaneous observations, three correlated answers."""
    from micrograd_like import measured

    means = measured({"V": VOLT, "I": [x / 1000 for x in MILLIAMPERE], "phi": PHASE})
    assert [round(x.value, 5) for x in means.values()] == [4.999, 0.01966, 1.04446]
    assert [round(x.u, 6) for x in means.values()] == [0.003209, 0.000009, 0.000752]
    assert [round(x, 2) for x in means.corr.values()] == [-0.36, 0.86, -0.65]
    r = sensitivities(impedance, means, draws=0)
    assert [round(x, 3) for x in r.value.values()] == [127.732, 219.847, 254.260]
    assert [round(x, 3) for x in r.u.values()] == [0.071, 0.296, 0.236]
    assert [round(r.corr[i][j], 3) for i, j in ((0, 1), (0, 2), (1, 2))] == [-0.588, -0.485, 0.993]
    assert [x.dof for x in r.outputs.values()] == [close(4.0)] * 3


def test_h3_a_thermometer() -> None:
    """JCGM 100, H.3.4: the correction at 30 °C from intercept and slope, which are correlated."""
    r = sensitivities(
        lambda t, y1, y2: y1 + y2 * (t - 20),
        t=30.0,
        y1=pm(-0.1712, 0.0029),
        y2=pm(0.00218, 0.00067),
        corr={("y1", "y2"): -0.930},
        draws=0,
    )
    assert round(r.value, 4) == -0.1494
    assert round(r.u, 4) == 0.0041


T0, DECAY = 60.0, 1.25894e-4
STANDARD = [(243.74, 15380), (984.53, 14978), (1723.87, 14394), (2463.17, 13254), (3217.56, 12516), (3956.83, 11058)]
BLANK = [(305.56, 4054), (1046.10, 3922), (1785.43, 4200), (2524.73, 3830), (3279.12, 3956), (4018.38, 3980)]
SAMPLE = [(367.37, 41432), (1107.66, 38706), (1846.99, 35860), (2586.28, 32238), (3340.68, 29640), (4079.94, 26356)]


def test_h4_radon_in_water() -> None:
    """JCGM 100, H.4, tables H.7 to H.9: two rates that were counted together, u 0.0083 Bq/g, r 0.646."""
    from micrograd_like import measured

    rates = {
        name: [
            (count - blank) / T0 * math.exp(DECAY * t) for (t, count), (_, blank) in zip(counted, BLANK, strict=True)
        ]
        for name, counted in (("R_s", STANDARD), ("R_x", SAMPLE))
    }
    means = measured(rates)
    assert [round(means[name].value, 2) for name in ("R_s", "R_x")] == [206.09, 652.60]
    assert [round(means[name].u, 2) for name in ("R_s", "R_x")] == [3.79, 6.42]
    assert means.corr["R_s", "R_x"] == pytest.approx(0.646, abs=5e-4)
    r = sensitivities(
        lambda A_s, m_s, m_x, R_x, R_s: A_s * m_s / m_x * R_x / R_s,
        {**means, "A_s": pm(0.1368, 0.0018), "m_s": pm(5.0192, 0.005), "m_x": pm(5.0571, 0.001)},
        draws=0,
    )
    assert r.value == pytest.approx(0.4300, abs=1e-4)
    assert round(r.u, 4) == 0.0083
    assert r.dof > 5


# JCGM 101, 9


def mass(m_rc: float, dm: float, rho_a: float, rho_w: float, rho_r: float) -> float:
    return (m_rc + dm) * (1 + (rho_a - 1.2) * (1 / rho_w - 1 / rho_r)) - 100_000


MASSES = {
    "m_rc": pm(100_000, 0.050),
    "dm": pm(1.234, 0.020),
    "rho_a": stats.uniform(1.1, 0.2),
    "rho_w": stats.uniform(7000, 2000),
    "rho_r": stats.uniform(7950, 100),
}


def test_101_a_mass_calibration() -> None:
    """JCGM 101, 9.3, tables 5 and 6: the line misses a third of u, and is not validated."""
    r = sensitivities(mass, MASSES, draws=1_000_000)
    assert (round(r.value, 4), round(r.line.u, 4)) == (1.2340, 0.0539)
    assert round(r.second_order.u, 4) == 0.0750
    assert r.draws.value == pytest.approx(1.2341, abs=3e-4)
    assert r.draws.u == pytest.approx(0.0754, abs=2e-4)
    assert r.draws.interval() == (pytest.approx(1.083, abs=0.002), pytest.approx(1.383, abs=0.002))
    assert r.holds is False
    assert "100 % of the curvature is rho_a × rho_w" in str(r)
    assert "the line sees 0" in str(r)
    checked = r.validated(digits=1)
    assert not checked
    assert checked.tolerance == 0.005
    assert (checked.low, checked.high) == (pytest.approx(0.0451, abs=2e-3), pytest.approx(0.0430, abs=2e-3))
    assert sum(row.share for row in r.inputs.values()) == close(1)
    assert r.inputs["rho_a"].share == pytest.approx(0.24, abs=0.01)


@pytest.mark.parametrize(("x1", "value", "u"), [(0.0, 50e-6, 50e-6), (0.010, 150e-6, 112e-6), (0.050, 2550e-6, 502e-6)])
def test_101_a_mismatch_of_power_meters(x1: float, value: float, u: float) -> None:
    """JCGM 101, 9.4.2.2, table 8: δY = X1² + X2², each with u = 0.005; the law of propagation answers 0 at 0."""
    r = sensitivities(lambda x1, x2: x1 * x1 + x2 * x2, x1=pm(x1, 0.005), x2=pm(0.0, 0.005), draws=500_000)
    assert r.value == close(x1 * x1)
    assert r.line.u == pytest.approx(2 * x1 * 0.005)
    assert (r.draws.value, r.draws.u) == (pytest.approx(value, rel=0.01), pytest.approx(u, rel=0.01))
    assert r.second_order.value == close(value)
    assert r.second_order.u == pytest.approx(u, rel=0.01)


@pytest.mark.parametrize(("x1", "value", "u"), [(0.0, 50e-6, 67e-6), (0.010, 150e-6, 121e-6), (0.050, 2550e-6, 505e-6)])
def test_101_a_mismatch_with_correlated_parts(x1: float, value: float, u: float) -> None:
    """JCGM 101, 9.4.3, table 9: the same with r = 0.9. Exactly, u² = 4s⁴(1 + r²) + 4x₁²s² (Isserlis 1918)."""
    s, r = 0.005, 0.9
    report = sensitivities(
        lambda x1, x2: x1 * x1 + x2 * x2, x1=pm(x1, s), x2=pm(0.0, s), corr={("x1", "x2"): r}, draws=500_000
    )
    exact = sqrt(4 * s**4 * (1 + r * r) + 4 * x1 * x1 * s * s)
    assert exact == pytest.approx(u, rel=0.01)
    assert report.line.u == pytest.approx(2 * x1 * s)
    assert (report.second_order.value, report.second_order.u) == (close(x1 * x1 + 2 * s * s), close(exact))
    assert abs(report.draws.value - x1 * x1 - 2 * s * s) < 5 * report.draws.error_of_value < 0.01 * exact
    assert abs(report.draws.u - exact) < 5 * report.draws.error < 0.03 * exact
    assert report.draws.value == pytest.approx(value, rel=0.01)


@pytest.mark.parametrize(("u", "line", "draws"), [(1.0, 3.92, 3.88), (10.0, 19.9, 17.0)])
def test_101_sums_of_rectangular_inputs(u: float, line: float, draws: float) -> None:
    """JCGM 101, 9.2.3 and 9.2.4, tables 3 and 4: four rectangular inputs, of which the last may outweigh all others."""
    a = sqrt(3)
    one, last = stats.uniform(-a, 2 * a), stats.uniform(-a * u, 2 * a * u)
    r = sensitivities(lambda a, b, c, d: a + b + c + d, a=one, b=one, c=one, d=last, draws=500_000)
    assert r.line.u == close(sqrt(3 + u * u))
    for interval, half, off in ((r.line.interval(), line, 0.05), (r.draws.interval(), draws, 0.06)):
        assert interval == (pytest.approx(-half, abs=off), pytest.approx(half, abs=off))
    assert r.holds is (u == 1)
    assert u == 1 or not r.validated(digits=2)


def test_101_an_end_gauge() -> None:
    """JCGM 101, 9.5, with two rectangular inputs: u is 34 nm or so, where JCGM 100, H.1, has 32 by the line."""
    r = sensitivities(
        gauge,
        l_s=pm(50_000_623, 25),
        d=pm(215, 9.7),
        d_alpha=pm(0, 0.58e-6),
        theta=pm(-0.1, 0.41),
        alpha=stats.uniform(9.5e-6, 4e-6),
        d_theta=stats.uniform(-0.05, 0.1),
        draws=500_000,
    )
    assert r.value == pytest.approx(50_000_838, abs=0.5)
    assert r.draws.u == pytest.approx(34, abs=1)
