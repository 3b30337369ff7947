"""A network learns to tell two moons apart, and two_moons.png shows how. It needs matplotlib (pip install matplotlib).

It prints:

    MLP 2-16-16-1 with 337 parameters
    step  0: loss 0.939,  50 % right
    step 10: loss 0.244,  92 % right
    step 20: loss 0.253,  91 % right
    step 30: loss 0.036, 100 % right
    step 40: loss 0.031, 100 % right
    step 50: loss 0.012, 100 % right
"""

import random
from math import cos, pi, sin

import matplotlib

from micrograd_like.nn import MLP, hinge
from micrograd_like.optim import SGD

rng = random.Random(1)
angles = [pi * i / 49 for i in range(50)]
moons = [(cos(a), sin(a)) for a in angles] + [(1 - cos(a), 0.5 - sin(a)) for a in angles]
points = [[x1 + rng.gauss(0, 0.1), x2 + rng.gauss(0, 0.1)] for x1, x2 in moons]
labels = [-1] * 50 + [1] * 50

model = MLP(2, [16, 16, 1], seed=0)
optimizer = SGD(model.parameters(), learning_rate=1.0)
print(f"MLP 2-16-16-1 with {len(model.parameters())} parameters")

for step in range(51):
    scores = [model(x) for x in points]
    loss = hinge(scores, labels) + 1e-4 * sum(p * p for p in optimizer.parameters)
    right = sum(score * label > 0 for score, label in zip(scores, labels, strict=True))
    if step % 10 == 0:
        print(f"step {step:2}: loss {loss:.3f}, {right:3} % right")
    if step == 50:
        break
    optimizer.zero_grad()
    loss.backward()
    optimizer.learning_rate = 1.0 - 0.9 * step / 100
    optimizer.step()

matplotlib.use("Agg")
matplotlib.set_loglevel("error")  # it would tell us when it looks for fonts
from matplotlib import pyplot as plt  # noqa: E402

x1s, x2s = [-1.5 + i / 20 for i in range(81)], [-1 + i / 20 for i in range(53)]
heights = [[model([x1, x2]).data for x1 in x1s] for x2 in x2s]
plt.figure(figsize=(6, 4.2), layout="constrained")
plt.contourf(x1s, x2s, heights, levels=[-1e9, 0, 1e9], colors=["#dbeafe", "#fde4d3"])
lines = plt.contour(x1s, x2s, heights, levels=[-1, 0, 1], colors="#0f172a", linestyles=["dotted", "solid", "dotted"])
plt.clabel(lines, fmt=lambda score: f"score {score:g}", manual=[(-1.1, -0.5), (-0.7, -0.5), (-0.5, -0.5)])
plt.scatter(*zip(*points[:50], strict=True), c="#0067a5", edgecolors="white", label="label −1")
plt.scatter(*zip(*points[50:], strict=True), c="#b83a00", edgecolors="white", label="label 1", marker="s")
plt.gca().set(aspect="equal", xlabel="x1", ylabel="x2", title=f"After {step} steps {right} % are on their side")
plt.legend(loc="lower right")
plt.savefig("two_moons.png")
