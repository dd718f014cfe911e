"""What the website makes of the folder's documents: one book, notebooks that need no kernel, docstrings as pages."""

import json
import re
import shutil
from importlib import import_module
from importlib.resources import files

import address
import bibliography
import handouts
import moving
import slides
from docutils import nodes
from executed import NOTEBOOKS, ROOT, forget_the_others

import course_utils
from course_utils.exercises import EXERCISES
from course_utils.shown import ASLEEP

COURSE = re.compile(r"^\| (\d\d) \| \[(.+?)\]\((notebooks/.+?)\.ipynb\)", re.M)
BOOK = {
    "Teach it": ["docs/instructors/**/*.md", "docs/handouts.md", "docs/slides.md"],
    "Look it up": ["CHANGELOG.md", "docs/questions.md", "docs/glossary.md", "docs/claims.md", "docs/turns.md",
                   "docs/references.md", "docs/package.md", "data/README.md"],
    "Take part": ["CONTRIBUTING.md", "docs/LICENSE-content.md"],
}
NAMES = {"CHANGELOG": "What is new"}  # in the contents, where the page's own title would not be understood
PLACE = re.compile(r"(?<=\]\()([\w./]*?\.ipynb)?#([^)\s]+)")  # of a link to a heading, as JupyterLab writes it
LIVE = ("> **A figure with sliders.** It moves here, too; in the notebook it has finer steps: {how}. Pictures of a few "
        "positions follow.")
GAME = ("> **A figure with sliders.** Each trial is a new picture, so that it moves only where a kernel runs: {how}. "
        "Below are its goal, in words where its sliders stand at first, and then pictures of a few positions.")
TRY = "*To try it: {how}.*"
LESSON = ("**Set one number, the learning rate, and see what becomes of a network** that has to tell three clouds of "
          "points apart.")
AFTER = ("Why that is so, and how to find the rate that learns: [Start here](notebooks/00_start_here.ipynb), or choose "
         "[a way through the course](#ways-through) from one hour to all of it.")


def setup(app):
    app.add_config_value("repository", "", "env")
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: list(COMPLETED))
    app.connect("source-read", complete)
    app.connect("doctree-read", adapt_cells)
    app.connect("autodoc-process-docstring", as_restructured_text)
    app.connect("build-finished", add_files)
    return {"parallel_read_safe": True}


def complete(app, name, source):
    """Append to a page what is made from elsewhere; links to headings lead where the website has them."""
    source[0] = PLACE.sub(slug, source[0])
    if name.startswith("notebooks/"):
        source[0] = for_readers(json.loads(source[0]), launch(app.config.repository, name))
    elif name in COMPLETED:
        source[0] += "\n" + COMPLETED[name]()
    if name == "README":
        source[0] = landing(source[0], app.config.repository, app.config.nb_execution_mode == "cache")


def landing(text, repository, run):
    """The README as first page: a figure to move before a word about installation, and buttons that lead somewhere."""
    text = address.with_buttons(text, repository)
    if run:
        head, *rest = re.split(r"^(?=\*\*\[Open|```\n)", text, maxsplit=1, flags=re.M)
        text = f"{head}{LESSON}\n\n{moving.html(NOTEBOOKS[0])}\n\n{AFTER}\n\n## Open it\n\n" + "".join(rest)
    return text


def slug(match):
    """The place of a link as the website and GitHub name it: in small letters, without signs."""
    return (match[1] or "") + "#" + re.sub(r"[^\w-]", "", match[2].lower())


def contents():
    """The tables of contents, with the short names of the README's table."""
    course = [f"{number} {name} <{path}>" for number, name, path in
              COURSE.findall((ROOT / "README.md").read_text(encoding="utf-8"))]
    found = {caption: [named(path.relative_to(ROOT).with_suffix("").as_posix())
                       for pattern in patterns for path in sorted(ROOT.glob(pattern))]
             for caption, patterns in BOOK.items()}
    return "\n".join(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
                     for caption, pages in [("The course", course), *found.items()])


def named(page):
    return f"{NAMES[page]} <{page}>" if page in NAMES else page


def modules():
    """Every module of the package, in the order in which the package lists them; a room without a face by its files."""
    names = [name for room in re.findall(r"^(\w+)  +", course_utils.__doc__, re.M) for name in (room, *_files(room))]
    return "\n".join(f"## {name}\n\n```{{eval-rst}}\n.. automodule:: course_utils.{name}\n   :members:\n```\n"
                     for name in names)


def _files(room):
    """The modules of a room that does not itself say what it holds."""
    if hasattr(import_module(f"course_utils.{room}"), "__all__"):
        return []
    return [f"{room}.{path.stem}" for path in sorted((ROOT / "course_utils" / room).glob("[!_]*.py"))]


def decks():
    return pages_in("slides")


def papers():
    return pages_in("handouts")


def pages_in(folder):
    """A list of links to what a folder beside the site's pages has of every notebook."""
    return "\n".join(f'- <a href="../{folder}/{path.stem}.html">{path.stem[:2]} {title(path)}</a>'
                     for path in NOTEBOOKS)


def title(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]
    return "".join(first).splitlines()[0].lstrip("# ")


COMPLETED = {"README": contents, "docs/references": bibliography.markdown, "docs/package": modules,
             "docs/slides": decks, "docs/handouts": papers}


def launch(repository, name):
    """Where to get a kernel for a notebook."""
    here = "download the course and type `make lab`"
    return f"{address.buttons(repository, name, 'this notebook')}, or {here}" if repository else here


def for_readers(notebook, how):
    """The notebook as text, with a word before each figure with sliders, hints and a solution after each check."""
    cells = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "explorable" in tags:
            live = GAME if "explore_search" in "".join(cell["source"]) else LIVE
            cells.append(added(f"{cell['id']}-live", live.format(how=how)))
        if "exercise" in tags:
            cells.append(added(f"{cell['id']}-try", TRY.format(how=how)))
        cells.append(cell)
        if exercise := checked(cell):
            cells.append(added(f"{cell['id']}-help", unfolded(exercise)))
    return json.dumps({**notebook, "cells": cells})


def checked(cell):
    """The exercise that a cell checks, if it checks one."""
    found = re.search(r'^check\("([\w-]+)"', "".join(cell["source"]), re.M) if cell["cell_type"] == "code" else None
    return EXERCISES.get(found.group(1)) if found else None


def added(id, text):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def unfolded(exercise):
    hints = "\n".join(f"{i}. {hint}" for i, hint in enumerate(exercise.hints, 1))
    return (f"<details><summary>Hints</summary>\n\n{hints}\n\n</details>\n"
            f"<details><summary>One solution</summary>\n\n```python\n{exercise.source}```\n\n{exercise.why}\n\n"
            "</details>")


def adapt_cells(app, doctree):
    """Leave out buttons and what wakes sliders, fold away code that only sets up or sums up, give figures a text."""
    for cell in [node for node in doctree.findall(nodes.container) if "cell" in node["classes"]]:
        if "tag_quiz" in cell["classes"]:
            cell.parent.remove(cell)
            continue
        for sentence in [raw for raw in cell.findall(nodes.raw) if raw.astext() == ASLEEP]:
            sentence.parent.remove(sentence)
        code = cell.children[0]
        if "tag_setup" in cell["classes"] or re.search(r"^(evidence|about_\w+ =)", code.astext(), re.M):
            cell[0:1] = [nodes.raw("", "<details><summary>Code</summary>", format="html"), code,
                         nodes.raw("", "</details>", format="html")]
        before = cell.parent[cell.parent.index(cell) - 1]
        for image in cell.findall(nodes.image):
            image["alt"] = slides.leading_sentence(before.astext()) or "Figure made by the code above"


def as_restructured_text(app, what, name, obj, options, lines):
    """Docstrings are plain text with `code`, columns and citations."""
    entries = bibliography.read()
    text = columns("\n".join(lines))
    parts = re.split(r"(`[^`]+`)", text)
    lines[:] = "".join(rf"\ `{part}`\ " if part.startswith("`")
                       else linked(re.sub(r"([*|\\_])", r"\\\1", part), entries) for part in parts).splitlines()


def columns(text):
    """Turn paragraphs of two columns, name and description, into lists of definitions."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        rows = re.findall(r"^(\S+(?: \S+)*) {2,}(\S.*(?:\n {6,}\S.*)*)", paragraph, re.M)
        if len(rows) > 1 and paragraph.startswith(rows[0][0]):
            paragraph = "\n".join(f"{name}\n    " + re.sub(r"\s*\n\s*", " ", said) for name, said in rows)
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def linked(text, entries):
    def link(match):
        key = match.group(1).lower() + match.group(3)
        return f":ref:`{match.group()} <{key}>`" if key in entries else match.group()
    return bibliography.CITATION.sub(link, text)


def add_files(app, exception):
    """Scripts, slides, handouts and the first page under the name that servers look for."""
    if exception or app.builder.name != "html":
        return
    shutil.copy(files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js", app.outdir / "_static/mathjax.js")
    shutil.copy(app.outdir / "README.html", app.outdir / "index.html")
    handouts.build(app.outdir / "handouts")
    run = app.config.nb_execution_mode == "cache"
    notebooks = [path for path in NOTEBOOKS if f"notebooks/{path.stem}" in app.env.found_docs]
    if run:
        moving.write(app.outdir / "_static/frames", notebooks)
    slides.build(app.outdir / "slides", notebooks, run, static="../_static")
    forget_the_others()
