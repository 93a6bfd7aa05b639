"""Pictures show the numbers they are given, each where its labels say."""

from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from matplotlib.colors import to_rgb
from parts import weight_pictures

from progtx_core import plots

NAMES = "val/loss", "val/accuracy"


def result(seed: int, n_seeds: int = 3):
    """What pictures know of a `TrainingResult`."""
    generator = np.random.default_rng(seed)
    history = {name: generator.random((n_seeds, 5)) for name in NAMES}
    rows = [
        (row, 10 * at, name, value)
        for name, values in history.items()
        for (row, at), value in np.ndenumerate(values)
    ]
    frame = pandas.DataFrame(rows, columns=["seed", "step", "curve", "value"])
    test = {"accuracy": generator.random(n_seeds)}
    return SimpleNamespace(history=history, curves=lambda: frame, test=test)


@pytest.fixture
def results():
    return {name: result(i) for i, name in enumerate(("zebra", "apple", "mango"))}


def shape_and_values(ax):
    """Drawn cells of a heat map as (rows, columns)."""
    (mesh,) = ax.collections
    return mesh.get_array().reshape(mesh._coordinates.shape[0] - 1, -1)


def cells(ax):
    """(row, column) of each text to what it says."""
    places = ((t.get_position()[::-1], t.get_text()) for t in ax.texts)
    return {(int(y), int(x)): text for (y, x), text in places}


def labels(ax):
    """Row labels from top to bottom, and column labels from left to right."""
    found = []
    for axis, ticks in ((ax.yaxis, ax.get_yticks()), (ax.xaxis, ax.get_xticks())):
        texts = [t.get_text() for t in axis.get_ticklabels()]
        found.append([texts[i] for i in np.argsort(ticks)])
    assert ax.yaxis_inverted()
    assert not ax.xaxis_inverted()
    return found


def luminance(rgb):
    """Relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_learning_curves_draw_median_and_range(results):
    figure = plots.learning_curves(results, NAMES)
    for ax, name in zip(figure.axes, NAMES, strict=True):
        for line, band, (label, one) in zip(
            ax.lines, ax.collections, results.items(), strict=True
        ):
            values = one.history[name]
            assert line.get_xdata().tolist() == [0, 10, 20, 30, 40]
            assert np.allclose(line.get_ydata(), np.median(values, axis=0))
            assert line.get_color() == plots.line(label)["color"]
            edges = band.get_paths()[0].vertices
            for at, of_seeds in zip(range(0, 50, 10), values.T, strict=True):
                drawn = edges[edges[:, 0] == at, 1]
                assert drawn.min() == pytest.approx(of_seeds.min())
                assert drawn.max() == pytest.approx(of_seeds.max())
    assert figure.axes[0].get_ylabel() == "validation loss (nats)"
    assert [t.get_text() for t in figure.legends[0].texts] == list(results)


def test_learning_curves_of_one_seed_and_of_a_curve_without_a_name(recwarn):
    one = result(0, n_seeds=1)
    frame = one.curves().assign(curve="extra")
    figure = plots.learning_curves({"a": SimpleNamespace(curves=lambda: frame)}, ("extra",))
    assert figure.axes[0].get_ylabel() == "extra"
    assert not recwarn.list


def test_seed_accuracies_show_every_seed(results, recwarn):
    results["mango"].test["accuracy"] = np.ones(5)
    figure = plots.seed_accuracies(results, chance=0.5)
    ax = figure.axes[0]
    figure.draw_without_rendering()
    for row, (dots, one) in enumerate(zip(ax.collections, results.values(), strict=True)):
        x, y = dots.get_offsets().T
        assert np.array_equal(np.sort(x), np.sort(one.test["accuracy"]))
        assert np.abs(y - row).max() < 0.5
        assert len(set(zip(x, y, strict=True))) == len(x)  # no dot hides another
    medians = [np.median(one.test["accuracy"]) for one in results.values()]
    assert ax.lines[0].get_xdata() == pytest.approx(medians)
    assert [t.get_text() for t in ax.get_yticklabels()] == list(results)
    assert ax.get_ylim() == (2.5, -0.5)
    assert not recwarn.list


def test_a_picture_of_seeds_is_the_same_each_time(results):
    drawn = []
    for _ in range(2):
        figure = plots.seed_accuracies(results, chance=0.5)
        figure.draw_without_rendering()
        drawn.append([d.get_offsets().tolist() for d in figure.axes[0].collections])
    assert drawn[0] == drawn[1]


def test_every_cell_has_the_text_and_the_colour_of_its_value():
    generator = np.random.default_rng(0)
    matrix = generator.permutation(12).reshape(3, 4) / 12
    rows, columns = ["zebra", "apple", "mango"], ["d", "a", "c", "b"]
    # A frame whose own labels say another order: what is given beside it counts.
    frame = pandas.DataFrame(matrix, index=["c", "b", "a"], columns=[4, 3, 2, 1])
    for given in (matrix, frame):
        _, (ax,) = plots.panels(width=4, height=3)
        sides = {"yticklabels": rows, "xticklabels": columns}
        plots.heat(ax, given, annot=True, fmt=".2f", vmin=0, vmax=1, **sides)
        assert labels(ax) == [rows, columns]
        mesh = ax.collections[0]
        colours = mesh.get_facecolors().reshape(3, 4, 4)
        found = cells(ax)
        for (row, column), value in np.ndenumerate(matrix):
            assert found[row, column] == f"{value:.2f}"
            assert np.allclose(colours[row, column], mesh.cmap(value))


def test_text_in_cells_is_legible():
    """Dark text on light cells and light on dark, for every value of both maps."""
    matrix = np.linspace(-1, 1, 21).reshape(3, 7)
    for cmap in (plots.SEQUENTIAL, plots.DIVERGING):
        _, (ax,) = plots.panels()
        plots.heat(ax, matrix, annot=True, cmap=cmap, vmin=-1, vmax=1)
        drawn = ax.collections[0]
        for text in ax.texts:
            x, y = map(int, text.get_position())
            cell = luminance(drawn.cmap(drawn.norm(matrix[y, x]))[:3])
            ink = luminance(to_rgb(text.get_color()))
            light, dark = max(cell, ink), min(cell, ink)
            assert (light + 0.05) / (dark + 0.05) > 4.5


def test_an_attention_map_has_the_tokens_on_both_sides():
    _, (ax,) = plots.panels()
    pattern = np.arange(25.0).reshape(5, 5) / 25
    plots.attention_map(ax, pattern, ["Max", "(", "7"], "a head")
    assert labels(ax) == [["Max", "(", "7"]] * 2
    assert np.array_equal(shape_and_values(ax), pattern[:3, :3])
    assert ax.get_title() == "a head"


def test_weight_maps_share_a_scale_centred_on_zero():
    maps = {"small": np.array([[0.1, -0.04]]), "large": np.array([[3.0, 1.0]])}
    axes = weight_pictures.weight_maps(maps, "step", "feature").axes
    for ax in axes:
        assert ax.collections[0].get_clim() == (-3.0, 3.0)
    assert cells(axes[0]) == {(0, 0): "0.1", (0, 1): "0.0"}  # not "-0.0"


def test_confusion_writes_the_counts():
    probabilities = np.array([[0.9, 0.1, 0.0]] * 5 + [[0.2, 0.8, 0.0]] * 2)
    targets = np.array([0, 0, 0, 1, 1, 1, 0])
    (ax,) = plots.confusion({"a": (probabilities, targets)}).axes
    assert [t.get_text() for t in ax.texts] == ["3", "1", "0", "2", "1", "0", *"000"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answer", "true class")


def test_roc_and_pr_name_their_areas_in_the_colours_of_the_lines():
    share = np.linspace(0, 1, 50)
    both = np.stack([1 - share, share], 1)
    right, half = (share > 0.5).astype(int), np.tile([0, 1], 25)
    figure = plots.roc_and_pr({"right": (both, right), "guess": (both, half)})
    for ax, texts in zip(
        figure.axes,
        (["right (AUC = 1.00)", "guess (AUC = 0.52)"], ["right (AP = 1.00)", "guess (AP"]),
        strict=True,
    ):
        legend = ax.get_legend()
        for text, handle, start, label in zip(
            legend.texts, legend.get_lines(), texts, ("right", "guess"), strict=True
        ):
            assert text.get_text().startswith(start)
            assert handle.get_color() == plots.line(label)["color"]
    assert figure.axes[0].get_xlabel() == "false positive rate"


def test_histograms_count_each_class():
    share = np.array([0.01, 0.01, 0.99, 0.99, 0.99])
    predictions = {"a": (np.stack([1 - share, share], 1), np.array([0, 0, 1, 1, 0]))}
    figure = weight_pictures.probability_histograms(predictions)
    ax = figure.axes[0]
    heights = [band.get_paths()[0].vertices[:, 1].max() for band in ax.collections]
    assert heights == [2, 2]
    assert [bool(band.get_hatch()) for band in ax.collections] == [False, True]
    assert [t.get_text() for t in figure.legends[0].texts] == ["class 0", "class 1"]
    assert ax.get_xlabel() == "probability of class 1"


BOARD = pandas.DataFrame(
    [
        ("zebra", "tail", 2, [1.0, 0.8, 0.9]),
        ("zebra", "ears", 10, [0.1, 0.1, 0.1]),
        ("my_apple", "tail", 2, [0.5, 0.4, 0.6]),
        ("my_apple", "hoof", 4, [0.25, 1.0, 0.25]),
        ("mango", "ears", 10, [0.55, 0.55, 0.5]),
    ],
    columns=["model", "task", "classes", "accuracy"],
).explode("accuracy", ignore_index=True)
BOARD["accuracy"] = BOARD["accuracy"].astype(float)
WANTED = {  # median, worst seed, and the way from chance to 1
    ("zebra", "tail"): ("0.90\n0.80", 0.8),
    ("zebra", "ears"): ("0.10\n0.10", 0.0),
    ("my apple", "tail"): ("0.50\n0.40", 0.0),
    ("my apple", "hoof"): ("0.25\n0.25", 0.0),
    ("mango", "ears"): ("0.55\n0.50", 0.5),
}


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_staircase_says_in_each_cell_what_was_recorded_there(order):
    frame = BOARD.iloc[order]
    (ax,) = plots.staircase(frame).axes
    rows, columns = labels(ax)
    assert rows == [name.replace("_", " ") for name in frame["model"].unique()]
    assert columns == list(frame["task"].unique())
    ways, texts = shape_and_values(ax), cells(ax)
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            text, way = WANTED.get((row, column), (None, None))
            assert texts.get((y, x)) == text
            assert np.ma.is_masked(ways[y, x]) if way is None else True
            assert way is None or ways[y, x] == pytest.approx(way)


def test_a_staircase_has_its_tasks_in_panels_in_the_order_given():
    panels = {"z": ["hoof", "ears"], "a": ["tail"]}
    left, right = plots.staircase(BOARD, panels).axes
    assert (left.get_title("left"), right.get_title("left")) == ("z", "a")
    assert labels(left) == [["zebra", "my apple", "mango"], ["hoof", "ears"]]
    assert labels(right) == [[], ["tail"]]
    assert cells(left) == {
        (0, 1): "0.10\n0.10",
        (1, 0): "0.25\n0.25",
        (2, 1): "0.55\n0.50",
    }
    assert cells(right) == {(0, 0): "0.90\n0.80", (1, 0): "0.50\n0.40"}
