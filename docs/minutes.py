"""How long a notebook takes, counted by one rule: `python docs/minutes.py` lists and writes the notebooks' tables.

A minute is 200 words of text (a formula is one word), 10 lines of code that are read, one prediction, or one question
of a quiz. An exercise takes 2 minutes and one more for each line of its solution, an explorable figure 3. Setup cells,
blank lines and what is folded away count for nothing. The rule was fixed before the notebooks were shortened; of those
of that time it made 1,053 minutes together where their own tables said 1,055. What stands under `## Deeper: …`, behind
the recap, is no part of the main line.
"""

import ast
import inspect
import json
import re
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course_utils.exercises import EXERCISES, PROJECTS  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORDS, LINES = 200, 10  # a minute
EXERCISE, SOLUTION_LINE, PROJECT, EXPLORABLE = 2, 1, 15, 3  # minutes
DEEPER = "Deeper: "
TABLE = re.compile(r"^\| section \| minutes \|\n\| --- \| --- \|\n(?:\|.*\n?)+", re.M)


@dataclass
class Section:
    heading: str
    minutes: float = 0.0
    words: int = 0
    lines: int = 0
    asserts: int = 0
    cells: int = 0

    @property
    def deeper(self):
        return self.heading.startswith(DEEPER)

    @property
    def named(self):
        """Whether the table has a line of its own for it."""
        return self.deeper or bool(re.match(r"\d|Predict", self.heading))


def sections(notebook):
    """The parts of a notebook between its H1 and H2 headings, counted."""
    found = []
    for cell in notebook["cells"]:
        text, tags = "".join(cell["source"]), set(cell["metadata"].get("tags", []))
        if cell["cell_type"] == "markdown":
            for part in filter(str.strip, re.split(r"^(?=##? )", text, flags=re.M)):
                if heading := re.match(r"##? (.+)", part):
                    found.append(Section(heading[1].strip()))
                words = count_words(part)
                found[-1].words += words
                found[-1].minutes += words / WORDS + len(re.findall(r"^>? ?\*\*Predict", part, re.M))
        else:
            lines = sum(bool(line.strip()) for line in text.splitlines())
            found[-1].lines += lines
            found[-1].asserts += len(re.findall(r"^\s*assert ", text, re.M))
            found[-1].minutes += minutes_of_code(text, tags, lines)
        found[-1].cells += 1
    return found


def minutes_of_code(text, tags, lines):
    if "setup" in tags:
        return 0
    if "quiz" in tags:
        return 1
    if "explorable" in tags:
        return EXPLORABLE
    if "check" in tags or "exercise" in tags:
        return sum(map(minutes_of_task, re.findall(r"check\(\s*\"([\w-]+)\"", text)))
    return lines / LINES


def minutes_of_task(id):
    if id in PROJECTS:
        return PROJECT
    body = ast.parse(dedent(inspect.getsource(EXERCISES[id].reference))).body[0].body
    told = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)  # a docstring
    lines = {line for part in body[told:] for line in range(part.lineno, part.end_lineno + 1)}
    return EXERCISE + SOLUTION_LINE * len(lines)


def count_words(text):
    text = re.sub(r"<details>.*?</details>", "", TABLE.sub("", text), flags=re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " formula ", text, flags=re.S)
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", re.sub(r"\]\([^)]*\)|<[^>]*>", " ", text)))


def main_line(notebook):
    """Minutes of all that is not deeper, each line of the table rounded up."""
    return sum(minutes for name, minutes in rows(notebook) if not name.startswith(DEEPER))


def deeper(notebook):
    """Minutes of the deeper sections."""
    return sum(minutes for name, minutes in rows(notebook) if name.startswith(DEEPER))


def rows(notebook):
    """Lines of the table: (section, whole minutes); what has no number stands in one line together."""
    found = sections(notebook)
    own = [(s.heading, ceil(s.minutes)) for s in found if s.named]
    others = ceil(sum(s.minutes for s in found if not s.named))
    split = next((i for i, (name, _) in enumerate(own) if name.startswith(DEEPER)), len(own))
    return [*own[:split], ("question, quiz, evidence, recap", others), *own[split:]]


def table(notebook):
    """The table as a notebook shows it, with the sum of the main line and, behind it, what lies deeper."""
    lines = [f"| {name} | {minutes} |" for name, minutes in rows(notebook)]
    split = sum(not name.startswith(DEEPER) for name, _ in rows(notebook))
    lines.insert(split, f"| **main line** | **{main_line(notebook)}** |")
    return "\n".join(["| section | minutes |", "| --- | --- |", *lines]) + "\n"


def with_table(notebook):
    """The notebook with its table as it should be; unchanged where it has none."""
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and TABLE.search(text):
            new = TABLE.sub(table(notebook), text if text.endswith("\n") else text + "\n").rstrip("\n")
            cell["source"] = new.splitlines(keepends=True)
            break
    return notebook


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def with_minutes(readme, notebooks):
    """The README with each notebook's minutes, "50 + 30" for main line and depths, in its table; by number."""
    for number, notebook in notebooks.items():
        told = f"{main_line(notebook)}" + (f" + {deeper(notebook)}" if deeper(notebook) else "")
        readme = re.sub(rf"^(\| {number} \|.*\| )[\d +]+( \|[^|]*\|)$", rf"\g<1>{told}\2", readme, flags=re.M)
    return readme


def write(path, text):
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")


def main():
    notebooks = {path: read(path) for path in NOTEBOOKS}
    print(f"{'':32} main line  deeper  words  cells  lines  asserts")
    for path, notebook in notebooks.items():
        write(path, json.dumps(with_table(notebook), indent=1, ensure_ascii=False) + "\n")
        counts = [sum(getattr(s, what) for s in sections(notebook)) for what in ("words", "cells", "lines", "asserts")]
        print(f"{path.stem:32} {main_line(notebook):9} {deeper(notebook):7} " + " ".join(f"{n:6}" for n in counts))
    readme = ROOT / "README.md"
    write(readme, with_minutes(readme.read_text(encoding="utf-8"), {p.stem[:2]: n for p, n in notebooks.items()}))


if __name__ == "__main__":
    main()
