"""Two parameters in a page: steps of Adam and of the search, as torch and package go."""

import numpy as np
import pytest
import torch
from parts import live_ch09
from torch import nn

from progtx_core.optim import PatternSearch

pytestmark = pytest.mark.browser
STARTS = [(-2.0, 1.5), (2.6, -1.35), (0.3, 0.45)]
LOSSES = ["slanted valley", "straight valley", "logistic regression"]


@pytest.fixture
def js(page):
    page.goto("about:blank")
    page.add_script_tag(content=f"(() => {{{live_ch09.script()}\nwindow.live = live;}})()")
    return page


def loss_in_torch(js, name):
    """The same loss, written a second time."""
    if name == "logistic regression":
        least = js.evaluate("live.LEAST")
        points = torch.tensor(js.evaluate("live.POINTS"), dtype=torch.double)
        sides = nn.functional.binary_cross_entropy_with_logits
        return lambda w: sides(points[:, :2] @ w, points[:, 2]) - least
    slant = 1.0 if name == "slanted valley" else 0.0
    return lambda w: (w[0] - 1) ** 2 + 20 * (w[1] - slant * w[0] - (1 - slant)) ** 2


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", LOSSES)
def test_every_step_of_adam_is_that_of_torch(js, name, start):
    loss = loss_in_torch(js, name)
    for lr in (0.01, 0.3, 3.0):
        found = js.evaluate(
            """([name, start, lr]) => {
              const adam = new live.Adam(live.LOSSES[name], start, lr);
              return Array.from({ length: 150 }, () => { adam.step(); return adam.point; });
            }""",
            [name, start, lr],
        )
        wanted = live_ch09.adam(loss, np.array(start), lr, 150)[1:]
        assert np.abs(np.array(found) - wanted).max() < 1e-5


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", LOSSES)
def test_every_step_of_the_search_is_that_of_the_package(js, name, start):
    loss = loss_in_torch(js, name)
    for radius in (1 / 32, 0.5, 2.0):
        found = js.evaluate(
            """([name, start, radius, sweeps, most]) => {
              const search = new live.Search(live.LOSSES[name], start, radius, sweeps);
              const rows = [];
              while (!search.finished && search.evaluations < most) {
                search.step();
                const { point, evaluations, radius, best } = search;
                rows.push([...point, evaluations, radius, best]);
              }
              return rows;
            }""",
            [name, start, radius, live_ch09.sweeps(), live_ch09.MOST],
        )
        x = nn.Parameter(torch.tensor(start, dtype=torch.double))
        search, wanted = PatternSearch([x], radius), []
        while not search.finished and search.now["evaluations"] < live_ch09.MOST:
            search.step(lambda x=x: loss(x))
            now = search.now
            wanted.append(
                [*x.tolist(), now["evaluations"], search.radius, now["best_loss"]]
            )
        assert len(found) == len(wanted) > 10
        assert np.abs(np.array(found) - np.array(wanted)).max() < 1e-5


def test_no_loss_is_below_zero_and_its_gradient_is_its_slope(js):
    for name in LOSSES:
        loss = loss_in_torch(js, name)
        for point in ((-1.0, 2.0), (0.5, 0.7), (2.55016697, 1.63596766)):
            x = torch.tensor(point, dtype=torch.double, requires_grad=True)
            value = loss(x)
            value.backward()
            got = js.evaluate(
                "([n, x]) => [live.LOSSES[n].loss(x), ...live.LOSSES[n].gradient(x)]",
                [name, point],
            )
            assert got == pytest.approx([value.item(), *x.grad.tolist()], abs=1e-9)
            assert value.item() > -1e-9
    lowest = "live.LOSSES['logistic regression'].loss([2.55016697, 1.63596766])"
    assert abs(js.evaluate(lowest)) < 1e-9


def test_a_level_line_lies_at_its_height(js):
    pieces = js.evaluate("live.levels(([x, y]) => x * x + y * y, 3, 60, [4])")
    ends = np.array(pieces).reshape(-1, 2)
    assert len(ends) > 100
    assert np.abs(np.linalg.norm(ends, axis=1) - 2).max() < 0.01


# The page ------------------------------------------------------------------------------


def valley(x):
    return (x[0] - 1) ** 2 + 20 * (x[1] - x[0]) ** 2


def write(shown, tmp_path):
    live_ch09.show(valley, np.array([-2.0, 1.5]), "two paths")
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0][0]['text/html']}")
    return path.as_uri()


@pytest.fixture
def opened(page, tmp_path, shown):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write(shown, tmp_path))
    yield page
    assert errors == []


def race(page):
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Run").wait_for(timeout=30_000)


def solved(page):
    return ["Solved." in text for text in page.locator("li").all_inner_texts()]


def put(page, name, value):
    page.get_by_label(name).fill(str(value))


def test_a_step_moves_both_and_counts(opened):
    rows = opened.locator("table").inner_text
    assert "254" in rows() and "not yet" in rows()
    opened.get_by_role("button", name="Step").click()
    assert rows().splitlines()[1].split("\t")[3] == "2"  # a gradient: there and back
    assert int(rows().splitlines()[2].split("\t")[3]) >= 2  # the start, and a move
    opened.get_by_role("button", name="Begin anew").click()
    assert rows().splitlines()[1].split("\t")[3] == "0"


def test_the_challenges_are_solved_in_turn(opened):
    assert solved(opened) == [False, False, False]
    race(opened)
    assert solved(opened) == [False, False, False]
    assert "Adam came below the goal with" in opened.inner_text("[role=status]")
    put(opened, "radius of the search", 6)
    race(opened)
    assert solved(opened) == [True, False, False]
    put(opened, "learning rate of Adam", 6)
    race(opened)
    assert solved(opened) == [True, True, False]
    box = opened.locator("svg.two-map").bounding_box()
    scale = box["width"] / 360
    opened.locator("svg.two-map").click(position={"x": 290 * scale, "y": 106.7 * scale})
    race(opened)
    assert solved(opened) == [True, True, True]


def test_the_start_is_moved_by_keys(opened):
    opened.locator("svg.two-map").focus()
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("ArrowUp")
    assert "-2.250, 1.750" in opened.inner_text("table")


def test_without_scripts_the_picture_stays(browser, tmp_path, shown):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(write(shown, tmp_path))
    assert plain.get_by_alt_text("two paths").bounding_box()["width"] > 100
    context.close()


def test_a_phone_has_room_for_it(browser, tmp_path, shown):
    context = browser.new_context(viewport={"width": 380, "height": 700}, has_touch=True)
    narrow = context.new_page()
    narrow.goto(write(shown, tmp_path))
    narrow.get_by_role("button", name="Step").tap()
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 380
    context.close()
