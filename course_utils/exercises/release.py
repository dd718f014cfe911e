"""When solutions may be seen: always, unless an instructor holds them back.

The environment variable COURSE_SOLUTIONS, or else the first line of the file `.solutions` in the course's folder, says
"on", "off", or from when on: "2030-01-31 18:00", on the clock of the machine.
"""

import os
from datetime import datetime
from pathlib import Path

__all__ = ["held_back"]

FILE = Path(__file__).resolve().parents[2] / ".solutions"


def held_back(now=None):
    """Why solutions are held back, in words for the reader; empty where they are not."""
    said, where = _switch()
    if said in ("", "on"):
        return ""
    if said == "off":
        return "Your instructor holds the solutions back for now."
    try:
        until = datetime.fromisoformat(said)
    except ValueError:
        return (f"Solutions are held back, but {where} is `{said}`, which is none of `on`, `off` or a day and hour "
                "such as `2030-01-31 18:00`. Please tell your instructor.")
    if (now or datetime.now(until.tzinfo)) >= until:
        return ""
    return f"Your instructor shows the solutions from {until:%Y-%m-%d %H:%M} on."


def _switch():
    """What the switch says, and where it stands."""
    if said := os.environ.get("COURSE_SOLUTIONS", "").strip():
        return said.lower(), "COURSE_SOLUTIONS"
    try:
        first = FILE.read_text(encoding="utf-8").strip().splitlines()[0]
    except (OSError, ValueError, IndexError):  # there is none, or nothing is in it
        return "", ""
    return first.strip().lower().replace("`", ""), f"the file {FILE.name}"
