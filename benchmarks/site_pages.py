"""Every page of the built website in a browser: links, accessibility in both themes, what sticks out when it is narrow.

    python benchmarks/site_pages.py [folder of the built site] [beginnings of paths, such as notebooks/]

Needs what `make browser-test` needs. Pages are opened from disk, without a network. Prints a line a page: kB, links
within the site and those of them that lead nowhere, serious findings of axe-core in the text of the page (light, dark),
and elements of the text beyond the right edge at 390 px and at 200 % zoom of a window of 1280 px; slides and pages for
paper are asked by axe-core alone. Then each finding. Exits with 1 if there is one.
"""

import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag

from axe_playwright_python.base import AXE_SCRIPT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/browser"))
from lab import ROOT, chromium

TEXT = ".bd-article", "body"  # of pages with a theme, of slides and pages for paper
THEMES = "light", "dark"
NARROW = {"390 px": (390, 844), "200 %": (640, 450)}
AXE = """async text => (await axe.run({include: [[text]]}, {resultTypes: ['violations']})).violations
    .filter(v => ['serious', 'critical'].includes(v.impact))
    .flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 160)))"""
BEYOND = """text => {  // but for what scrolls in a box of its own, such as wide tables, code and formulas
    const scrolls = e => e && e !== document.body &&
        (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    return [...document.querySelectorAll(`${text} *`)].filter(e => e.getClientRects().length
        && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e)).map(e => e.outerHTML.slice(0, 160));
}"""
LINKS = "() => [...document.querySelectorAll('a[href]')].map(a => a.href).filter(href => href.startsWith('file:'))"


def broken(links, ids):
    """Those links that lead to no page, or to no place on it; `ids` maps pages to their places, and grows."""
    lost = []
    for link in links:
        page, place = urldefrag(link)
        path = Path(unquote(page.removeprefix("file://")))
        if path.suffix == ".html" and path.is_file() and path not in ids:
            ids[path] = path.read_text(encoding="utf-8")
        place = unquote(place)
        if place.startswith("/"):  # a slide, which the slides' script finds by its number
            continue
        if not path.exists() or (place and path in ids and f'id="{place}"' not in ids[path]):
            lost.append(f"link: {link.rpartition('/')[2]}")
    return lost


def visit(browser, path, ids):
    """What is wrong with a page, by what was asked, and how many links it has."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    wrong, found = [], {}
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.goto(path.as_uri())
    links = sorted(set(page.evaluate(LINKS)))
    found["links"] = broken(links, ids)
    page.evaluate(AXE_SCRIPT)
    themed = page.locator(TEXT[0]).count() > 0
    text = TEXT[0] if themed else TEXT[1]
    for theme in THEMES if themed else THEMES[:1]:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(300)  # colours fade over
        found[theme] = page.evaluate(AXE, text)
    for name, (width, height) in NARROW.items() if themed else ():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        found[name] = page.evaluate(BEYOND, text)
    found["scripts"] = wrong
    page.close()
    return found, len(links)


def main(site=ROOT / "build/site", *begins):
    site, ids, worst = Path(site).resolve(), {}, {}
    pages = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts
             and path.relative_to(site).as_posix().startswith(begins or "")]
    kinds = ["links", *THEMES, *NARROW, "scripts"]
    print(f"{'page':52}{'kB':>7}{'links':>7}" + "".join(f"{'lost' if kind == 'links' else kind:>9}" for kind in kinds))
    with chromium() as browser:
        for path in pages:
            found, n_links = visit(browser, path, ids)
            name = path.relative_to(site).as_posix()
            print(f"{name:52}{path.stat().st_size / 1e3:7.0f}{n_links:7}"
                  + "".join(f"{len(found.get(kind, [])):9}" for kind in kinds), flush=True)
            worst[name] = list(dict.fromkeys(said for kind in kinds for said in found.get(kind, [])))
    files = [path for path in site.rglob("*") if path.is_file()]
    print(f"{len(pages)} pages; {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
    for name, said in worst.items():
        if said:
            print(f"\n{name}", *said, sep="\n  ")
    sys.exit(any(worst.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
