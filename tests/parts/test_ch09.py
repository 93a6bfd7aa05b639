"""Pictures of searches: what is drawn is what was given."""

from types import SimpleNamespace

import numpy as np
import pandas
import pytest
import torch
from parts import ch09
from torch import nn


def test_a_race_is_drawn_over_both_costs_without_the_start():
    passes = np.array([[0.0, 10.0, 20.0], [0.0, 30.0, 40.0]])
    loss = np.array([[3.0, 2.0, 1.0], [3.5, 2.5, 1.5]])
    curves = {"one": (passes, loss, 1 - loss), "other": (passes[:1], loss[:1])}
    runs = {"one": SimpleNamespace(seconds=4.0), "other": SimpleNamespace(seconds=5.0)}
    figure = ch09.race(curves, runs)
    left, right = figure.axes
    assert [line.get_xdata().tolist() for line in left.lines] == [
        [10, 20],
        [30, 40],
        [10, 20],
    ]
    assert [line.get_xdata().tolist() for line in right.lines] == [[2, 4], [3, 4], [2.5, 5]]
    assert right.lines[1].get_ydata().tolist() == [2.5, 1.5]
    assert [text.get_text() for text in figure.legends[0].texts] == ["one", "other"]


def test_a_recorded_race_ends_where_a_method_ended():
    seeds = pandas.DataFrame(
        {
            "passes": [400.0, 900.0, 500.0],
            "after_100": [1.0, 2.0, 3.0],
            "after_300": [0.5, 0.0, 0.2],
            "after_1000": [9.0] * 3,
            "seconds": [250.0] * 3,
        }
    )
    methods, kinds = ["zebra", "apple"], ["zebra", "other"]
    frame = pandas.concat(
        [seeds.assign(model=name) for name in ("apple", "zebra", "other")]
    )
    figure = ch09.recorded_race(frame, kinds, ["apple"])
    by_passes, by_seconds, right = figure.axes
    assert [[line.get_label() for line in ax.lines] for ax in figure.axes] == [
        methods,
        methods,
        kinds,
    ]
    for line in (*by_passes.lines, *right.lines):
        assert line.get_xdata().tolist() == [100, 300]
        assert line.get_ydata().tolist() == [2.0, 0.2]
    assert by_seconds.lines[0].get_xdata().tolist() == [50, 150]
    corners = {tuple(edge) for edge in by_passes.collections[0].get_paths()[0].vertices}
    assert corners >= {(100, 1), (100, 3), (300, ch09.LEAST), (300, 0.5)}


def test_paths_are_drawn_on_level_lines_of_the_function():
    path = np.array([[0.0, 1.0], [2.0, 1.0]])
    figure = ch09.paths_on(lambda x: x[0] ** 2 + x[1] ** 2, {"a": path, "b": path[:1]})
    assert [ax.get_title() for ax in figure.axes] == ["a", "b"]
    assert np.array_equal(figure.axes[0].lines[0].get_xydata(), path)
    for segment in figure.axes[0].collections[0].allsegs[3]:  # a level line of a bowl
        radii = np.linalg.norm(segment, axis=1)
        inside = np.abs(segment).max(1) < 2.9
        assert np.ptp(radii[inside]) < 0.05


def test_costs_and_beliefs_draw_what_they_are_given():
    sizes = np.array([10.0, 100.0])
    (ax,) = ch09.costs(sizes, {"sweep": sizes**2, "step": sizes}).axes
    assert ax.lines[0].get_ydata().tolist() == [100, 10000]
    left, right = ch09.beliefs({"kept": (np.array([0.5]), np.array([0.6])), "b": ()}).axes
    assert [line.get_ydata().tolist() for line in left.lines] == [[0.5], [0.6]]
    assert (left.get_title(), right.get_title()) == ("kept", "b")


def test_an_answer_is_new_if_no_training_string_begins_like_it():
    train = SimpleNamespace(inputs=torch.tensor([[1, 2, 1], [2, 2, 2]]))
    test = SimpleNamespace(
        inputs=torch.tensor([[1, 2, 2], [2, 1, 1]]),
        targets=torch.tensor([[0, 1, 1], [0, 1, -1]]),
    )
    new = ch09.unseen(train, test)
    assert new.tolist() == [[False, False, True], [False, True, False]]


def test_the_question_has_an_arrow_and_four_marks():
    known, measured = ch09.question().axes
    assert len(known.texts) == 1
    assert [text.get_text() for text in measured.texts] == ["?"] * 4


@pytest.fixture
def run():
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    generator = np.random.default_rng(0)
    history = {name: generator.random((2, 5)) for name in ("evaluations", "radius")}
    for name, _ in model.named_parameters():
        history[f"kept/{name}"] = generator.integers(0, 5, (2, 5)).cumsum(1)
    return SimpleNamespace(seeds=[3, 4], history=history, models=[model] * 2)


def test_kept_changes_are_counted_for_each_number_of_a_layer(run):
    kept, sizes = ch09.kept_by_layer(run), {}
    for name, parameter in run.models[0].named_parameters():
        layer = next(layer for layer in kept if name.startswith(layer))
        sizes[layer] = sizes.get(layer, 0) + parameter.numel()
    names = [name for name in run.history if name.startswith("kept/")]
    total = sum(run.history[name][:, -1].mean() for name in names)
    assert total > 0
    assert sum(kept[layer] * sizes[layer] for layer in kept) == pytest.approx(total)


def test_radius_and_layers_draw_a_line_a_seed_and_a_bar_a_layer(run):
    left, right = ch09.radius_and_layers(run).axes
    assert [line.get_label() for line in left.lines] == ["seed 3", "seed 4"]
    for line, passes, radius in zip(
        left.lines, run.history["evaluations"], run.history["radius"], strict=True
    ):
        assert np.array_equal(line.get_xdata(), passes)
        assert np.array_equal(line.get_ydata(), radius)
    kept = ch09.kept_by_layer(run)
    assert [bar.get_width() for bar in right.patches] == list(kept.values())
    assert [label.get_text() for label in right.get_yticklabels()] == list(kept)
