"""The rotary dial: its numbers are torch's, and a reader can find what it teaches."""

import pytest
import torch
from parts import rotary_dial

from progtx_core.models.positions import Rotary

pytestmark = pytest.mark.browser
VECTORS = {"query": rotary_dial.QUERY, "key": rotary_dial.KEY}


def write(tmp_path):
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
        rotary_dial.show()
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0]['text/html']}")
    return path.as_uri()


@pytest.fixture
def dial(page, tmp_path):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write(tmp_path))
    yield page
    assert errors == []


def put(page, **values):
    labels = {
        "t": "position of the query",
        "s": "position of the key",
        "angle": "angle for each position",
    }
    for name, value in values.items():
        page.get_by_label(labels[name]).fill(str(value))


def note(page, **values):
    put(page, **values)
    page.get_by_role("button", name="note this pair").click()
    return ["Solved" in goal for goal in page.locator("li").all_inner_texts()]


def test_its_products_are_those_of_torch(page):
    page.goto("about:blank")
    page.add_script_tag(
        content=f"{rotary_dial.SCRIPT.read_text()}\nwindow.rotary = rotary;"
    )
    degrees = torch.tensor(1.0).rad2deg().item()  # the first angle of the package is 1
    found = page.evaluate(
        """([vectors, angle]) => Array.from({ length: 13 }, (_, t) =>
             Array.from({ length: 13 }, (_, s) => rotary.product(vectors, t, s, angle)))""",
        [VECTORS, degrees],
    )
    rotate = Rotary(13, 2, 1).rotate
    query, key = (torch.tensor(v).expand(1, 1, 13, 2) for v in VECTORS.values())
    wanted = (rotate(query) @ rotate(key).transpose(2, 3))[0, 0]
    assert torch.allclose(torch.tensor(found), wanted, atol=1e-5)
    in_python = rotary_dial.product(4, 9, degrees)
    assert in_python == pytest.approx(wanted[4, 9].item(), abs=1e-5)


def test_the_product_depends_on_the_distance_only(dial):
    said = []
    for t, s in ((0, 4), (5, 9), (8, 12), (9, 5)):
        put(dial, t=t, s=s, angle=35)
        said.append(dial.inner_text("[role=status]").split("; ")[1:])
        product = rotary_dial.product(t, s, 35)
        assert said[-1] == [f"distance {s - t}", f"dot product {product:.4f}"]
    assert said[0] == said[1] == said[2] != said[3]


def test_keys_move_a_slider_and_both_vectors_turn(dial):
    before = dial.locator("svg").first.inner_html()
    dial.get_by_label("position of the query").focus()
    dial.keyboard.press("ArrowRight")
    assert "query turned by 60°, key by 100°" in dial.inner_text("[role=status]")
    dial.get_by_label("angle for each position").focus()
    dial.keyboard.press("ArrowLeft")
    assert "query turned by 45°, key by 75°" in dial.inner_text("[role=status]")
    after = dial.locator("svg").first
    assert after.inner_html() != before
    assert after.locator("text").all_text_contents() == ["query at 3", "key at 5"]


def test_the_challenges_are_solved_by_equal_products_alone(dial):
    assert note(dial, t=1, s=4, angle=40) == [False, False]
    assert note(dial, t=1, s=4) == [False, False]  # the same pair once more
    assert note(dial, t=1, s=5) == [False, False]
    assert note(dial, t=3, s=6, angle=0) == [False, False]  # nothing turns
    assert note(dial, t=3, s=7) == [False, False]
    assert note(dial, t=6, s=9, angle=40) == [True, False]
    assert note(dial, t=2, s=0, angle=60) == [True, False]
    assert note(dial, t=2, s=6) == [True, True]  # once round the circle
    assert dial.locator("tr").count() == 1 + 8
    assert note(dial, t=0, s=1) == [True, True]


def test_a_finger_sets_a_slider_on_a_phone(browser, tmp_path):
    context = browser.new_context(viewport={"width": 380, "height": 800}, has_touch=True)
    phone = context.new_page()
    phone.goto(write(tmp_path))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 380
    slider = phone.get_by_label("position of the key")
    box = slider.bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    assert "distance 10;" in phone.inner_text("[role=status]")
    for drawn in phone.locator("svg").all():
        scale = drawn.evaluate(
            "e => e.getBoundingClientRect().width / e.viewBox.baseVal.width"
        )
        assert 15 * scale >= 11, "the letters of a picture"
    context.close()


@pytest.mark.parametrize("scheme", ["rgb(20, 20, 20)", "rgb(240, 240, 240)"])
def test_it_has_the_colour_of_the_text_around_it(dial, scheme):
    dial.evaluate(f"document.body.style.color = '{scheme}'")
    line = dial.locator("svg line").nth(1)  # the query, as turned
    assert line.evaluate("e => getComputedStyle(e).stroke") == scheme


def test_without_scripts_the_picture_stays(browser, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(write(tmp_path))
    assert plain.get_by_alt_text(rotary_dial.ALT).bounding_box()["width"] > 100
    context.close()
