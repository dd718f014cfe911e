"""An instructor holds solutions back by a word or a date; the reader learns when they come."""

from datetime import datetime

import pytest

from course_utils import exercises
from course_utils.exercises import EXERCISES, check, release, solution

ID = "first-answer"
CODE = "def updates_per_epoch"


@pytest.fixture(autouse=True)
def no_traces(monkeypatch, tmp_path):
    monkeypatch.setattr(exercises, "_results", {})
    monkeypatch.setattr(release, "FILE", tmp_path / ".solutions")
    monkeypatch.delenv("COURSE_SOLUTIONS", raising=False)


@pytest.mark.parametrize("said", ["", "on", " ON ", "2001-01-31 18:00", "2001-01-31"])
def test_the_solution_is_shown(monkeypatch, said):
    monkeypatch.setenv("COURSE_SOLUTIONS", said)
    assert CODE in solution(ID).text


@pytest.mark.parametrize("said, told", [
    ("off", "for now"), ("Off", "for now"), ("2999-01-31 18:00", "2999-01-31 18:00"),
    ("2999-01-31T18:00+02:00", "2999-01-31"), ("tomorrow", "tell your instructor"),
])
@pytest.mark.parametrize("by", ["variable", "file"])
def test_the_solution_is_held_back_and_the_reader_told(monkeypatch, by, said, told):
    if by == "file":
        release.FILE.write_text(f"{said}\nwhatever follows\n", encoding="utf-8")
    else:
        monkeypatch.setenv("COURSE_SOLUTIONS", said)
    shown = solution(ID).text
    assert CODE not in shown and told in shown and f'hint("{ID}")' in shown


def test_the_variable_counts_more_than_the_file(monkeypatch):
    release.FILE.write_text("off")
    monkeypatch.setenv("COURSE_SOLUTIONS", "on")
    assert CODE in solution(ID).text


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_an_empty_or_unreadable_file_holds_nothing_back(content):
    release.FILE.write_bytes(content)
    assert CODE in solution(ID).text


def test_the_moment_itself_counts_as_reached(monkeypatch):
    monkeypatch.setenv("COURSE_SOLUTIONS", "2030-01-31 18:00")
    assert release.held_back(datetime(2030, 1, 31, 17, 59)) and not release.held_back(datetime(2030, 1, 31, 18, 0))


def test_whoever_has_passed_sees_it(monkeypatch):
    monkeypatch.setenv("COURSE_SOLUTIONS", "off")
    check(ID, EXERCISES[ID].reference)
    assert CODE in solution(ID).text


def test_checks_and_hints_go_on(monkeypatch):
    monkeypatch.setenv("COURSE_SOLUTIONS", "off")
    assert check(ID, EXERCISES[ID].reference).passed and "Hint" in exercises.hint(ID).text
