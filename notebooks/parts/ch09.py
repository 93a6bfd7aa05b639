"""Chapter 9: paths of searches, their loss over what it costs, a loss surface."""

from collections.abc import Iterable

import numpy as np
from progtx_core import plots

LEAST = 1e-5  # a loss below it is drawn as this one
FLOOR = 1e-3  # and on a surface, where the deepest point would take all colours


def paths_on(f, paths: dict[str, np.ndarray], half: float = 3.0):
    """Level lines of a function of two numbers, and paths (points, 2) on it."""
    figure, axes = plots.panels(len(paths), width=3.3, height=3.0)
    x, y = np.meshgrid(*[np.linspace(-half, half, 80)] * 2)
    values = f(np.stack([x, y]))
    for i, (ax, (name, path)) in enumerate(zip(axes, paths.items())):
        ax.contour(x, y, np.log(values + 0.1), 12, colors="#bbbbbb", linewidths=0.7)
        ax.plot(*path.T, marker="o", markersize=3, **plots.line(i))
        ax.plot(*path[-1], "k*", markersize=9)
        ax.set(title=name, xlabel="x[0]", ylabel="x[1]", aspect="equal")
        ax.grid(False)
    return figure


def race(curves: dict[str, tuple], results: dict):
    """Loss of every result over forward passes and over seconds, a line a seed.

    curves: of each result passes and loss, each (seeds, evaluations)
    """
    figure, axes = plots.panels(2, width=3.8, height=3.2, sharey=True)
    for number, (name, (passes, loss, *_)) in enumerate(curves.items()):
        seconds = passes * results[name].seconds / passes[:, -1:]
        for ax, cost in zip(axes, (passes, seconds)):
            for seed, (x, y) in enumerate(zip(cost, loss)):
                label = None if seed else name
                ax.plot(x[x > 0], y[x > 0], label=label, **plots.line(number))
    for ax, xlabel in zip(axes, ("forward passes", "seconds")):
        ax.set(xscale="log", yscale="log", xlabel=xlabel)
    axes[0].set_ylabel("loss on the training part (nats)")
    plots.legend_below(figure, axes[0], 3)
    return figure


def recorded_race(frame, kinds: Iterable[str], others: Iterable[str]):
    """Median loss of recorded methods, with the span of the seeds as a band.

    frame: columns model, passes, seconds and, for some n, after_n: the loss after n
    passes; kinds: of the search, on the right; others: beside the first of these
    """
    kinds = list(kinds)
    methods = [kinds[0], *others]
    figure, axes = plots.panels(3, width=3.2, height=4.2, sharey=True)
    after = [name for name in frame if name.startswith("after_")]
    views = ("forward passes", methods), ("seconds", methods), ("forward passes", kinds)
    for ax, (cost, names) in zip(axes, views):
        for number, name in enumerate(names):
            seeds = frame[frame["model"] == name]
            passes, seconds = seeds["passes"].median(), seeds["seconds"].median()
            shown = [of for of in after if int(of[len("after_") :]) <= passes]
            x = np.array([int(of[len("after_") :]) for of in shown])
            x = x * (seconds / passes if cost == "seconds" else 1)
            loss = seeds[shown].clip(lower=LEAST)
            look = plots.line(number)
            ax.plot(x, loss.median(), label=name, marker=".", **look)
            ax.fill_between(x, loss.min(), loss.max(), color=look["color"], alpha=0.12)
        ax.set(xscale="log", yscale="log", xlabel=cost)
    for ax in (axes[0], axes[2]):  # the second panel has the lines of the first
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=8)
    axes[0].set_ylabel("loss on the training part (nats)")
    return figure


def radius_and_layers(result):
    """The radius over passes, and kept changes for each number of a layer."""
    figure, (left, right) = plots.panels(2, width=3.6, height=3.2)
    history = result.history["evaluations"], result.history["radius"]
    for number, (seed, passes, radius) in enumerate(zip(result.seeds, *history)):
        look = plots.line(number)
        left.step(passes, radius, where="post", label=f"seed {seed}", **look)
    left.set(xlabel="forward passes", ylabel="radius", yscale="log")
    left.legend()
    kept = kept_by_layer(result)
    right.barh(list(kept), list(kept.values()))
    right.invert_yaxis()
    right.set_xlabel("kept changes per parameter")
    right.grid(visible=False, axis="y")
    return figure


def kept_by_layer(result) -> dict[str, float]:
    """How often a search changed each number of a layer for good, mean over seeds."""
    changes, sizes = {}, {}
    for name, parameter in result.models[0].named_parameters():
        layer = ".".join(name.removesuffix(".weight").removesuffix(".bias").split(".")[:3])
        kept = result.history[f"kept/{name}"][:, -1].mean()
        changes[layer] = changes.get(layer, 0.0) + kept
        sizes[layer] = sizes.get(layer, 0) + parameter.numel()
    return {layer: changes[layer] / sizes[layer] for layer in changes}


def costs(sizes: np.ndarray, seconds: dict[str, np.ndarray]):
    """Seconds over numbers of parameters, on logarithmic axes."""
    figure, (ax,) = plots.panels(1, width=5.0, height=3.2)
    for number, (name, values) in enumerate(seconds.items()):
        ax.plot(sizes, values, label=name, marker="o", **plots.line(number))
    ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="seconds")
    plots.legend_below(figure, ax)
    return figure


def surface(plane):
    """The loss over a `Landscape`, and the paths that trainings took through it."""
    from matplotlib.patheffects import withStroke

    figure, (ax,) = plots.panels(1, width=5.4, height=4.0)
    left, right, bottom, top = plane.span
    x = np.linspace(left, right, plane.loss.shape[1])
    y = np.linspace(bottom, top, plane.loss.shape[0])
    depth = np.log10(plane.loss.clip(min=FLOOR))
    levels = ax.contourf(x, y, depth, 14, cmap=plots.SEQUENTIAL)
    figure.colorbar(levels, ax=ax, label="loss in the plane, log10 of nats")
    outline = [withStroke(linewidth=3, foreground="black")]  # to be seen on any colour
    for number, (name, path) in enumerate(plane.paths.items()):
        look = plots.line(number) | {"color": ["white", plots.COLOURS[1]][number % 2]}
        ax.plot(*path.T, marker=".", markersize=3, label=name, path_effects=outline, **look)
        ax.plot(*path[-1], "k*", mfc=look["color"], markersize=13)
    ax.set(xlabel="first direction", ylabel="second direction")
    ax.grid(False)
    plots.legend_below(figure, ax)
    return figure


def beliefs(searched: dict[str, tuple]):
    """What searches take for their loss, and their loss, at each evaluation."""
    figure, axes = plots.panels(len(searched), width=3.4, height=2.8, sharey=True)
    for ax, (title, curves) in zip(axes, searched.items()):
        labels = "as the search believes", "on all strings"
        for number, (label, loss) in enumerate(zip(labels, curves)):
            ax.plot(loss, label=label, **plots.line(number))
        ax.set(title=title, xlabel="evaluation")
    axes[0].set_ylabel("loss (nats)")
    plots.legend_below(figure, axes[0])
    return figure
