"""One look for all pictures, and nothing is loaded before something is drawn."""

import subprocess
import sys

from progtx_core import models, plots
from progtx_core.plots import theme


def test_a_label_keeps_its_look_whatever_stands_beside_it():
    alone = plots.line("max pooling")
    plots.line("something else")
    assert plots.line("max_pooling") == plots.line("Max-pooling") == alone


def test_all_models_and_no_two_lines_of_a_picture_look_alike(monkeypatch):
    monkeypatch.setattr(theme, "_indices", {})
    labels = ["mine", *models.names(), "another"]
    looks = [tuple(plots.line(label).items()) for label in labels]
    assert len(set(map(str, looks))) == len(labels)
    colours = [plots.line(name)["color"] for name in models.names()]
    assert len(set(colours)) == min(len(colours), len(theme.COLOURS))


def test_lines_differ_without_colour():
    looks = [plots.line(i) for i in range(6)]
    assert len({str(look["linestyle"]) for look in looks}) == 6
    assert len({look["color"] for look in looks}) == 6
    assert len(set(theme.MARKERS)) == 6


def test_panels_are_themed_and_unknown_to_pyplot():
    from matplotlib import pyplot, rcParams
    from matplotlib.colors import to_rgb

    figure, axes = plots.panels(3, 2, width=2.0, height=1.5)
    assert len(axes) == 6
    assert figure.get_size_inches().tolist() == [6.0, 3.0]
    assert not axes[0].spines["top"].get_visible()
    assert rcParams["axes.prop_cycle"].by_key()["color"] == [*map(to_rgb, theme.COLOURS)]
    assert not pyplot.get_fignums()  # else notebooks show a figure twice


def test_importing_loads_no_drawing_library():
    heavy = {"seaborn", "pandas", "matplotlib", "sklearn"}
    code = f"import sys, progtx_core.plots; print(sys.modules.keys() & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
