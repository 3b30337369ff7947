"""Which libraries have twins beside `math`: those that are loaded when something is lifted."""

from __future__ import annotations

import sys
from importlib import import_module

PARTS = {  # of what, and in which module of this folder
    "numpy": "of_numpy",
    "scipy.special": "of_scipy",
    "scipy.stats": "normal",
    "scipy.optimize": "solvers",
    "scipy.integrate": "quadrature",
    "scipy.interpolate": "splines",
    "fluids.numerics": "solvers",
    "statistics": "standard",
    "cmath": "standard",
}
HAVE_TWINS: set[str] = set()


def load_twins() -> None:
    """Enter the twins of libraries that are loaded by now into the table of twins."""
    for name, part in PARTS.items():
        if name in sys.modules and name not in HAVE_TWINS:
            HAVE_TWINS.add(name)
            import_module(f".{part}", __package__).add(sys.modules[name])
