"""Pictures of searches: paths, curves over forward passes, what a sweep costs."""

import numpy as np

from progtx_core.plots import style
from progtx_core.tools import tables

LEAST = 1e-5  # a loss below it is drawn as this one
FLOOR = 1e-3  # and on a surface, where the deepest point would take all colours


def paths_on(f, paths: dict[str, np.ndarray], half: float = 3.0):
    """Level lines of a function of two numbers, and paths (points, 2) on it."""
    figure, axes = style.panels(len(paths), width=3.3, height=3.0)
    x, y = np.meshgrid(*[np.linspace(-half, half, 80)] * 2)
    values = f(np.stack([x, y]))
    for i, (ax, (name, path)) in enumerate(zip(axes, paths.items(), strict=True)):
        ax.contour(x, y, np.log(values + 0.1), 12, colors="#bbbbbb", linewidths=0.7)
        ax.plot(*path.T, marker="o", markersize=3, **style.line(i))
        ax.plot(*path[-1], "k*", markersize=9)
        ax.set(title=name, xlabel="x[0]", ylabel="x[1]", aspect="equal")
        ax.grid(False)
    return figure


def race(curves: dict[str, tuple], runs: dict):
    """Loss of every run over forward passes and over seconds, a line a seed.

    curves: of each run passes and loss, each (seeds, looks)
    """
    figure, axes = style.panels(2, width=3.8, height=3.2, sharey=True)
    for number, (name, (passes, loss, *_)) in enumerate(curves.items()):
        seconds = passes * runs[name].seconds / passes[:, -1:]
        for ax, price in zip(axes, (passes, seconds), strict=True):
            for seed, (x, y) in enumerate(zip(price, loss, strict=True)):
                label = name if seed == 0 else None
                ax.plot(x[x > 0], y[x > 0], label=label, **style.line(number))
    for ax, xlabel in zip(axes, ("forward passes", "seconds"), strict=True):
        ax.set(xscale="log", yscale="log", xlabel=xlabel)
    axes[0].set_ylabel("loss on the training part, nats")
    style.legend_below(figure, axes[0], n_columns=3)
    return figure


def recorded_race(record, task: str):
    """Median loss of recorded methods, with the span of the seeds as a band.

    Methods over forward passes and over seconds; on the right kinds of PatternSearch.
    """
    figure, axes = style.panels(3, width=3.2, height=3.4, sharey=True)
    methods, kinds = ["PatternSearch", *tables.BASELINES], list(tables.SEARCHES)
    sights = ("forward passes", methods), ("seconds", methods), ("forward passes", kinds)
    for ax, (price, names) in zip(axes, sights, strict=True):
        for number, name in enumerate(names):
            spent = np.median(record.values("passes", name, task))
            seconds = np.median(record.values("seconds", name, task))
            x = np.array([n for n in tables.PASSES if n <= spent])
            loss = np.array([record.values(f"after_{n}", name, task) for n in x])
            loss = loss.clip(min=LEAST)
            x = x * (seconds / spent if price == "seconds" else 1)
            look = style.line(number)
            ax.plot(x, np.median(loss, 1), label=name, marker=".", **look)
            span = loss.min(1), loss.max(1)
            ax.fill_between(x, *span, color=look["color"], alpha=0.12)
        ax.set(xscale="log", yscale="log", xlabel=price)
        ax.legend(loc="lower left", fontsize=7, handlelength=2)
    axes[0].set_ylabel("loss on the training part, nats")
    return figure


def radius_and_layers(run):
    """The radius of a search over its passes, and kept changes a number of each layer."""
    figure, (left, right) = style.panels(2, width=3.6, height=3.2)
    curves = zip(run.seeds, run.history["evaluations"], run.history["radius"], strict=True)
    for number, (seed, passes, radius) in enumerate(curves):
        look = style.line(number)
        left.step(passes, radius, where="post", label=f"seed {seed}", **look)
    left.set(xlabel="forward passes", ylabel="radius", yscale="log")
    left.legend()
    kept = kept_by_layer(run)
    right.barh(list(kept), list(kept.values()), color=style.COLOURS[0])
    right.invert_yaxis()
    right.set_xlabel("kept changes for each number of it")
    return figure


def costs(sizes: np.ndarray, seconds: dict[str, np.ndarray]):
    """Seconds over numbers of parameters, on logarithmic axes."""
    figure, (ax,) = style.panels(1, width=5.0, height=3.2)
    for number, (name, values) in enumerate(seconds.items()):
        ax.plot(sizes, values, label=name, marker="o", **style.line(number))
    ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="seconds")
    style.legend_below(figure, ax)
    return figure


def surface(plane):
    """The loss over a `Landscape`, and the paths that runs took through it."""
    figure, (ax,) = style.panels(1, width=5.4, height=4.0)
    x = np.linspace(*plane.span[:2], plane.loss.shape[1])
    y = np.linspace(*plane.span[2:], plane.loss.shape[0])
    depth = np.log10(plane.loss.clip(min=FLOOR))
    levels = ax.contourf(x, y, depth, 14, cmap=style.SEQUENTIAL)
    figure.colorbar(levels, ax=ax, label="loss in the plane, log10 of nats")
    for number, (name, path) in enumerate(plane.paths.items()):
        look = style.line(number) | {"color": ["white", style.COLOURS[1]][number % 2]}
        ax.plot(*path.T, marker=".", markersize=3, label=name, **look)
        ax.plot(*path[-1], marker="*", markersize=12, color=look["color"])
    ax.set(xlabel="first direction", ylabel="second direction")
    ax.grid(False)
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside lower center",
        facecolor="#888888",
        frameon=True,
        labelcolor="white",
        ncols=2,
    )
    return figure


def beliefs(searched: dict[str, tuple]):
    """What searches take for their loss, and their loss, look by look: two curves each."""
    figure, axes = style.panels(len(searched), width=3.4, height=2.8, sharey=True)
    for ax, (title, curves) in zip(axes, searched.items(), strict=True):
        for number, loss in enumerate(curves):
            label = ["as the search believes", "on all strings"][number]
            ax.plot(loss, label=label, **style.line(number))
        ax.set(title=title, xlabel="look")
    axes[0].set_ylabel("loss, nats")
    style.legend_below(figure, axes[0])
    return figure


def kept_by_layer(run) -> dict[str, float]:
    """How often a search kept a change of each number of a layer, mean over seeds."""
    changes, numbers = {}, {}
    for name, parameter in run.models[0].named_parameters():
        layer = ".".join(name.removesuffix(".weight").removesuffix(".bias").split(".")[:3])
        kept = run.history[f"kept/{name}"][:, -1].mean()
        changes[layer] = changes.get(layer, 0.0) + kept
        numbers[layer] = numbers.get(layer, 0) + parameter.numel()
    return {layer: changes[layer] / numbers[layer] for layer in changes}
