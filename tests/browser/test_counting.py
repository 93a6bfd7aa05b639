"""The page that counts: JavaScript says what torch says, token by token, and is driven."""

import pytest
import torch
from parts import live_ch11

from progtx_core import tasks
from progtx_core.models.long import LONG_SCHEMES, LongTransformer

pytestmark = pytest.mark.browser
TASK = tasks.get("counting", n_numbers=40, max_len=45)
TRAINED = 12
# Logits of one sequence, read token by token.
READ = """([packed, tokens]) => {
  const read = counting.reader(counting.unpack(packed));
  return tokens.map((token) => read(token).logits);
}"""


def untrained(scheme="windowed", **sizes):
    torch.manual_seed(0)
    model = LongTransformer(TASK.spec, d_model=16, positions=scheme, **sizes).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # norms too are none of a fresh one's
            parameter += 0.1 * torch.randn_like(parameter)
    return model


def endless():
    """An untrained model that never writes EoS."""
    model = untrained()
    with torch.no_grad():
        model.logits_head.bias[TASK.end] = -20
    return model


def knowing():
    """A model that counts upwards from 3 and ends at 30: a table of what follows what."""
    model = LongTransformer(TASK.spec, d_model=44, n_layers=1, positions="windowed").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.norm.weight.fill_(1)
        model.embed.weight.copy_(torch.eye(44))
        follows = torch.arange(44) + 1
        follows[31], follows[TASK.go] = TASK.end, 4  # 30 is the token 31; "3" the token 4
        model.logits_head.weight[follows.clamp(max=43), torch.arange(44)] = 9.0
    return model


@pytest.fixture
def js(page):
    page.goto("about:blank")
    page.add_script_tag(content=f"{live_ch11.script()}\nwindow.counting = counting;")
    return page


@pytest.mark.parametrize("scheme", LONG_SCHEMES)
def test_token_by_token_it_gives_the_logits_of_torch(js, scheme):
    model = untrained(scheme)
    tokens = TASK.write(torch.tensor([[3, 33], [33, 3]]))[:, :35]
    with torch.no_grad():
        wanted = live_ch11.rounded(model)(tokens)
        exact = model(tokens)
    for row, logits in zip(tokens.tolist(), wanted):
        found = js.evaluate(READ, [live_ch11.exported(model), row])
        found = torch.tensor([[x for x in line if x is not None][-43:] for line in found])
        assert (found - logits[:, 1:]).abs().max() < 1e-4
    assert (exact - wanted).abs().max() < 0.3  # nine bits of a weight say nearly the same


def test_rounded_weights_are_those_of_the_page(js):
    model = untrained()
    found = js.evaluate("(packed) => counting.unpack(packed)", live_ch11.exported(model))
    for name, value in live_ch11.rounded(model).state_dict().items():
        assert torch.equal(torch.tensor(found[name]), value), name
        largest = model.state_dict()[name].abs().max()
        assert (model.state_dict()[name] - value).abs().max() <= 0.51 * largest / 255


def test_a_model_that_is_too_large_leaves_the_picture(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
    monkeypatch.setattr(live_ch11, "LARGEST", 100)
    live_ch11.show(untrained(), TASK, (3, 33), TRAINED, "a picture")
    assert "image/png" in shown[0] and "text/html" not in shown[0]


# The widget ----------------------------------------------------------------------------


def opened(page, tmp_path, model, ends=(3, 30)):
    shown, errors = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
        live_ch11.show(model, TASK, ends, TRAINED, "a picture")
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0]['text/html']}")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    return errors


def test_it_counts_past_the_training_length_and_the_page_checks_it(page, tmp_path):
    errors = opened(page, tmp_path, knowing())
    chips = page.locator(".count-line button")
    assert chips.all_inner_texts() == ["SoS", "3", "30", ">"]
    page.get_by_role("button", name="Step").click()
    assert chips.all_inner_texts()[4:] == ["3"]
    assert "No error so far" in page.inner_text("[role=status]")
    page.get_by_role("button", name="Run").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Done, without an error").wait_for()
    assert chips.all_inner_texts()[4:] == [*map(str, range(3, 31)), "EoS"]
    assert "33 tokens, 21 past the training length" in page.inner_text("[role=status]")
    assert page.locator(".count-mark").count() == 1
    assert page.locator(".count-wrong").count() == 0
    assert "past the training length, to a right end. Solved." in page.inner_text("ul")
    assert "it gets wrong. Solved" not in page.inner_text("ul")
    assert page.get_by_role("button", name="Run").is_disabled()
    assert "“EoS” is token 33: nothing follows" in page.inner_text(".progtx-live")
    assert errors == []


def test_what_is_wrong_is_marked_and_solves_the_other_challenge(page, tmp_path):
    errors = opened(page, tmp_path, knowing())
    page.get_by_label("b", exact=True).fill("5")
    for _ in range(5):
        page.get_by_role("button", name="Step").click()
    wrong = page.locator(".count-wrong")
    assert wrong.all_inner_texts() == ["6", "7"]
    assert wrong.first.get_attribute("aria-label") == "token 8: 6, wrong"
    said = page.inner_text("[role=status]")
    assert "First error at token 8: 6, where EoS is right" in said
    assert "it gets wrong. Solved." in page.inner_text("ul")
    assert errors == []


def test_probabilities_and_attention_of_any_token_can_be_read(page, tmp_path):
    model = endless()
    errors = opened(page, tmp_path, model)
    for _ in range(12):
        page.get_by_role("button", name="Step").click()
    page.locator(".count-line button").nth(2).click()
    assert "After “30”, token 3" in page.inner_text(".progtx-live")
    table = page.locator(".count-heads table")
    assert table.locator("tr").count() == 1 + 2 * 4
    assert table.locator("tr").first.locator("th").count() == 1 + 3
    tokens = TASK.prompts(torch.tensor([[3, 30]]))[:, :3]
    with torch.no_grad():
        logits = live_ch11.rounded(model)(tokens)[0, -1]
    logits[TASK.spec.pad] = -torch.inf  # as in greedy decoding
    best = page.locator(".count-next .live-line").first.inner_text().split()
    assert float(best[-1]) == pytest.approx(logits.softmax(-1).max().item(), abs=1e-3)
    page.locator(".count-line button").last.click()
    assert table.locator("tr").first.locator("th").count() == 1 + 4 + 1 + 8
    table.focus()
    page.keyboard.press("ArrowDown")
    assert "Layer 0, head 1 gives" in page.inner_text(".progtx-live")
    assert errors == []


def test_what_is_no_number_of_the_task_is_told(page, tmp_path):
    errors = opened(page, tmp_path, knowing())
    page.get_by_label("a", exact=True).fill("40")
    assert "whole numbers from 0 to 39" in page.inner_text("[role=alert]")
    assert page.get_by_role("button", name="Step").is_disabled()
    page.get_by_label("a", exact=True).fill("7")
    assert page.inner_text("[role=alert]") == ""
    assert page.locator(".count-line button").all_inner_texts()[1] == "7"
    assert errors == []


def test_without_scripts_the_picture_stays(browser, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    opened(plain, tmp_path, knowing())
    assert plain.get_by_alt_text("a picture").bounding_box()["width"] > 100
    context.close()


def test_a_phone_has_room_for_it_and_a_finger_can_press(browser, tmp_path):
    context = browser.new_context(viewport={"width": 380, "height": 700}, has_touch=True)
    narrow = context.new_page()
    opened(narrow, tmp_path, endless())
    for _ in range(12):
        narrow.get_by_role("button", name="Step").tap()
    narrow.locator(".count-heads td").nth(5).tap()
    assert "of its attention to" in narrow.inner_text(".progtx-live")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 380
    context.close()
