"""Chapter 9: paths of searches, their loss over what it costs, what they have seen."""

from collections.abc import Iterable

import numpy as np
import torch
from progtx_core import plots

LEAST = 1e-5  # a loss below it is drawn as this one


def question():
    """A point on level lines: with its gradient, and with four more to be measured."""
    figure, axes = plots.panels(2, width=3.3, height=2.4)
    x, y = np.meshgrid(*[np.linspace(-2, 2, 80)] * 2)
    values = x**2 + 3 * (y - 0.4 * x) ** 2
    for ax, title in zip(axes, ("the gradient is known", "losses can be measured")):
        ax.contour(x, y, np.log(values + 0.3), 9, colors="#bbbbbb", linewidths=0.7)
        ax.plot(-1.1, 0.8, "o", color="C0", ms=7)
        ax.set(title=title, xlabel="one parameter", ylabel="another")
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.grid(False)
    arrow = {"arrowstyle": "-|>", "color": "C1", "lw": 2}
    axes[0].annotate("", (-0.5, -0.05), (-1.1, 0.8), arrowprops=arrow)
    for dx, dy in ((0.7, 0), (-0.7, 0), (0, 0.7), (0, -0.7)):
        axes[1].text(-1.1 + dx, 0.8 + dy, "?", ha="center", va="center", color="C1")
    return figure


def unseen(train, test) -> torch.Tensor:
    """Which answers of the test strings follow a prefix that no training string has.

    Returns: (strings, symbols), False where nothing is asked
    """
    known = {tuple(row[: t + 1]) for row in train.inputs.tolist() for t in range(len(row))}
    new = [
        [tuple(row[: t + 1]) not in known for t in range(len(row))]
        for row in test.inputs.tolist()
    ]
    return torch.tensor(new) & (test.targets >= 0)


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
