"""Notebooks are stored clean, with readable ids, known tags, ordered headings and links that lead somewhere."""

import copy
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TAGS = {"setup", "exercise", "check", "quiz", "explorable", "slow", "nbval-ignore-output"}
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}
READABLE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RANDOM = re.compile(r"[0-9a-f]{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def stored_clean(notebook, path):
    """What an editor or a run has left behind."""
    if (notebook["nbformat"], notebook["nbformat_minor"]) != (4, 5):
        yield f"format {notebook['nbformat']}.{notebook['nbformat_minor']} instead of 4.5"
    if notebook["metadata"] != METADATA:
        yield f"metadata {notebook['metadata']}"
    for cell in notebook["cells"]:
        if cell.get("outputs"):
            yield f"{cell['id']}: outputs"
        if cell.get("execution_count") is not None:
            yield f"{cell['id']}: execution count"
        if left := set(cell["metadata"]) - {"tags", "slideshow"}:
            yield f"{cell['id']}: metadata {left}"
        if cell.get("attachments"):
            yield f"{cell['id']}: attachments"
        if not "".join(cell["source"]).strip():
            yield f"{cell['id']}: empty cell"


def readable_ids(notebook, path):
    ids = [cell["id"] for cell in notebook["cells"]]
    yield from (f"{id}: used twice" for id in {id for id in ids if ids.count(id) > 1})
    yield from (f"{id}: not a readable id" for id in ids if not READABLE.fullmatch(id) or RANDOM.fullmatch(id))


def known_tags(notebook, path):
    for cell in notebook["cells"]:
        if unknown := set(cell["metadata"].get("tags", [])) - TAGS:
            yield f"{cell['id']}: unknown tags {unknown}"


def known_slide_types(notebook, path):
    """Slides follow from the cells by a rule, docs/slides.py; a cell can only be left out of it."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("slideshow", {"slide_type": "skip"}) != {"slide_type": "skip"}:
            yield f"{cell['id']}: slideshow {cell['metadata']['slideshow']}"


def headings_in_order(notebook, path):
    """One H1, at the top; no level skipped on the way down."""
    levels = [(len(hashes), text) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
              for hashes, text in re.findall(r"^(#{1,6}) +(.+)$", prose(cell), re.M)]
    if [level for level, _ in levels].count(1) != 1 or levels[0][0] != 1:
        yield f"exactly one H1 is needed, at the top; got {[text for level, text in levels if level == 1]}"
    for (above, _), (below, text) in zip(levels, levels[1:], strict=False):
        if below > above + 1:
            yield f"'{text}': level {below} after level {above}"


def links_exist(notebook, path):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for target in relative_links(prose(cell)):
                if not (path.parent / target).exists():
                    yield f"{cell['id']}: no file {target}"


def places_exist(notebook, path):
    """Links to a heading, `#Its-words` as JupyterLab writes it, here or in another notebook."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for target, place in re.findall(r"\]\(([\w.]*\.ipynb)?#([^)\s]+)\)", prose(cell)):
                if place not in anchors(read(path.parent / target) if target else notebook):
                    yield f"{cell['id']}: no heading {place} in {target or 'this notebook'}"


def anchors(notebook):
    return {heading.strip().replace(" ", "-") for cell in notebook["cells"] if cell["cell_type"] == "markdown"
            for heading in re.findall(r"^#{1,6} +(.+)$", prose(cell), re.M)}


def deeper_sections_are_reached(notebook, path):
    """What a first reading does not need stands behind the recap, and a link leads to it from before."""
    texts = [prose(cell) if cell["cell_type"] == "markdown" else "" for cell in notebook["cells"]]
    recap = next((i for i, text in enumerate(texts) if text.startswith("## Recap")), len(texts))
    for i, text in enumerate(texts):
        for heading in re.findall(r"^## (.+)$", text, re.M):
            if heading.startswith("Deeper: ") != (i > recap):
                yield f"{heading}: on the wrong side of the recap"
            elif i > recap and "measured" not in heading:
                if not any(f"](#{heading.replace(' ', '-')})" in before for before in texts[:recap + 1]):
                    yield f"{heading}: no link leads to it from the main line"


def leads_to_the_next(notebook, path):
    following = [other.name for other in NOTEBOOKS if other.name > path.name][:1]
    recap = "\n".join(prose(cell) for cell in notebook["cells"] if "".join(cell["source"]).startswith("## Recap"))
    if following and following[0] not in relative_links(recap):
        yield f"no link to {following[0]} in the recap"


RULES = [stored_clean, readable_ids, known_tags, known_slide_types, headings_in_order, links_exist, places_exist,
         deeper_sections_are_reached, leads_to_the_next]


def prose(cell):
    """The source of a cell without fenced code and code spans."""
    return re.sub(r"`[^`\n]*`", "", FENCED.sub("", "".join(cell["source"])))


def relative_links(text):
    targets = re.findall(r"\]\(<?([^)\s>]+)", text) + re.findall(r"\b(?:href|src)=[\"']([^\"']+)", text)
    return [target.split("#")[0] for target in targets if not re.match(r"#|[a-z]+:", target)]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_follows_the_rule(path, rule):
    assert list(rule(read(path), path)) == []


def test_the_course_starts_where_make_lab_opens_it():
    assert (ROOT / "notebooks/00_start_here.ipynb").exists()


def markdown(id, *lines, **metadata):
    return {"id": id, "cell_type": "markdown", "metadata": metadata, "source": "\n".join(lines)}


def code(id, source, **metadata):
    return {"id": id, "cell_type": "code", "metadata": metadata, "source": source, "outputs": [],
            "execution_count": None}


CLEAN = {"nbformat": 4, "nbformat_minor": 5, "metadata": METADATA, "cells": [
    markdown("question", "# How far?", "```python", "# a comment, no heading", "[code](nowhere.md)", "```"),
    code("imports", "# not a heading\nimport numpy", tags=["setup"], slideshow={"slide_type": "skip"}),
    markdown("idea", "## The idea", "### In code", "[readme](../README.md#top) [top](#How-far?) [web](https://x.org)"),
    markdown("recap", "## Recap", "Nothing follows: `[no](link.md)`. More: [why](#Deeper:-why-it-works)."),
    markdown("next", "## Deeper: why it works", "[Back](#The-idea)"),
]}
LAST = ROOT / "notebooks/99_last.ipynb"  # nothing comes after it

DIRT = {  # what is done to the clean notebook: the rule that must object, and what it must name
    "an output": (stored_clean, "imports: outputs",
                  lambda nb: nb["cells"][1]["outputs"].append({"output_type": "stream"})),
    "an execution count": (stored_clean, "imports: execution count",
                           lambda nb: nb["cells"][1].update(execution_count=3)),
    "widget state": (stored_clean, "widgets", lambda nb: nb["metadata"].update(widgets={"state": {}})),
    "an editor's traces": (stored_clean, "collapsed", lambda nb: nb["cells"][1]["metadata"].update(collapsed=True)),
    "a Python version": (stored_clean, "3.11.7", lambda nb: nb["metadata"]["language_info"].update(version="3.11.7")),
    "another kernel": (stored_clean, "conda", lambda nb: nb["metadata"]["kernelspec"].update(name="conda-env")),
    "an older format": (stored_clean, "4.4", lambda nb: nb.update(nbformat_minor=4)),
    "an attachment": (stored_clean, "idea: attachments", lambda nb: nb["cells"][2].update(attachments={"a.png": {}})),
    "an empty cell": (stored_clean, "next: empty", lambda nb: nb["cells"][4].update(source=" \n")),
    "a repeated id": (readable_ids, "idea: used twice", lambda nb: nb["cells"][3].update(id="idea")),
    "a random id": (readable_ids, "deadbeef", lambda nb: nb["cells"][3].update(id="deadbeef")),
    "a random long id": (readable_ids, "not a readable id",
                         lambda nb: nb["cells"][3].update(id="0f9b7a52-1c9e-4a9b-8f51-6d1b2c3d4e5f")),
    "an id in capitals": (readable_ids, "Next", lambda nb: nb["cells"][3].update(id="Next_1")),
    "an unknown tag": (known_tags, "hide-input", lambda nb: nb["cells"][1]["metadata"]["tags"].append("hide-input")),
    "a slide type": (known_slide_types, "imports: slideshow",
                     lambda nb: nb["cells"][1]["metadata"].update(slideshow={"slide_type": "fragment"})),
    "a second H1": (headings_in_order, "Again", lambda nb: nb["cells"][3].update(source="# Again")),
    "no H1": (headings_in_order, "exactly one", lambda nb: nb["cells"][0].update(source="## How far?")),
    "an H1 below": (headings_in_order, "at the top", lambda nb: nb["cells"].reverse()),
    "a skipped level": (headings_in_order, "level 4 after level 2",
                        lambda nb: nb["cells"][2].update(source="## Idea\n\n#### Detail")),
    "a broken link": (links_exist, "no file ../nowhere.md",
                      lambda nb: nb["cells"][2].update(source="[a](../nowhere.md#b)")),
    "a broken picture": (links_exist, "no file x.png", lambda nb: nb["cells"][2].update(source='<img src="x.png">')),
    "a broken place": (places_exist, "next: no heading the-idea in this notebook",
                       lambda nb: nb["cells"][4].update(source="## Deeper: why it works\n\n[Back](#the-idea)")),
    "a deeper section in the main line": (deeper_sections_are_reached, "Deeper: an idea: on the wrong side",
                                          lambda nb: nb["cells"][2].update(source="## Deeper: an idea")),
    "more of the main line behind the recap": (deeper_sections_are_reached, "9 More: on the wrong side",
                                               lambda nb: nb["cells"][4].update(source="## 9 More")),
    "a deeper section that nothing leads to": (deeper_sections_are_reached, "Deeper: how: no link leads to it",
                                               lambda nb: nb["cells"][4].update(source="## Deeper: how")),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_clean_notebook_passes(rule):
    assert list(rule(CLEAN, LAST)) == []


@pytest.mark.parametrize("dirt", DIRT)
def test_dirt_is_found_and_named(dirt):
    rule, named, soil = DIRT[dirt]
    notebook = copy.deepcopy(CLEAN)
    soil(notebook)
    assert named in "\n".join(rule(notebook, LAST))


def test_a_missing_link_to_the_next_notebook_is_found(monkeypatch):
    monkeypatch.setitem(globals(), "NOTEBOOKS", [ROOT / "notebooks/01_a.ipynb", ROOT / "notebooks/02_b.ipynb"])
    assert list(leads_to_the_next(CLEAN, NOTEBOOKS[0])) == ["no link to 02_b.ipynb in the recap"]
    linked = {**CLEAN, "cells": [*CLEAN["cells"], markdown("on", "## Recap", "[On](02_b.ipynb)")]}
    assert list(leads_to_the_next(linked, NOTEBOOKS[0])) == []
    assert list(leads_to_the_next(CLEAN, NOTEBOOKS[1])) == []
