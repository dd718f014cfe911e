"""A claim is judged where it stands, kept once, and listed with how far it was seen."""

import json
import re
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import claims as listing

from course_utils import claims
from course_utils.claims import claim, claims_listed, claims_recorded, equal_tries, evidence
from course_utils.statistics import paired_difference

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.setattr(claims, "_claims", {})


def test_a_claim_that_holds_shows_its_numbers_and_its_scope(capsys):
    lead = paired_difference([3.0, 4.0, 5.5], [1.0, 2.0, 3.0])
    claim("S4", "Large rates learn faster", lead, "holds", lead.low > 0, scope="blobs, 5 epochs")
    assert capsys.readouterr().out == ("S4. Large rates learn faster: holds\n"
                                       f"    measured: {lead}\n    seen on:  blobs, 5 epochs\n")


def test_a_long_claim_is_broken_between_words(capsys):
    claim("long", "A sentence", 0.5, "holds", True, scope=", ".join(["blobs, 200 epochs, constant rate"] * 5))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= 110 and lines[3].startswith(" " * 14 + "rate, ")


def test_a_line_of_output_has_110_characters(capsys):
    claim("long", "A sentence", 0.5, "holds", True, scope="a " * 200)
    assert max(map(len, capsys.readouterr().out.splitlines())) == 109  # a letter, a space, a letter: an odd number


@pytest.mark.parametrize("value, shown", [
    (1 / 3, "0.333"), (np.float64(1234.5), "1.23e+03"), (2, "2"), (np.int64(12345), "12345"), (True, "True"),
    (np.bool_(False), "False"), ("as it is", "as it is")])
def test_three_digits_of_a_number_are_shown_and_all_of_a_count(value, shown, capsys):
    claim("a", "A sentence", value, "holds", True, "blobs")
    assert evidence().data["evidence"].tolist() == [shown]
    assert f"measured: {shown}\n" in capsys.readouterr().out


def test_a_claim_that_was_judged_cannot_be_changed():
    with claims_recorded() as made:
        claim("a", "A sentence", 1, "holds", False, "blobs")
    with pytest.raises(FrozenInstanceError):
        made[0].holds = True


def test_a_claim_that_fails_raises_with_sentence_numbers_and_scope_and_is_not_kept():
    with pytest.raises(AssertionError, match="'holds' on 'Large rates learn faster' .*0.123.*blobs"):
        claim("S4", "Large rates learn faster", 0.12345, "holds", False, "blobs")
    with pytest.raises(ValueError, match="no claim has been measured"):
        evidence()


def test_evidence_lists_every_claim_once_in_the_order_of_the_cells():
    claim("b", "Second letter", 1 / 3, "holds", True, "digits")
    claim("a", "First letter", "words", "holds in part", np.bool_(True), "blobs")
    claim("b", "Second letter", 2, "holds here", True, "digits, 5 epochs")  # its cell is run again
    table = evidence().data
    assert table.values.tolist() == [["b", "Second letter", "2", "holds here", "digits, 5 epochs"],
                                     ["a", "First letter", "words", "holds in part", "blobs"]]
    assert table.columns.tolist()[1:] == ["claim", "evidence", "verdict", "seen on"]


def test_evidence_of_the_deeper_sections_begins_with_the_claim_that_is_named():
    for id in ("a", "b", "c"):
        claim(id, f"Letter {id}", 1, "holds", True, "blobs")
    assert evidence(since="b").data[""].tolist() == ["b", "c"]
    with pytest.raises(ValueError, match="since must be the id of a claim that was measured, one of a, b, c; got 'd'"):
        evidence(since="d")


def test_evidence_is_a_table_whose_text_is_on_the_left_and_breaks():
    claim("a", "A sentence", 1, "holds", True, "blobs")
    page = evidence().to_html()
    style = page[:page.index("</style>")]
    assert style.count("text-align: left;") == 2 and "white-space: normal;" in style and " th {" in style
    assert "row_heading" not in page


def test_where_claims_are_recorded_none_raises_and_none_is_kept():
    claim("a", "Mine", 1, "holds", True, "blobs")
    with claims_recorded() as found:
        claim("a", "Another's", 0.5, "holds", False, "digits")
        claim("b", "Good", 2, "holds", True, "digits")
    assert [(c.id, c.holds, c.shown) for c in found] == [("a", False, "0.5"), ("b", True, "2")]
    assert evidence().data["claim"].tolist() == ["Mine"]


GOOD = {"id": "S4", "sentence": "Faster", "value": 1.0, "verdict": "holds", "holds": True, "scope": "blobs"}


@pytest.mark.parametrize("wrong, says", [
    ({"id": ""}, "id must be text, got ''"), ({"sentence": None}, "sentence must be text, got None"),
    ({"verdict": True}, "verdict must be text"), ({"scope": " "}, "scope must be text"),
    ({"holds": "no"}, "holds must be True or False, got 'no'"), ({"holds": np.array([True])}, "holds must be True or"),
    ({"holds": 1}, "holds must be True or False, got 1"),
    ({"sentence": "Slower"}, "'S4' already names 'Faster'; give 'Slower' an id of its own"),
])
def test_what_is_no_claim_is_refused(wrong, says):
    claim(**GOOD)
    with pytest.raises(ValueError, match=says):
        claim(**GOOD | wrong)


def test_a_contest_needs_as_many_candidates_on_each_side():
    assert equal_tries({"SGD": [1, 0.1], "Adam": np.array([0.1, 0.01]), "momentum": range(2)}) == 2
    assert equal_tries({"SGD": [1, 0.1, 0.01], "Adam": [0.1, 0.01, 0.001]}) == 3
    for tries, says in [({"SGD": [1, 2], "Adam": [1]}, "SGD: 2, Adam: 1"), ({"SGD": [1]}, "SGD: 1"), ({}, "none"),
                        ({"SGD": [], "Adam": []}, "SGD: 0")]:
        with pytest.raises(ValueError, match=says):
            equal_tries(tries)


# The list of claims

def notebook(*cells):
    return {"cells": [{"id": f"cell-{i}", "cell_type": "markdown" if text.startswith("#") else "code", "source": text}
                      for i, text in enumerate(cells)]}


def test_claims_are_read_from_the_source_with_the_settings_that_it_names():
    found = listing.claims_of(notebook(
        "# Question", "## Faster", "%matplotlib inline\nEPOCHS, x = 5, 6\nepochs = 5\nseeds = range(2 * epochs)",
        "runs = train(epochs)\nclaim('S4', 'Faster',\n      runs.lead, 'holds', runs.lead > 0, "
        "scope=f'blobs, {epochs} epochs, {len(seeds)} seeds')", "evidence()"))
    assert found == [listing.Place("cell-3", "Faster", "S4", "Faster", "holds", "blobs, 5 epochs, 10 seeds")]


@pytest.mark.parametrize("source, says", [
    ("claim('S4', f'{runs} lead', 1, 'holds', True, scope='')", "cell-0: the sentence of a claim.*runs"),
    ("claim(name, 'Faster', 1, 'holds', True, scope='')", "the id of a claim must be text"),
    ("claim('a', 'Faster', 1, 'holds', True)", "the scope of a claim.*got none"),
    ("claim(4, 'Faster', 1, 'holds', True, '')", "the id of a claim must be text, got 4"),
])
def test_a_claim_whose_texts_only_a_run_would_tell_is_an_error_that_names_the_cell(source, says):
    with pytest.raises(ValueError, match=says):
        listing.claims_of(notebook(source))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_an_id_for_each_claim_and_ends_with_the_evidence(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    found = listing.claims_of(content)
    ids = [place.id for place in found]
    assert len(set(ids)) == len(ids)
    titles = "\n".join("".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "markdown")
    later = [place.id for place in found if place.cell in behind_the_recap(content)]
    shown = [source.strip() for source in code if re.search(r"\bevidence\(", source)]
    assert shown == ["evidence()", *(f'evidence(since="{id}")' for id in later[:1])]
    assert ("## Deeper: what was measured" in titles) == bool(later)


def behind_the_recap(content):
    ids, recap = [cell["id"] for cell in content["cells"]], [
        i for i, cell in enumerate(content["cells"]) if "".join(cell["source"]).startswith("## Recap")]
    return ids[recap[0]:]


def test_the_list_of_claims_is_up_to_date():
    assert listing.PAGE.read_text(encoding="utf-8") == listing.page(), "make claims"


def test_the_list_of_claims_can_be_read_back(tmp_path):
    for name, cells in (("03_faster", ["# Q", "claim('S4', 'Faster | sooner', 1, 'holds', True, scope='blobs')"]),
                        ("04_none", ["# Nothing"]),
                        ("05_b", ["# R", "claim('b', 'Late', 1, 'in part', True, scope='digits')"])):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(notebook(*cells)), encoding="utf-8")
    (tmp_path / "claims.md").write_text(listing.page(sorted(tmp_path.glob("*.ipynb"))), encoding="utf-8")
    listed = claims_listed(tmp_path / "claims.md")
    assert listed.columns.tolist() == ["notebook", "id", "claim", "verdict", "seen on"]
    assert listed.values.tolist() == [["03", "S4", "Faster | sooner", "holds", "blobs"],
                                      ["05", "b", "Late", "in part", "digits"]]


def test_a_page_without_claims_is_refused(tmp_path):
    (tmp_path / "claims.md").write_text(listing.HEAD, encoding="utf-8")
    with pytest.raises(ValueError, match="lists no claim"):
        claims_listed(tmp_path / "claims.md")


@pytest.mark.skipif(not all(listing.claims_of(json.loads(p.read_text(encoding="utf-8"))) for p in NOTEBOOKS),
                    reason="some notebook does not use `claim` yet")
def test_each_of_the_nine_sentences_under_test_is_judged():
    assert {f"S{k}" for k in range(1, 10)} == {id[:2] for id in claims_listed(listing.PAGE)["id"] if id[:1] == "S"}
