"""What a learner has solved, kept in a file on their own machine: `python -m course_utils progress` shows it.

A line is added when a check passes or a question is answered rightly; nothing else is noted, and nothing is sent. The
file is in the home folder, or where the environment variable COURSE_PROGRESS says ("off": nowhere). Lines that cannot
be read are passed over, and a file that cannot be written is done without: an exercise must never fail for it.
"""

import json
import os
import re
from datetime import datetime
from pathlib import Path

__all__ = ["file", "forget", "note", "report", "solved"]

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KINDS = ("exercise", "question")


def file():
    """Where the progress is kept, or None."""
    place = os.environ.get("COURSE_PROGRESS", "")
    if place.lower() == "off":
        return None
    return Path(place) if place else Path.home() / ".learning-rate-course" / "progress.csv"


def note(kind, id):
    """Note that the "exercise" or "question" is solved, if that is news; whether it could be noted."""
    try:
        path = file()
        if path is None or id in solved()[kind]:
            return path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        # In a single write at the end of the file, so that two notebooks can note at once; the first line break ends
        # a line that a crash may have left unfinished.
        with open(path, "ab", buffering=0) as lines:
            lines.write(f"\n{datetime.now():%Y-%m-%d %H:%M},{kind},{id}\n".encode())
        return True
    except (OSError, RuntimeError):  # read-only, full, or without a home
        return False


def solved():
    """What is solved: for each kind, the ids and the moment when each was first solved, as text."""
    found = {kind: {} for kind in KINDS}
    try:
        text = file().read_bytes().decode(errors="replace") if file() else ""
    except (OSError, RuntimeError):
        return found
    for line in text.splitlines():
        parts = line.strip().split(",")
        if len(parts) == 3 and parts[1] in found and re.fullmatch(r"[a-z0-9-]+", parts[2]):
            found[parts[1]].setdefault(parts[2], parts[0])
    return found


def forget():
    """Remove the file; how many entries it held."""
    count = sum(map(len, solved().values()))
    if file():
        file().unlink(missing_ok=True)
    return count


def report(solved_mark="■", open_mark="□"):
    """Progress as text: a line for each notebook, and the names of what is still open where something is solved."""
    done, lines, total = solved(), [], [0, 0]
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        tasks = _tasks(path)
        counts = [(sum(id in done[kind] for id in tasks[kind]), len(tasks[kind])) for kind in KINDS]
        total = [t + n for t, (n, _) in zip(total, counts, strict=True)]
        bar = "".join(solved_mark if id in done[kind] else open_mark for kind in KINDS for id in tasks[kind])
        lines.append(f"{path.stem:<34} exercises {counts[0][0]} of {counts[0][1]}, "
                     f"questions {counts[1][0]} of {counts[1][1]}  {bar}")
        left = [id for id in tasks["exercise"] if id not in done["exercise"]]
        if left and any(n for n, _ in counts):
            lines.append(f"{'':<34} open: {', '.join(left)}")
    if not lines:
        return f"No notebooks are in {NOTEBOOKS}."
    where = f"Kept in {file()}, on this machine only." if file() else "COURSE_PROGRESS is off: nothing is kept."
    return "\n".join([*lines, "", f"{total[0]} exercises and {total[1]} questions solved. {where}"])


def _tasks(path):
    """The ids of a notebook's exercises and questions, in their order."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    except (OSError, ValueError, KeyError, TypeError):  # a notebook that was edited by hand and is none any more
        text = ""
    find = lambda function: list(dict.fromkeys(re.findall(rf'^{function}\("([a-z0-9-]+)"', text, re.M)))
    return {"exercise": find("check"), "question": find("quiz")}
