"""Attention in a browser: the slider changes the picture, a cell says its share."""

import numpy as np
import pytest
from parts import interactive

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
