"""Executed notebooks for everyone: axe-core, light and dark, at 200 % zoom, without colour."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT

AXE = """async () => {
    const found = await axe.run('.jp-Notebook', {resultTypes: ['violations']});
    return found.violations.flatMap(v => v.nodes.map(n => [v.id, v.impact, n.target.join(' '), n.html.slice(0, 300)]));
}"""


def findings(page):
    """What axe-core finds in the notebook panel: rule, impact, selector, beginning of the element."""
    if not page.page.evaluate("() => 'axe' in window"):
        page.page.evaluate(AXE_SCRIPT)
    return page.page.evaluate(AXE)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_of_ours(notebook, theme):
    page = notebook.page
    page.theme(theme)
    try:
        found = findings(page)
    finally:
        page.theme("light")
    import collections, pathlib
    with open("/tmp/axe.txt","a") as f:
        for k, n in collections.Counter((r, i) for r, i, *_ in found).items(): print(notebook.path.stem, theme, *k, n, file=f)
        for x in found: print("   ", *x, file=f)
