"""Pictures of sequences: what is drawn is what was given."""

import numpy as np
import pytest

from progtx_core import tasks
from progtx_core.plots import sequences, style
from progtx_core.training import Config, fit


def test_tokens_are_shown_escaped_with_a_plain_text_beside(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    sequences.show_tokens([(["Max", "<b>"], "answer 3")], {"Max": "#56B4E9"})
    (data,) = shown
    assert data["text/plain"] == "Max <b>   answer 3"
    assert "&lt;b&gt;" in data["text/html"]
    assert "<b>" not in data["text/html"]
    assert "background:#56B4E9" in data["text/html"]


def test_top_bars_names_the_likeliest_and_marks_the_right_one():
    probabilities = np.array([[0.1, 0.6, 0.3, 0.0], [0.7, 0.1, 0.15, 0.05]])
    figure = sequences.top_bars(probabilities, ["one", "two"], [1, 2], n=3)
    first, second = figure.axes
    assert [t.get_text() for t in first.get_yticklabels()] == ["1", "2", "0"]
    assert [bar.get_width() for bar in second.patches] == [0.7, 0.15, 0.1]
    assert [bool(bar.get_hatch()) for bar in second.patches] == [False, True, False]
    assert first.get_title() == "one\nright"
    assert second.get_title() == "two\nwrong: it is 2"


def test_an_attention_map_has_the_tokens_on_both_sides():
    figure, (ax,) = style.panels()
    sequences.attention_map(ax, np.eye(5), ["Max", "(", "7"], "a head")
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["Max", "(", "7"]


def test_a_text_map_grows_denser_with_the_weight():
    lines = sequences.text_map(np.array([[0.0, 1.0], [0.3, 0.7]]), ["a", "b"]).split("\n")
    assert lines[0].split() == ["a", "b"]
    assert lines[1].split() == ["a", sequences.SHADES[-1]]
    light, dark = lines[2].split()[1:]
    assert sequences.SHADES.index(light) < sequences.SHADES.index(dark)


def test_training_curves_are_drawn_from_a_checkpoint_alone(tmp_path):
    config = Config(steps=20, batch_size=8, n_eval=50, eval_every=5)
    task = tasks.get("last_gt_first")
    how = {"n_seeds": 2, "n_processes": 1, "progress": False, "checkpoints": tmp_path}
    run = fit("logistic_regression", task, config, **how)
    figure = sequences.plot_training_curves(next(tmp_path.iterdir()))
    loss = figure.axes[0]
    assert len(loss.lines) == 4  # two seeds, training and validation
    drawn = [line.get_ydata() for line in loss.lines[2:]]
    assert np.array_equal(drawn, run.history["val/loss"])
    with pytest.raises(FileNotFoundError):
        sequences.plot_training_curves(tmp_path / "other.pt")


def test_lines_has_one_for_each_curve_and_a_legend_for_several():
    one = sequences.lines([0, 5], {"a": [1.0, 2.0]}, "rate")
    two = sequences.lines([0, 5], {"a": [1.0, 2.0], "b": [3.0, 4.0]}, "rate")
    assert not one.legends
    assert [text.get_text() for text in two.legends[0].texts] == ["a", "b"]
    assert two.axes[0].lines[1].get_ydata().tolist() == [3.0, 4.0]


def test_accuracy_bars_draw_a_bar_a_seed_and_a_name():
    accuracies = np.array([[0.5, 1.0], [0.25, 0.75], [0.1, 0.2]])
    figure = sequences.accuracy_bars(accuracies, ["First", "Last"], np.eye(3, dtype=int))
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert np.array_equal(np.reshape(heights, (3, 2)), accuracies)


def test_recorded_groups_draws_every_seed():
    from progtx_core.tools.records import Record

    rows = [
        {"model": model, "task": "t", "seed": i, "accuracy": str(value)}
        for model, values in (("small", (0.5, 0.7, 0.6)), ("large", (1.0, 0.9, 0.95)))
        for i, value in enumerate(values)
    ]
    groups = {"data": {"s": "small", "l": "large"}, "again": {"l": "large"}}
    figure = sequences.recorded_groups(Record("r", rows), groups, "t")
    first = figure.axes[0].lines
    assert first[0].get_ydata().tolist() == [0.5, 0.7, 0.6]
    assert first[1].get_ydata().tolist() == [0.6]  # the median
    assert len(figure.axes[1].lines) == 2
