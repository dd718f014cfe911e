"""Handouts ask everything that the main line asks, give nothing away, and fit on two pages of paper."""

import ast
import html
import inspect
import json
import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent

import pytest

pytest.importorskip("markdown_it", reason="the website's tools are not installed: make site-tools")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import handouts

from course_utils.exercises import EXERCISES, PROJECTS, QUIZZES

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TASKS = EXERCISES | PROJECTS
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
pytestmark = pytest.mark.xdist_group("handouts")  # one process makes them, once


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("handouts")
    handouts.build(made)
    return made


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def page(request, folder):
    return (folder / request.param.name).with_suffix(".html").read_text(encoding="utf-8")


def main_line(request):
    """The cells before the first deeper section: (markdown, source, tags)."""
    cells = json.loads(request.node.callspec.params["page"].read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        text = "".join(cell["source"])
        if text.startswith("## Deeper: "):
            return
        yield cell["cell_type"] == "markdown", text, cell["metadata"].get("tags", [])


def words(text):
    """Letters and digits alone, so that marks and tags make no difference."""
    return re.sub(r"[\W_]+", " ", html.unescape(re.sub(r"<[^>]*>", " ", text))).strip()


def test_everything_that_the_main_line_asks_stands_on_paper_once(request, page):
    cells = list(main_line(request))
    asked = sum(len(re.findall(r"^> \*\*Predict", text, re.M)) for is_text, text, _ in cells if is_text)
    count = lambda tag: sum(tag in tags for _, _, tags in cells)
    assert page.count("<strong>Predict.</strong>") == asked > 0
    assert page.count("<strong>Figure with sliders.</strong>") == count("explorable")
    assert page.count("<strong>Question.</strong>") == page.count('<ul class="options">') == count("quiz") > 0
    checks = [id for _, text, tags in cells if "check" in tags for id in re.findall(r'^check\("([\w-]+)"', text, re.M)]
    assert re.findall(r"<strong>Exercise</strong> <code>(.+?)</code>", page) == checks


def test_options_stand_without_a_word_on_which_is_right(request, page):
    ids = [id for _, text, tags in main_line(request) if "quiz" in tags for id in re.findall(r'quiz\("([\w-]+)"', text)]
    assert ids and all(words(option.text) in words(page) for id in ids for option in QUIZZES[id].options
                       if "$" not in option.text)
    assert not re.search(r"<details|<summary|✔|✘|Correct\.", page)


@pytest.fixture(scope="module")
def secrets():
    """All that gives something away: feedback, hints, reasons, lines of solutions, verdicts and recaps."""
    found = [option.feedback for quiz in QUIZZES.values() for option in quiz.options]
    for task in TASKS.values():
        function = ast.parse(dedent(inspect.getsource(task.reference))).body[0]
        found += [task.why, *task.hints, *(ast.unparse(part) for part in function.body[1:])]
    rows = re.findall(r"^\|.+\|$", (ROOT / "docs/claims.md").read_text(encoding="utf-8"), re.M)
    found += [cell for row in rows for cell in row.split("|")[3:4]]
    for path in NOTEBOOKS:
        text = "\n\n".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
                           if cell["cell_type"] == "markdown")
        recap = re.search(r"^## Recap\n(.+?)(?=^\*\*References|^## |\Z)", text, re.M | re.S)[1]
        found += re.split(r"(?<=[.?!])\s", recap)
    return {words(text) for text in found if len(words(text)) >= 25}


def test_nothing_is_given_away(page, secrets):
    assert [secret for secret in secrets if secret in words(page)] == []


def test_what_is_given_away_would_be_found(secrets):
    given = words(QUIZZES["which-fate"].markdown()), words(EXERCISES["gradient-step"].why)
    assert len(secrets) > 500 and all(any(secret in text for secret in secrets) for text in given)


def test_a_page_needs_nothing_else_and_is_black_on_white(page):
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import|https?:|\$|href", page)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", page)) == {"#fff", "#000"}


def test_no_page_break_parts_a_heading_from_what_comes_below_it(page):
    body = page.partition("<h1>")[2]
    assert body.count("<h2>") == len(re.findall(r'<div><h2>[^\n]*</h2>\s*<div class="item">', body)) > 1
    assert "section > div, .who { break-inside: avoid; }" in page


def items(text, fresh=False):
    return list(handouts.predictions(text, fresh))


def test_what_leads_to_a_prediction_goes_along_only_before_the_first_one():
    text = "## 1 Why\n\nThe large rate won.\n\n(An aside.)\n\n> **Predict.** And now?\n"
    [first], [later] = items(text, fresh=True), items(text)
    assert "won" in first and "won" not in later and "And now?" in later and "aside" not in first
    again = items("Here it won.\n\n> **Predict.** One?\n\nIt lost.\n\n> **Predict.** Two?", fresh=True)
    assert "won" in again[0] and "lost" not in again[1]


def test_a_later_prediction_keeps_its_heading_and_the_list_above_it():
    [later] = items("### Three suspects\n\nIt was found.\n\n- one\n- two\n\n> **Predict.** Who?")
    assert "<em>Three suspects</em>" in later and "<li>one</li>" in later and "found" not in later


@pytest.mark.parametrize("asks, n_lines, framed", [
    ("> **Predict.** How many?", 2, False), ("> **Predict.** Sketch it.", 1, True),
    ("> **Predict.** Draw it.", 1, True),
    ("> **Predict, before you run anything.**\n> 1. a?\n> 2. b?\n> 3. c?", 3, False),
    ("> **Predict.** (a) a?\n> (b) b? (c) c?", 3, False)])
def test_there_is_room_for_each_part(asks, n_lines, framed):
    [item] = items(asks)
    assert item.count('class="line"') == n_lines and ('class="frame"' in item) == framed


def test_a_formula_is_a_picture_with_its_own_words_and_an_unknown_one_fails():
    made = handouts.html(r"Half of $\tfrac12 w^2$, and $$\sqrt s \leq 1$$")
    assert made.count("<svg") == 2 and r'aria-label="\tfrac12 w^2"' in made and "$" not in made
    with pytest.raises(ValueError, match="unknown"):
        handouts.html(r"$\unknown{x}$")


def test_links_become_words():
    assert handouts.html("See [notebook 01](01_gradient_descent.ipynb#x).") == "<p>See notebook 01.</p>\n"


def test_a_goal_is_that_of_the_figure_with_the_settings_of_the_cell():
    assert "gains less than 0.7" in handouts.goal("e = explore_one_rate(stored[1000], least=0.7)\ne", "09")


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
def test_every_handout_fits_on_two_pages_of_a4_and_of_letter(folder):
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page, asked = browser.new_page(viewport={"width": 690, "height": 900}), []  # 182 mm, as on paper
        page.on("request", lambda request: asked.append(request.url))
        for path in sorted(folder.glob("*.html")):
            page.goto(path.as_uri())
            page.emulate_media(media="print")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path.name} is too wide"
            for paper in ("A4", "Letter"):
                pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
                assert pages <= 2, f"{path.name} takes {pages} pages of {paper}"
        browser.close()
    assert len(asked) == len(NOTEBOOKS) and all(url.startswith("file:") for url in asked)
