"""No serious finding of axe-core on the pages of the book, in light and in dark.

All pages take minutes: they are judged where PROGTX_AXE is set, by `make test-long`, and
the first page, a chapter with every kind of output, and a page of the manual otherwise.
"""

import os

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("book"),
    pytest.mark.timeout(900),
]
SERIOUS = {"serious", "critical"}
SOME = "intro.html", "chapters/06_transformer.html", "manual/differences.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, address, html, scheme):
    from axe_playwright_python.sync_playwright import Axe

    axe, found = Axe(), []
    # The theme reads its choice from there; without it, colours would change too late.
    page.add_init_script(f"localStorage.mode = localStorage.theme = '{scheme}'")
    pages = [html / name for name in SOME]
    if os.environ.get("PROGTX_AXE"):
        pages = sorted(html.rglob("*.html"))
        assert len(pages) > 30
    for path in (p.relative_to(html) for p in pages):
        # Not of the book, plain source, and a page that leads to the first one.
        if path.parts[0] in ("_static", "_modules", "index.html"):
            continue
        page.goto(f"{address}/{path.as_posix()}")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        # Without preload, which asks for style sheets at wrong addresses.
        judged = axe.run(page, options={"preload": False})
        for finding in judged.response["violations"]:
            if finding["impact"] in SERIOUS:
                where = finding["nodes"][0]["html"][:200]
                found.append(f"{path}: {finding['id']}: {where}")
    assert found == []


def test_axe_would_notice(page):
    """A picture without a text is found: the check itself works."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_content("<html lang=en><title>x</title><main><img src='data:,'></main>")
    found = {v["id"] for v in Axe().run(page).response["violations"]}
    assert "image-alt" in found
