"""What a learner hands in, and what a class has solved: `python -m course_utils progress --export` and `--class`.

An export is a JSON file that the learner makes, sees and hands on; nothing here sends anything. It holds what
`progress` keeps, by the day, and a name only where one is given. A class is a folder of such files: what cannot be read
is named and left out, and who has handed nothing in is not guessed.
"""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import wrap

from . import __version__, progress

__all__ = ["Handed", "class_report", "collect", "export", "read"]

FORMAT, VERSION = "learning-rate-course progress", 1
HOLDS = ("Exercises solved and questions answered in the learning-rate course, each with its day, and the option that "
         "was chosen first of each question. No attempts, no code, no predictions.")
LARGEST = 1_000_000  # bytes; all tasks of the course make 30,000
BAR = 20  # squares
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Handed:
    """One export as it was read: ids of solved exercises and questions, first choices by question."""

    path: Path
    name: str
    written: str
    exercises: frozenset
    questions: frozenset
    choices: dict


def export(path, name=""):
    """Write what is kept of this learner's progress into a file to hand in; returns a sentence on what it holds.

    FileExistsError where `path` is there already and is no export, ValueError where COURSE_PROGRESS is off.
    """
    if progress.file() is None:
        raise ValueError("COURSE_PROGRESS is off: nothing is kept that could be written into a file")
    path, name = Path(path), _printable(name)
    if path.exists() and not _is_export(path):
        raise FileExistsError(f"{path} is there already and is no export of this course; give the file another name")
    solved, choices = progress.solved(), progress.choices()
    questions = {id: {"first_choice": letter, "answered": _day(when)} for id, (letter, when) in choices.items()}
    for id, when in solved["question"].items():
        questions.setdefault(id, {})["solved"] = _day(when)
    content = {"holds": HOLDS, "format": FORMAT, "version": VERSION, "course": __version__,
               "written": f"{datetime.now():%Y-%m-%d %H:%M}", **({"name": name} if name else {}),
               "exercises": {id: {"solved": _day(when)} for id, when in solved["exercise"].items()},
               "questions": questions}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return (f"Written: {path}. Exercises solved: {len(solved['exercise'])}, questions answered: {len(questions)}, "
            f"{f'name: {name}' if name else 'no name'}. Nothing was sent: look into the file, and hand it in yourself.")


def read(path):
    """The export in a file, as a `Handed`; ValueError that says in words why it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"is larger than any export, {path.stat().st_size:,} bytes")
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ValueError(f"cannot be opened: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise ValueError("is no text in UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("is no JSON, or a part of it is missing") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("is no export of this course")
    if content.get("version") != VERSION:
        theirs = _printable(repr(content.get("version")))
        raise ValueError(f"has format {theirs}, and this version of the course reads {VERSION}")
    return _checked(path, content)


def _checked(path, content):
    exercises, questions = content.get("exercises"), content.get("questions")
    name, written = content.get("name", ""), content.get("written", "")
    if not (_are_entries(exercises) and _are_entries(questions) and isinstance(name, str) and isinstance(written, str)):
        raise ValueError("has been changed: its exercises or questions are not as they were written")
    choices = {id: entry["first_choice"] for id, entry in questions.items() if "first_choice" in entry}
    if not all(isinstance(letter, str) and re.fullmatch(f"[{LETTERS}]", letter) for letter in choices.values()):
        raise ValueError("has been changed: a choice is none of the letters of a question")
    return Handed(path, _printable(name), written, frozenset(exercises),
                  frozenset(id for id, entry in questions.items() if "solved" in entry), choices)


def collect(places):
    """The exports in files and folders: (those that count, sentences on what is left out).

    Of several with one name the newest counts; those without a name all count, since two learners may have solved
    the same.
    """
    found, sentences = [], []
    for path in _files(places, sentences):
        try:
            found.append(read(path))
        except ValueError as error:
            sentences.append(f"{_printable(str(path))} {error}.")
    newest = {}
    for handed in sorted(found, key=lambda handed: (handed.written, len(handed.exercises), str(handed.path))):
        key = unicodedata.normalize("NFKC", handed.name).casefold() or handed.path
        if key in newest:
            older, newer = (_printable(str(each.path)) for each in (newest[key], handed))
            sentences.append(f"{older} has the same name as {newer}, {handed.name}, and the newer of the two counts. "
                             "Two people? Change the name in a file.")
        newest[key] = handed
    return sorted(newest.values(), key=lambda handed: str(handed.path)), sentences


def class_report(places, right, width=80, marks="■□"):
    """What a class has solved, as text: for each exercise by how many, of each question the first choices.

    `places` are files and folders; `right` gives for each question of the course its letters and the right one;
    `marks` are the signs of a bar. Returns the text and whether anything could be counted.
    """
    class_, sentences = collect(places)
    lines = _heading(class_, width)
    for title, own in _by_notebook(class_):
        rows = _exercise_rows(own["exercise"], class_, width, marks), _question_rows(own["question"], class_, right)
        lines += ["", title, *_table("exercise solved by", rows[0], width),
                  *_table("question right in the end, then first choices", rows[1], width)]
    if class_:
        star = "* marks the right option. " if right else ""
        lines += ["", *wrap(f"{star}Counted are the files that are here; who has handed in none is not known.", width)]
    if sentences:
        lines += ["", "Not counted:"]
        lines += [line for sentence in sentences
                  for line in wrap(sentence, width, initial_indent="- ", subsequent_indent="  ")]
    return "\n".join(lines), bool(class_)


def _heading(class_, width):
    names = sorted(filter(None, (handed.name for handed in class_)), key=str.casefold)
    nameless = len(class_) - len(names)
    told = [*names, *([f"{nameless} without a name"] if nameless else [])]
    learners = f"{len(class_)} learner{'s' * (len(class_) != 1)}"
    return wrap(f"{learners}: {'; '.join(told)}." if class_ else "No export of the course was found.", width)


def _by_notebook(class_):
    """Pairs (title, tasks) of the notebooks in which somebody has done something, and what is in none of them."""
    done = {"exercise": set().union(*(handed.exercises for handed in class_)),
            "question": set().union(*(handed.questions | set(handed.choices) for handed in class_))}
    known = {kind: set() for kind in done}
    for path in sorted(progress.NOTEBOOKS.glob("*.ipynb")):
        own = progress.tasks(path)
        for kind in known:
            known[kind] |= set(own[kind])
        if any(set(own[kind]) & done[kind] for kind in done):
            yield path.stem, own
    others = {kind: sorted(done[kind] - known[kind]) for kind in done}
    if any(others.values()):
        yield "In no notebook here", others


def _exercise_rows(ids, class_, width, marks):
    rows = []
    for id in ids:
        n = sum(id in handed.exercises for handed in class_)
        filled = round(BAR * n / len(class_))
        bar = "  " + marks[0] * filled + marks[1] * (BAR - filled) if width >= 70 else ""
        rows.append((id, f"{n:>3} of {len(class_)}{bar}"))
    return rows


def _question_rows(ids, class_, right):
    rows = []
    for id in ids:
        counts = Counter(handed.choices[id] for handed in class_ if id in handed.choices)
        letters, answer = right.get(id, ("", ""))
        told = "  ".join(f"{letter}{'*' if letter == answer else ''} {counts[letter]}"
                         for letter in sorted({*letters, *counts}))
        rows.append((id, f"{sum(id in handed.questions for handed in class_):>3} of {len(class_)}   {told}"))
    return rows


def _table(title, rows, width):
    """Rows of two columns below a title, or, where they do not fit side by side, each on two lines."""
    if not rows:
        return []
    first, _, second = title.partition(" ")
    column = max(len(name) for name, _ in [(first, ""), *rows]) + 2
    if 2 + column + max(len(told) for _, told in rows) > width:
        indent = {"initial_indent": "    ", "subsequent_indent": "    "}
        lines = [line for name, told in rows for line in (f"  {name}", *wrap(told.strip(), width, **indent))]
        return [*wrap(f"{first}: {second}", width, initial_indent="  ", subsequent_indent="  "), *lines]
    return [f"  {first:<{column}}{second}"[:width], *(f"  {name:<{column}}{told}" for name, told in rows)]


def _files(places, sentences):
    """The files themselves, and those called .json in folders, each once; what is not there becomes a sentence."""
    found = {}
    for place in map(Path, places):
        if place.is_dir():
            inner = sorted(path for path in place.rglob("*") if path.suffix.lower() == ".json" and path.is_file()
                           and ".ipynb_checkpoints" not in path.parts)
            if not inner:
                sentences.append(f"{_printable(str(place))} holds no file that ends in .json.")
            found |= {path.resolve(): path for path in inner}
        else:
            found[place.resolve()] = place
    return list(found.values())


def _are_entries(value):
    return isinstance(value, dict) and all(re.fullmatch(r"[a-z0-9-]{1,80}", id) and isinstance(entry, dict)
                                           for id, entry in value.items())


def _is_export(path):
    try:
        read(path)
    except ValueError:
        return False
    return True


def _day(moment):
    """The day of a moment, without the hour; None where the line had none."""
    found = re.match(r"\d{4}-\d\d-\d\d", moment)
    return found[0] if found else None


def _printable(text):
    """Text from a file of somebody else, fit for a terminal: one line, nothing that moves the cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))[:200]
