"""The model that a page trains: its numbers are those of torch and of the package."""

import pytest
import torch

from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.tools import paths
from progtx_core.training import masked_cross_entropy
from progtx_core.types import Batch

pytestmark = pytest.mark.browser
SIZES = {"d_model": 8, "n_layers": 2, "n_heads": 4, "d_mlp": 32}
TASK = tasks.get("parity", seq_len=6)


@pytest.fixture
def js(page):
    page.goto("about:blank")
    script = (paths.ROOT / "book" / "live" / "train.js").read_text("utf-8")
    page.add_script_tag(content=f"{script}\nwindow.trainer = trainer;")
    page.evaluate(
        """() => {
          window.loaded = (weights) => Object.fromEntries(trainer.shapes(trainer.SIZES).map(
            ([name, rows, cols]) =>
              [name, trainer.matrix(rows, cols, Float64Array.from(weights[name]))]));
        }"""
    )
    return page


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    made = CausalTransformer(TASK.spec, **SIZES).double()
    with torch.no_grad():
        for parameter in made.parameters():  # norms too are none of a fresh one's
            parameter += 0.1 * torch.randn_like(parameter)
    return made


@pytest.fixture(scope="module")
def batch():
    drawn = TASK.sample(20, torch.Generator().manual_seed(0))
    return {"tokens": drawn.inputs.tolist(), "targets": drawn.targets.flatten().tolist()}


def weights(model):
    return {name: p.detach().flatten().tolist() for name, p in model.state_dict().items()}


def loss_of(model, batch):
    inputs, targets = torch.tensor(batch["tokens"]), torch.tensor(batch["targets"])
    logits = model_in_double(model, inputs)
    return masked_cross_entropy(logits, Batch(inputs, targets.view(inputs.shape)))


def model_in_double(model, inputs):
    """The forward pass in float64: `as_features` makes float32 of tokens."""
    hook = model.embed.register_forward_pre_hook(lambda _, args: (args[0].double(),))
    try:
        return model(inputs)
    finally:
        hook.remove()


def test_the_parameters_are_those_of_the_package(js, model):
    shapes = js.evaluate("trainer.shapes(trainer.SIZES)")
    found = {name: rows * cols for name, rows, cols in shapes}
    assert found == {name: p.numel() for name, p in model.state_dict().items()}


def test_loss_and_every_gradient_are_those_of_torch(js, model, batch):
    loss = loss_of(model, batch)
    model.zero_grad()
    loss.backward()
    found = js.evaluate(
        """([weights, batch]) => {
          const model = loaded(weights);
          const { loss } = trainer.measure(model, trainer.SIZES, batch, true);
          return [loss, Object.fromEntries(
            Object.entries(model).map(([name, p]) => [name, Array.from(p.grad)]))];
        }""",
        [weights(model), batch],
    )
    assert found[0] == pytest.approx(loss.item(), abs=1e-6)
    for name, parameter in model.named_parameters():
        same = torch.tensor(found[1][name]).double()
        assert torch.allclose(same, parameter.grad.flatten(), atol=1e-6), name


def test_twenty_updates_of_adam_are_those_of_torch(js, model, batch):
    found = js.evaluate(
        """([weights, batch]) => {
          const adam = new trainer.Adam(loaded(weights), trainer.SIZES, 0.01);
          return Array.from({ length: 20 }, () => adam.step(batch).loss);
        }""",
        [weights(model), batch],
    )
    copy = CausalTransformer(TASK.spec, **SIZES).double()
    copy.load_state_dict(model.state_dict())
    adam, wanted = torch.optim.Adam(copy.parameters(), lr=0.01, betas=(0.9, 0.98)), []
    for _ in range(20):
        loss = loss_of(copy, batch)
        adam.zero_grad()
        loss.backward()
        adam.step()
        wanted.append(loss.item())
    assert found == pytest.approx(wanted, abs=1e-5)
    assert wanted[-1] < wanted[0] - 0.1


def test_a_search_keeps_only_what_lowers_the_loss(js, model, batch):
    losses, at_the_end, radius = js.evaluate(
        """([weights, batch]) => {
          const model = loaded(weights);
          const search = new trainer.Search(model, trainer.SIZES, 0.1, 7);
          const losses = Array.from({ length: 300 }, () => search.step(batch).loss);
          return [losses, trainer.measure(model, trainer.SIZES, batch).loss, search.radius];
        }""",
        [weights(model), batch],
    )
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.01
    assert at_the_end == pytest.approx(losses[-1], abs=1e-12)  # others were taken back
    assert radius == 0.1


def test_the_radius_halves_after_a_sweep_in_vain(js):
    radii = js.evaluate(
        """() => {
          const flat = { x: trainer.matrix(1, 3) };  // no parameter of any model
          const search = new trainer.Search(flat, trainer.SIZES, 1);
          const measure = trainer.measure;
          trainer.measure = () => ({ loss: 1 });
          const radii = Array.from({ length: 12 }, () => {
            search.step();
            return search.radius;
          });
          trainer.measure = measure;
          return [radii, Array.from(flat.x.data)];
        }"""
    )
    assert radii == [[1.0] * 5 + [0.5] * 6 + [0.25], [0.0, 0.0, 0.0]]


def test_strings_are_all_there_once_and_answered_as_the_task_does(js):
    sets = js.evaluate("trainer.parity(6)")
    train, test = (
        [tuple(row) for row in sets[name]["tokens"]] for name in ("train", "test")
    )
    assert len(set(train) | set(test)) == len(train) + len(test) == 64
    assert 4 <= len(test) <= 12
    for name in sets:
        inputs = torch.tensor(sets[name]["tokens"])
        assert TASK.labels(inputs).flatten().tolist() == sets[name]["targets"]


# The page --------------------------------------------------------------------------


@pytest.fixture
def opened(page, tmp_path):
    scripts = paths.ROOT / "book" / "live"
    tags = "".join(
        f'<script src="{(scripts / name).as_uri()}"></script>'
        for name in ("train.js", "train_page.js")
    )
    start = '<script>trainer.page(document.getElementById("here"));</script>'
    path = tmp_path / "page.html"
    path.write_text(
        f'<!DOCTYPE html><meta charset=utf-8><div id="here"></div>{tags}{start}'
    )
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    yield page
    assert errors == []


def test_adam_answers_every_string_in_the_page(opened):
    assert "Adam: 0 forward passes" in opened.inner_text("[role=status]")
    assert "(wrong)" in opened.inner_text("table")
    opened.get_by_role("button", name="train", exact=True).click()
    opened.get_by_role("button", name="go on").wait_for(timeout=30_000)
    assert "right in training 1.00" in opened.inner_text("[role=status]")
    assert "(wrong)" not in opened.inner_text("table")
    opened.get_by_role("button", name="begin anew").click()
    assert "Adam: 0 forward passes" in opened.inner_text("[role=status]")


def test_a_search_can_be_paused_and_its_curve_stays(opened):
    opened.get_by_label("method").select_option("pattern search")
    assert "radius 0.1" in opened.inner_text("[role=status]")
    opened.get_by_role("button", name="train", exact=True).click()
    opened.wait_for_timeout(500)
    opened.get_by_role("button", name="pause").click()
    said = opened.inner_text("[role=status]")
    opened.wait_for_timeout(200)
    assert opened.inner_text("[role=status]") == said
    opened.get_by_label("method").select_option("Adam")
    assert "pattern search (dashed)" in opened.text_content("svg")


def test_what_is_no_bit_is_told(opened):
    opened.get_by_label("bits", exact=True).fill("10x")
    assert opened.inner_text("table") == "type zeros and ones"
