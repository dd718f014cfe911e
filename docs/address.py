"""Where the course stands on GitHub, once it does: `python docs/address.py OWNER/REPOSITORY` writes it down.

CITATION.cff keeps it; the first lines of every notebook and the buttons under the README's first command follow it.
Until then they say what a folder is enough for.
"""

import json
import os
import re
import sys
from pathlib import Path

__all__ = ["binder", "buttons", "hosted", "opening", "repository", "with_buttons", "write"]

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 120  # characters of a line
KEPT = re.compile(r"^repository-code: https://github\.com/(.+)\n", re.M)
OPENING = re.compile(r"try:\n    import course_utils\nexcept ModuleNotFoundError:\n    raise .*? from None\n", re.S)
BUTTONS = re.compile(r"^\*\*\[Open the course on Binder\].*\n\n", re.M)
START = "notebooks/00_start_here"


def repository(folder=ROOT):
    """OWNER/REPOSITORY, of the workflow that runs this or as CITATION.cff has it; "" where it is not known."""
    kept = KEPT.search((folder / "CITATION.cff").read_text(encoding="utf-8"))
    return os.environ.get("GITHUB_REPOSITORY") or (kept[1] if kept else "")


def binder(repository, name):
    """The address that opens a notebook on Binder, with everything installed."""
    return f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/{name}.ipynb"


def hosted(repository, name):
    """The address that opens a notebook alone in Colab, whose first cell then says what to install."""
    return f"https://colab.research.google.com/github/{repository}/blob/main/{name}.ipynb"


def buttons(repository, name=START, what="the course"):
    """Links that open a notebook without installing anything; "" where the repository is not known."""
    return (f"[Open {what} on Binder]({binder(repository, name)}) or [in Colab]({hosted(repository, name)})"
            if repository else "")


def with_buttons(text, repository):
    """The README's text with its buttons above the first command, or without any."""
    shown = f"**{buttons(repository)}**, or on your machine:\n\n" if repository else ""
    return BUTTONS.sub("", text).replace("```\n", shown + "```\n", 1)


def opening(repository):
    """The first lines of every notebook: what to do where the course is not installed."""
    text = ("The course is missing: run %pip install -e git+https://github.com/"
            f"{repository}#egg=learning-rate-course, then restart the kernel" if repository else
            "The course is missing: copy its folder; make lab in it, or %pip install -e FOLDER")
    start, end = "    raise ImportError(", ") from None\n"
    room = WIDTH - len(start) - len(end) - 2  # for the quotation marks
    words = re.split(r"(?<= )|(?=#egg)", text) if len(text) > room else [text]
    lines = [""]
    for word in words:
        lines[-1:] = [lines[-1] + word] if not lines[-1] or len(lines[-1] + word) <= room else [lines[-1], word]
    said = f"\n{' ' * len(start)}".join(f'"{line}"' for line in lines)
    return f"try:\n    import course_utils\nexcept ModuleNotFoundError:\n{start}{said}{end}"


def write(repository, folder=ROOT):
    """Write the address, or none if it is "", into CITATION.cff, README.md and the notebooks of a folder."""
    kept = f"repository-code: https://github.com/{repository}\n" if repository else ""
    _change(folder / "CITATION.cff", lambda text: KEPT.sub("", text).replace("license:\n", kept + "license:\n", 1))
    _change(folder / "README.md", lambda text: with_buttons(text, repository))
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        _change(path, lambda text: _with_opening(json.loads(text), repository))


def _with_opening(notebook, repository):
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    source = opening(repository) + "\n" + OPENING.sub("", "".join(cell["source"]), count=1).lstrip("\n")
    cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _change(path, made):
    path.write_text(made(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"[\w.-]+/[\w.-]+", sys.argv[1]):
        sys.exit("usage: python docs/address.py OWNER/REPOSITORY")
    write(sys.argv[1])
