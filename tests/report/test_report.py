"""Pictures show the numbers they are given, and differ without colour."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from progtx_core import tasks
from progtx_core.plots import curves as plots
from progtx_core.plots import style
from progtx_core.training import Config, fit


@pytest.fixture(scope="module")
def runs():
    config = Config(steps=120, batch_size=16, n_eval=100)
    return {
        name: fit("logistic_regression", tasks.get(name), config, n_seeds=3, progress=False)
        for name in ("trend_sign", "xor_of_endpoints")
    }


def test_learning_curves_draw_median_and_range(runs):
    figure = plots.learning_curves(runs, ("val/loss", "val/accuracy"))
    for ax, name in zip(figure.axes, ("val/loss", "val/accuracy"), strict=True):
        for line, band, run in zip(ax.lines, ax.collections, runs.values(), strict=True):
            values = run.history[name]
            assert np.allclose(line.get_ydata(), np.median(values, axis=0))
            edges = band.get_paths()[0].vertices[:, 1]
            assert edges.min() == pytest.approx(values.min())
            assert edges.max() == pytest.approx(values.max())
    assert figure.axes[0].get_ylabel() == "validation loss (nats)"
    assert [t.get_text() for t in figure.legends[0].texts] == list(runs)


def test_smoothing_is_a_running_mean():
    values = np.random.default_rng(0).normal(size=(2, 300))
    smooth = plots.smooth(values)
    assert smooth.shape == values.shape
    for t in (0, 3, 4, 5, 299):
        window = values[:, max(0, t - 4) : t + 1]
        assert np.allclose(smooth[:, t], window.mean(axis=1))
    few = values[:, :50]
    assert np.array_equal(plots.smooth(few), few)


def test_seed_accuracies_show_every_seed(runs):
    (ax,) = plots.seed_accuracies(runs, chance=0.5).axes
    dots = [line for line in ax.lines if len(line.get_xdata()) == 3]
    for line, run in zip(dots, runs.values(), strict=True):
        assert np.allclose(line.get_xdata(), run.test["accuracy"])
    assert [t.get_text() for t in ax.get_yticklabels()] == list(runs)


def test_confusion_writes_the_counts():
    probabilities = np.array([[0.9, 0.1]] * 5 + [[0.2, 0.8]] * 2)
    targets = np.array([0, 0, 0, 1, 1, 1, 0])
    (ax,) = plots.confusion({"a": (probabilities, targets)}).axes
    assert [t.get_text() for t in ax.texts] == ["3", "1", "2", "1"]


def test_curves_and_histograms_have_labels_and_areas():
    p = np.linspace(0, 1, 50)
    predictions = {"a": (np.stack([1 - p, p], 1), (p > 0.5).astype(int))}
    figure = plots.roc_and_pr(predictions)
    assert figure.legends[0].texts[0].get_text() == "a: areas 1.00 and 1.00"
    (ax,) = plots.probability_histograms(predictions).axes
    assert ax.get_xlabel() == "probability of class 1"


def test_weight_maps_share_a_scale_centred_on_zero():
    maps = {"small": np.array([[0.1, -0.2]]), "large": np.array([[3.0, 1.0]])}
    for ax in plots.weight_maps(maps, "step", "feature").axes:
        assert ax.collections[0].get_clim() == (-3.0, 3.0)


def test_text_in_cells_is_legible():
    """Dark text on light cells and light on dark, for every value of both maps."""
    matrix = np.linspace(-1, 1, 21).reshape(1, -1)
    for cmap in (style.SEQUENTIAL, style.DIVERGING):
        figure, (ax,) = style.panels()
        plots.heat(ax, matrix, ".1f", cmap=cmap, vmin=-1, vmax=1)
        drawn = ax.collections[0]
        for text, value in zip(ax.texts, matrix[0], strict=True):
            cell = luminance(drawn.cmap(drawn.norm(value))[:3])
            ink = luminance(to_rgb(text.get_color()))
            light, dark = max(cell, ink), min(cell, ink)
            assert (light + 0.05) / (dark + 0.05) > 4.5


def luminance(rgb):
    """Relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_lines_differ_without_colour():
    looks = [style.line(i) for i in range(6)]
    assert len({str(look["linestyle"]) for look in looks}) == 6
    assert len({look["color"] for look in looks}) == 6
    assert len(set(style.MARKERS)) == 6
