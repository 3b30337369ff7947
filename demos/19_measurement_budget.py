"""A measurement and its uncertainty budget, and one in which the straight line fails.

Voltage, current and phase were observed together (JCGM 100, the GUM, H.2): they are correlated, and so are resistance,
reactance and impedance. The mass of a weight (JCGM 101, 9.3) bends with products of densities, which draws see alone.

It needs NumPy and SciPy (pip install 'micrograd_like[batch]').

It prints:

    R = 127.732 ± 0.071
    input       value          u  dof  ∂/∂input   %/%  moves it by   share
    phi       1.04446    0.00075    4    -219.8  -1.8       -0.165  181.1%  ████████████
    volt       4.9990     0.0032    4     25.55    +1       +0.082  -61.6%
    ampere  0.0196610  0.0000095    4     -6497    -1      -0.0615  -19.5%

    straight line   127.7322 ± 0.0711              95 % in [127.535, 127.929], dof 4
    second order    127.7320 ± 0.0711
    20,000 draws    127.7320 ± 0.0717 (± 0.0004)   95 % in [127.591, 127.874]
    The straight line holds.
    u of R 0.071, by the book 0.071: right
    correlation of X and Z 0.993, by the book 0.993: right
    the straight line does NOT hold: it misses 29 % of u
    100 % of the curvature is air × weight
    u of the straight line 0.0539, by the book 0.0539: right
    u of the draws 0.075, by the book 0.075: right
"""

from scipy.stats import uniform

from micrograd_like import math, measured, pm, sensitivities

VOLT = [5.007, 4.994, 5.005, 4.990, 4.999]
AMPERE = [0.019663, 0.019639, 0.019640, 0.019685, 0.019678]
PHASE = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]


def impedance(volt, ampere, phi):
    return {"R": volt / ampere * math.cos(phi), "X": volt / ampere * math.sin(phi), "Z": volt / ampere}


def mass(m_ref, dm, air, weight, ref):
    return (m_ref + dm) * (1 + (air - 1.2) * (1 / weight - 1 / ref)) - 100_000


def check(what, found, known, digits=3):
    print(f"{what} {found:.{digits}f}, by the book {known}: {'right' if round(found, digits) == known else 'WRONG'}")


circuit = sensitivities(impedance, measured({"volt": VOLT, "ampere": AMPERE, "phi": PHASE}), draws=20_000)
print(circuit["R"])
check("u of R", circuit["R"].u, 0.071)
check("correlation of X and Z", circuit.corr[1][2], 0.993)

masses = {"m_ref": pm(100_000, 0.05), "dm": pm(1.234, 0.02)}
densities = {"air": uniform(1.1, 0.2), "weight": uniform(7000, 2000), "ref": uniform(7950, 100)}
r = sensitivities(mass, masses | densities, draws=1_000_000)
print(*r.reasons, sep="\n")
check("u of the straight line", r.line.u, 0.0539, 4)
check("u of the draws", r.u, 0.075)
