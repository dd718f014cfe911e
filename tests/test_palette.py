"""The colours of all figures: they stand out from white, and apart for every kind of colour vision.

Figures and explorables bring their own white background, also to a dark page, so that white is what counts.
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from course_utils import plots
from course_utils.explorables import drawing, networks

# What a dichromat sees, in linear RGB: Machado, Oliveira and Fernandes, A physiologically-based model for simulation of
# color vision deficiency, IEEE TVCG 15 (2009), severity 1.0
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}
TOGETHER = {  # colours that stand for different things in one figure
    "classes": plots.CLASS_COLORS,
    "points": plots.POINT_COLORS,
    "regions": plots.REGION_COLORS,
    "fates": list(networks.FATE_COLORS.values()),
    "converging and diverging": [drawing.BLUE, drawing.RED],
    "smallest, middle and largest rate": [to_hex(plots.rate_color(lr)) for lr in (1e-7, 1e-3, 10)],
}
WORDS = {drawing.INK, drawing.BLUE, drawing.RED, *networks.FATE_COLORS.values(), plots.INK}
MARKS = WORDS | {*plots.LINE_COLORS, *plots.POINT_COLORS}


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear sRGB, white point D65."""
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041]]) @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a, b, vision):
    """ΔE of two colours as seen; 2.3 is just noticeable side by side."""
    a, b = (lab(VISION[vision] @ linear(color)) for color in (a, b))
    return float(np.linalg.norm(a - b))


@pytest.mark.parametrize("color", sorted(MARKS))
def test_marks_and_lines_stand_out_on_white(color):
    assert plots.contrast(color, "white") >= 3


@pytest.mark.parametrize("color", plots.POINT_COLORS)
@pytest.mark.parametrize("tint", plots.REGION_COLORS)
def test_marks_of_the_classes_stand_out_on_every_region(color, tint):
    assert plots.contrast(color, tint) >= 3


@pytest.mark.parametrize("color", sorted(WORDS))
def test_coloured_words_can_be_read_on_white(color):
    assert plots.contrast(color, "white") >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colors", TOGETHER.values(), ids=TOGETHER)
def test_colours_that_stand_together_are_told_apart(colors, vision):
    least = 7 if colors is plots.REGION_COLORS else 15  # tints touch, and lie under the marks of their class
    assert min(distance(a, b, vision) for a, b in combinations(colors, 2)) >= least


def test_lines_and_classes_differ_by_more_than_colour():
    for markers, colors in ((plots.RATE_MARKERS, plots.LINE_COLORS), (plots.CLASS_MARKERS, plots.POINT_COLORS)):
        assert len(set(markers)) == len(markers) >= len(colors)


def test_red_and_green_of_equal_lightness_would_be_refused():
    assert distance("#b06000", "#608000", "usual") > 30 > 15 > distance("#b06000", "#608000", "deuteranopia")


@pytest.mark.parametrize("a, b, expected", [("white", "black", 100), ("red", "#00ff00", 170.6)])
def test_distances_are_those_of_the_published_colour_space(a, b, expected):
    assert distance(a, b, "usual") == pytest.approx(expected, abs=0.5)
