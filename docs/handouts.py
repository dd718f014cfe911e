"""Handouts of every notebook, for paper, made from its own cells without running them: `make handouts`.

A handout has what a learner writes down before a cell gives it away: predictions, goals of figures, questions without
their answers, and what each exercise asks for. It takes the main line, in its order.

- The text that leads to a prediction goes along only before the first one, when nothing has been measured yet; later
  ones keep their heading and the list right above them. The notebook lies beside the paper and has the rest.
- An item that asks for a sketch gets a frame, every other one a line for each of its parts.
"""

import ast
import json
import re
import sys
from html import escape
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from markdown_it import MarkdownIt
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath, TextToPath

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course_utils import __version__, explorables  # noqa: E402
from course_utils.data import load_capstone, make_blobs  # noqa: E402
from course_utils.exercises import EXERCISES, PROJECTS, QUIZZES  # noqa: E402
from course_utils.studies import robustness, transfer  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARKDOWN = MarkdownIt("commonmark").enable("table")
FORMULA = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+)\$", re.S)
KEPT = {"bullet_list_open", "ordered_list_open", "table_open"}  # right above a later prediction
SIZE = 14.5  # of a formula's letters, in pixels, beside text of 13 pixels
STYLE = dedent("""\
    @page { margin: 12mm 14mm; }
    :root { color-scheme: light; }
    body { margin: 0 auto; max-width: 182mm; padding: 8mm; background: #fff; color: #000;
      font: 13px/1.36 Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
    h1 { font-size: 19px; line-height: 1.2; margin: 0 0 1mm; }
    h2 { font-size: 14px; margin: 3mm 0 0.8mm; break-after: avoid; }
    p, ul, ol, table, pre { margin: 0 0 1mm; }
    ul, ol { padding-left: 5mm; }
    li > p { margin: 0; }
    pre, code { font-family: "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; font-size: 11.5px; }
    pre { white-space: pre-wrap; }
    table { border-collapse: collapse; }
    td, th { border: 0.2mm solid #000; padding: 0.3mm 1.5mm; text-align: left; }
    .who { display: flex; gap: 8mm; margin: 2mm 0 1.5mm; }
    .who span { flex: 1; border-bottom: 0.2mm solid #000; padding-bottom: 0.5mm; }
    .how { font-style: italic; }
    section > div, .who { break-inside: avoid; }
    .item { margin-bottom: 1.8mm; orphans: 3; widows: 3; }
    .line { height: 6mm; border-bottom: 0.15mm solid #000; }
    .frame { height: 25mm; border: 0.15mm solid #000; margin: 1mm 0; }
    .options { display: grid; grid-template-columns: 1fr 1fr; gap: 0.4mm 5mm; margin: 0; padding: 0; list-style: none; }
    .options li { padding-left: 5mm; text-indent: -5mm; }
    .options li::before { content: "\\2610\\00a0"; }
    .display { text-align: center; margin: 1mm 0; }
    footer { margin-top: 3mm; font-size: 10.5px; }
    svg { overflow: visible; }
    @media print { body { max-width: none; padding: 0; } }
    """)
HOW = ("Write before you run, from top to bottom: a later question may give an earlier answer away. A wrong guess "
       "costs nothing. The notebook says what led to each question, and its cells answer.")
AFTERWARDS = "One sentence that I would defend now, with the number that bears it out, and what it was seen on:"


def handout(notebook, number):
    """The handout of a notebook as one page of HTML that needs nothing else."""
    title, *parts = sections(notebook, number)
    body = "\n".join(f"<section>\n{together(heading, items)}</section>" for heading, items in parts if items)
    name = f"{number} {title[0]}"
    return dedent("""\
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title}</title>
        <style>
        {style}</style>
        </head>
        <body>
        <h1>{heading}</h1>
        <div class="who"><span>Name</span><span>Date</span></div>
        <p class="how">{how}</p>
        {body}
        <section><div><h2>Afterwards</h2>
        <div class="item"><p>{afterwards}</p>{lines}</div></div></section>
        <footer>The learning rate course, {version}. Text and figures: CC BY 4.0.</footer>
        </body>
        </html>
        """).format(title=escape(name), style=STYLE, heading=html(name, inline=True), how=HOW, body=body,
                    afterwards=AFTERWARDS, lines=lines(2), version=__version__)


def together(heading, items):
    """A heading with its first item in one block that no page break may part, and the other items."""
    first, *others = items
    return (f"<div><h2>{html(heading, inline=True)}</h2>\n<div class=\"item\">{first}</div></div>\n"
            + "".join(f'<div class="item">{item}</div>\n' for item in others))


def sections(notebook, number):
    """The headings of the main line, each with its items as HTML in the order of the cells; first the title."""
    found, fresh = [], True  # fresh: nothing has been predicted yet
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            if heading := re.search(r"^##? (.+)$", text, re.M):
                if heading[1].startswith("Deeper: "):
                    break
                found.append((heading[1].strip(), []))
            for quote in predictions(text, fresh):
                found[-1][1].append(quote)
                fresh = False
        else:
            found[-1][1].extend(asked(cell, text, number))
    return found


def predictions(text, fresh):
    """The predictions of a text, each with a place to write; before the first one what leads to it, later a list."""
    tokens, source, above = MARKDOWN.parse(text), text.splitlines(), []
    for token in [token for token in tokens if token.level == 0 and token.map and token.nesting >= 0]:
        block = "\n".join(source[slice(*token.map)])
        if token.type == "blockquote_open" and "**Predict" in block:
            asks = re.sub(r"^> ?", "", block, flags=re.M)
            asks = re.sub(r"\*\*Predict[^*]*\*\*", "**Predict.**", asks)
            parts = len(re.findall(r"^\d\. |^\([a-z]\) |(?<= )\([a-z]\) ", asks, re.M))
            room = '<div class="frame"></div>' if re.search(r"\b[Ss]ketch\b|\bDraw\b", asks) else ""
            lead = [block for kind, block in (above if fresh else above[-1:]) if fresh or kind in KEPT]
            if below := re.search(r"^### (.+)$", text, re.M):
                lead.insert(0, f"*{below[1].strip()}*")
            yield html("\n\n".join([*lead, asks])) + room + lines(parts or (1 if room else 2))
            fresh, above = False, []
        elif token.type != "heading_open" and not block.startswith("("):  # an aside leads nowhere
            above.append((token.type, block))


def asked(cell, text, number):
    """What a cell of code asks for: an exercise, a question, or the goal of a figure, as HTML."""
    tags = cell["metadata"].get("tags", [])
    if "quiz" in tags:
        return [question(QUIZZES[id]) for id in re.findall(r'^quiz\("([\w-]+)"', text, re.M)]
    if "check" in tags:
        tasks = EXERCISES | PROJECTS
        return [task(id, tasks[id]) for id in re.findall(r'^check\("([\w-]+)"', text, re.M)]
    if "explorable" in tags:
        return [html(f"**Figure with sliders.** {goal(text, number)}") + lines(1)]
    return []


def question(quiz):
    options = "".join(f"<li><b>{letter}.</b> {html(option.text, inline=True)}</li>"
                      for letter, option in zip(quiz.letters, quiz.options, strict=True))
    return html(f"**Question.** {quiz.question}") + f'<ul class="options">{options}</ul>'


def task(id, exercise):
    """The first sentence of what the exercise asks for."""
    first = re.split(r"(?<=[.:])\s", exercise.reference.__doc__.strip(), maxsplit=1)[0].rstrip(".:")
    return html(f"**Exercise** `{id}`**.** {first}. My plan in words:") + lines(1)


def goal(source, number):
    """The goal of the figure that a cell shows, as the figure states it; nothing is computed for its first place."""
    names = {name: getattr(explorables, name) for name in explorables.__all__} | given(number)
    with patch.object(explorables.Explorable, "update", lambda self, **values: ""):
        exec(source, names)
    return names[ast.parse(source).body[-1].value.id].goal


def given(number):
    """What the cells above a figure have made; a stand-in where that would be trained and the goal does not say it."""
    rates = SimpleNamespace(values=lambda name: [0.01, 0.1], metric="accuracy", epochs=1,
                            history={"val_accuracy": np.ones((2, 1, 1))}, data=SimpleNamespace(val_ceiling=1.0))
    stored = {"09": lambda: {1000: robustness.load_study(robustness.make_problems(), 1000)},
              "13": lambda: transfer.load_transfer(transfer.make_problems())}
    return {"data": make_blobs(), "table": rates, "old": None, "load_capstone": load_capstone,
            "stored": stored[number]() if number in stored else None}


def lines(count):
    return '<div class="line"></div>' * count


def html(text, inline=False):
    """Markdown as HTML; links become their words, formulas pictures."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    drawn = []

    def held(match):
        drawn.append(formula(match["display"] or match["inline"], bool(match["display"])))
        return f"\ue000{len(drawn) - 1}\ue001"

    text = FORMULA.sub(held, text)
    made = (MARKDOWN.renderInline if inline else MARKDOWN.render)(text)
    return re.sub("\ue000(\\d+)\ue001", lambda match: drawn[int(match[1])], made)


def formula(tex, display=False):
    """A formula in TeX as an SVG picture with outlines of its letters, which stands on the line of the text."""
    tex = " ".join(tex.split()).rstrip()
    plain = re.sub(r"\\sqrt (\w)", r"\\sqrt{\1}", re.sub(r"\\tfrac(\w)(\w)", r"\\frac{\1}{\2}", tex))
    font = FontProperties(size=SIZE, math_fontfamily="stix")
    path = TextPath((0, 0), f"${plain}$", prop=font)
    width, height, below = TextToPath().get_text_width_height_descent(f"${plain}$", font, True)
    svg = (f'<svg role="img" aria-label="{escape(tex)}" width="{width:.1f}" height="{height:.1f}" '
           f'viewBox="0 {below - height:.1f} {width:.1f} {height:.1f}" style="vertical-align: {-below:.1f}px">'
           f'<path d="{outline(path)}"/></svg>')
    return f'<span style="display: block" class="display">{svg}</span>' if display else svg


def outline(path):
    """The path of a text as SVG draws it, y downwards."""
    words = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
    return "".join("Z" if code == Outline.CLOSEPOLY else
                   words[code] + " ".join(f"{value:.2f}" for value in points * np.tile([1, -1], len(points) // 2))
                   for points, code in path.iter_segments(curves=True, simplify=False))


def build(folder, notebooks=NOTEBOOKS):
    """Write the handouts of all notebooks into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        (folder / f"{path.stem}.html").write_text(handout(notebook, path.stem[:2]), encoding="utf-8")
    print(f"{len(notebooks)} handouts in {folder}")


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/handouts"))
