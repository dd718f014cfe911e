"""Executed notebooks for everyone: axe-core in the light and the dark theme, 200 % zoom, pictures on dark pages."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT

SERIOUS = ("serious", "critical")
OF_JUPYTERLAB = [  # rule, what the finding's selector or element contains, and why it is not ours to mend
    ("aria-input-field-name", r"cm-content", "JupyterLab gives the editors of its cells no name"),
    ("aria-required-children", r"jp-WindowedPanel-viewport", "JupyterLab calls the list of cells a feed"),
    ("button-name", r"jp-collapseHeadingButton", "JupyterLab's button that folds a heading away has no name"),
    ("image-alt", r"jp-RenderedImage", "JupyterLab passes no alternative text to a picture in an output; what a figure "
                                       "shows is printed or written beside it"),
    ("scrollable-region-focusable", r"cm-scroller|jp-OutputArea|jp-Rendered", "JupyterLab's scrolling boxes"),
]

AXE = """async () => {
    const found = await axe.run('.jp-Notebook', {resultTypes: ['violations']});
    return found.violations.flatMap(v => v.nodes.map(n => [v.id, v.impact, n.target.flat().join(' '),
                                                           n.html.slice(0, 200)]));
}"""
HEADINGS = """() => [...document.querySelectorAll('.jp-Notebook :is(h1,h2,h3,h4,h5,h6)')].map(h => +h.tagName[1])"""
CUT_OFF = """() => {  // prose and controls beyond the edge of the page; code and tables may scroll in themselves
    const edge = document.querySelector('.jp-Notebook').getBoundingClientRect().right;
    const parts = '.jp-RenderedMarkdown :is(p, li, h1, h2, h3, h4), .widget-html p, .explorable *, .widget-button';
    return [...document.querySelectorAll(parts)].filter(e => e.getClientRects().length
        && e.getBoundingClientRect().right > edge + 1).map(e => e.outerHTML.slice(0, 120));
}"""
SEE_THROUGH = """async () => {
    const see = [];
    for (const image of document.querySelectorAll('.jp-OutputArea img')) {
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), pen = canvas.getContext('2d');
        pen.drawImage(image, 0, 0);
        const alpha = pen.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 3);
        if (alpha.some(a => a < 255)) see.push(image.closest('.jp-Cell').dataset.cellId);
    }
    return see;
}"""


def findings(page):
    """What axe-core finds in the notebook panel: rule, impact, selector, beginning of the element."""
    if not page.page.evaluate("() => 'axe' in window"):
        page.page.evaluate(AXE_SCRIPT)
    return page.page.evaluate(AXE)


def ours(found):
    """The serious findings that are not on the list of JupyterLab's."""
    return [finding for finding in found if finding[1] in SERIOUS and not any(
        finding[0] == rule and re.search(part, finding[2] + finding[3]) for rule, part, _ in OF_JUPYTERLAB)]


@pytest.fixture(params=["light", "dark"])
def theme(request, notebook):
    notebook.page.theme(request.param)
    notebook.page.page.wait_for_timeout(300)  # colours fade over
    yield request.param
    notebook.page.theme("light")


@pytest.fixture
def zoomed(notebook):
    """The page in a window of 1280 × 900 at 200 % zoom, which leaves it half of that."""
    page = notebook.page.page
    usual = page.viewport_size
    page.set_viewport_size({"width": 640, "height": 450})
    page.wait_for_timeout(500)
    yield notebook.page
    page.set_viewport_size(usual)


def test_axe_finds_nothing_serious_of_ours(notebook, theme):
    assert ours(findings(notebook.page)) == []


def test_the_executed_page_has_one_h1_and_headings_in_order(notebook):
    levels = notebook.page.page.evaluate(HEADINGS)
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in zip(levels, levels[1:], strict=False))


def test_every_figure_has_words_beside_it(notebook):
    assert notebook.page.figures_without_words() == []


def test_figures_bring_their_own_background_to_a_dark_page(notebook):
    assert notebook.page.page.evaluate(SEE_THROUGH) == []


def test_nothing_is_cut_off_at_200_percent_zoom(zoomed):
    assert zoomed.page.evaluate(CUT_OFF) == []


def test_an_explorable_can_be_used_at_200_percent_zoom(notebook, explorable, zoomed):
    figure = zoomed.cell(explorable).run().explorable()
    for slider in figure.controls:
        before = figure.state()
        slider.drag(0.6 if slider.place < 0.5 else 0.3)
        figure.changed_since(before)
        figure.settle()
    picture, page = figure.image.bounding_box(), zoomed.page.viewport_size
    assert picture["x"] >= 0 and picture["x"] + picture["width"] <= page["width"]


HARD_TO_READ = """
import ipywidgets
clear = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
wide = ipywidgets.HTML('<p style="width: 3000px">wide</p>')
picture = ipywidgets.HTML(f'<img width="40" height="40" src="data:image/gif;base64,{clear}">')
ipywidgets.VBox([ipywidgets.FloatSlider(), wide, picture])
"""


def test_a_figure_without_words_would_be_found(small_notebook):
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    page = small_notebook({"bare": figure, "nothing": "", "told": "print('it rises')", "beside": figure})
    assert page.figures_without_words() == ["bare"]


def test_what_is_nameless_wordless_cut_off_or_see_through_would_be_found(small_notebook):
    page = small_notebook({"hard": HARD_TO_READ})
    page.cell("hard").node.locator("[role=slider]").wait_for()
    assert {"aria-input-field-name", "image-alt"} <= {rule for rule, *_ in ours(findings(page))}
    assert page.page.evaluate(CUT_OFF) and page.page.evaluate(SEE_THROUGH) == ["hard"]
