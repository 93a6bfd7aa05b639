"""Live models: JavaScript says what torch says, and a reader can play with them."""

import json

import pytest
import torch
from parts import playground

from progtx_core import models, tasks
from progtx_core.models.long import LONG_SCHEMES, LongTransformer
from progtx_core.models.pooling import TemporalPooling
from progtx_core.models.positions import SCHEMES
from progtx_core.models.self_attention import SelfAttention
from progtx_core.models.transformer import CausalTransformer, Transformer

pytestmark = pytest.mark.browser
SIGNALS = [
    "last_gt_first",
    "trend_sign",
    "xor_of_endpoints",
    "has_pos_and_neg",
    "any_positive",
    "sign_of_winner",
    "argmax_position",
    "sign_changes_mod_3",
    "value_at_max_key",
    "value_at_query",
]
TEXTS = ["sum_mod_10", "selection"]


@pytest.fixture
def js(page):
    page.goto("about:blank")
    page.add_script_tag(content=f"{playground.script()}\nwindow.live = live;")
    return page


def every_model():
    """A name, and a model with numbers that are none of a fresh one's zeros and ones."""
    numbers, text = tasks.get("value_at_max_key", seq_len=5), tasks.get("sum_mod_10")
    for task in (numbers, text):
        for name in models.names():
            yield f"{name}, {task.name}", models.build(name, task.spec), task
    for scheme in SCHEMES:
        for make in (SelfAttention, Transformer, CausalTransformer):
            model = make(text.spec, d_model=8, positions=scheme)
            yield f"{make.__name__}, {scheme}", model, text
    for scheme in LONG_SCHEMES:
        counting = tasks.get("counting", n_numbers=9, max_len=14)
        model = LongTransformer(counting.spec, d_model=8, positions=scheme)
        yield f"long, {scheme}", model, counting
    yield "both pools", TemporalPooling(text.spec, pool="both"), text
    yield "read first", Transformer(numbers.spec, read="first"), numbers


def test_the_forward_pass_is_that_of_torch(js):
    for name, model, task in every_model():
        generator = torch.Generator().manual_seed(3)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        inputs = task.sample(2, generator).inputs
        model = model.half().float().eval()  # as they travel
        found = js.evaluate(
            """([packed, inputs]) => {
              const model = live.unpack(packed);
              return inputs.map((input) => live.forward(model, input).logits);
            }""",
            [playground.exported(model), inputs.tolist()],
        )
        with torch.no_grad():
            wanted = model(inputs)
        if task.spec.pad is not None and task.spec.per_position:
            keep = inputs != task.spec.pad  # nobody reads what follows padding
            found, wanted = torch.tensor(found)[keep], wanted[keep]
        difference = (torch.as_tensor(found) - wanted).abs().max().item()
        assert difference < 1e-5 * max(1.0, wanted.abs().max().item()), name


@pytest.mark.parametrize("name", SIGNALS + TEXTS)
def test_a_rule_is_that_of_the_task(js, name):
    task = tasks.get(name)
    batch = task.sample(200, torch.Generator().manual_seed(0))
    shown = playground.written(task, batch.inputs)
    arguments = [[x, x] if isinstance(x, str) else [x, None] for x in shown]
    script = """([task, all]) =>
      all.map(([input, text]) => live.rules[task.name](input, text, task))"""
    found = js.evaluate(script, [playground.described(task), arguments])
    assert found == batch.targets.tolist()


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_the_tokens_of_the_task(js, name):
    task = tasks.get(name)
    inputs = task.sample(50, torch.Generator().manual_seed(0)).inputs
    script = "([task, all]) => all.map((text) => live.encode(task, text).ids)"
    found = js.evaluate(
        script, [playground.described(task), playground.written(task, inputs)]
    )
    assert found == inputs.tolist()


# The widget ----------------------------------------------------------------------------


def opened(page, tmp_path, task, trained, challenges=(), **more):
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda bundle, **_: shown.append(bundle))
        playground.show(task, trained, "a picture", challenges, **more)
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown[0]['text/html']}")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    return errors


@pytest.fixture
def sums():
    """A model that adds up the last position only, and one that adds up none."""
    task = tasks.get("last_gt_first", seq_len=3)
    good, bad = (models.build("logistic_regression", task.spec) for _ in range(2))
    with torch.no_grad():
        for model in (good, bad):
            model.linear.weight.zero_()
            model.linear.bias[:] = torch.tensor([1.0, 0.0])
        good.linear.weight[1, :2], good.linear.weight[1, 4:] = -9, 9
        good.linear.bias.zero_()
    return task, {"always no": bad, "by hand": good}


CHALLENGE = playground.Challenge(
    "Make the first wrong and the second right.", right=["by hand"], wrong=["always no"]
)


def test_a_slider_changes_the_answers_and_solves_the_challenge(page, tmp_path, sums):
    task, trained = sums
    falling = torch.tensor([[[1.0, 1.0], [0.0, 0.0], [-1.0, -1.0]]])
    errors = opened(page, tmp_path, task, trained, (CHALLENGE,), examples=falling)
    said = page.locator(".live-said").all_inner_texts
    assert said() == ["0", "0 (right)", "0 (right)"]
    assert "Solved" not in page.inner_text(".live-challenges")
    slider = page.get_by_label("signal at position 2")
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowUp")
    assert said() == ["1", "0 (wrong)", "1 (right)"]
    assert "Solved" in page.inner_text(".live-challenges")
    page.get_by_text("another example").click()
    assert said() == ["0", "0 (right)", "0 (right)"]
    assert "Solved" in page.inner_text(".live-challenges")  # once solved, solved
    assert errors == []


def test_a_text_is_answered_or_told_what_is_wrong(page, tmp_path):
    torch.manual_seed(0)
    task = tasks.get("selection")
    model = Transformer(task.spec, d_model=8, n_layers=1, n_heads=2)
    errors = opened(page, tmp_path, task, {"untrained": model}, switches=True)
    field = page.get_by_label("your input")
    field.fill("Max(3, 17, 4)")
    assert page.locator(".live-said").first.inner_text() == "17"
    assert page.locator(".live-heat").count() == 2
    assert page.locator(".live-heat").first.locator("tr").count() == 8 + 1
    page.locator(".live-heat").first.focus()
    page.keyboard.press("ArrowDown")
    assert "head 0: ( (1) gives Max (0)" in page.inner_text("[role=status]")
    field.fill("Max(3, x)")
    assert "no token for “x”" in page.inner_text("[role=alert]")
    field.fill("Max(1, 2, 3, 4, 5, 6, 7, 8, 9)")
    assert "20 tokens, more than the model's 18" in page.inner_text("[role=alert]")
    assert errors == []


def test_a_head_that_is_switched_off_says_nothing(page, tmp_path):
    torch.manual_seed(0)
    task = tasks.get("sum_mod_10")
    model = Transformer(task.spec, d_model=8, n_layers=2, n_heads=2).eval()
    errors = opened(page, tmp_path, task, {"untrained": model}, switches=True)
    page.get_by_label("your input").fill("3+4")
    before = page.inner_text(".live-answers")
    page.get_by_role("checkbox", name="layer 1, head 1").uncheck()
    assert page.inner_text(".live-answers") != before
    page.get_by_role("checkbox", name="layer 1, head 1").check()
    assert page.inner_text(".live-answers") == before
    model.half().float()  # as it travelled
    ids = torch.tensor([task.tokenizer.encode("3+4", task.spec.seq_len)])
    with torch.no_grad():
        model.blocks[1].attention.W_O.weight[:, 4:] = 0  # the same by hand
        wanted = model(ids).softmax(-1)[0]
    off = "blocks.1.attention 1"
    packed = json.loads(page.get_attribute(".progtx-live", "data-live"))["models"][0]
    page.add_script_tag(content=f"(() => {{{playground.script()}\nwindow.live = live;}})()")
    found = page.evaluate(
        """([packed, ids, off]) => live.softmax(
             live.forward(live.unpack(packed), ids, new Set([off])).logits)""",
        [packed, ids[0].tolist(), off],
    )
    assert torch.allclose(torch.tensor(found), wanted, atol=1e-5)
    assert errors == []


def test_one_of_many_models_is_chosen(page, tmp_path):
    torch.manual_seed(0)
    task = tasks.get("last_gt_first", seq_len=3)
    trained = {s: SelfAttention(task.spec, d_model=4, positions=s) for s in SCHEMES}
    goal = playground.Challenge("Choose.", right=["learned"])
    errors = opened(page, tmp_path, task, trained, (goal,), choose="learned")

    shown = page.locator(".live-answers tr:visible th").all_inner_texts
    assert shown() == ["the rule", "none", "learned"]
    assert page.locator(".live-heat").count() == 2
    page.get_by_label("compare with").select_option("alibi")
    assert shown() == ["the rule", "none", "alibi"]
    assert page.locator("figcaption").all_inner_texts() == ["none", "alibi"]
    page.get_by_text("another example").click()
    assert shown() == ["the rule", "none", "alibi"]
    assert errors == []


def test_without_scripts_the_picture_stays(browser, tmp_path, sums):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    opened(plain, tmp_path, *sums)
    assert plain.get_by_alt_text("a picture").bounding_box()["width"] > 100
    context.close()


def test_a_phone_has_room_for_it(browser, tmp_path, sums):
    context = browser.new_context(viewport={"width": 380, "height": 700}, has_touch=True)
    narrow = context.new_page()
    opened(narrow, tmp_path, *sums)
    width = narrow.evaluate("document.documentElement.scrollWidth")
    assert width <= 380
    context.close()


def test_a_model_without_a_forward_pass_is_named():
    with pytest.raises(TypeError, match="Linear has no forward pass in JavaScript"):
        playground.exported(torch.nn.Linear(2, 2))
