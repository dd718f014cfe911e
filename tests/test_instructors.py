"""The instructors' guide agrees with the notebooks: agendas add up, sections exist, minutes are the notebooks' own."""

import builtins
import json
import re
import symtable
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import minutes

GUIDE = ROOT / "docs/instructors"
NOTEBOOKS = {path.name[:2]: path for path in (ROOT / "notebooks").glob("*.ipynb")}
IN_PREPARATION = set(re.findall(r"^\| (\d\d) \| [^\[|]+ \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.M))
SLACK = 4  # minutes that work may take beyond the notebook's own, so that agendas have round numbers
SHOWN = 1 / 3  # of a notebook's own minutes, at least, if an instructor shows it


@dataclass
class Row:
    minutes: int
    how: str
    notebook: str
    sections: list


def agendas(text):
    """The rows of each agenda, and the total that it states, by title."""
    found = {}
    for part in re.split(r"^## Agenda: ", text, flags=re.M)[1:]:
        rows = [Row(int(m), how, notebook, sections.split(" · ")) for m, how, notebook, sections in re.findall(
            r"^\| (\d+) \| (\w+) \| (\d\d)? ?\|\s*(.*?)\s*\|$", part, re.M)]
        found[part.splitlines()[0]] = rows, int(re.search(r"^Total: (\d+) minutes", part, re.M)[1])
    return found


def markdown(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def headings(path):
    return re.findall(r"^## (.+)$", "\n".join(markdown(path)), re.M)


def own_minutes(path):
    """The lines of the notebook's own table: a section and its minutes each."""
    return dict(minutes.rows(minutes.read(path)))


def problems(row):
    """What is wrong with a row that names a notebook."""
    if row.notebook not in NOTEBOOKS:
        return [] if row.notebook in IN_PREPARATION else [f"no notebook {row.notebook}"]
    path = NOTEBOOKS[row.notebook]
    if unknown := [s for s in row.sections if s not in headings(path)]:
        return [f"{row.notebook} has no section {s!r}" for s in unknown]
    own = sum(own_minutes(path)[section] for section in row.sections)
    if row.how == "work":
        return [] if own <= row.minutes <= own + SLACK else [f"{row}: work takes the notebook's own {own} minutes"]
    good = row.how == "show" and SHOWN * own <= row.minutes <= own
    return [] if good else [f"{row}: to show it takes from {SHOWN * own:.0f} to {own} minutes"]


AGENDAS = agendas((GUIDE / "README.md").read_text(encoding="utf-8"))


def test_there_are_three_agendas():
    assert [total for _, total in AGENDAS.values()] == [90, 240, 420]


@pytest.mark.parametrize("title", AGENDAS)
def test_the_minutes_add_up(title):
    rows, total = AGENDAS[title]
    assert sum(row.minutes for row in rows) == total


@pytest.mark.parametrize("title", AGENDAS)
def test_no_row_escapes_the_test(title):
    part = (GUIDE / "README.md").read_text(encoding="utf-8").split(f"## Agenda: {title}")[1].split("Total:")[0]
    assert len(AGENDAS[title][0]) == len(re.findall(r"^\| \d", part, re.M))


@pytest.mark.parametrize("title", AGENDAS)
def test_sections_exist_and_take_their_own_minutes(title):
    rows, _ = AGENDAS[title]
    assert [problem for row in rows if row.notebook for problem in problems(row)] == []


def names_of(source):
    """What a cell reads without having bound it itself, inside functions too, and what it binds."""
    read, bound, tables = set(), set(), [symtable.symtable(source, "cell", "exec")]
    while tables:
        table = tables.pop()
        symbols = [(s, s.get_name()) for s in table.get_symbols()]
        top = table.get_type() == "module"
        bound |= {name for s, name in symbols if top and (s.is_assigned() or s.is_imported())}
        read |= {name for s, name in symbols if s.is_referenced() and (top or s.is_global())}
        tables += table.get_children()
    return read - bound - set(dir(builtins)), bound


def missing_names(path, sections):
    """Names that these sections read, and no cell binds that was run: of theirs, or before the first section."""
    section, missing, bound = "", set(), set()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = (re.findall(r"^## (.+)$", source, re.M) or [section])[-1]
        elif section in sections or not re.match(r"\d|Predict|Deeper", section):
            read, own = names_of(source)
            missing |= read - bound if section in sections else set()
            bound |= own
    return missing


@pytest.mark.parametrize("title", AGENDAS)
def test_what_learners_run_needs_no_section_that_the_agenda_passes_over(title):
    sections = {}
    for row in AGENDAS[title][0]:
        before = sections.setdefault(row.notebook, [])
        if row.how == "work":
            assert missing_names(NOTEBOOKS[row.notebook], [*before, *row.sections]) == set(), row
            before += row.sections


@pytest.mark.parametrize("number, sections, missing", [
    ("05", ["3 Why too much of it hurts"], "shapes"), ("08", ["6 A fair contest"], "signed")])
def test_a_section_that_needs_another_one_is_found(number, sections, missing):
    assert missing in missing_names(NOTEBOOKS[number], sections)


@pytest.mark.parametrize("title", AGENDAS)
def test_rows_without_a_notebook_are_talk_or_break(title):
    rows, _ = AGENDAS[title]
    assert {row.how for row in rows if not row.notebook} <= {"talk", "break"}
    assert {row.how for row in rows if row.notebook} <= {"work", "show"}


@pytest.mark.parametrize("title", AGENDAS)
def test_nobody_sits_for_longer_than_a_hundred_minutes(title):
    sitting = 0
    for row in AGENDAS[title][0]:
        sitting = 0 if row.how == "break" else sitting + row.minutes
        assert sitting <= 100


FATES = "3 Inside the three fates"
OWN = own_minutes(NOTEBOOKS["03"])[FATES]


@pytest.mark.parametrize("wrong, told", [
    (Row(OWN - 1, "work", "03", [FATES]), f"own {OWN} minutes"),
    (Row(OWN + SLACK + 1, "work", "03", [FATES]), f"own {OWN} minutes"),
    (Row(OWN // 3 - 1, "show", "03", [FATES]), f"to {OWN}"),
    (Row(OWN + 1, "show", "03", [FATES]), f"to {OWN}"),
    (Row(15, "work", "03", ["3 Inside the fates"]), "no section"),
    (Row(15, "work", "77", ["1 Anything"]), "no notebook 77"),
])
def test_a_wrong_row_is_found(wrong, told):
    assert told in "\n".join(problems(wrong))


@pytest.mark.parametrize("number", sorted(NOTEBOOKS))
def test_the_guide_says_about_each_notebook_all_that_a_teacher_asks(number):
    text = (GUIDE / "notebooks.md").read_text(encoding="utf-8")
    part = re.search(rf"^## {number} .*?(?=^## |\Z)", text, re.M | re.S)[0]
    assert all(f"**{word}.**" in part for word in ("Aim", "Show", "Skip", "Stuck"))
    rows = re.findall(r"^\| (?!They believe|---)(.+?) \| (.+?) \|$", part, re.M)
    assert len(rows) >= 3 and all(re.search(r"[?.]$", question) for _, question in rows)


@pytest.mark.parametrize("number", sorted(NOTEBOOKS))
def test_the_guide_calls_notebooks_and_exercises_by_their_names(number):
    from course_utils.exercises import EXERCISES

    text = (GUIDE / "notebooks.md").read_text(encoding="utf-8")
    part = re.search(rf"^## {number} (.*?)\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert f"[{part[1]}](notebooks/{NOTEBOOKS[number].name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    source = NOTEBOOKS[number].read_text(encoding="utf-8")
    stuck = part[2].split("**Stuck.**")[1]
    named = {id for id in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", stuck) if id in EXERCISES}
    assert all(id in source for id in named) and (named or number == "00")


@pytest.mark.parametrize("name", sorted(path.name for path in GUIDE.glob("*.md")))
def test_links_in_the_guide_lead_to_files(name):
    targets = re.findall(r"\]\(([^)#\s]+)", (GUIDE / name).read_text(encoding="utf-8"))
    assert [t for t in targets if not re.match(r"[a-z]+:", t) and not (GUIDE / t).exists()] == []


def test_the_link_for_nbgitpuller_opens_a_notebook_that_exists():
    text = (GUIDE / "jupyterhub.md").read_text(encoding="utf-8")
    opened = parse_qs(urlsplit(re.search(r"https://\S+git-pull\S+", text)[0]).query)
    folder, _, path = opened["urlpath"][0].removeprefix("lab/tree/").partition("/")
    assert opened["repo"][0].endswith(f"/{folder}") and (ROOT / path).is_file()


def test_the_values_for_kubernetes_agree_with_the_settings_of_the_hub():
    yaml = pytest.importorskip("yaml")
    given = yaml.safe_load((GUIDE / "jupyterhub/values.yaml").read_text(encoding="utf-8"))["singleuser"]
    settings = (GUIDE / "jupyterhub/course_hub.py").read_text(encoding="utf-8")
    for name in ("limit", "guarantee"):
        assert f'c.Spawner.mem_{name} = "{given["memory"][name]}"' in settings
    assert f'c.Spawner.cpu_limit = {float(given["cpu"]["limit"])}' in settings
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "COURSE_SOLUTIONS"} <= set(given["extraEnv"])
    assert all(isinstance(value, str) for value in given["extraEnv"].values())
    disk, _, path = given["defaultUrl"].removeprefix("/lab/tree/").partition("/")
    assert given["storage"]["homeMountPath"].endswith(disk) and (ROOT / path).is_file()


def test_every_notebook_measured_for_binder_fits():
    text = (GUIDE / "binder.md").read_text(encoding="utf-8")
    rows = re.findall(r"^(?:\| )?(\d\d)_\w+ +(?:[\d.]+ +[\d.]+|\| [\d.]+ \|) +(\d+) ", text, re.M)
    assert [number for number, _ in rows] == sorted(NOTEBOOKS)
    assert all(int(megabytes) < 1000 for _, megabytes in rows) and "FAIL" not in text
