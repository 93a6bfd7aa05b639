"""Pictures of searches: paths, curves over forward passes, what a sweep costs."""

import numpy as np

from progtx_core.report import style


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


def race(curves: dict[str, tuple], xlabels: tuple[str, str]):
    """Loss of every method over two kinds of price, on logarithmic axes.

    curves: for each method two x, each (seeds, looks), and the loss (seeds, looks)
    """
    figure, axes = style.panels(2, width=3.8, height=3.2, sharey=True)
    for number, (name, (*prices, loss)) in enumerate(curves.items()):
        for ax, price in zip(axes, prices, strict=True):
            for seed, (x, y) in enumerate(zip(price, loss, strict=True)):
                there = x > 0
                label = name if seed == 0 else None
                ax.plot(x[there], y[there], label=label, **style.line(number))
    for ax, xlabel in zip(axes, xlabels, strict=True):
        ax.set(xscale="log", yscale="log", xlabel=xlabel)
    axes[0].set_ylabel("loss on the training part, nats")
    style.legend_below(figure, axes[0], n_columns=3)
    return figure


def recorded_race(record, task: str, passes: tuple, names: list[str]):
    """Median loss after so many passes, with the span of the seeds as a band."""
    figure, (ax,) = style.panels(1, width=5.6, height=3.4)
    for number, name in enumerate(names):
        loss = np.array([record.values(f"after_{n}", name, task) for n in passes])
        spent = np.median(record.values("passes", name, task))
        kept = np.array(passes) <= max(spent, passes[0])
        x, loss = np.array(passes)[kept], loss[kept]
        ax.plot(x, np.median(loss, 1), label=name, marker=".", **style.line(number))
        colour = style.line(number)["color"]
        ax.fill_between(x, loss.min(1), loss.max(1), color=colour, alpha=0.12)
    ax.set(xscale="log", yscale="log", xlabel="forward passes")
    ax.set_ylabel("loss on the training part, nats")
    style.legend_below(figure, ax, n_columns=3)
    return figure


def radius_and_layers(passes: np.ndarray, radius: np.ndarray, kept: dict[str, float]):
    """The radius over passes, and kept changes a number of each layer."""
    figure, (left, right) = style.panels(2, width=3.6, height=3.2)
    for seed, (x, y) in enumerate(zip(passes, radius, strict=True)):
        left.step(x, y, where="post", label=f"seed {seed}", **style.line(seed))
    left.set(xlabel="forward passes", ylabel="radius", yscale="log")
    left.legend()
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


def surface(values: np.ndarray, span: tuple, paths: dict[str, np.ndarray]):
    """A loss over a plane through parameters, and paths (points, 2) in that plane.

    values: (rows, columns); span: left, right, bottom and top of the plane
    """
    figure, (ax,) = style.panels(1, width=5.4, height=4.0)
    x = np.linspace(*span[:2], values.shape[1])
    y = np.linspace(*span[2:], values.shape[0])
    levels = ax.contourf(x, y, np.log10(values), 14, cmap=style.SEQUENTIAL)
    figure.colorbar(levels, ax=ax, label="loss in the plane, log10 of nats")
    for number, (name, path) in enumerate(paths.items()):
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
