"""Attention in a browser: the slider changes the picture, a cell says its share."""

import numpy as np
import pytest
from parts import interactive
from parts.landscape import Landscape

from progtx_core import plots

pytestmark = pytest.mark.browser
TOKENS = ["<script>", "b", "c"]


@pytest.fixture
def opened(page, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    even, own = np.full((2, 3, 3), 1 / 3), np.stack([np.eye(3)] * 2)
    interactive.attention({"step 0": even, "step 9": own}, TOKENS, "who looks at whom")
    (bundle,) = shown
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{bundle['text/html']}")
    errors = []
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    yield page
    assert errors == []


def pixel(page, head, query, key):
    script = """([head, query, key]) => {
      const canvas = document.querySelectorAll("canvas")[head];
      const cell = canvas.width / 3;
      const pen = canvas.getContext("2d");
      return [...pen.getImageData((key + .4) * cell, (query + .4) * cell, 1, 1).data];
    }"""
    return page.evaluate(script, [head, query, key])


def test_the_slider_goes_through_the_frames(opened):
    assert opened.inner_text("output") == "step 9"
    assert pixel(opened, 1, 2, 2)[:3] == [254, 232, 56]
    assert pixel(opened, 1, 2, 0)[:3] == [0, 34, 78]
    opened.locator("input[type=range]").fill("0")
    assert opened.inner_text("output") == "step 0"
    assert pixel(opened, 1, 2, 2) == pixel(opened, 1, 2, 0)


def test_a_cell_says_its_share_to_pointer_and_keyboard(opened):
    canvas = opened.locator("canvas").nth(1)
    side = canvas.bounding_box()["width"] / 3
    canvas.hover(position={"x": 1.5 * side, "y": 1.5 * side})
    said = "head 1: b (position 1) gives b (position 1) 1.00 of its attention"
    assert opened.inner_text("[role=status]") == said
    canvas.focus()
    opened.keyboard.press("ArrowLeft")
    assert "gives <script> (position 0) 0.00" in opened.inner_text("[role=status]")


def test_the_sentence_goes_on_to_be_true_and_a_tap_is_enough(opened):
    canvas = opened.locator("canvas").nth(0)
    side = canvas.bounding_box()["width"] / 3
    canvas.dispatch_event("pointerdown", {"bubbles": True})
    canvas.click(position={"x": 0.5 * side, "y": 1.5 * side})
    assert "b (position 1) gives <script> (position 0) 0.00" in opened.inner_text(
        "[role=status]"
    )
    opened.locator("input[type=range]").fill("0")
    assert "b (position 1) gives <script> (position 0) 0.33" in opened.inner_text(
        "[role=status]"
    )


def test_layers_are_chosen_apart_from_the_time(page, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    frames = {
        f"layer {layer}, update {step}": np.full((1, 3, 3), layer / 2 + step / 10)
        for layer in (0, 1)
        for step in (0, 3)
    }
    interactive.attention(frames, TOKENS, "who looks at whom")
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0]['text/html']}")
    page.goto(path.as_uri())
    assert page.inner_text("output") == "layer 1, update 3"
    page.get_by_label("which layer").select_option("layer 0")
    assert page.inner_text("output") == "layer 0, update 3"
    page.get_by_label("through the training").fill("0")
    assert page.inner_text("output") == "layer 0, update 0"


def test_without_scripts_the_picture_stays(browser, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    interactive.attention({"all": np.full((1, 3, 3), 1 / 3)}, TOKENS, "who looks at whom")
    path = tmp_path / "page.html"
    path.write_text(shown[0]["text/html"])
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(path.as_uri())
    assert plain.get_by_alt_text("who looks at whom").bounding_box()["width"] > 100
    context.close()
    assert {"image/png", "text/plain"} < set(shown[0])


def test_a_pattern_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"pattern 'x' must have the shape \(head, 3, 3\)"):
        interactive.attention({"x": np.ones((3, 3))}, TOKENS, "")


# A loss surface -----------------------------------------------------------------

PLANE = Landscape(
    loss=np.array([[1.0, 0.1, 0.01], [0.5, 0.2, 0.3], [2.0, 0.4, 0.9]]),
    span=(-1.0, 1.0, 0.0, 2.0),
    paths={"<b>": np.array([[0.0, 0.0], [1.0, 0.0]]), "Adam": np.array([[0.0, 0.0]] * 3)},
    away={"<b>": 1.0, "Adam": 1.0},
    cosine=0.0,
)
STILL, _ = plots.panels()


@pytest.fixture
def plane(page, tmp_path, shown):
    interactive.surface(PLANE, STILL, "a valley & two paths")
    path = tmp_path / "plane.html"
    html = shown[0][0]["text/html"]
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{html}")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    yield page
    assert errors == []


def colour_at(page, x, y):
    script = "([x, y]) => [...document.querySelector('canvas').getContext('2d')"
    return page.evaluate(script + ".getImageData(x, y, 1, 1).data]", [x, y])[:3]


def test_a_point_of_the_surface_says_its_loss(plane):
    canvas = plane.locator("canvas")
    canvas.hover(position={"x": 418, "y": 318})  # bottom right
    assert plane.inner_text("[role=status]") == "at 1.0, 0.0: loss 0.01 nats"
    canvas.focus()
    plane.keyboard.press("ArrowUp")
    assert plane.inner_text("[role=status]") == "at 1.0, 1.0: loss 0.3 nats"
    assert canvas.get_attribute("aria-label") == "a valley & two paths"
    assert "<b>" in plane.inner_text(".progtx-surface")


def test_the_slider_draws_the_paths_that_far(plane):
    assert plane.inner_text("output") == "100 % of the training"
    along = 315, 319  # on the way from the start to the end of the first path
    drawn = colour_at(plane, *along)
    plane.locator("input[type=range]").fill("0")
    assert plane.inner_text("output") == "0 % of the training"
    assert colour_at(plane, *along) != drawn == [255, 255, 255]
    assert colour_at(plane, 2, 2) == [254, 232, 56]  # the greatest loss, top left


def test_the_surface_has_a_picture_for_where_no_script_runs(shown):
    interactive.surface(PLANE, STILL, "a valley & two paths")
    bundle, how = shown[0]
    assert {"image/png", "text/plain"} < set(bundle)
    assert "a valley &amp; two paths" in bundle["text/html"]
    assert how["metadata"]["image/png"]["alt"] == "a valley &amp; two paths"
