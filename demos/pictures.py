"""Makes the pictures of README.md and README.zh.md, beside this file.

    python demos/pictures.py

It needs Graphviz, matplotlib, Pillow, Playwright, Chromium and a font with Chinese letters. With the name of a folder,
it writes them there.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp

from micrograd_like import Value, derive, draw, explore
from micrograd_like.teach.notation import LATEX, each_once
from micrograd_like.teach.sheets import program

ENGLISH = "apple n_apples orange n_oranges tax apple_price orange_price subtotal total".split()
CHINESE = "苹果 苹果个数 橘子 橘子个数 消费税 苹果的价格 橘子的价格 小计 总价".split()
FIRST, EACH, LAST = 2000, 1200, 5000  # milliseconds for which the film shows a step


def purchase(names):
    """What apples and oranges cost, and each Value on the way there, called by these names."""
    inputs = [Value(x, name) for x, name in zip((100, 2, 150, 3, 1.1), names, strict=False)]
    apple, n_apples, orange, n_oranges, tax = inputs
    results = [apple * n_apples, orange * n_oranges]
    results.append(results[0] + results[1])
    results.append(results[2] * tax)
    for v, name in zip(results, names[5:], strict=True):
        v.name = name
    return [*inputs, *results]


@contextmanager
def opened(page, width, height):
    """The explorer's page in a browser, in which nothing moves by itself."""
    from playwright.sync_api import sync_playwright

    path = page.save(Path(mkdtemp()) / "page.html")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        size = {"width": width, "height": height}
        tab = browser.new_page(viewport=size, device_scale_factor=1.5, reduced_motion="reduce")
        tab.goto(path.as_uri())
        yield tab
        browser.close()


def film(page):
    """The page from the first step to the last, as the frames of a GIF."""
    from PIL import Image

    frames = []
    with opened(page, 960, 600) as tab:
        steps = int(tab.locator("#slide").get_attribute("max"))
        for step in range(steps + 1):
            frames.append(Image.open(BytesIO(tab.screenshot())).convert("RGB"))
            if step < steps:
                tab.keyboard.press("ArrowRight")
    colours = frames[-1].quantize(256, dither=Image.Dither.NONE)
    first, *others = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    content = BytesIO()
    durations = [FIRST, *[EACH] * (steps - 1), LAST]
    first.save(content, "gif", save_all=True, append_images=others, duration=durations, loop=0, optimize=True)
    return content.getvalue()


def still(page):
    """The page after its last step."""
    with opened(page, 1280, 800) as tab:
        tab.keyboard.press("End")
        return tab.screenshot()


def typeset(derivation):
    """A derivation in the notation in which a notebook shows it, as PNG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    title, *lines = rows(derivation)
    height = 0.3 + sum(inches for _, _, inches in (title, *lines))
    with rc_context({"mathtext.fontset": "stix"}):
        figure, y = Figure((6.4, height)), height - 0.15
        for left, text, inches in (title, *lines):
            y -= inches
            figure.text(left / 6.4, (y + inches / 2) / height, text, size=11 if left < 0.4 else 13, va="center")
    content = BytesIO()
    figure.savefig(content, format="png", dpi=200)
    return content.getvalue()


def rows(derivation):
    """The lines of a derivation: how far each stands from the left, its text, and its height."""
    yield 0.25, f"${derivation.title(LATEX)}$ by the chain rule", 0.5
    for heading, lines in derivation.sections(LATEX):
        yield 0.25, heading, 0.42
        for line in lines:
            text = " = ".join(each_once(line)).replace(r"\frac", r"\dfrac")
            yield 0.55, f"${text}$", 0.6 if "frac" in text else 0.32
    yield 0.25, derivation.meaning(), 0.42


def main(folder):
    apple, *_, total = purchase(ENGLISH)
    (folder / "explorer.gif").write_bytes(film(explore(total)))
    (folder / "explorer.png").write_bytes(still(explore(total)))
    (folder / "derive.png").write_bytes(typeset(derive(total, apple)))
    draw(total).save(folder / "apples_and_oranges.svg")
    *_, total = purchase(CHINESE)
    draw(total).save(folder / "apples_and_oranges_zh.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)
