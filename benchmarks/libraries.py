"""Libraries that never heard of us: how many of their calls answer the right value and the right derivative.

A call is an expression whose floats are the variables. The value is to be that of plain floats, and the derivatives
extrapolated differences. Nothing is installed: the packages that are here are tried.
"""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Callable
from typing import Any

from micrograd_like import jit, value_and_grad, vmap

CALLS = {  # by package: what is imported, and expressions
    "astral": (
        "astral.sun",
        """sun.eq_of_time(0.1181)  sun.sun_declination(0.1181)  sun.obliquity_correction(0.1181)
        sun.hour_angle(51.5,-10.2,90.833,1)""",
    ),
    "chemicals": (
        "chemicals",
        """chemicals.iapws.iapws97_rho(330.5,8e6)  chemicals.Antoine(100.5,8.7687,395.744,-6.469)
        chemicals.iapws.iapws92_Psat(400.5)  chemicals.viscosity.Viswanath_Natarajan_2(348.15,-5.9719,1007.0)""",
    ),
    "colorsys": ("colorsys", "colorsys.rgb_to_hsv(0.2,0.4,0.6)[0]  colorsys.hls_to_rgb(0.6,0.4,0.3)[1]"),
    "fluids": (
        "fluids",
        """fluids.friction_factor(1e5,1e-4)  fluids.friction.Colebrook(1e5,1e-4)  fluids.geometry.V_from_h(1.5,5.5,1.9)
        fluids.isothermal_gas(11.3,0.00185,P1=1e6,P2=9e5,L=1000.5,D=0.5)
        fluids.fittings.bend_rounded(Di=4.02,rc=20.5,angle=30.5,Re=1e5)
        fluids.nearest_pipe.__call__(Di=0.021)[1]  fluids.core.Reynolds(2.5,0.25,1.1613,1.9e-5)""",
    ),
    "geographiclib": (
        "geographiclib.geodesic",
        """geodesic.Geodesic.WGS84.Inverse(-41.32,174.81,40.96,-5.5)["s12"]
        geodesic.Geodesic.WGS84.Direct(10.5,20.5,30.5,4e6)["lat2"]""",
    ),
    "haversine": ("haversine", "haversine.haversine((45.75,4.84),(48.85,2.35))"),
    "psychrolib": (
        "psychrolib",
        """SI.GetHumRatioFromRelHum(25.5,0.5,101325.0)  SI.GetTDewPointFromRelHum(25.5,0.5)  SI.GetSatVapPres(25.5)
        SI.GetStandardAtmPressure(1000.5)""",
    ),
    "py_vollib": (
        "py_vollib.black_scholes",
        """black_scholes.black_scholes("c",100.5,95.5,0.5,0.015,0.25)
        black_scholes.black_scholes("p",90.5,95.5,0.5,0.015,0.25)""",
    ),
    "pyXSteam": (
        "pyXSteam.XSteam",
        "MKS.h_pt(1.5,80.5)  MKS.s_pt(250.5,450.5)  MKS.tsat_p(3.5)  MKS.v_ph(1.5,100.5)",
    ),
    "utm": ("utm", "utm.from_latlon(51.2,7.5)[0]  utm.to_latlon(395201.3,5673135.2,32,'U')[0]"),
}
PREPARED = {"psychrolib": "SI = psychrolib; SI.SetUnitSystem(SI.SI)", "pyXSteam": "MKS = XSteam.XSteam(1)"}
COLUMNS = "value derivative jit vmap".split()


def function_of(expression: str, names: dict[str, Any]) -> tuple[Callable[..., Any], list[float]]:
    """The expression as a function of its floats, and these."""
    tree = ast.parse(expression, mode="eval")
    floats = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is float]
    numbers = [node.value for node in floats]
    letters = {id(node): f"x{k}" for k, node in enumerate(floats)}

    class Named(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            return ast.copy_location(ast.Name(letters[id(node)], ast.Load()), node) if id(node) in letters else node

    body = ast.unparse(ast.fix_missing_locations(Named().visit(tree)))
    return eval(f"lambda {', '.join(letters.values())}: {body}", names), numbers


def close(x: Any, y: Any, part: float) -> bool:
    return bool(abs(float(x) - float(y)) <= part * max(abs(float(x)), abs(float(y)), 1e-9))


def has_slope(f: Callable[..., Any], at: list[float], k: int, found: float) -> bool:
    """Whether that is the slope by the argument of this number, for some width of step."""
    for width in (1e-3, 1e-4, 1e-5, 1e-6):
        h = width * (abs(at[k]) or 1.0)

        def along(h: float) -> float:
            up, down = ([x + s * h * (i == k) for i, x in enumerate(at)] for s in (1, -1))
            return float((f(*up) - f(*down)) / (2 * h))

        slope = (4 * along(h) - along(2 * h)) / 3
        if close(found, slope, 1e-5) or abs(found - slope) * abs(at[k] or 1.0) <= 1e-7 * abs(float(f(*at))):
            return True
    return False


def tried(f: Callable[..., Any], at: list[float]) -> list[bool]:
    """Whether the value, the derivatives, and those under jit and vmap are right."""
    both = value_and_grad(f, argnums=tuple(range(len(at))))
    value, slopes = both(*at)
    right = [close(value, f(*at), 1e-13), all(has_slope(f, at, k, slope) for k, slope in enumerate(slopes))]
    fast = jit(both)
    other = [x * 1.0001 for x in at]
    fast(*other)
    rows = vmap(both)(*([x, y] for x, y in zip(other, at, strict=True)))
    for found in (fast(*at), (rows[0][1], [column[1] for column in rows[1]])):
        right.append(all(close(x, y, 1e-11) for x, y in zip([found[0], *found[1]], [value, *slopes], strict=True)))
    return right


def coverage(packages: dict[str, tuple[str, str]] = CALLS) -> dict[str, list[int]]:
    """By package, how many calls there are, and how many are right in each way."""
    found: dict[str, list[int]] = {}
    for package, (module, expressions) in packages.items():
        try:
            last = importlib.import_module(module)
        except ImportError:
            continue
        names = {package: importlib.import_module(package), module.rpartition(".")[2]: last}
        exec(PREPARED.get(package, ""), names)
        counts = found[package] = [0] * (1 + len(COLUMNS))
        for expression in expressions.split():
            counts[0] += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    right = tried(*function_of(expression, names))
                except Exception as error:
                    print(f"{expression}: {type(error).__name__}: {error}"[:160])
                    continue
            for place, is_right in enumerate(right, 1):
                counts[place] += is_right
    return found


def report() -> str:
    """The table, and which packages are not here."""
    found = coverage()
    rows = [f"| {package} | {' | '.join(map(str, counts))} |" for package, counts in found.items()]
    absent = ", ".join(package for package in CALLS if package not in found)
    head = [f"| library | calls | {' | '.join(COLUMNS)} |", f"|---|{'--:|' * (1 + len(COLUMNS))}"]
    return "\n".join([*head, *rows, *([f"\nNot installed: {absent}."] if absent else [])]) + "\n"
