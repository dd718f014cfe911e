"""A learner's file holds what it says and no more; a class is summed up from whatever files there are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils
from course_utils import __main__ as command
from course_utils import handed_in, progress
from course_utils.exercises import QUIZZES

ROOT = Path(__file__).resolve().parent.parent
RIGHT = command._right_answers()


@pytest.fixture
def kept(tmp_path, monkeypatch):
    path = tmp_path / "home" / "progress.csv"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def handed(path, name="", exercises=(), choices=None, right=(), written="2026-01-01 10:00", **changes):
    """A file as `export` writes it, or nearly."""
    questions = {id: {"first_choice": letter} for id, letter in (choices or {}).items()}
    for id in right:
        questions.setdefault(id, {})["solved"] = "2026-01-01"
    content = {"format": handed_in.FORMAT, "version": handed_in.VERSION, "written": written,
               "exercises": {id: {"solved": "2026-01-01"} for id in exercises}, "questions": questions,
               **({"name": name} if name else {}), **changes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def report(*places, width=80):
    return handed_in.class_report(places, RIGHT, width)[0]


def row(text, name):
    return next(line for line in text.splitlines() if line.split()[:1] == [name])


def test_an_export_holds_what_is_kept_by_the_day_and_no_more(kept, tmp_path):
    progress.note("exercise", "gradient-step")
    progress.note_choice("which-fate", "C")
    progress.note("question", "which-fate")
    handed_in.export(tmp_path / "mine.json")
    content = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    day = progress.choices()["which-fate"][1][:10]
    assert set(content) == {"holds", "format", "version", "course", "written", "exercises", "questions"}
    assert content["exercises"] == {"gradient-step": {"solved": day}} and content["course"] == course_utils.__version__
    assert content["questions"] == {"which-fate": {"first_choice": "C", "answered": day, "solved": day}}


@pytest.mark.parametrize("name", ["Zoë Šťastná", "山田 太郎", "O'Brien, \"Pat\"", "مريم"])
def test_a_name_stands_in_the_file_only_where_it_is_given_and_is_read_as_it_was(kept, tmp_path, capsys, name):
    path = tmp_path / "Übung Ж.json"
    assert command.main(["progress", "--export", str(path), "--name", name]) == 0
    assert handed_in.read(path).name == name and name in capsys.readouterr().out
    assert command.main(["progress", "--export", str(path)]) == 0  # an export may be written again
    assert handed_in.read(path).name == "" and "no name" in capsys.readouterr().out


def test_an_export_writes_over_no_other_file(kept, tmp_path, capsys):
    other = tmp_path / "homework.json"
    other.write_text('{"mine": 1}')
    assert command.main(["progress", "--export", str(other)]) == 1
    assert other.read_text() == '{"mine": 1}' and "is there already" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["no/such/folder/mine.json", "."])
def test_where_no_file_can_be_written_it_is_said(kept, tmp_path, monkeypatch, capsys, place):
    monkeypatch.chdir(tmp_path)
    assert command.main(["progress", "--export", place]) == 1
    assert f"{place} cannot be written" in capsys.readouterr().out


def test_with_nothing_kept_there_is_nothing_to_write(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    assert command.main(["progress", "--export", str(tmp_path / "mine.json")]) == 1
    assert "COURSE_PROGRESS is off" in capsys.readouterr().out and not (tmp_path / "mine.json").exists()


@pytest.mark.parametrize("arguments", [["--name", "Ann"], ["--reset", "--export", "x"], ["--class", "x", "--reset"]])
def test_what_does_not_go_together_is_refused(arguments):
    with pytest.raises(SystemExit):
        command.main(["progress", *arguments])


def test_a_class_is_counted_by_exercise_and_by_first_choice(folder):
    handed(folder / "a.json", "Ann", ["gradient-step", "critical-rate"], {"which-fate": "A"}, ["which-fate"])
    handed(folder / "b.json", "Bo", ["gradient-step"], {"which-fate": "B"}, ["which-fate"])
    handed(folder / "deep/er/c.json", "", [], {"which-fate": "B"})
    text = report(folder)
    assert text.startswith("3 learners: Ann; Bo; 1 without a name.")
    assert row(text, "gradient-step").split()[1:4] == ["2", "of", "3"]
    assert row(text, "critical-rate").split()[1:4] == ["1", "of", "3"]
    answer = RIGHT["which-fate"][1]
    counts = " ".join(f"{letter}{'*' if letter == answer else ''} {n}" for letter, n in zip("ABCD", (1, 2, 0, 0),
                                                                                          strict=True))
    assert row(text, "which-fate").split()[1:] == f"2 of 3 {counts}".split()
    assert "01_gradient_descent" in text and "06_momentum" not in text and "Not counted" not in text


def test_the_stars_stand_at_the_right_options():
    for id, (letters, answer) in RIGHT.items():
        assert QUIZZES[id].options[letters.index(answer)].right


def test_what_no_notebook_here_has_is_counted_too(folder):
    handed(folder / "a.json", "", ["an-exercise-of-later"], {"a-question-of-later": "D"})
    text = report(folder)
    assert "In no notebook here" in text and row(text, "an-exercise-of-later").split()[1] == "1"
    assert row(text, "a-question-of-later").split()[1:] == ["0", "of", "1", "D", "1"]


DAMAGED = {
    "empty": (b"", "is no JSON"), "half": (b'{"format": "learning-rate', "is no JSON"),
    "binary": (b"\xff\xfe\x00\x01", "is no text in UTF-8"), "a list": (b"[1, 2]", "is no export"),
    "deep": (b"[" * 100_000, "is no JSON"), "of others": (b'{"exercises": {}}', "is no export"),
    "large": (b" " * 1_000_001, "is larger than any export"),
}


@pytest.mark.parametrize("content, told", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_and_the_others_count(folder, content, told):
    handed(folder / "good.json", "Ann", ["gradient-step"])
    (folder / "broken Ж.json").write_bytes(content)
    text = report(folder, width=200)
    assert "1 learner: Ann" in text and "broken Ж.json" in text and told in text.split("Not counted:")[1]


@pytest.mark.parametrize("changes, told", [
    ({"version": 2}, "has format 2, and this version of the course reads 1"), ({"version": None}, "has format None"),
    ({"exercises": ["gradient-step"]}, "has been changed"), ({"exercises": {"<b>": {}}}, "has been changed"),
    ({"questions": {"which-fate": "B"}}, "has been changed"), ({"name": 7}, "has been changed"),
    ({"questions": {"which-fate": {"first_choice": "BB"}}}, "none of the letters"),
    ({"questions": {"which-fate": {"first_choice": None}}}, "none of the letters"), ({"questions": None}, "changed"),
])
def test_another_format_or_a_changed_file_is_named(folder, changes, told):
    path = handed(folder / "other.json", "Ann", ["gradient-step"])
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    text, counted = handed_in.class_report([folder], RIGHT, 200)
    assert not counted and "No export of the course was found" in text and "other.json" in text and told in text


def test_a_later_version_of_the_course_with_the_same_format_counts(folder):
    handed(folder / "a.json", "", ["gradient-step"], course="7.1.0", holds="something new", more=[1])
    assert row(report(folder), "gradient-step").split()[1] == "1"


def test_of_two_files_with_one_name_the_newer_counts_and_the_other_is_named(folder):
    handed(folder / "z.json", "Zoë", ["gradient-step"], written="2026-01-01 10:00")
    handed(folder / "a.json", "zoe\u0308", ["gradient-step", "critical-rate"], written="2026-01-02 10:00")
    text = report(folder, width=300)
    assert text.startswith("1 learner") and row(text, "critical-rate").split()[1] == "1"
    assert "z.json has the same name" in text and "Two people?" in text


def test_two_without_a_name_count_twice_even_where_they_are_alike(folder):
    for name in "ab":
        handed(folder / f"{name}.json", "", ["gradient-step"])
    assert row(report(folder), "gradient-step").split()[1:4] == ["2", "of", "2"]


def test_a_file_that_is_named_twice_counts_once(folder):
    path = handed(folder / "a.json", "", ["gradient-step"])
    assert row(report(folder, path, folder / "." / "a.json"), "gradient-step").split()[1:4] == ["1", "of", "1"]


def test_what_is_not_there_or_empty_is_said(folder, tmp_path):
    text, counted = handed_in.class_report([folder, tmp_path / "nobody.json"], RIGHT, 200)
    assert not counted and "holds no file" in text and "nobody.json cannot be opened" in text


def test_no_file_can_steer_the_terminal(folder):
    handed(folder / "a\x1b[2J.json", "Ann\x1b[31m\nBo\u202e", ["gradient-step"])
    (folder / "b\x07.json").write_text("{")
    assert all(c == "\n" or c.isprintable() for c in report(folder))


@pytest.mark.parametrize("width", [40, 50, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(folder, width):
    letters = {id: letters[0] for id, (letters, _) in RIGHT.items()}
    ids = [id for path in progress.NOTEBOOKS.glob("*.ipynb") for id in progress.tasks(path)["exercise"]]
    for k in range(12):
        handed(folder / f"{k}.json", f"Somebody {k}", ids, letters, RIGHT)
    (folder / "x.json").write_text("{")
    text = report(folder, width=width)
    long = [line for line in text.splitlines() if len(line) > width and "/" not in line]  # a path has no spaces
    assert long == [] and all(id in text for id in [*ids, *RIGHT])
    assert ("■" in text) == (width >= 70)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_the_commands_work_in_any_encoding_without_torch(folder, tmp_path, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "COURSE_PROGRESS": str(tmp_path / "p.csv")}
    run = lambda *arguments: subprocess.run([sys.executable, "-m", "course_utils", "progress", *map(str, arguments)],
                                            cwd=ROOT, env=environment, capture_output=True)
    done = run("--export", folder / "Ж.json", "--name", "Šťastná")
    assert done.returncode == 0 and b"Nothing was sent" in done.stdout and b"Traceback" not in done.stderr
    done = run("--class", folder)
    assert done.returncode == 0 and b"1 learner" in done.stdout and b"Traceback" not in done.stderr


def test_an_export_needs_the_standard_library_alone(tmp_path):
    environment = {**os.environ, "COURSE_PROGRESS": str(tmp_path / "p.csv")}
    done = subprocess.run([sys.executable, "-S", "-m", "course_utils", "progress", "--export", tmp_path / "a.json"],
                          cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert handed_in.read(tmp_path / "a.json").exercises == frozenset()
