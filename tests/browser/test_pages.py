"""The built book in a browser, wide and as narrow as a phone."""

import pytest

from progtx_core.tools import execution

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("book")]
NAMES = [chapter.name for chapter in execution.chapters()]
# Of the displayed formulas, those that are wider than their place; and text outside of code
# with a dollar sign before a letter or a backslash: mathematics that nothing has set.
TOO_WIDE = """all => all.filter(one => one.querySelector("mjx-math").getBoundingClientRect()
    .width > one.parentElement.getBoundingClientRect().width + 1).length"""
# Of the links that are a picture's box: width, whether it is cut off, whether that is said.
BOXES = """all => all.filter(a => a.querySelector("img")).map(
    a => [a.clientWidth, a.scrollWidth > a.clientWidth + 1, a.matches(".scrolls")])"""
NOT_SET = r"""() => {
    const texts = document.createTreeWalker(document.querySelector("article"), 4);
    const found = [];
    while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        const code = parentElement.closest("pre, code, script, style, mjx-container");
        if (!code && /\$[a-z\\]/i.test(data)) found.push(data);
    }
    return found;
}"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1280, 380])
def test_pictures_and_formulas_show_and_nothing_is_wider_than_the_page(
    page, address, name, width
):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/chapters/{name}.html")
    page.wait_for_selector("mjx-container")
    sizes = page.eval_on_selector_all(
        ".cell_output img", "all => all.map(i => [i.naturalWidth, i.clientWidth])"
    )
    assert len(sizes) >= 3
    # Letters, drawn 12 pixels high at two dots to a pixel, keep seven.
    assert all(natural > 0 and shown >= 7 / 12 * natural / 2 for natural, shown in sizes)
    boxes = page.eval_on_selector_all(".cell_output a", BOXES)
    assert all(shown <= width and cut == marked for shown, cut, marked in boxes)
    assert page.locator("mjx-merror").count() == 0
    assert page.eval_on_selector_all("mjx-container[display]", TOO_WIDE) == 0
    assert page.evaluate(NOT_SET) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_folds_open(page, address):
    page.goto(f"{address}/chapters/{NAMES[0]}.html")
    fold = page.locator("details", has_text="No. At best").first
    answer = fold.locator("p").first
    assert not answer.is_visible()
    fold.locator("summary").click()
    assert answer.is_visible()


def test_hidden_code_opens(page, address):
    page.goto(f"{address}/chapters/{NAMES[0]}.html")
    hidden = page.locator("details.hide", has_text="at_a_glance(").first
    assert not hidden.locator("pre").first.is_visible()
    hidden.locator("summary").click()
    assert hidden.locator("pre").first.is_visible()


def test_search_finds_a_word(page, address):
    page.goto(f"{address}/search.html?q=has_pos_and_neg")
    page.wait_for_selector("ul.search li a")
    assert "Logistic regression" in page.locator("ul.search").inner_text()


def test_a_chapter_is_reached_from_the_first_page(page, address):
    page.goto(f"{address}/intro.html")
    page.get_by_role("link", name="Logistic regression").first.click()
    page.wait_for_url("**/01_logistic_regression.html")
    assert page.locator(".bd-article h1").inner_text().startswith("1. Logistic regression")
