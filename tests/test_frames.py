"""What the website shows of explorables: the same pictures, words and goals at the places that it has."""

import base64
import io
import json
import shutil
import subprocess
from functools import cache
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_explorables import KnownStudy, every_explorable, pixels

from course_utils.explorables import (
    Control,
    Explorable,
    Finding,
    explore_bias_correction,
    explore_bowl,
    explore_fates,
    explore_momentum,
    explore_one_rate,
    explore_ravine,
    explore_turned_ravine,
)
from course_utils.explorables import frames as of_frames
from course_utils.explorables.frames import MIME, frames, grid, layers, page, thinned
from course_utils.explorables.goals import Ledger

ROOT = Path(__file__).resolve().parent.parent


made = cache(lambda make: make())  # for tests that move nothing


def picture(base):
    return Image.open(io.BytesIO(base64.b64decode(base))).convert("RGBA")


def composed(explorable, *above):
    """The layers, one on the other, as a browser draws them."""
    whole = explorable.view.still.convert("RGBA")
    for layer in above:
        whole.alpha_composite(picture(layer))
    return np.asarray(whole.convert("RGB")).astype(int)


@every_explorable
def test_the_layers_make_the_picture_of_a_move(make):
    """Up to the palette: a pixel in a hundred thousand may be off by a third of a shade, the mean by less than one."""
    explorable = make()
    results, kernels, drawn = [explorable.result], [pixels(explorable)], []
    for move in explorable.route[:3]:
        explorable.move(**move)
        results.append(explorable.result)
        kernels.append(pixels(explorable))
    drawn = [np.asarray(explorable.view.draw(result)).astype(int) for result in results]
    seen = np.concatenate([image.reshape(-1, 3) for image in drawn])
    palette = Image.fromarray(seen[None].astype(np.uint8)).quantize(of_frames.COLORS)
    common, *moving = layers(explorable, results, palette)
    for layer, kernel, image in zip(moving, kernels, drawn, strict=True):
        shown = composed(explorable, common, layer)
        assert np.abs(shown - image).mean() < 1 and np.abs(shown - kernel).mean() < 3
        assert np.mean(np.abs(shown - image).max(axis=2) > 80) < 1e-4


@pytest.mark.parametrize("make", [explore_bowl, explore_ravine, explore_momentum,
                                  lambda: explore_one_rate(KnownStudy())])
def test_every_place_has_the_words_and_the_picture_of_its_values(make):
    explorable = make()
    made = frames(explorable, 40)
    values = [control["values"] for control in made["controls"]]
    assert len(made["places"]) == prod(map(len, values))
    for k, place in list(enumerate(product(*reversed(values))))[::7]:
        summary = explorable.move(**dict(zip(explorable.controls, reversed(place), strict=True)))
        words, *above, _ = made["places"][k]
        assert summary.startswith(words)
        shown = composed(explorable, *(made["pictures"][layer] for layer in above))
        assert np.abs(shown - np.asarray(explorable.view.draw(explorable.result))).mean() < 0.5


@pytest.mark.parametrize("make", [explore_bowl, explore_momentum, explore_turned_ravine, explore_bias_correction,
                                  lambda: explore_fates(epochs=60), lambda: explore_one_rate(KnownStudy())])
def test_the_route_reaches_the_goal_on_the_places_of_a_page_and_not_before_its_end(make):
    explorable, ledger, told = make(), Ledger(), []
    photographed = frames(explorable, 1)
    values = dict(zip(explorable.controls, (control["values"] for control in photographed["controls"]), strict=True))
    at = {name: control.value for name, control in explorable.controls.items()}
    for move in [{}, *explorable.route]:
        at |= {name: explorable.controls[name].clip(value) for name, value in move.items()}
        place = 0
        for name in reversed(values):
            place = place * len(values[name]) + values[name].index(at[name])
        told.append(ledger.add(Finding(**photographed["places"][place][3] or {})))
    assert told[-1] and not any(told[:-1])


@every_explorable
def test_the_first_place_and_the_route_lie_on_the_grid(make):
    explorable = made(make)
    values = grid(explorable, 1)
    for name, control in explorable.controls.items():
        wanted = [control.value, control.low, control.high, *(m[name] for m in explorable.route if name in m)]
        assert {control.clip(value) for value in wanted} <= set(values[name])
        assert values[name] == sorted(set(values[name]))


@every_explorable
def test_a_finer_grid_has_more_places_and_not_more_than_asked_for(make):
    explorable = made(make)
    least = prod(map(len, grid(explorable, 1).values()))
    sizes = [prod(map(len, grid(explorable, most).values())) for most in (least, 2 * least, 10**9)]
    assert sizes[0] <= least and sizes[1] <= 2 * least and sizes == sorted(sizes) and sizes[-1] > least


def test_near_places_give_way_to_the_values_that_must_stay():
    control = Control("x", 0, 10, 3.1, step=1, log=False)
    assert thinned(control, 11) == [0, 1, 2, 3.1, 4, 5, 6, 7, 8, 9, 10]
    assert thinned(control, 6) == [0, 2, 3.1, 6, 8, 10] and thinned(control, 0) == [0, 3.1, 10]
    assert thinned(control, 4, visited=[7.4]) == [0, 3.1, 7.4, 10]


def test_photographs_leave_the_explorable_as_it_was():
    explorable = explore_bowl()
    explorable.move(lr=0.7)
    before = explorable.values.copy(), explorable.summary, explorable.image.value
    frames(explorable, 20)
    assert (explorable.values, explorable.summary, explorable.image.value) == before


def test_a_page_gets_its_frames_only_where_it_asks_and_no_result_depends_on_earlier_moves(monkeypatch):
    shown = []
    for module in ("explorables.framework", "shown"):
        monkeypatch.setattr(f"course_utils.{module}.display", lambda bundle, raw: shown.append(bundle))
    explorable = explore_one_rate(KnownStudy())
    explorable._ipython_display_()
    assert not any(MIME in bundle for bundle in shown)
    monkeypatch.setenv("COURSE_FRAMES", "1")
    explorable._ipython_display_()
    assert shown[-1][MIME]["name"] in shown[-1]["text/html"] and explorable.goal in shown[-1]["text/plain"]
    explorable.remembers = True
    explorable._ipython_display_()
    assert sum(MIME in bundle for bundle in shown) == 1


def test_what_stands_on_the_page_before_its_script_is_the_goal_and_the_first_words():
    explorable = explore_ravine()
    assert f"<b>Goal.</b> {explorable.goal}" in page(frames(explorable, 12))
    assert explorable.summary in page(frames(explorable, 12))


def random_findings(rng):
    """Findings in any order, with groups, parts, attempts and a budget."""
    return [Finding("{} found", needed=2, part=None if rng.random() < 0.4 else int(rng.integers(12)), words=f"#{k}",
                    group=str(rng.integers(2)), joint=", ", attempt="" if k % 3 else str(rng.integers(5)),
                    budget=3 if rng.random() < 0.5 else None) for k in range(30)]


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js")
def test_the_script_keeps_the_same_books():
    source = (ROOT / "docs/_static/explorable.js").read_text(encoding="utf-8")
    ledger = source[source.index("class Ledger"):source.index("/* The place nearest")]
    for seed in range(20):
        found = random_findings(np.random.default_rng(seed))
        told = [of_frames._told(finding) for finding in found]
        script = (f"{ledger}\nconst ledger = new Ledger();\n"
                  f"console.log(JSON.stringify({json.dumps(told)}.map((f) => ledger.add(f || {{}}))))")
        done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
        python = Ledger()
        assert json.loads(done.stdout) == [python.add(finding) for finding in found]


def test_parts_of_a_goal_count_together_within_their_group_and_their_budget():
    ledger = Ledger()
    first = Finding("{} found", needed=2, part=1, words="b", group="x")
    assert ledger.add(first) == "" == ledger.add(first)
    assert ledger.add(Finding("{} found", needed=2, part=0, words="a", group="y")) == ""
    assert ledger.add(Finding("{} found", needed=2, part=0, words="a", group="x")) == "a and b found"
    tries = [Finding("by {}", needed=1, part=k or None, words="#", attempt=f"try {k}", budget=2) for k in (0, 0, 1, 2)]
    assert [ledger.add(finding) for finding in tries] == ["", "", "by 2", "by 2"]


def test_a_goal_at_one_place_needs_nothing_else():
    explorable = explore_fates(epochs=1)
    assert Explorable(lambda x: x, [lambda ax: lambda result: None], str, {"x": Control("x", 1, 2, 1)},
                      reached=lambda x: "here" if x == 2 else "").move(x=2).endswith("Goal reached: here")
    assert explorable.finding(explorable.result).needed == 3
