"""What is taught names its source; every source is in the one bibliography, and nothing else is."""

import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import bibliography

from course_utils import optimizers, schedules, statistics

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ENTRIES = bibliography.read()
VENUES = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle", "book": "publisher"}
OUR_OWN = {"Difference", "Interval", "claim", "claims_listed", "equal_tries", "evidence", "basin_width", "constant",
           "as_schedule", "evaluated", "needs_losses", "rate_at"}
cited = cache(bibliography.cited)


def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_work_a_notebook_lists_is_in_the_bibliography_with_author_title_and_year(path):
    works = bibliography.works_listed(notebook(path))
    assert works and [work for work in works if bibliography.key_of(work, ENTRIES) is None] == []


def test_every_work_a_docstring_cites_is_in_the_bibliography():
    cited = {(name, key) for name, text in bibliography.docstrings() for key in bibliography.keys_in(text)}
    assert len(cited) > 20 and {(name, key) for name, key in cited if key not in ENTRIES} == set()


def test_every_entry_of_the_bibliography_is_cited():
    assert set(ENTRIES) <= set(cited())


@pytest.mark.parametrize("module", [optimizers, schedules, statistics], ids=lambda module: module.__name__)
def test_every_method_names_its_source(module):
    methods = [getattr(module, name) for name in module.__all__ if name not in OUR_OWN]
    unnamed = [f.__name__ for f in methods if callable(f) and not set(bibliography.keys_in(f.__doc__)) & set(ENTRIES)]
    assert unnamed == []


TAUGHT = {  # methods that a notebook teaches beside those of the package: where, and whose
    "random search": ("04", "bergstra2012"), "successive halving": ("04", "jamieson2016"),
    "functional ANOVA": ("04", "hutter2014"), "range test": ("04", "smith2017"), "sharpness": ("04", "pearlmutter1994"),
    "backpropagation": ("02", "rumelhart1986"), "stochastic gradients": ("02", "robbins1951"),
    "the paired interval": ("03", "student1908"), "first weights": ("03", "he2015"),
    "cosine": ("05", "loshchilov2017"), "warmup": ("05", "goyal2017"), "one cycle": ("05", "smith2018"),
    "the plateau rule": ("05", "krizhevsky2012"), "step decay": ("05", "he2016"), "time decay": ("05", "darken1990"),
    "heavy ball": ("06", "polyak1964"), "Nesterov": ("06", "nesterov1983"), "AdaGrad": ("07", "duchi2011"),
    "RMSProp": ("07", "tieleman2012"), "AdaDelta": ("07", "zeiler2012"), "Adam": ("08", "kingma2015"),
    "AdamW": ("08", "loshchilov2019"), "AMSGrad": ("08", "reddi2018"), "steps from signs": ("08", "riedmiller1993"),
    "clipping": ("11", "pascanu2013"), "averaged weights": ("11", "polyak1992"),
    "the linear rule": ("13", "goyal2017"), "the square-root rule": ("13", "krizhevsky2014"),
    "maximal update": ("13", "yang2021"), "matched updates": ("13", "agarwal2020"),
    "the edge of stability": ("14", "cohen2021"), "the catapult": ("14", "lewkowycz2020"),
}


@pytest.mark.parametrize("method", TAUGHT)
def test_every_method_is_cited_where_it_is_taught(method):
    number, key = TAUGHT[method]
    assert any(place.startswith(f"notebooks/{number}") for place in cited()[key])


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_is_complete_and_its_key_says_who_and_when(key):
    entry = ENTRIES[key]
    assert key == bibliography.surname(entry).lower() + entry["year"] and entry["title"]
    assert bibliography.venue(entry)


def test_the_file_is_bibtex():
    """A second reader finds the same entries, with the fields that their kind needs."""
    database = pytest.importorskip("pybtex.database", reason="python -m pip install -r docs/requirements.txt")
    parsed = database.parse_file(ROOT / "docs/references.bib", bib_format="bibtex").entries
    assert {key: dict(entry.fields)["title"] for key, entry in parsed.items()} == {
        key: entry["title"] for key, entry in ENTRIES.items()}
    assert [key for key, entry in parsed.items() if VENUES.get(entry.type, "title") not in entry.fields] == []


def listing(text):
    return {"cells": [{"cell_type": "markdown", "source": f"**References.** {text}\n\n**Next.** *Not a work at all*"}]}


@pytest.mark.parametrize(("text", "key"), [
    ("B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964: it.", "polyak1964"),
    ("B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1963.", None),
    ("A. Nother, *Some methods of speeding up the convergence of iteration methods*, 1964.", None),
    ("B. T. Polyak, *Some methods of slowing down the convergence of iteration methods*, 1964.", None),
])
def test_a_wrong_author_title_or_year_is_noticed(text, key):
    works = bibliography.works_listed(listing(text))
    assert [bibliography.key_of(work, ENTRIES) for work in works] == [key]


def test_two_works_of_one_author_need_the_name_only_once():
    works = bibliography.works_listed(listing(
        "L. Smith, *Cyclical learning rates for training neural networks*, 2017 (a test), and *A disciplined approach "
        "to neural network hyper-parameters*, 2018."))
    assert [bibliography.key_of(work, ENTRIES) for work in works] == ["smith2017", "smith2018"]


def test_the_citation_file_names_this_version_and_what_the_format_requires():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation) and citation["cff-version"] == "1.2.0"
    assert set(citation) <= {"cff-version", "message", "title", "authors", "type", "abstract", "version", "license",
                             "keywords", "date-released", "repository-code", "url", "doi", "identifiers", "references"}
    assert all(set(author) & {"name", "family-names"} for author in citation["authors"])


def test_the_changelog_begins_with_what_is_new_and_knows_every_notebook():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", log, re.M)[0].startswith(("Unreleased", "["))
    named = set(re.findall(r"\b(\d\d) [A-Z]", " ".join(log.split())))
    assert {path.name[:2] for path in NOTEBOOKS} <= named
