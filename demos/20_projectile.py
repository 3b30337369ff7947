"""A throw with drag, which ends where the ball meets the ground: what moves the distance, and its tornado.

The model is a loop in plain Python, and knows nothing of derivatives. They are compared with measured slopes, and the
picture is written to projectile.svg.

It needs NumPy (pip install 'micrograd_like[batch]').

It prints:

    distance = 86.1 ± 4.5
    input    value      u  ∂/∂input       %/%  moves it by  share
    drag     0.470  0.050    -74.17    -0.405        -3.71  67.2%  ████████
    wind       0.0    1.0     2.251         0        +2.25  24.6%  ███
    speed    40.00   0.50     2.494     +1.16        +1.25   7.6%  █
    angle     35.0    1.0    0.3507    +0.143       +0.351   0.6%
    radius  0.0366      –     -1905    -0.809            –      –
    mass     0.145      –     240.4    +0.405            –      –
    dt        0.02      –     16.69  +0.00388            –      –

    by speed: 2.49391, measured 2.49391: right
    by angle: 0.35070, measured 0.35070: right
    by drag: -74.16890, measured -74.16890: right
    by wind: 2.25116, measured 2.25116: right
"""

import math
from pathlib import Path

from micrograd_like import pm, sensitivities


def distance(speed, angle, drag=0.47, mass=0.145, radius=0.0366, wind=0.0, dt=0.02):
    k = 0.5 * 1.225 * drag * math.pi * radius**2 / mass
    x, y = 0.0, 1.5
    vx, vy = speed * math.cos(math.radians(angle)), speed * math.sin(math.radians(angle))
    while True:
        v = math.hypot(vx - wind, vy)
        nx, ny = x + dt * vx, y + dt * vy
        if ny < 0:
            return x + (nx - x) * y / (y - ny)
        x, y = nx, ny
        vx, vy = vx - dt * k * v * (vx - wind), vy - dt * (9.81 + k * v * vy)


inputs = {"speed": pm(40, 0.5), "angle": pm(35, 1), "drag": pm(0.47, 0.05), "wind": pm(0, 1)}
r = sensitivities(distance, inputs, draws=1000)
print(str(r).partition("\n\n")[0], end="\n\n")
here = {name: x.value for name, x in inputs.items()}
for name, x in here.items():
    h = 1e-6 * (abs(x) or 1)
    slope = (distance(**{**here, name: x + h}) - distance(**{**here, name: x - h})) / (2 * h)
    exact = r.inputs[name].derivative
    print(f"by {name}: {exact:.5f}, measured {slope:.5f}: {'right' if abs(exact - slope) < 1e-4 else 'WRONG'}")
Path("projectile.svg").write_text(r.tornado(), encoding="utf-8")
