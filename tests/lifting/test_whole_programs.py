"""Whole libraries that never heard of Values: their answers are those to floats, and their derivatives are slopes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from micrograd_like import jit, value_and_grad, vmap

np = pytest.importorskip("numpy")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*does not depend on")]


def checked(f: Callable[..., Any], *at: float, rel: float = 1e-5, scale: tuple[float, ...] = ()) -> None:
    """The function's value, and its derivative by each argument: eager, jitted and in rows."""
    places = tuple(range(len(at)))
    value, slopes = value_and_grad(f, argnums=places)(*at)
    assert float(value) == pytest.approx(float(f(*at)), rel=1e-13)
    for k in places:
        h = (scale[k] if scale else abs(at[k]) or 1.0) * 1e-4

        def along(d: float, k: int = k) -> float:
            up, down = (tuple(x + s * d * (i == k) for i, x in enumerate(at)) for s in (1, -1))
            return float(f(*up) - f(*down)) / (2 * d)

        extrapolated = (4 * along(h) - along(2 * h)) / 3
        tolerance = 1e-7 * abs(float(value)) / h
        assert slopes[k] == pytest.approx(extrapolated, rel=rel, abs=max(tolerance * 1e-3, 1e-9))
    fast = jit(value_and_grad(f, argnums=places))
    other = tuple(x * 1.001 for x in at)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some of it runs as it is
        fast(*other)
        again, fast_slopes = fast(*at)
        rows = vmap(value_and_grad(f, argnums=places))(*np.array([other, at]).T)
    assert [again, *fast_slopes] == pytest.approx([value, *slopes], rel=1e-10)
    assert [rows[0][1], *(column[1] for column in rows[1])] == pytest.approx([value, *slopes], rel=1e-10)


@pytest.mark.parametrize("motion", [0.0588, 0.00875])
def test_satellites_from_the_elements_of_their_orbits(motion: float) -> None:
    """SGP4 for a near orbit, and SDP4, which knows of the sun and the moon, for one of half a day."""
    model = pytest.importorskip("sgp4.model")

    def height(mean_motion: float, eccentricity: float, inclination: float, node: float, minutes: float) -> Any:
        satellite = model.Satrec()
        elements = (0.00003, 0.0, 0.0, eccentricity, 1.2, inclination, 0.4, mean_motion, node)
        satellite.sgp4init(0, "i", 1, 18441.785, *elements)
        error, position, _ = satellite.sgp4_tsince(minutes)
        assert error == 0
        return position[0] + 2.0 * position[2]

    checked(height, motion, 0.01, 0.9, 2.0, 90.0, rel=1e-4, scale=(1e-6, 1e-3, 1e-2, 1e-2, 1.0))


@pytest.mark.parametrize("measure", ["s12", "azi1", "S12"])
def test_geodesics_of_the_earth(measure: str) -> None:
    geodesic = pytest.importorskip("geographiclib.geodesic")
    wgs84, mask = geodesic.Geodesic.WGS84, geodesic.Geodesic.ALL
    checked(lambda a, b, c, d: wgs84.Inverse(a, b, c, d, mask)[measure], 10.0, 20.0, 30.5, 40.5)
    checked(lambda a, b, azi, s: wgs84.Direct(a, b, azi, s)["lat2"], 10.0, 20.0, 30.5, 4e6)


@pytest.mark.parametrize("name", ["h_pt", "s_pt", "v_pt", "Cp_pt", "rho_pt"])
def test_steam_tables(name: str) -> None:
    steam = pytest.importorskip("pyXSteam.XSteam")
    table = steam.XSteam(steam.XSteam.UNIT_SYSTEM_MKS)
    for pressure, temperature in ((1.5, 80.5), (1.0, 250.5), (250.0, 450.5)):
        checked(getattr(table, name), pressure, temperature)
    checked(table.tsat_p, 3.5)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("GetHumRatioFromRelHum", (25.5, 0.5, 101325.0)),
        ("GetTDewPointFromRelHum", (25.5, 0.5)),
        ("GetMoistAirEnthalpy", (25.5, 0.01)),
        ("GetSatVapPres", (-5.5,)),
    ],
)
def test_moist_air(name: str, at: tuple[float, ...]) -> None:
    air = pytest.importorskip("psychrolib")
    air.SetUnitSystem(air.SI)
    checked(getattr(air, name), *at)


def test_prices_and_implied_volatility_of_options() -> None:
    pytest.importorskip("py_vollib")
    from py_vollib.black_scholes import black_scholes
    from py_vollib.black_scholes.greeks.analytical import delta, vega
    from py_vollib.black_scholes.implied_volatility import implied_volatility

    at = (100.5, 95.5, 0.5, 0.015, 0.25)
    checked(lambda *xs: black_scholes("c", *xs), *at)
    _, slopes = value_and_grad(lambda *xs: black_scholes("p", *xs), argnums=(0, 4))(*at)
    assert slopes == pytest.approx([delta("p", *at), 100 * vega("p", *at)])  # vega is by percent
    checked(lambda price: implied_volatility(price, 100.0, 95.0, 0.5, 0.01, "c"), 10.5)


def test_where_the_sun_stands() -> None:
    sun = pytest.importorskip("astral.sun")
    checked(sun.eq_of_time, 0.1181)
    checked(sun.sun_declination, 0.1181)
    checked(lambda latitude, declination: sun.hour_angle(latitude, declination, 90.833, 1), 51.5, -10.2)
    assert sun.julianday(date(2024, 1, 1)) > 0


def test_flow_in_pipes() -> None:
    fluids = pytest.importorskip("fluids")
    checked(fluids.friction_factor, 1e5, 1e-4)
    checked(lambda d, q: fluids.nearest_pipe is not None and fluids.dP_from_K(0.5, 1000.0, q / d**2), 0.1, 0.02)
    checked(fluids.friction.Colebrook, 1e5, 1e-4)
