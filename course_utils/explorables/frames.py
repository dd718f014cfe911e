"""Pictures of an explorable at many places of its sliders, for readers without a kernel.

A picture has three layers: the still part, what places that differ only in the first slider have in common, the rest.
"""

from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from html import escape
from io import BytesIO
from itertools import product
from math import prod

import numpy as np
from PIL import Image

__all__ = ["MIME", "frames", "grid", "page", "thinned"]

MIME = "application/vnd.course.frames+json"
ROOM = 1_100_000  # bytes of pictures for two sliders; each one more gets as much again
MOST, SLOW = 600, 120  # places, so that a build takes seconds for each figure; fewer where networks are trained slowly
COLORS, CLEAR = 64, np.uint32(0)  # of the moving parts together; a transparent pixel


def frames(explorable, most=None):
    """All that a page needs to move a figure, as a dict: goal, controls, pictures, and for each place words and layers.

    Places are in the order of `itertools.product` over the controls, the first one fastest. There are at most `most`
    of them; by default as many as fit into ROOM and MOST.
    """
    values = grid(explorable, most or _affordable(explorable))
    places = [dict(reversed(list(zip(reversed(values), place, strict=True))))
              for place in product(*reversed(values.values()))]
    if explorable.ahead:
        explorable.ahead(places)
    palette, pictures, told = _palette(explorable, places), {}, []
    size = len(next(iter(values.values())))
    for start in range(0, len(places), size):
        results = [explorable.compute(**chosen) for chosen in places[start:start + size]]
        common, *moving = [pictures.setdefault(layer, len(pictures)) for layer in layers(explorable, results, palette)]
        told += [[explorable.describe(result), common, layer, _told(explorable.finding(result))]
                 for result, layer in zip(results, moving, strict=True)]
    explorable.view.show(explorable.result, explorable.summary)
    controls = [{"label": explorable.controls[name].label, "log": explorable.controls[name].log,
                 "first": values[name].index(explorable.controls[name].value), "values": values[name]}
                for name in values]
    made = {"goal": explorable.goal, "size": list(explorable.view.still.size), "still": _webp(explorable.view.still),
            "controls": controls, "pictures": list(pictures), "places": told}
    return made | {"name": sha256(repr(made).encode()).hexdigest()[:12]}


def grid(explorable, most):
    """Dict name -> values of a slider, thinned out until there are `most` places in all.

    First values, ends, and where the route leads always stay.
    """
    controls, counts = explorable.controls, {name: len(c.places) for name, c in explorable.controls.items()}
    visited = {name: [move[name] for move in explorable.route if name in move] for name in controls}
    values = {name: thinned(control, counts[name], visited[name]) for name, control in controls.items()}
    while prod(map(len, values.values())) > most and any(counts.values()):
        name = max(filter(counts.get, counts), key=lambda name: len(values[name]))
        counts[name] = int(0.95 * counts[name])
        values[name] = thinned(controls[name], counts[name], visited[name])
    return values


def thinned(control, count, visited=()):
    """About `count` places of a slider: its first value, its ends, the values `visited`, and others at equal gaps."""
    kept = {control.clip(value) for value in (control.value, control.low, control.high, *visited)}
    places = control.places
    gap = (len(places) - 1) / max(1, count - 1)
    free = [places[round(k * gap)] for k in range(count)]
    return sorted(kept | {place for place in free
                          if all(control.steps_between(place, value) > 0.5 * gap for value in kept)})


def layers(explorable, results, palette):
    """Of a row of results: the layer that they have in common, then one for each; WebP in base64."""
    drawn = [_moving(explorable, result, palette) for result in results]
    first, middle, last = (drawn[i] for i in (0, len(drawn) // 2, -1))
    common = np.where((first == middle) | (first == last), first, np.where(middle == last, middle, CLEAR))
    return [_layer(common, np.full_like(common, CLEAR), explorable), *(_layer(d, common, explorable) for d in drawn)]


def page(made):
    """What stands in a page until its script shows the figure: the goal, and the words of the first place."""
    place = 0
    for control in reversed(made["controls"]):
        place = place * len(control["values"]) + control["first"]
    return (f'<div class="explorable" data-frames="{made["name"]}"><p><b>Goal.</b> {escape(made["goal"])}</p>'
            f'<p class="explorable-words">{escape(made["places"][place][0])}</p></div>')


def _moving(explorable, result, palette):
    """Pixels (height, width) of a picture in the colours of the palette, CLEAR where the still part shows."""
    drawn, still = _packed(explorable.view.draw(result)), _packed(explorable.view.still)
    moved = drawn != still
    pixels = np.full_like(drawn, CLEAR)
    colors = Image.fromarray(drawn[moved].view(np.uint8).reshape(1, -1, 4)).convert("RGB")
    pixels[moved] = _packed(colors.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")).ravel()
    return pixels


def _layer(pixels, below, explorable):
    """What has to lie on `below` so that `pixels` are seen."""
    seen = np.where(pixels == CLEAR, _packed(explorable.view.still), pixels)
    layer = np.where(pixels == below, CLEAR, seen)
    return _webp(Image.fromarray(layer.view(np.uint8).reshape(*layer.shape, 4)))


def _packed(picture):
    """The pixels of a picture as one number each."""
    return np.asarray(picture.convert("RGBA")).copy().view(np.uint32)[..., 0]


def _palette(explorable, places, samples=16):
    """One palette for the moving parts of all places, so that what does not change between two has the same colours."""
    still, seen = _packed(explorable.view.still), []
    for chosen in places[::max(1, len(places) // samples)]:
        drawn = _packed(explorable.view.draw(explorable.compute(**chosen)))
        seen.append(drawn[drawn != still])
    colors = Image.fromarray(np.concatenate(seen).view(np.uint8).reshape(1, -1, 4))
    return colors.convert("RGB").quantize(COLORS)


def _affordable(explorable, samples=8):
    """How many places fit into ROOM and time, judged by a row of a few places."""
    if not all(control.live for control in explorable.controls.values()):
        return SLOW
    (name, control), *others = explorable.controls.items()
    row = [{name: value} | {name: control.value for name, control in others}
           for value in control.places[::max(1, len(control.places) // samples)]]
    if explorable.ahead:
        explorable.ahead(row)
    results = [explorable.compute(**chosen) for chosen in row]
    _, *moving = layers(explorable, results, _palette(explorable, row))
    return min(MOST, int(4 / 3 * ROOM * max(1, len(others)) / np.mean([len(layer) for layer in moving])))


def _told(finding):
    """A finding as a dict of what is not as usual, or 0."""
    usual = type(finding)()
    return {key: value for key, value in asdict(finding).items() if value != getattr(usual, key)} or 0


def _webp(picture):
    file = BytesIO()
    picture.save(file, "webp", lossless=True, quality=50, method=2)
    return b64encode(file.getvalue()).decode()
