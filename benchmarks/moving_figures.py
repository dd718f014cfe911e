"""The website's moving figures in a browser: size, and milliseconds from the press of a key to the picture.

    python benchmarks/moving_figures.py [folder of the built site] [presses]

Needs what `make browser-test` needs. Pages are opened from disk, without a network.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/browser"))
from lab import ROOT, chromium

WINDOWS = {"wide": (1280, 900), "390 px": (390, 844)}
TIMED = """root => {
    window.times = [];
    let since = 0;
    const told = () => requestAnimationFrame(() => window.times.push(performance.now() - since));
    root.addEventListener('keydown', () => { since = performance.now(); }, true);
    new MutationObserver(told).observe(root.querySelector('canvas'), {attributeFilter: ['data-drawn']});
}"""


def measure(page, root, presses):
    """Milliseconds of each press, half of them to the right, on the sliders in turn."""
    root.evaluate(TIMED)
    sliders = root.get_by_role("slider").all()
    for k in range(presses):
        sliders[k % len(sliders)].focus()
        seen = page.evaluate("window.times.length")
        page.keyboard.press("ArrowRight" if k < presses / 2 else "ArrowLeft")
        page.wait_for_timeout(20)
        if page.evaluate("window.times.length") == seen:
            page.wait_for_timeout(300)
    return np.array(page.evaluate("window.times"))


def main(site=ROOT / "build/site", presses="40"):
    pages = [path for path in sorted(Path(site).rglob("*.html")) if "slides" not in path.parts  # which hide all but one
             and "data-frames=" in path.read_text(encoding="utf-8")]
    print(f"{'page':38}{'sliders':>18}{'places':>8}{'pictures':>10}{'kB':>7}" + "".join(
        f"{name + ' p50':>12}{'p95 ms':>8}" for name in WINDOWS))
    with chromium() as browser:
        for path in pages:
            names = re.findall(r'data-frames="(\w+)"', path.read_text(encoding="utf-8"))
            for i, name in enumerate(names):
                script = Path(site) / f"_static/frames/{name}.js"
                frames = json.loads(script.read_text(encoding="utf-8")[len("courseFrames("):-2])
                sizes = " × ".join(str(len(control["values"])) for control in frames["controls"])
                line = f"{path.stem:38}{sizes:>18}{len(frames['places']):8}{len(frames['pictures']):10}"
                line += f"{script.stat().st_size / 1e3:7.0f}"
                for width, height in WINDOWS.values():
                    page = browser.new_page(viewport={"width": width, "height": height}, offline=True)
                    page.goto(path.resolve().as_uri())
                    root = page.locator(".explorable[data-frames]").nth(i)
                    root.scroll_into_view_if_needed()
                    root.locator("canvas[data-drawn]").wait_for()
                    p50, p95 = np.percentile(measure(page, root, int(presses)), [50, 95])
                    line += f"{p50:12.0f}{p95:8.0f}"
                    page.close()
                print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
