"""No serious finding of axe-core on any page of the book, in light and in dark."""

import os

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("book"),
    pytest.mark.timeout(900),
]
SERIOUS = {"serious", "critical"}


@pytest.mark.skipif(
    not os.environ.get("PROGTX_AXE"), reason="of `make test-long`: set PROGTX_AXE"
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, address, html, scheme):
    from axe_playwright_python.sync_playwright import Axe

    axe, found = Axe(), []
    page.emulate_media(color_scheme=scheme)
    pages = [p.relative_to(html) for p in sorted(html.rglob("*.html"))]
    for path in pages:
        if path.parts[0] in ("_static", "_modules"):  # not of the book, or plain source
            continue
        page.goto(f"{address}/{path.as_posix()}")
        page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
        for finding in axe.run(page).response["violations"]:
            if finding["impact"] in SERIOUS:
                where = finding["nodes"][0]["html"][:200]
                found.append(f"{path}: {finding['id']}: {where}")
    assert len(pages) > 30
    assert found == []


def test_axe_would_notice(page):
    """A picture without a text is found: the check itself works."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_content("<html lang=en><title>x</title><main><img src='data:,'></main>")
    found = {v["id"] for v in Axe().run(page).response["violations"]}
    assert "image-alt" in found
