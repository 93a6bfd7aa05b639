"""Chapter 8: tokens, padding, answers, attention, curves of a training."""

from functools import partial
from html import escape
from textwrap import wrap

import numpy as np
from progtx_core import models, plots, tasks
from progtx_core.plots.theme import MARKERS
from progtx_core.training import Config, checkpoint, fit

SHADES = " .:-=+*#%@"  # from nothing to all, for terminals
# Which training of the quiz stands under which letter: places in the order they are given.
QUIZ = {"A": 3, "B": 1, "C": 5, "D": 0, "E": 4, "F": 2}


def question(steps: int = 200):
    """Training loss of two models that differ in one number, without saying in which."""
    task, found = tasks.get("selection", max_numbers=3), {}
    build = partial(models.build, "transformer", read="first")
    for name, rate in (("A", 0.2), ("B", 0.003)):
        config = Config(steps, 32, rate, warmup_steps=20, eval_every=steps, n_eval=100)
        found[name] = fit(build, task, config).history["train/loss"][0]
    figure, axes = plots.panels(2, width=2.3, height=2.2, sharey=True)
    for ax, (name, curve) in zip(axes, found.items()):
        ax.plot(curve, color="black", lw=0.8)
        ax.set(xlabel="update", title=name, ylim=(0, 4.5))
    axes[0].set_ylabel("loss (nats)")
    return figure


def show_tokens(rows, colours: dict[str, str]) -> None:
    """Show sequences with a box for each token, and a remark behind each.

    rows: (tokens, remark); colours: a background, such as "#56B4E9", by token
    """
    from IPython.display import display

    style = "color:#000;border:1px solid #999;padding:0 4px;margin:1px"
    lines = []
    for tokens, remark in rows:
        boxes = "".join(
            f'<span style="background:{colours.get(token, "#f2f2f2")};'
            f'{style}">{escape(token)}</span>'
            for token in tokens
        )
        lines.append(f"<div style='margin:3px 0'>{boxes} &nbsp; {escape(remark)}</div>")
    plain = "\n".join(f"{' '.join(row)}   {remark}" for row, remark in rows)
    display({"text/html": "".join(lines), "text/plain": plain}, raw=True)


def padded_batch(tokens: list[list[str]], mask: np.ndarray):
    """A batch as tokens, and its padding mask: (batch, seq), True for tokens."""
    figure, axes = plots.panels(1, 2, width=5.6, height=1.6)
    ones = [["1" if kept else "0" for kept in row] for row in mask]
    for ax, cells in zip(axes, (tokens, ones)):
        full = [row + [""] * (mask.shape[1] - len(row)) for row in cells]
        how = {"cmap": "Blues", "vmin": 0, "vmax": 2.5, "yticklabels": False}
        plots.heat(ax, mask.astype(float), annot=np.array(full), fmt="", **how)
        for text in ax.texts:  # "Second" is the longest
            text.set(fontsize=7 if len(text.get_text()) < 6 else 6)
        ax.set(xlabel="position", ylabel="example")
    axes[0].set_title("inputs, as tokens")
    axes[1].set_title("mask: 1 is a token, 0 padding")
    return figure


def lines(updates, curves: dict, ylabel: str):
    """Curves over training, each (n_updates,), by what they are called."""
    figure, (ax,) = plots.panels(width=5.5, height=2.4)
    for index, (label, curve) in enumerate(curves.items()):
        ax.plot(updates, curve, label=label, **plots.line(index))
    ax.set(xlabel="update", ylabel=ylabel)
    if len(curves) > 1:
        plots.legend_below(figure, ax, len(curves))
    return figure


def counts(columns: dict[str, tuple]):
    """A panel a column, its values (n,) and names for them or None: how often each is."""
    figure, axes = plots.panels(1, len(columns), width=4.0, height=1.5)
    for ax, (label, (values, names)) in zip(axes, columns.items()):
        found, heights = np.unique(np.asarray(values), return_counts=True)
        ax.bar(found, heights, edgecolor="black", lw=0.5)
        if names is not None:
            ax.set_xticks(range(len(names)), names, fontsize=7)
        ax.set(xlabel=label, ylabel="examples")
        ax.grid(visible=False, axis="x")
    return figure


def accuracy_bars(accuracies: np.ndarray, names: list[str], predictions):
    """Accuracy by name, a bar a seed, beside confusion on a log scale.

    accuracies: (n_seeds, names); predictions: probabilities and targets of one seed
    """
    import seaborn
    from sklearn.metrics import confusion_matrix

    probabilities, targets = predictions
    figure, (left, right) = plots.panels(1, 2, width=4.2, height=2.6)
    n_seeds = len(accuracies)
    seaborn.barplot(
        x=np.tile(names, n_seeds),
        y=accuracies.ravel(),
        hue=np.repeat(range(n_seeds), len(names)),
        palette=[plots.line(i)["color"] for i in range(n_seeds)],
        saturation=1,
        legend=False,
        ax=left,
        **{"edgecolor": "black", "linewidth": 0.5},
    )
    left.set(ylim=(0, 1.02), ylabel="test accuracy", title="a bar a seed")
    found = confusion_matrix(
        targets, probabilities.argmax(1), labels=range(probabilities.shape[1])
    )
    plots.heat(right, np.log1p(found))
    right.set(xlabel="answer", ylabel="right answer", title="first seed, log scale")
    return figure


def top_bars(probabilities, texts: list[str], answers: list[int], n: int = 5):
    """The n likeliest answers of each example as bars; the right one is hatched."""
    n_columns = min(2, len(texts))
    n_rows = -(-len(texts) // n_columns)
    figure, axes = plots.panels(n_columns, n_rows, 2.2, 1.35, sharex=True)
    for ax in axes[len(texts) :]:
        ax.remove()
    for ax, row, text, answer in zip(axes, probabilities, texts, answers):
        best = np.argsort(-row, kind="stable")[:n]
        colour = plots.COLOURS[4]
        bars = ax.barh(range(n), row[best], color=colour, edgecolor="black", lw=0.5)
        for bar, label in zip(bars, best):
            bar.set_hatch("////" if label == answer else None)
        ax.set_yticks(range(n), best)
        ax.invert_yaxis()
        verdict = "right" if best[0] == answer else f"wrong: it is {answer}"
        ax.set_title("\n".join([*wrap(text, 30), verdict]), size=7.5)
        ax.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        ax.tick_params(labelsize=7)
        ax.grid(visible=False, axis="y")
    figure.supxlabel("probability", fontsize=8)
    return figure


def attention_maps(pattern: np.ndarray, tokens: list[list[str]]):
    """Patterns (batch, head, query, key) of a layer: a row of panels an input."""
    n_inputs, n_heads = pattern.shape[:2]
    figure, axes = plots.panels(n_heads, n_inputs, width=2.2, height=2.2)
    for ax, (row, head) in zip(axes, np.ndindex(n_inputs, n_heads)):
        title = f"{tokens[row][0]}, head {head}"
        plots.attention_map(ax, pattern[row, head], tokens[row], title)
    return figure


def text_map(pattern: np.ndarray, tokens: list[str]) -> str:
    """A pattern (query, key) for a terminal: the denser a sign, the more attention.

    >>> print(text_map(np.array([[1.0, 0.0], [0.5, 0.5]]), ["Max", "7"]))
        Max  7
    Max  @
      7  =   =
    """
    n, width = len(tokens), max(map(len, tokens))
    rows = [(" " * width + "".join(f" {t:^{width}}" for t in tokens)).rstrip()]
    for token, row in zip(tokens, pattern[:n, :n]):
        signs = [SHADES[round(float(w) * (len(SHADES) - 1))] for w in row]
        cells = "".join(f" {sign:^{width}}" for sign in signs)
        rows.append(f"{token:>{width}}{cells}".rstrip())
    return "\n".join(rows)


def plot_training_curves(path):
    """Loss and accuracy, in training and validation, from a checkpoint alone."""
    history = checkpoint.load(path).history
    figure, axes = plots.panels(2, width=2.6, height=2.6)
    for ax, what, ylabel in zip(axes, ("loss", "accuracy"), ("loss (nats)", "accuracy")):
        train_and_val(ax, history, what)
        ax.set(xlabel="update", ylabel=ylabel)
    plots.legend_below(figure, axes[0])
    return figure


def quiz(results: dict, n_classes: int):
    """A panel a result under a letter of QUIZ, not under its name; a line at ln n."""
    figure, axes = plots.panels(2, 3, width=2.3, height=1.8, sharex=True, sharey=True)
    results = list(results.values())
    for ax, (letter, place) in zip(axes, QUIZ.items(), strict=True):
        train_and_val(ax, results[place].history, "loss")
        ax.axhline(np.log(n_classes), color="black", lw=0.8, ls=":")
        ax.set(ylim=(0, 4.5), title=letter)
    for ax in axes[::2]:
        ax.set_ylabel("loss (nats)")
    for ax in axes[-2:]:
        ax.set_xlabel("update")
    plots.legend_below(figure, axes[0])
    return figure


def gradient_norms(history):
    """The length of the gradient at every update, a line a seed, on a log scale."""
    figure, (ax,) = plots.panels(width=4.6, height=2.2)
    for index, norms in enumerate(history["grad_norm"]):
        how = {"color": plots.COLOURS[index % len(plots.COLOURS)], "lw": 0.5}
        ax.plot(history.steps("grad_norm"), norms, label=f"seed {index}", **how)
    ax.set(xlabel="update", ylabel="gradient norm", yscale="log")
    plots.legend_below(figure, ax)
    return figure


def first_rows(found: dict, tokens: list[list[str]]):
    """What the first position of each input attends to: a panel an input, a row a head.

    found: layer to pattern (batch, head, query, key)
    """
    figure, axes = plots.panels(1, len(tokens), width=4.6, height=2.0)
    for n, (ax, names) in enumerate(zip(axes, tokens)):
        rows = np.concatenate([np.asarray(layer)[n, :, 0] for layer in found.values()])
        heads = [
            f"{i}.{h}" for i, of in enumerate(found.values()) for h in range(of.shape[1])
        ]
        how = {"xticklabels": names, "yticklabels": heads, "cbar": True}
        plots.heat(ax, rows[:, : len(names)], vmin=0, vmax=1, **how)
        ax.set(ylabel="layer.head", title=" ".join(names))
        ax.tick_params(labelsize=7.5)
    return figure


def train_and_val(ax, history, what: str) -> None:
    """Both curves of "loss" or "accuracy", a line a seed."""
    for index, split in enumerate(("train", "val")):
        curve = f"{split}/{what}"
        steps = history.steps(curve)
        how = {"marker": MARKERS[index], "ms": 3} | plots.line(index)
        if len(steps) > 50:  # one at every update would make a band of them
            how |= {"marker": "", "lw": 0.7}
        for n, of_seed in enumerate(history[curve]):
            label = None if n else split
            ax.plot(steps, of_seed, label=label, **how)


def recorded_groups(frame, groups: dict[str, dict]):
    """A panel a group of rows: a dot a seed for test accuracy, a bar at the median.

    frame: columns model and accuracy; groups: by the panel's name, models by what they
    are called there
    """
    import seaborn

    figure, axes = plots.panels(1, len(groups), width=4.2, height=1.8, sharey=True)
    seeds = frame.groupby("model")["accuracy"]
    for ax, (label, rows) in zip(axes, groups.items()):
        found = {str(name): seeds.get_group(row) for name, row in rows.items()}
        found = {name: of.to_numpy() for name, of in found.items()}
        seaborn.swarmplot(found, color=plots.COLOURS[0], size=4, warn_thresh=1, ax=ax)
        medians = [np.median(of) for of in found.values()]
        ax.plot(range(len(found)), medians, "k_", ms=24, mew=2)
        ax.set(xlabel=label, ylabel="test accuracy", xlim=(-0.5, len(found) - 0.5))
    return figure
