"""The website and the slides: every page is there, every link leads somewhere, nothing is loaded from elsewhere.

Here notebooks are not run: `make site` does that.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

for module in ("sphinx", "myst_nb", "sphinx_book_theme", "sphinx_revealjs", "markdown_it"):
    pytest.importorskip(module, reason="the website's tools are not installed: make site-tools")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import executed
import moving
import nbformat
import pages
import slides

import course_utils
from course_utils.explorables.frames import MIME
from course_utils.shown import ASLEEP

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.xdist_group("site")  # one process builds it, once
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
         "embed": "src", "object": "data"}


def sphinx(source, target, builder, *options):
    return subprocess.run([sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--builder",
                           builder, "--conf-dir", ROOT / "docs", "--doctree-dir", target / "doctrees", *options,
                           "--define", "nb_execution_mode=off", source, target / "html"],
                          capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    done = sphinx(ROOT, target, "html")
    assert done.returncode == 0, done.stderr
    return target / "html"


class Page(HTMLParser):
    """What a page loads, where it leads, and what of it can be led to."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.leads, self.ids, self.text = set(), set(), set(), path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag in LOADS and found.get(LOADS[tag]):
            self.loads.add(found[LOADS[tag]])
        if tag == "link" and found.get("rel") not in {"canonical", "search", "next", "prev", "index", "author"}:
            self.loads.add(found["href"])
        if tag in {"a", "area"} and found.get("href"):
            self.leads.add(found["href"])


def html(folder):
    """The pages by path, without the templates that theme and reveal.js bring along."""
    paths = [path for path in sorted(folder.rglob("*.html")) if not {"_static", "reveal.js"} & set(path.parts)]
    return {path: Page(path) for path in paths}


def local(address):
    return not urlsplit(address).scheme and not address.startswith("//")


def test_every_document_has_its_page_and_stands_in_the_contents(built):
    documents = {"README", "CONTRIBUTING", "CHANGELOG", "data/README", "docs/glossary", "docs/references",
                 "docs/package", "docs/slides", "docs/handouts", "docs/LICENSE-content"}
    documents |= {f"notebooks/{path.stem}" for path in NOTEBOOKS}
    assert [name for name in documents if not (built / f"{name}.html").exists()] == []
    contents = Page(built / "index.html").leads
    assert {f"{name}.html" for name in documents - {"README"}} <= contents
    assert all((built / f"{folder}/{path.stem}.html").exists() for folder in ("slides", "handouts")
               for path in NOTEBOOKS)
    assert ">What is new<" in (built / "index.html").read_text(encoding="utf-8")


def test_pages_load_nothing_from_elsewhere(built):
    remote = {(path.name, address) for path, page in html(built).items() for address in page.loads
              if not local(address) and not address.startswith("data:")}
    assert remote == set()


def test_style_sheets_load_nothing_from_elsewhere(built):
    """Those that a page uses, and those in its text."""
    for path, page in html(built).items():
        sheets = [(path.parent / urlsplit(a).path).resolve() for a in page.loads if urlsplit(a).path.endswith(".css")]
        inline = re.findall(r"<style.*?</style>", page.text, re.S)
        for text in [sheet.read_text(encoding="utf-8") for sheet in sheets] + inline:
            rules = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            assert not re.search(r"@import[^;]*(https?:)?//|url\(\s*['\"]?(https?:)?//", rules), path


def test_what_pages_load_is_there(built):
    missing = {(path.name, address) for path, page in html(built).items() for address in page.loads
               if local(address) and not (path.parent / unquote(urlsplit(address).path)).exists()}
    assert missing == set()


def test_every_link_leads_to_a_page_and_a_place_on_it(built):
    found = {path.resolve(): page for path, page in html(built).items()}
    broken = []
    for path, page in found.items():
        for address in filter(local, page.leads):
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.exists() or anchor and target in found and anchor not in found[target].ids:
                broken.append((path.name, address))
    assert len(found) > 30 and [link for link in broken if not link[1].startswith("#/")] == []


def test_a_broken_link_fails_the_build(tmp_path):
    (tmp_path / "README.md").write_text("# Title\n\n[nowhere](nowhere.md)\n", encoding="utf-8")
    done = sphinx(tmp_path, tmp_path / "out", "dummy")
    assert done.returncode and "nowhere" in done.stderr


def test_frames_in_an_output_pass_the_build_without_a_warning_and_leave_the_figure_on_its_page(tmp_path):
    html = '<div class="explorable"></div>'
    shown = nbformat.v4.new_output("display_data", {MIME: {"name": "abc"}, "text/html": html})
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("1", outputs=[shown])]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks/one.ipynb")
    (tmp_path / "README.md").write_text("# Title\n", encoding="utf-8")
    done = sphinx(tmp_path, tmp_path / "out", "html")
    assert "mime" not in done.stderr
    assert '<div class="explorable">' in (tmp_path / "out/html/notebooks/one.html").read_text(encoding="utf-8")


def test_the_package_stands_in_its_own_order(built):
    modules = re.findall(r"^(\w+)  +", course_utils.__doc__, re.M)
    text = (built / "docs/package.html").read_text(encoding="utf-8")
    assert re.findall(r'id="module-course_utils\.(\w+)"', text) == modules
    assert 'id="course_utils.optimizers.adam"' in text and "references.html#kingma2015" in text


def test_search_finds_a_word_of_a_notebook_and_a_function(built):
    index = (built / "searchindex.js").read_text(encoding="utf-8")
    assert "notebooks/06_momentum" in index and '"nesterov"' in index and "course_utils.optimizers" in index


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_without_a_kernel_has_answers_hints_and_a_word_on_its_sliders(built, path):
    text = (built / f"notebooks/{path.stem}.html").read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    count = lambda tag: sum(tag in cell["metadata"].get("tags", []) for cell in cells)
    assert "tag_quiz" not in text and text.count("<summary>Answer</summary>") == count("quiz") > 0
    checks = len([cell for cell in cells if pages.checked(cell)])
    assert text.count("<summary>Hints</summary>") == text.count("<summary>One solution</summary>") == checks > 0
    assert text.count("A figure with sliders") == count("explorable") > 0
    assert text.count("To try it: ") == count("exercise") > 0
    assert ("It moves here, too" in text) != ("explore_search" in text)


def test_the_first_page_has_a_figure_to_move_before_a_word_about_installation(monkeypatch):
    monkeypatch.setattr(pages.moving, "html", lambda path: f"<div>{path.stem}</div>")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert pages.landing(readme, "", run=False) == readme
    page = pages.landing(readme, "owner/name", run=True)
    places = [page.index(part) for part in ("<div>00_start_here</div>", "(#ways-through)", "mybinder.org", "make lab")]
    assert places == sorted(places) and "## Ways through" in page


def test_frames_are_written_under_their_names_and_call_the_script(tmp_path, monkeypatch):
    frames = {"name": "abc", "goal": "Grüße"}
    shown = nbformat.v4.new_output("display_data", {MIME: frames, "text/html": "<div></div>"})
    ran = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("#"),
                                          nbformat.v4.new_code_cell(outputs=[shown])])
    monkeypatch.setattr(moving, "executed", lambda path: ran)
    moving.write(tmp_path / "frames", NOTEBOOKS[:1])
    text = (tmp_path / "frames/abc.js").read_text(encoding="utf-8")
    assert json.loads(text.removeprefix("courseFrames(").strip().removesuffix(")")) == frames
    assert moving.html(NOTEBOOKS[0]) == "<div></div>"


def test_importing_the_websites_tools_asks_no_notebook_of_this_process_for_frames():
    assert "COURSE_FRAMES" in executed.FOR_PAGES and "COURSE_FRAMES" not in os.environ


def test_a_page_does_not_say_what_wakes_its_sliders():
    nodes = pages.nodes
    cell = nodes.container("", nodes.literal_block("", "bowl"), classes=["cell", "tag_explorable"])
    cell += nodes.container("", *(nodes.raw("", text, format="html") for text in (ASLEEP, "<p>kept</p>")))
    document = nodes.section("", nodes.paragraph("", "Before."), cell)
    pages.adapt_cells(None, document)
    assert [raw.astext() for raw in document.findall(nodes.raw)] == ["<p>kept</p>"]


def test_only_a_known_repository_is_named():
    assert "://" not in pages.launch("", "notebooks/00_start_here")
    assert ("https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/notebooks/00_start_here.ipynb"
            in pages.launch("owner/name", "notebooks/00_start_here"))


def test_columns_of_a_docstring_become_definitions():
    assert pages.columns("Words.\n\na b   one\nc     two\n        lines") == "Words.\n\na b\n    one\nc\n    two lines"
    assert pages.columns("w ← w − η g  (Polyak 1964).") == "w ← w − η g  (Polyak 1964)."


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def deck(request):
    return slides.deck(nbformat.read(request.param, 4))


def test_slides_begin_with_the_question_and_what_one_will_be_able_to(deck):
    assert deck[0].kind == deck[1].kind == "slide" and len(deck) >= 12
    assert deck[0].cells[0].source.startswith("# ") and deck[1].cells[0].source.startswith("## You will be able to")
    assert {slide.kind for slide in deck} == {"slide", "subslide"}


def test_every_section_has_its_slide_and_every_question_its_one_right_answer(request, deck):
    cells = nbformat.read(request.node.callspec.params["deck"], 4).cells
    headings = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()
                if line.startswith("## ") and not line.startswith(slides.SKIPPED_HEADINGS)]
    text = "\n".join(cell.source for slide in deck for cell in slide.cells)
    assert re.findall(r"^## .+$", text, re.M) == headings
    assert text.count("✔ Correct") == sum("quiz" in cell.metadata.get("tags", []) for cell in cells)
    assert "✘" not in text and "**References" not in text and 'check("' not in text


def test_no_slide_is_longer_than_can_be_read_from_the_last_row(deck):
    texts = [re.sub(r"^\|.*$", "", "\n".join(cell.source for cell in slide.cells), flags=re.M) for slide in deck]
    assert max(len(text.split()) for text in texts) <= 200


def test_what_is_not_shown_is_said_in_the_notes(request, deck):
    notes = "\n".join(note for slide in deck for note in slide.notes)
    cells = nbformat.read(request.node.callspec.params["deck"], 4).cells
    for position, cell in enumerate(cells):
        if cell.cell_type == "markdown" and not slides.is_skipped(cells, position):
            assert cell.source in notes


def small_notebook(*cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Why?\n\nFirst. Second."), *cells])
    return slides.deck(made)


def printing(text, **data):
    outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
    outputs += [nbformat.v4.new_output("display_data", data)] if data else []
    return nbformat.v4.new_code_cell("run()", outputs=outputs)


def test_a_result_waits_on_the_slide_after_the_prediction():
    asked = nbformat.v4.new_markdown_cell("## 1 How?\n\n> **Predict.** Which?")
    deck = small_notebook(asked, printing("this one\n"))
    assert [slide.answers for slide in deck] == [False, False, True]


def test_what_is_too_long_to_show_leaves_no_empty_slide_and_stands_in_the_notes():
    asked = nbformat.v4.new_markdown_cell("## 1 How?\n\n> **Predict.** Which?")
    long = "".join(f"line {i}\n" for i in range(slides.FEW + 1))
    deck = small_notebook(asked, printing(long))
    assert len(deck) == 2 and long in deck[-1].notes[-1]


def test_a_long_table_is_shown_in_parts_that_hold_all_its_rows():
    rows = "".join(f"<tr><td>row {i}</td></tr>" for i in range(30))
    deck = small_notebook(printing("", **{"text/html": f"<table><tbody>{rows}</tbody></table>"}))
    shown = [cell.outputs[0].data["text/html"] for slide in deck for cell in slide.cells if cell.cell_type == "code"]
    assert len(shown) == 3 and re.findall(r"row \d+", "".join(shown)) == [f"row {i}" for i in range(30)]
    assert all(part.startswith("<table>") and part.endswith("</table>") for part in shown)


def test_a_figure_that_moves_has_a_slide_of_its_own():
    html = '<div class="explorable"></div>'
    moves = printing("", **{MIME: {}, "text/html": html})
    deck = small_notebook(nbformat.v4.new_markdown_cell("## 1 How?\n\nSo."), moves)
    assert [cell.outputs[0].data for cell in deck[-1].cells if cell.cell_type == "code"] == [{"text/html": html}]
    assert len(deck) == 3 and "1 How?" in deck[-1].cells[0].source


def test_links_between_slides_lead_to_slides_and_others_nowhere():
    text = "[06](06_momentum.ipynb) [words](../docs/glossary.md#top) [web](https://x.org)"
    assert slides.between_slides(text) == "[06](06_momentum.html) words [web](https://x.org)"


def test_a_cell_can_be_left_out():
    cell = nbformat.v4.new_markdown_cell("## 1 Aside", metadata={"slideshow": {"slide_type": "skip"}})
    assert len(small_notebook(cell)) == 1


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
def test_slides_show_in_a_browser_without_network_formulas_set_and_no_slide_too_tall(built):
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    # "Failed to fetch" is Sphinx's search, which cannot show the lines around a word when it is opened from disk.
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": slides.WIDTH, "height": slides.HEIGHT})
        asked, wrong = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        for path in NOTEBOOKS:
            page.goto((built / f"slides/{path.stem}.html").as_uri())
            page.wait_for_function("window.Reveal && Reveal.isReady()")
            scales = page.evaluate("[...document.querySelectorAll('[data-scale]')].map(s => Number(s.dataset.scale))")
            assert len(scales) == len(slides.deck(nbformat.read(path, 4))) and min(scales) > 0.8
            if "$" in path.read_text(encoding="utf-8"):
                assert page.locator("mjx-container svg").count() > 0
        page.goto((built / "notebooks/01_gradient_descent.html").as_uri())
        page.wait_for_selector("mjx-container svg")
        page.goto((built / "search.html").as_uri() + "?q=momentum")
        page.wait_for_selector("#search-results li a")
        browser.close()
    assert set(wrong) <= {"Failed to fetch"}
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
