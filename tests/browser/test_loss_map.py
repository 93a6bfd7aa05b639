"""A loss surface in a browser: views, paths by forward passes, the loss under a pointer."""

import numpy as np
import pytest
from parts import live_page, loss_map
from parts.landscape import Landscape, View

pytestmark = pytest.mark.browser
LOSS = np.array([[1.0, 0.1, 0.01], [0.5, 0.2, 0.3], [2.0, 0.4, 0.9]])
PLANE = Landscape(
    views={
        "the whole": View(LOSS, (-3.0, 3.0, 0.0, 6.0)),
        "the end of <b>": View(LOSS[::-1], (0.0, 0.3, 0.0, 0.3)),
    },
    paths={"<b>": np.array([[0.0, 1.0], [2.0, 1.0]]), "Adam": np.zeros((3, 2))},
    passes={"<b>": np.array([0.0, 1000.0]), "Adam": np.array([0.0, 10.0, 20.0])},
    losses={"<b>": np.array([1.0, 0.01]), "Adam": np.array([1.0, 0.3, 0.2])},
    projected={"<b>": np.array([1.0, 0.01]), "Adam": np.array([1.0, 0.9, 0.2])},
)


def write(shown, tmp_path):
    loss_map.show(PLANE, "a valley & two paths")
    path = tmp_path / "plane.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0][0]['text/html']}")
    return path.as_uri()


@pytest.fixture
def opened(page, tmp_path, shown):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write(shown, tmp_path))
    yield page
    assert errors == []


def said(page):
    return page.inner_text("[role=status]")


def test_a_point_says_its_loss_to_pointer_and_keys(opened):
    box = opened.locator("svg").first.bounding_box()
    scale = box["width"] / 360
    opened.locator("svg").first.click(position={"x": 290 * scale, "y": 280 * scale})
    assert said(opened) == "At 2.00, 1.00: loss 0.01 nats."
    opened.keyboard.press("ArrowUp")
    assert said(opened) == "At 2.00, 3.00: loss 0.3 nats."
    opened.get_by_label("view").select_option("the end of <b>")
    opened.locator("svg").first.click(position={"x": 290 * scale, "y": 280 * scale})
    assert said(opened) == "At 0.25, 0.05: loss 0.9 nats."


def test_the_slider_goes_by_forward_passes(opened):
    assert opened.inner_text("output").strip() == "1,000"
    legend = opened.locator(".progtx-live > p").last.inner_text
    assert "<b> (orange): loss 0.01, projected 0.01; Adam (blue, dashed)" in legend()
    opened.locator("input[type=range]").fill("34")  # ten passes
    assert opened.inner_text("output").strip() == "10"
    assert "<b> (orange): loss 1, projected 1;" in legend()
    assert "Adam (blue, dashed): loss 0.3, projected 0.9" in legend()


def test_without_scripts_the_picture_stays(browser, tmp_path, shown):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(write(shown, tmp_path))
    assert plain.get_by_alt_text("a valley & two paths").bounding_box()["width"] > 100
    context.close()


def test_a_phone_has_room_for_it(browser, tmp_path, shown):
    context = browser.new_context(viewport={"width": 380, "height": 700}, has_touch=True)
    narrow = context.new_page()
    narrow.goto(write(shown, tmp_path))
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 380
    context.close()


def test_scripts_travel_without_comments():
    for names in (("loss_map.js",), ("rasp.js",), ("two_parameters.js",)):
        lines = live_page.script(*names).splitlines()
        assert not [line for line in lines if line.startswith(("//", " "))]
        assert "const live = {};" in lines
