"""Slides of every notebook, made from its own cells: `make slides`.

A slide shows what an instructor points at; what is said stands in the speaker's notes (press S).

- H1 and each H2 begin a slide, everything else goes on a slide below it.
- Of a text stay the heading and the sentence after it, predictions and goals (`>`), formulas, tables and lists; a
  sentence in bold after a figure appears below that figure.
- Of code stay figures and tables, and a few printed lines where they answer a prediction or a heading. Figures with
  sliders move.
- Of an exercise stay task and stub, of a question its options and then the right answer.
- Setup, checks, references and what stands between question and objectives are left out; so is a cell with
  `"slideshow": {"slide_type": "skip"}` in its metadata.
"""

import re
import shutil
import sys
from dataclasses import dataclass, field
from importlib.resources import files
from math import ceil
from pathlib import Path

import moving
import nbformat
from executed import NOTEBOOKS, ROOT, executed
from markdown_it import MarkdownIt
from nbconvert import SlidesExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

WIDTH, HEIGHT = 1280, 720
SKIPPED_TAGS = {"setup", "check", "quiz", "explorable"}
SKIPPED_HEADINGS = ("## Settings", "## Before you start", "## Quiz")
KEPT_BLOCKS = {"heading", "blockquote", "formula", "table", "bullet_list", "ordered_list"}
SHORT = 40  # words of a text beside a figure
FEW, FULL = 9, 15  # printed lines that are shown, lines of any kind that fill a slide
ROWS, LETTERS = 12, 1000  # of a table made by code, on one slide
MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass
class Slide:
    kind: str  # "slide" goes on to the right, "subslide" down
    cells: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    words: int = 0
    lines: int = 0  # of text and printed, roughly
    picture: bool = False
    answers: bool = False  # holds a picture or something printed

    def show(self, text, kind="-"):
        self.cells.append(typed(new_markdown_cell(between_slides(text)), kind))
        self.words += len(text.split())
        self.lines += sum(1 + len(line) // 75 for line in text.splitlines() if line) + text.count("$$")

    def show_outputs(self, outputs):
        self.cells.append(typed(new_code_cell(outputs=outputs), "-", transient={"remove_source": True}))
        self.lines += count_lines(outputs)
        self.picture = self.picture or not count_lines(outputs)
        self.answers = True


def deck(notebook):
    """The slides of a notebook with outputs, as a list."""
    slides, heading, lead, predicted = [], "", "", False
    for position, cell in enumerate(notebook.cells):
        if figures := moving.bundles(cell):
            slides.append(new_slide("subslide", heading))
            slides[-1].show_outputs([new_output("display_data", {"text/html": data["text/html"]}) for data in figures])
            continue
        if is_skipped(notebook.cells, position):
            continue
        text = cell.source
        if cell.cell_type == "markdown":
            predicted = predicted or "**Predict" in text
            if position == 0:
                slides.append(title(text))
            elif "<details>" in text:
                slides.append(question(text))
            elif shown(text):
                top = re.match(r"## (.+)", text)
                heading = top.group(1) if top else heading
                slides.append(new_slide("slide" if top else "subslide", "" if top else heading))
                slides[-1].show(shown(text))
                lead = "" if "#" in text.split()[0] else lead
            else:
                for lesson in lessons(text) if slides[-1].answers else []:
                    slides[-1].show(f"**{lesson}**", "fragment")
                lead = leading_sentence(text)
                lead = "" if any(lesson in lead for lesson in lessons(text)) else lead
            slides[-1].notes.append(text)
        elif "exercise" in cell.metadata.get("tags", []):
            slides[-1].cells.append(typed(new_code_cell(text), "-"))
            slides[-1].picture = slides[-1].answers = True  # what the reader's function gives is not for this slide
        elif outputs := pictures(cell) or printed(cell):
            fresh = predicted or pictures(cell) and (slides[-1].answers or slides[-1].words > SHORT)
            slide = new_slide("subslide", heading) if fresh else slides[-1]
            if has_room(slide, outputs):
                slides += [slide] if fresh else []
                if lead and (slides[-1].answers or not slides[-1].words):
                    slides[-1].show(lead)
                first, *others = in_parts(outputs)
                slides[-1].show_outputs(first)
                for part in others:
                    slides.append(new_slide("subslide", heading))
                    slides[-1].show_outputs(part)
            slides[-1].notes += [f"```\n{output.text}```" for output in printed(cell)]
            lead, predicted = "", False
    return slides


def has_room(slide, outputs):
    lines = count_lines(outputs)
    return not lines or lines <= FEW and slide.lines + lines <= FULL and not slide.picture


def in_parts(outputs):
    """The outputs as they are, or a long table made by code as several shorter ones."""
    html = outputs[0].get("data", {}).get("text/html", "") if len(outputs) == 1 else ""
    table = re.fullmatch(r"(.*<tbody>)(.*)(</tbody>.*)", html, re.S)
    rows = re.findall(r"<tr>.*?</tr>", table.group(2), re.S) if table else []
    parts = max(ceil(len(rows) / ROWS), ceil(len(re.sub(r"<.*?>|\s+", "", "".join(rows))) / LETTERS))
    if parts <= 1:
        return [outputs]
    size = ceil(len(rows) / parts)
    return [[new_output("display_data", {"text/html": table.group(1) + "".join(rows[i:i + size]) + table.group(3)})]
            for i in range(0, len(rows), size)]


def count_lines(outputs):
    return sum(output.get("text", "").count("\n") for output in outputs)


def is_skipped(cells, position):
    cell = cells[position]
    before_setup = "setup" in (cells + [cell])[position + 1].metadata.get("tags", []) and "##" not in cell.source
    objectives = [i for i, other in enumerate(cells) if other.source.startswith("## You will be able to")]
    return (0 < position < min(objectives, default=0)
            or cell.metadata.get("slideshow", {}).get("slide_type") == "skip"
            or SKIPPED_TAGS & set(cell.metadata.get("tags", []))
            or cell.cell_type == "markdown" and (before_setup or cell.source.startswith(SKIPPED_HEADINGS)))


def new_slide(kind, heading):
    slide = Slide(kind)
    if heading:
        slide.show(f'<p class="section">{heading}</p>')
        slide.words = slide.lines = 0
    return slide


def title(text):
    kinds = dict(reversed(list(blocks(text))))
    slide = Slide("slide")
    slide.show(f"{kinds['heading']}\n\n{first_sentences(kinds['paragraph'])}")
    return slide


def question(text):
    """The question with its options, then the right answer."""
    asked, _, answers = text.partition("<details>")
    slide = Slide("subslide")
    slide.show(asked.strip())
    slide.show(re.search(r"^- (\*\*\w\.\*\* ✔.*)$", answers, re.M).group(1), "fragment")
    return slide


def shown(text):
    """What stays of a text on a slide, "" if nothing does."""
    kept, above, paragraph = [], "", ""
    for kind, source in blocks(text):
        if source.startswith(("**References.", "**Next.")):
            break
        if kind in KEPT_BLOCKS - {"heading", "blockquote"} and above == "paragraph" and paragraph not in kept:
            kept.append(leading_sentence(paragraph))
        if kind in KEPT_BLOCKS or source.startswith(("**Exercise.", "**Break it.")):
            kept.append(source)
        elif kind == "paragraph" and above == "heading":
            kept.append(first_sentences(source))
        above, paragraph = kind, source
    return "\n\n".join(filter(None, kept))


def blocks(text):
    """The top-level blocks of a markdown text, as pairs (kind, source)."""
    lines = text.splitlines()
    for token in MARKDOWN.parse(text):
        if token.level == 0 and token.map and token.nesting >= 0:
            source = "\n".join(lines[slice(*token.map)]).rstrip()
            kind = token.type.removesuffix("_open")
            yield "formula" if kind == "paragraph" and source.startswith("$$") else kind, source


def first_sentences(paragraph):
    """As many whole sentences as are short, at least one."""
    first, *others = re.split(r"(?<=[.?!])\s+(?=[A-Z*])", paragraph)
    for sentence in others:
        if len(f"{first} {sentence}".split()) > SHORT:
            break
        first = f"{first} {sentence}"
    return first


def leading_sentence(text):
    """The sentence that leads over to what comes next, if it is short."""
    last = re.split(r"(?<=[.?!])\s+(?=[A-Z*])", text)[-1]
    return last if len(last.split()) <= SHORT else ""


def lessons(text):
    """The phrases in bold that are long enough for a statement."""
    return [phrase for phrase in re.findall(r"\*\*([^*]+)\*\*", text) if len(phrase.split()) >= 5]


def pictures(cell):
    return [o for o in cell.outputs if {"image/png", "text/html"} & set(o.get("data", {}))]


def printed(cell):
    return [o for o in cell.outputs if o.output_type == "stream" and o.name == "stdout"]


def between_slides(text):
    """Links to other notebooks lead to their slides, all other local links to nowhere."""
    text = re.sub(r"\]\((\w+)\.ipynb[^)]*\)", r"](\1.html)", text)
    return re.sub(r"\[([^\]]*)\]\((?!\w+\.html|https?:)[^)]*\)", r"\1", text)


def typed(cell, kind, **metadata):
    cell.metadata = nbformat.from_dict({"slideshow": {"slide_type": kind}, **metadata})
    return cell


def as_notebook(slides):
    """One notebook whose cells carry their slide types, as nbconvert wants it."""
    cells = []
    for slide in slides:
        slide.cells[0].metadata.slideshow.slide_type = slide.kind
        cells += [*slide.cells, typed(new_markdown_cell(between_slides("\n\n".join(slide.notes))), "notes")]
    return new_notebook(cells=cells)


def build(folder, notebooks=NOTEBOOKS, run=True, static=""):
    """Write the slides of all notebooks and the scripts they need into `folder`; without `run`, without figures.

    `static` is where, seen from there, the scripts and frames of moving figures lie already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not static:
        shutil.copytree(ROOT / "docs/_static", folder / "_static", dirs_exist_ok=True)
        if run:
            moving.write(folder / "_static/frames", notebooks)
    reveal = files("sphinx_revealjs") / "_static/revealjs"
    for part in ("dist", "plugin/notes"):
        shutil.copytree(reveal / part, folder / "reveal.js" / part, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("*.map", "*.esm.js"))
    shutil.copy(files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js", folder / "mathjax.js")
    exporter = SlidesExporter(template_name="slides_template", extra_template_basedirs=[str(ROOT / "docs")],
                              reveal_url_prefix="reveal.js", reveal_theme="white", exclude_anchor_links=True,
                              exclude_input_prompt=True, exclude_output_prompt=True)
    for path in notebooks:
        slides = deck(executed(path) if run else nbformat.read(path, 4))
        html, _ = exporter.from_notebook_node(as_notebook(slides), {"metadata": {"name": path.stem},
                                                                      "static": static or "_static"})
        (folder / f"{path.stem}.html").write_text(html, encoding="utf-8")
        print(f"{path.stem}: {len(slides)} slides")


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/slides"))
