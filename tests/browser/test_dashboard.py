"""The dashboard in a browser, opened from disk: sorted, filtered, nothing fetched."""

import math

import pandas as pd
import pytest

from progtx_core.tools.pages import dashboard

pytestmark = pytest.mark.browser


def result(task, model, accuracy, seconds):
    measured = {"train_accuracy": accuracy, "test_accuracy": accuracy}
    measured |= {"train_loss": 0.5, "test_loss": 0.5, "seconds": seconds}
    sizes = {"seed": 0, "parameters": 10, "steps": 5, "classes": 2}
    return {"task": task, "model": model} | measured | sizes


@pytest.fixture
def opened(page, tmp_path):
    results = [
        result("any_positive", "max_pooling", 0.9, 10.0),
        result("any_positive", "mean_pooling", math.nan, 9.0),
        result("trend_sign", "transformer", 1.0, 100.0),
        result("trend_sign", "max_pooling", 0.5, 2.0),
    ]
    errors = []
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    path = dashboard.write(tmp_path / "index.html", pd.DataFrame(results), pages={})
    page.goto(path.as_uri())
    yield page
    assert errors == []


def column(page, table, nth):
    cells = page.locator(f"#{table} tbody tr:visible td:nth-child({nth})")
    return cells.all_inner_texts()


def test_a_click_sorts_and_a_second_one_turns_it_round(opened):
    head = opened.locator("#test th").nth(2).locator("button")
    head.click()
    assert column(opened, "test", 3) == ["0.500", "0.900", "1.000", "–"]
    head.click()
    assert column(opened, "test", 3) == ["1.000", "0.900", "0.500", "–"]
    assert opened.locator("#test th[aria-sort=descending]").count() == 1
    opened.locator("#test th").nth(8).locator("button").click()  # as numbers, not as text
    assert column(opened, "test", 9) == ["2.0", "9.0", "10.0", "100.0"]
    assert column(opened, "train", 9) == ["10.0", "9.0", "100.0", "2.0"]


def test_the_filters_leave_what_fits_both(opened):
    opened.fill("#model", "POOL")
    assert column(opened, "test", 2) == ["max_pooling", "mean_pooling", "max_pooling"]
    opened.fill("#task", "trend")
    assert column(opened, "train", 2) == ["max_pooling"]
    assert opened.inner_text("#count") == "1 rows"
    opened.fill("#model", "")
    opened.fill("#task", "")
    assert len(column(opened, "test", 1)) == 4


def test_the_keyboard_sorts_too(opened):
    opened.locator("#test th").nth(0).locator("button").focus()
    opened.keyboard.press("Enter")
    assert column(opened, "test", 1)[0] == "any_positive"


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_screen(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
