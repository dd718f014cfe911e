"""The website without a kernel and without a network: first page and notebook 00, built here and opened from disk."""

import base64
import io
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from lab import ROOT
from PIL import Image

from course_utils.explorables import explore_fates

for module in ("sphinx", "myst_nb", "sphinx_book_theme", "sphinx_revealjs", "markdown_it"):
    pytest.importorskip(module, reason="the website's tools are not installed: make site-tools")

START = ROOT / "notebooks/00_start_here.ipynb"
PAGES = {"first page": "index.html", "notebook": "notebooks/00_start_here.html"}
WINDOWS = {"wide": (1280, 900), "phone": (390, 844), "zoomed": (640, 450)}
AXE = """async () => (await axe.run({include: ['.explorable', '.quiz', '.quiz-answer'].filter(s =>
    document.querySelector(s)).map(s => [s])}, {resultTypes: ['violations']})).violations
    .filter(v => ['serious', 'critical'].includes(v.impact)).flatMap(v => v.nodes.map(n => [v.id, n.html]))"""
QUIZZES = sum("quiz" in cell.metadata.get("tags", []) for cell in nbformat.read(START, 4).cells)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder with the two pages, notebook 00 executed."""
    target = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "sphinx", "--quiet", "--builder", "html", "--conf-dir", ROOT / "docs",
                    "--define", "include_patterns=README.md,notebooks/00_start_here.ipynb", "--doctree-dir",
                    target / "doctrees", ROOT, target / "html"], check=True, cwd=ROOT, capture_output=True)
    return target / "html"


@pytest.fixture
def visit(browser, site):
    """Open a page by name, without a network; the page collects what its scripts complain of."""
    contexts = []

    def opened(name, window="wide", theme="light", **options):
        width, height = WINDOWS[window]
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
        page = context.new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto((site / PAGES[name]).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def figure(visit):
    """Open a page and wait until its figure can be moved."""
    def moving(*arguments, **options):
        page = visit(*arguments, **options)
        page.locator(".explorable").scroll_into_view_if_needed()
        page.locator(".explorable.moves canvas[data-drawn]").wait_for()
        return page

    return moving


def stand_at(page, rate):
    """Lead the slider to a rate with arrow keys, from its left end."""
    slider = page.get_by_role("slider", name="rate, slider")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(200):
        if float(slider.get_attribute("aria-valuetext")) >= rate:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"no place at {rate}")


def words(page):
    return page.locator(".explorable-words").inner_text()


def pixels(page):
    page.wait_for_timeout(300)
    url = page.evaluate("document.querySelector('.explorable canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB")).astype(int)


@pytest.mark.parametrize("name", PAGES)
def test_the_goal_is_reached_with_the_keyboard_alone(figure, name):
    page = figure(name)
    for rate in (1e-5, 0.03, 10.0):
        assert "Goal reached" not in words(page)
        stand_at(page, rate)
    assert words(page).endswith("Goal reached: all three seen, and the rate alone decided.")
    assert page.wrong == []


def test_words_and_picture_are_those_of_the_kernel(figure):
    page, explorable = figure("notebook"), explore_fates()
    for rate in (1e-4, 0.03, 3.16):
        page.get_by_label("rate", exact=True).fill(str(rate))
        page.keyboard.press("Enter")
        assert words(page) == explorable.move(lr=rate)
        kernel = np.asarray(Image.open(io.BytesIO(explorable.image.value)).convert("RGB")).astype(int)
        assert np.abs(pixels(page) - kernel).mean() < 3


def test_a_number_that_is_typed_is_taken_at_the_nearest_place_and_nonsense_changes_nothing(figure):
    page = figure("first page")
    box, slider = page.get_by_label("rate", exact=True), page.get_by_role("slider")
    for typed, taken in [("0.0301", "0.03"), ("1e9", "10"), ("-5", "0.000001"), ("", "0.000001")]:
        box.fill(typed)
        page.keyboard.press("Enter")
        assert float(box.input_value()) == float(slider.get_attribute("aria-valuetext")) == float(taken)


def test_picture_slider_and_words_are_named_for_those_who_listen(figure):
    page = figure("first page")
    stand_at(page, 1e-3)
    assert page.get_by_role("img", name=f"Figure: {words(page)}", exact=True).count() == 1
    assert page.get_by_role("status").first.inner_text() == words(page)
    assert page.get_by_role("slider", name="rate, slider").get_attribute("aria-valuetext") == "0.001"


def test_a_question_answers_a_click_and_a_key(visit):
    page = visit("notebook")
    groups = page.get_by_role("group", name="Answer")
    assert groups.count() == QUIZZES > 0
    for i in range(QUIZZES):
        said = set()
        for button in groups.nth(i).get_by_role("button").all():
            button.focus()
            page.keyboard.press("Enter")
            assert button.get_attribute("aria-pressed") == "true"
            answer = page.locator(".quiz-answer").nth(i).inner_text()
            assert re.match(rf"{button.inner_text()}\. [✔✘] ", answer)
            said.add(answer)
        assert len(said) == groups.nth(i).get_by_role("button").count()
        assert sum("✔ Correct" in answer for answer in said) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_in_figures_and_questions(figure, name, theme):
    page = figure(name, theme=theme)
    page.wait_for_timeout(300)  # colours fade over
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(AXE) == []


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_a_figure_or_a_question_is_cut_off(figure, name, window):
    page = figure(name, window=window)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    beyond = """[...document.querySelectorAll('.explorable *, .quiz *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth || e.getBoundingClientRect().left < 0).length"""
    assert page.evaluate(beyond) == 0


def test_without_scripts_the_answers_can_be_unfolded_and_the_stills_are_there(visit):
    page = visit("notebook", java_script_enabled=False)
    assert page.locator("summary", has_text="Answer").count() == QUIZZES
    assert page.locator(".explorable input, .explorable canvas, .quiz").count() == 0
    assert "Goal." in page.locator(".explorable").inner_text() and "rate 0.0001" in words(page)
    assert page.locator("img[src*=_images]").count() > 0


def test_every_press_of_a_key_ends_in_the_picture_of_its_place(figure):
    page = figure("first page")
    stand_at(page, 1e-3)
    there = pixels(page)
    for key in ["ArrowRight"] * 9 + ["ArrowLeft"] * 9:
        page.keyboard.press(key)
    assert np.array_equal(pixels(page), there)
