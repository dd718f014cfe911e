"""The one bibliography, docs/references.bib, and where the course cites its works.

A notebook lists works after **References.** as *author, title in italics, year*; a docstring cites them as
(Polyak 1964), (Kingma & Ba 2015) or (He et al. 2015).
"""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CITATION = re.compile(r"\b([A-Z][A-Za-z-]+)((?: & [A-Z]\w+| et al\.)?) ((?:18|19|20)\d\d)\b")


def read(path=ROOT / "docs/references.bib"):
    """The entries by key, each a dict of its fields."""
    text = path.read_text(encoding="utf-8")
    return {key: dict(re.findall(r"^  (\w+) = \{(.*)\},$", fields, re.M))
            for key, fields in re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", text, re.M | re.S)}


def surname(entry):
    return entry["author"].split(" and ")[0].split()[-1]


def works_listed(notebook):
    """The works after **References.** in a notebook: (what stands before the title, title, what stands after it)."""
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    listed = text.partition("**References.**")[2].partition("**Next.**")[0]
    parts = re.split(r"(?<!\*)\*([^*]{5,}?)\*(?!\*)", listed)
    works = []
    for before, title, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        if works and not re.search(r"\.\s|\n", before):  # "A. Author, *One*, 2017, and *Another*, 2018"
            before = works[-1][0] + before
        works.append((before, title, after))
    return works


def key_of(work, entries):
    """The key of a listed work, or None: same title, first author named before it, year after it."""
    before, title, after = work
    for key, entry in entries.items():
        if plain(entry["title"]) == plain(title):
            year = re.search(r"\b(1[89]|20)\d\d\b", after)
            if plain(surname(entry)) in plain(before) and year and year.group() == entry["year"]:
                return key
    return None


def plain(text):
    return re.sub(r"\W+", " ", text).strip().lower()


def docstrings():
    """Pairs (dotted name, docstring) of all modules, classes and functions of the package."""
    for path in sorted((ROOT / "course_utils").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield from documented(module, ast.parse(path.read_text(encoding="utf-8")))


def documented(name, node):
    if text := ast.get_docstring(node):
        yield name, text
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            yield from documented(f"{name}.{child.name}", child)


def keys_in(text):
    """The keys of the works that a docstring cites, whether they are in the bibliography or not."""
    return [name.lower() + year for name, _, year in CITATION.findall(text)]


def cited():
    """For each key where it is cited: paths of notebooks, dotted names of the package."""
    entries, places = read(), {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for work in works_listed(json.loads(path.read_text(encoding="utf-8"))):
            places.setdefault(key_of(work, entries), []).append(f"notebooks/{path.name}")
    for name, text in docstrings():
        for key in keys_in(text):
            places.setdefault(key, []).append(name)
    return places


def markdown():
    """The bibliography as a page: each work with a target to link to and the places that cite it."""
    places, lines = cited(), []
    for key, entry in sorted(read().items(), key=lambda item: (plain(surname(item[1])), item[1]["year"])):
        found = [f"[{Path(place).name[:2]}](../{place})" if "/" in place
                 else f"{{py:obj}}`{place.removeprefix('course_utils.')} <{place}>`" for place in places.get(key, [])]
        lines += [f"({key})=", "", f"**{surname(entry)} {entry['year']}.** {authors(entry)}: *{entry['title']}*. "
                  f"{venue(entry)}. {link(entry)}Cited in {', '.join(found)}.", ""]
    return "\n".join(lines)


def authors(entry):
    names = entry["author"].split(" and ")
    if names[-1] == "others":
        return ", ".join(names[:-1]) + " and others"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def venue(entry):
    parts = [entry.get(name) for name in ("journal", "booktitle", "howpublished", "publisher")]
    place = ", ".join(filter(None, parts)) or f"arXiv:{entry['eprint']}"
    return f"{place} {entry['volume']}" if "volume" in entry else place


def link(entry):
    if "doi" in entry:
        return f"[doi:{entry['doi']}](https://doi.org/{entry['doi']}). "
    return f"[arXiv:{entry['eprint']}](https://arxiv.org/abs/{entry['eprint']}). " if "eprint" in entry else ""
