"""Progress notes what was solved, survives whatever happens to its file, and never gets in the way of an exercise."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_utils import __main__ as command
from course_utils import exercises, progress
from course_utils.exercises import EXERCISES, QUIZZES, check

ROOT = Path(__file__).resolve().parent.parent
RIGHT = EXERCISES["first-answer"].reference


@pytest.fixture
def kept(tmp_path, monkeypatch):
    path = tmp_path / "home" / "progress.csv"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def answer(id, right):
    quiz = QUIZZES[id]
    letter = next(x for x, option in zip(quiz.letters, quiz.options, strict=True) if option.right == right)
    quiz.widget().children[0].value = letter


def test_a_passed_check_is_noted_and_a_failed_one_is_not(kept):
    check("first-answer", lambda n, batch_size: n // batch_size)
    check("first-answer")
    assert not kept.exists()
    check("first-answer", RIGHT)
    assert list(progress.solved()["exercise"]) == ["first-answer"]


def test_a_right_answer_solves_a_question_and_a_wrong_one_does_not(kept):
    answer("which-fate", right=False)
    assert progress.solved()["question"] == {}
    answer("which-fate", right=True)
    assert list(progress.solved()["question"]) == ["which-fate"]


def test_of_a_question_the_first_choice_is_kept_and_no_later_one(kept):
    buttons = QUIZZES["which-fate"].widget().children[0]
    for letter in ("C", "A", "B"):
        buttons.value = letter
    assert {id: letter for id, (letter, _) in progress.choices().items()} == {"which-fate": "C"}
    QUIZZES["which-fate"].widget().children[0].value = "B"  # the cell is run again
    assert kept.read_text().count("which-fate") == 2  # the choice, and that it was solved


def test_a_question_that_was_solved_before_choices_were_kept_gets_none(kept):
    progress.note("question", "which-fate")
    assert progress.note_choice("which-fate", "B") and progress.choices() == {}


def test_a_choice_that_is_no_letter_is_passed_over(kept):
    kept.parent.mkdir()
    kept.write_text("2026-01-01 10:00,choice,which-fate,\x1b\n2026-01-01 10:00,choice,one-run,Z\n"
                    "2026-01-01 10:00,choice,run-twice\n2026-01-01 10:01,choice,which-fate,B\n")
    assert progress.choices() == {"which-fate": ("B", "2026-01-01 10:01")} and progress.solved()["question"] == {}


def test_what_is_noted_once_is_not_noted_again(kept):
    for _ in range(3):
        check("first-answer", RIGHT)
    assert kept.read_text().count("first-answer") == 1


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00garbage", b"2026-01-01 10:00,exercise", b"{}", b",,,,",
                                    b"2026-01-01 10:00,exercise,a-task,left", b"2026,party,first-answer",
                                    b"2026-01-01 10:00,exercise,<b>\n" * 100])
def test_damage_costs_only_the_damaged_line(kept, damage):
    progress.note("exercise", "first-answer")
    with open(kept, "ab") as lines:
        lines.write(damage)  # and no line break: a crash in the middle of writing
    progress.note("question", "which-fate")
    assert {kind: list(ids) for kind, ids in progress.solved().items()} == {
        "exercise": ["first-answer"], "question": ["which-fate"]}
    assert "first-answer" not in progress.report()


def test_many_at_once_lose_nothing(kept):
    threads = [threading.Thread(target=progress.note, args=("exercise", f"task-{k}")) for k in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(progress.solved()["exercise"]) == 40


@pytest.mark.parametrize("obstacle", ["a file in the place of the folder", "a folder in the place of the file"])
def test_where_nothing_can_be_written_the_check_still_passes(kept, obstacle):
    if obstacle.startswith("a file"):
        kept.parent.write_text("")
    else:
        kept.mkdir(parents=True)
    assert check("first-answer", RIGHT).passed
    assert not progress.note("exercise", "first-answer") and "0 exercises" in progress.report()


def test_a_read_only_folder_does_not_break_the_check(kept, monkeypatch):
    def refused(*arguments, **options):
        raise PermissionError("read-only")

    monkeypatch.setattr(progress, "open", refused, raising=False)
    assert check("first-answer", RIGHT).passed and not kept.exists()


def test_off_means_that_nothing_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert check("first-answer", RIGHT).passed and list(tmp_path.iterdir()) == []
    assert "nothing is kept" in progress.report()


def test_without_the_variable_it_is_kept_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    check("first-answer", RIGHT)
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["progress.csv"]


def test_the_report_knows_every_task_of_the_registry(kept):
    tasks = set(EXERCISES) | set(getattr(exercises, "PROJECTS", {}))
    for kind, ids in (("exercise", tasks), ("question", QUIZZES)):
        for id in ids:
            progress.note(kind, id)
    used = [progress.tasks(path) for path in progress.NOTEBOOKS.glob("*.ipynb")]
    assert {id for each in used for id in each["exercise"]} == tasks
    assert {id for each in used for id in each["question"]} == set(QUIZZES)
    text = progress.report()
    assert f"{len(tasks)} exercises and {len(QUIZZES)} questions solved" in text and "open:" not in text


def test_the_report_names_what_is_open_in_a_notebook_that_was_begun(kept):
    progress.note("exercise", "gradient-step")
    line = next(line for line in progress.report().splitlines() if "open:" in line)
    assert "critical-rate" in line and "gradient-step" not in line and "first-answer" not in line


def test_a_notebook_that_cannot_be_read_is_shown_without_tasks(kept, tmp_path, monkeypatch):
    (tmp_path / "00_broken.ipynb").write_text("{")
    monkeypatch.setattr(progress, "NOTEBOOKS", tmp_path)
    assert "00_broken" in progress.report() and "exercises 0 of 0" in progress.report()


def test_the_command_shows_and_forgets(kept, capsys):
    progress.note("exercise", "first-answer")
    progress.note_choice("which-fate", "B")
    assert command.main(["progress"]) == 0 and "1 exercises and 0 questions" in capsys.readouterr().out
    assert command.main(["progress", "--reset"]) == 0 and "Forgotten: 2" in capsys.readouterr().out
    assert not kept.exists()
    assert command.main(["progress", "--reset"]) == 0


def test_the_command_needs_neither_torch_nor_jupyter(kept):
    code = ("import sys; from course_utils.__main__ import main; main(['progress']); "
            "assert not {'torch', 'numpy', 'IPython', 'jupyter_client'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("arguments", [["progress"], ["progress", "--reset"], ["--help"], ["progress", "--help"],
                                       ["nonsense"]])
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437", "ascii:strict", "utf-8"])
def test_the_command_writes_in_any_encoding(tmp_path, encoding, arguments):
    place = tmp_path / "Übung Ж" / "progress.csv"
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "COURSE_PROGRESS": str(place)}
    place.parent.mkdir()
    place.write_text("2026-01-01 10:00,exercise,gradient-step\n")
    done = subprocess.run([sys.executable, "-m", "course_utils", *arguments], cwd=ROOT, env=environment,
                          capture_output=True)
    assert done.returncode == (2 if arguments == ["nonsense"] else 0) and b"Traceback" not in done.stderr
    text = done.stdout.decode(encoding.split(":")[0])
    if arguments == ["progress"]:
        assert "1 exercises and 0 questions" in text and "open:" in text
        assert ("■" in text) == (encoding == "utf-8") and ("#." in text) == (encoding != "utf-8")


def test_the_command_writes_in_the_plainest_locale(kept):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    done = subprocess.run([sys.executable, "-m", "course_utils", "progress"], cwd=ROOT, env=environment,
                          capture_output=True)
    assert done.returncode == 0 and b"0 exercises and 0 questions" in done.stdout
