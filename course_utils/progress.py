"""What a learner has solved, kept in a file on their own machine: `python -m course_utils progress` shows it.

A line is added when a check passes, when a question is answered for the first time (with the letter chosen), and when
it is answered rightly; nothing else is noted, and nothing is sent. The file is in the home folder, or where the
environment variable COURSE_PROGRESS says ("off": nowhere). Lines that cannot be read are passed over, and a file that
cannot be written is done without: an exercise must never fail for it.
"""

import json
import os
import re
from datetime import datetime
from pathlib import Path

__all__ = ["choices", "file", "forget", "note", "note_choice", "report", "solved", "tasks"]

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KINDS = ("exercise", "question")
CHOICE = "choice"


def file():
    """Where the progress is kept, or None."""
    place = os.environ.get("COURSE_PROGRESS", "")
    if place.lower() == "off":
        return None
    return Path(place) if place else Path.home() / ".learning-rate-course" / "progress.csv"


def note(kind, id):
    """Note that the "exercise" or "question" is solved, if that is news; whether it could be noted."""
    return _add(lambda: id not in solved()[kind], kind, id)


def note_choice(id, letter):
    """Note the option that was chosen first of a question, by its letter; whether it could be noted.

    A later choice is not noted, nor one of a question that is solved already.
    """
    return _add(lambda: id not in choices() and id not in solved()["question"], CHOICE, id, letter)


def _add(is_news, *entry):
    try:
        path = file()
        if path is None or not is_news():
            return path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        # In a single write at the end of the file, so that two notebooks can note at once; the first line break ends
        # a line that a crash may have left unfinished.
        with open(path, "ab", buffering=0) as lines:
            lines.write(f"\n{datetime.now():%Y-%m-%d %H:%M},{','.join(entry)}\n".encode())
        return True
    except (OSError, RuntimeError):  # read-only, full, or without a home
        return False


def solved():
    """What is solved: for each kind, the ids and the moment when each was first solved, as text."""
    found = {kind: {} for kind in KINDS}
    for when, kind, *rest in _entries():
        if kind in found and len(rest) == 1:
            found[kind].setdefault(rest[0], when)
    return found


def choices():
    """The first choice of each question that was answered: {id: (letter, moment as text)}."""
    found = {}
    for when, kind, *rest in _entries():
        if kind == CHOICE and len(rest) == 2 and re.fullmatch("[A-H]", rest[1]):
            found.setdefault(rest[0], (rest[1], when))
    return found


def _entries():
    """The readable lines of the file, each as its parts: moment, kind, id and, of a choice, the letter."""
    try:
        text = file().read_bytes().decode(errors="replace") if file() else ""
    except (OSError, RuntimeError):
        return []
    lines = (line.strip().split(",") for line in text.splitlines())
    return [parts for parts in lines if len(parts) in (3, 4) and re.fullmatch(r"[a-z0-9-]+", parts[2])]


def forget():
    """Remove the file; how many entries it held."""
    count = sum(map(len, solved().values())) + len(choices())
    if file():
        file().unlink(missing_ok=True)
    return count


def report(solved_mark="■", open_mark="□"):
    """Progress as text: a line for each notebook, and the names of what is still open where something is solved."""
    done, lines, total = solved(), [], [0, 0]
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        own = tasks(path)
        counts = [(sum(id in done[kind] for id in own[kind]), len(own[kind])) for kind in KINDS]
        total = [t + n for t, (n, _) in zip(total, counts, strict=True)]
        bar = "".join(solved_mark if id in done[kind] else open_mark for kind in KINDS for id in own[kind])
        lines.append(f"{path.stem:<34} exercises {counts[0][0]} of {counts[0][1]}, "
                     f"questions {counts[1][0]} of {counts[1][1]}  {bar}")
        left = [id for id in own["exercise"] if id not in done["exercise"]]
        if left and any(n for n, _ in counts):
            lines.append(f"{'':<34} open: {', '.join(left)}")
    if not lines:
        lines = [f"No notebooks are in {NOTEBOOKS}: what is open is not known."]
        total = [len(done[kind]) for kind in KINDS]
    where = f"Kept in {file()}, on this machine only." if file() else "COURSE_PROGRESS is off: nothing is kept."
    return "\n".join([*lines, "", f"{total[0]} exercises and {total[1]} questions solved. {where}"])


def tasks(path):
    """The ids of a notebook's exercises and questions, in their order."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, KeyError, TypeError):  # a notebook that was edited by hand and is none any more
        text = ""
    find = lambda function: list(dict.fromkeys(re.findall(rf'^{function}\("([a-z0-9-]+)"', text, re.M)))
    return {"exercise": find("check"), "question": find("quiz")}
