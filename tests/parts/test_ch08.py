"""Pictures of sequences: what is drawn is what was given."""

import doctest
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from parts import ch08

from progtx_core.tools import paths
from progtx_core.tools.checkers import ch08 as checkers


class History(dict):
    """Curves (n_seeds, n_points), as a training keeps them."""

    def steps(self, name):
        return np.arange(self[name].shape[1]) * 5


@pytest.fixture
def history():
    generator = np.random.default_rng(0)
    curves = [f"{split}/{what}" for split in ("train", "val") for what in METRICS]
    return History({name: generator.random((2, 4)) for name in curves})


METRICS = "loss", "accuracy"


def test_doctests():
    assert doctest.testmod(ch08).failed == 0


def test_tokens_are_shown_escaped_with_a_plain_text_beside(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    ch08.show_tokens([(["Max", "<b>"], "answer 3")], {"Max": "#56B4E9"})
    (data,) = shown
    assert data["text/plain"] == "Max <b>   answer 3"
    assert "&lt;b&gt;" in data["text/html"]
    assert "<b>" not in data["text/html"]
    assert "background:#56B4E9" in data["text/html"]


def test_a_padded_batch_has_tokens_and_mask_side_by_side():
    tokens, mask = [["a", "b"], ["c"]], np.array([[True, True], [True, False]])
    left, right = ch08.padded_batch(tokens, mask).axes
    assert [text.get_text() for text in left.texts] == ["a", "b", "c", ""]
    assert [text.get_text() for text in right.texts] == ["1", "1", "1", "0"]


def test_counts_are_of_each_value():
    operations = np.array([0, 2, 2])
    left, right = ch08.counts(
        {"a": (operations, ["x", "y", "z"]), "b": ([7, 7], None)}
    ).axes
    assert [(bar.get_center()[0], bar.get_height()) for bar in left.patches] == [
        (0, 1),
        (2, 2),
    ]
    assert [text.get_text() for text in left.get_xticklabels()] == ["x", "y", "z"]
    assert right.patches[0].get_height() == 2


def test_top_bars_names_the_likeliest_and_marks_the_right_one():
    probabilities = np.array([[0.1, 0.6, 0.3, 0.0], [0.7, 0.1, 0.15, 0.05]])
    figure = ch08.top_bars(probabilities, ["one", "two"], [1, 2], n=3)
    first, second = figure.axes
    assert [t.get_text() for t in first.get_yticklabels()] == ["1", "2", "0"]
    assert [bar.get_width() for bar in second.patches] == [0.7, 0.15, 0.1]
    assert [bool(bar.get_hatch()) for bar in second.patches] == [False, True, False]
    assert first.get_title() == "one\nright"
    assert second.get_title() == "two\nwrong: it is 2"


def test_attention_maps_are_a_row_an_input_without_padding():
    pattern = np.random.default_rng(0).random((2, 3, 4, 4))
    axes = ch08.attention_maps(pattern, [["Max", "7"], ["Min", "1", "2"]]).axes
    assert [ax.get_title() for ax in axes[2:4]] == ["Max, head 2", "Min, head 0"]
    assert [t.get_text() for t in axes[3].get_xticklabels()] == ["Min", "1", "2"]


def test_a_text_map_grows_denser_with_the_weight():
    lines = ch08.text_map(np.array([[0.0, 1.0], [0.3, 0.7]]), ["a", "b"]).split("\n")
    assert lines[0].split() == ["a", "b"]
    assert lines[1].split() == ["a", ch08.SHADES[-1]]
    light, dark = lines[2].split()[1:]
    assert ch08.SHADES.index(light) < ch08.SHADES.index(dark)


def test_training_curves_are_drawn_from_a_checkpoint_alone(monkeypatch, history):
    found = {"a path": SimpleNamespace(history=history)}
    monkeypatch.setattr(ch08.checkpoint, "load", found.__getitem__)
    figure = ch08.plot_training_curves("a path")
    loss = figure.axes[0]
    assert len(loss.lines) == 4  # two seeds, training and validation
    drawn = [line.get_ydata() for line in loss.lines[2:]]
    assert np.array_equal(drawn, history["val/loss"])
    assert [text.get_text() for text in figure.legends[0].texts] == ["train", "val"]


def test_a_quiz_shows_each_training_under_its_letter_and_not_its_name(history):
    names = [f"number {place}" for place in range(6)]
    results = {}
    for place, name in enumerate(names):
        curves = {curve: values + place for curve, values in history.items()}
        results[name] = SimpleNamespace(history=History(curves))
    axes = ch08.quiz(results, 20).axes
    assert [ax.get_title() for ax in axes] == [*"ABCDEF"] == [*ch08.QUIZ]
    for ax, place in zip(axes, ch08.QUIZ.values(), strict=True):
        wanted = history["train/loss"][0] + place
        assert np.array_equal(ax.lines[0].get_ydata(), wanted)
        assert ax.lines[-1].get_ydata()[0] == pytest.approx(np.log(20))
        assert ax.get_ylim() == axes[0].get_ylim()


def test_the_checker_knows_the_letters_of_the_quiz():
    order = [checkers.FINE, checkers.HIGH, checkers.LOW]
    order += [checkers.FEW, checkers.MASK, checkers.SHUFFLED]
    chapter = (paths.NOTEBOOKS / "08_training_step_by_step.py").read_text("utf-8")
    places = [chapter.index(f'    "{name}": short_run(') for name in order]
    assert places == sorted(places)
    assert {x: order[place] for x, place in ch08.QUIZ.items()} == checkers.CURVES


def test_first_rows_are_those_of_all_heads_a_panel_an_input():
    generator = np.random.default_rng(0)
    found = {name: generator.random((2, 3, 4, 4)) for name in ("first", "second")}
    figure = ch08.first_rows(found, [["Max", "7"], ["Min", "1", "2"]])
    panel = figure.axes[1]
    assert panel.get_title() == "Min 1 2"
    assert [t.get_text() for t in panel.get_yticklabels()][3:] == ["1.0", "1.1", "1.2"]
    drawn = panel.collections[0].get_array().reshape(6, 3)
    assert np.allclose(drawn[4], found["second"][1, 1, 0, :3])


def test_gradient_norms_are_drawn_a_line_a_seed():
    history = History({"grad_norm": np.array([[1.0, 0.5], [2.0, 0.1]])})
    (ax,) = ch08.gradient_norms(history).axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1.0, 0.5], [2.0, 0.1]]
    assert ax.get_yscale() == "log"


def test_lines_has_one_for_each_curve_and_a_legend_for_several():
    one = ch08.lines([0, 5], {"a": [1.0, 2.0]}, "rate")
    two = ch08.lines([0, 5], {"a": [1.0, 2.0], "b": [3.0, 4.0]}, "rate")
    assert not one.legends
    assert [text.get_text() for text in two.legends[0].texts] == ["a", "b"]
    assert two.axes[0].lines[1].get_ydata().tolist() == [3.0, 4.0]


def test_accuracy_bars_draw_a_bar_a_seed_and_a_name():
    accuracies = np.array([[0.5, 1.0], [0.25, 0.75], [0.1, 0.2]])
    predictions = np.eye(3)[[0, 0, 1]], np.array([0, 2, 1])
    figure = ch08.accuracy_bars(accuracies, ["Second", "Last"], predictions)
    left, right = figure.axes
    heights = [bar.get_height() for bar in left.patches]
    assert np.array_equal(np.reshape(heights, (3, 2)), accuracies)
    assert [t.get_text() for t in left.get_xticklabels()] == ["Second", "Last"]
    counts = np.expm1(right.collections[0].get_array().reshape(3, 3))
    assert np.allclose(counts, [[1, 0, 0], [0, 1, 0], [1, 0, 0]])


def test_recorded_groups_draws_every_seed():
    frame = pandas.DataFrame(
        {
            "model": ["small"] * 3 + ["large"] * 3,
            "accuracy": [0.5, 0.7, 0.6, 1.0, 0.9, 0.95],
        }
    )
    groups = {"data": {"s": "small", 0.1: "large"}, "again": {"l": "large"}}
    figure = ch08.recorded_groups(frame, groups)
    first, second = figure.axes
    assert sorted(first.collections[0].get_offsets()[:, 1]) == [0.5, 0.6, 0.7]
    assert first.lines[0].get_ydata().tolist() == [0.6, 0.95]  # the medians
    assert [t.get_text() for t in first.get_xticklabels()] == ["s", "0.1"]
    assert len(second.collections) == 1
