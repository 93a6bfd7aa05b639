"""Pictures of sequences: what is drawn is what was given."""

import numpy as np
import pytest

from progtx_core import tasks
from progtx_core.report import sequences, style
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
