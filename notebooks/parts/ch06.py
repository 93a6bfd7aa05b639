"""Chapter 6: a block drawn, and what its parts do to a trained model."""

import numpy as np
import pandas as pd
import torch
from experiments import depth
from experiments.ablations import CHANGES
from matplotlib.patches import FancyBboxPatch
from progtx_core import plots, tasks
from progtx_core.models.attention import activation, intervene, patterns
from progtx_core.tools import recorded
from progtx_core.training import TrainingResult, held_out
from progtx_core.types import Batch, Spec
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional


def block_diagram():
    """Two parts beside the residual stream: each reads it, and adds to it."""
    figure, (ax,) = plots.panels(width=6.2, height=2.3)
    flow = {"arrowstyle": "-|>", "mutation_scale": 18, "shrinkA": 0, "shrinkB": 0}
    stream = {**flow, "lw": 4, "color": "black"}
    side = {**flow, "lw": 1.5, "color": plots.COLOURS[0]}
    ax.annotate("", (10.3, 0), (-0.4, 0), arrowprops=stream)
    ax.text(-0.4, -0.75, "the thick line: the residual stream", va="top")
    for start, part in ((1.2, "attention"), (5.8, "MLP")):
        end = start + 3.4
        ax.plot([start, start, end], [0, 1.2, 1.2], color=side["color"], lw=1.5)
        ax.annotate("", (end, 0.18), (end, 1.2), arrowprops=side)
        for at, width, text in ((0.35, 0.85, "norm"), (1.45, 1.6, part)):
            place, how = (start + at, 0.9), {"fc": "white", "ec": "black", "zorder": 3}
            ax.add_patch(FancyBboxPatch(place, width, 0.6, "round,pad=0.05", **how))
            middle = {"ha": "center", "va": "center", "zorder": 4}
            ax.text(start + at + width / 2, 1.2, text, **middle)
        ax.text(start, -0.3, "reads", ha="center", va="top")
        ax.plot(end, 0, "o", ms=15, mfc="white", mec="black", zorder=3)
        ax.text(end, 0, "+", ha="center", va="center", zorder=4)
        ax.text(end, -0.3, "adds", ha="center", va="top")
    ax.set(xlim=(-0.6, 10.5), ylim=(-1.1, 1.7))
    ax.axis("off")
    return figure


def without(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor):
    """Accuracy with each head and each MLP switched off, by its name."""
    found = {}
    for name, part in model.named_modules():
        heads = range(part.n_heads) if name.endswith("attention") else [None]
        for head in heads if name.endswith(("attention", "mlp")) else []:
            with torch.no_grad(), intervene(model, name, torch.zeros_like, head):
                right = model(inputs).argmax(-1) == targets
            layer, kind = name.split(".")[1:]
            label = f"layer {layer}, " + ("MLP" if head is None else f"head {head}")
            found[label] = right.float().mean().item()
    return found


def readable(resid: torch.Tensor, answers: torch.Tensor) -> float:
    """How often a linear model can tell an answer from the stream of one position.

    resid: (batch, seq, d_model); answers: (batch, seq) of False and True. A model is
    fitted for each position on one half, and tested on the other; the mean is returned.
    """
    half, shares = len(resid) // 2, []
    for position in range(answers.shape[1]):
        read, told = resid[:, position].numpy(), answers[:, position].numpy()
        probe = make_pipeline(StandardScaler(), RidgeClassifier())
        probe.fit(read[:half], told[:half])
        shares.append(probe.score(read[half:], told[half:]))
    return float(np.mean(shares))


def stream(model: nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """The residual stream, (batch, seq, d_model), at the start and after every part."""
    at, seen = model.embed(inputs).detach(), {}
    at = seen["embedding"] = model.positions.add_to_embeddings(at).detach()
    for layer in range(len(model.blocks)):
        for name in ("attention", "mlp"):
            at = at + activation(model, f"blocks.{layer}.{name}", inputs)
            seen[f"layer {layer}, {name.replace('mlp', 'MLP')}"] = at
    return seen


def head_maps(model: nn.Module, inputs: torch.Tensor, marks: list[str]):
    """Patterns of all heads on one input, `(1, seq, d_input)`, a row of panels a layer."""
    found = list(patterns(model, inputs).values())
    figure, axes = plots.panels(found[0].shape[1], len(found), width=1.7, height=1.8)
    heads = [(layer, h) for layer, p in enumerate(found) for h in range(p.shape[1])]
    for ax, (layer, head) in zip(axes, heads):
        pattern = found[layer][0, head].numpy()
        plots.attention_map(ax, pattern, marks, f"layer {layer}, head {head}")
    return figure


def over_time(run: TrainingResult, inputs: torch.Tensor) -> dict[str, np.ndarray]:
    """Patterns of the first seed at every fourth evaluation, layer by layer."""
    steps = run.history.steps("val/loss")[::4]
    found = [[*patterns(run.models_at(step)[0], inputs).values()] for step in steps]
    return {
        f"layer {layer}, update {step}": at[layer][0].numpy()
        for layer in range(len(found[0]))
        for step, at in zip(steps, found)
    }


def prefers(model: nn.Module, inputs: torch.Tensor) -> np.ndarray:
    """Of all heads, the most: a factor between signs, and weight on the one before.

    The factor is that between the mean weight on positions of the other sign and the mean
    weight on others of the own, or its inverse, whichever is larger.
    """
    signs = inputs.sum(-1) > 0  # (batch, seq)
    differ = signs.unsqueeze(2) != signs.unsqueeze(1)  # (batch, query, key)
    alike = ~differ & ~torch.eye(signs.shape[1], dtype=torch.bool)
    found = []
    for pattern in patterns(model, inputs).values():
        for head in pattern.unbind(1):
            other, own = (head[pairs].mean().item() for pairs in (differ, alike))
            before = head.diagonal(-1, 1, 2).mean().item()
            found.append((max(other / own, own / other), before))
    return np.array(found).max(0)


def accuracies_without(off: dict[str, dict[str, float]]):
    """A row a seed, a column a part: accuracy with that part switched off."""
    figure, (ax,) = plots.panels(width=6.2, height=2.9)
    rows, names = [[*row.values()] for row in off.values()], [*next(iter(off.values()))]
    how = {"annot": True, "fmt": ".2f", "yticklabels": [*off], "xticklabels": names}
    plots.heat(ax, rows, vmin=0, vmax=1, **how)
    ax.set_xticks(ax.get_xticks(), names, rotation=40, ha="right")
    return figure


def gradients(sizes: dict[str, dict[int, float]]):
    """Size of the first block's gradient against depth, a line a kind of block."""
    figure, (ax,) = plots.panels(width=6.2, height=3.0)
    for kind, by_depth in sizes.items():
        depths, values = [*by_depth], [*by_depth.values()]
        ax.loglog(depths, values, label=kind, **{"marker": ".", **plots.line(kind)})
    ax.set_xticks(depths, depths)
    ax.minorticks_off()
    ax.set(xlabel="layers", ylabel="gradient norm, first block")
    plots.legend_below(figure, ax, ncols=2)
    return figure


def by_depth(title: str, rows: dict[str, list[str]]) -> str:
    """Markdown: a row a kind of block, a column a depth."""
    heads = [title, *(f"{n} layers" for n in depth.DEPTHS)]
    lines = [heads, ["---"] * len(heads), *([kind, *row] for kind, row in rows.items())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def depth_table(frame: pd.DataFrame) -> str:
    """Median and worst accuracy of each kind of block at each depth."""

    def told(kind: str, n: int) -> str:
        found = recorded.values(frame, f"{kind}, {n} layers", depth.TASK)
        return f"{np.median(found):.2f} ({found.min():.2f})"

    rows = {kind: [told(kind, n) for n in depth.DEPTHS] for kind in depth.ROWS}
    return by_depth(f"{depth.TASK}: median (worst)", rows)


def first_gradients(batch: Batch, spec: Spec, seed: int) -> dict[str, dict[int, float]]:
    """Of untrained models: norm of the first MLP's gradient, by kind and depth."""
    sizes: dict[str, dict[int, float]] = {}
    for kind in depth.KINDS:
        for n in (2, 4, 8, 16, 32, 64):
            torch.manual_seed(seed)
            model = CHANGES[kind][0](spec, n_layers=n)
            functional.cross_entropy(model(batch.inputs), batch.targets).backward()
            size = model.blocks[0].mlp[0].weight.grad.norm().item()
            sizes.setdefault(kind, {})[n] = size
    return sizes


def answer_kept(kind: str, n_layers: int, seed: int) -> float:
    """Of an untrained model: how often a probe reads the answer before the logits head."""
    task, seen = tasks.get(depth.TASK), []
    batch = held_out(task, "test", 2000)
    torch.manual_seed(seed)
    model = CHANGES[kind][0](task.spec, n_layers=n_layers)
    model.logits_head.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        model(batch.inputs)
    return readable(seen[0][:, None], batch.targets[:, None] == 1)


def answers_kept(seed: int) -> dict[str, dict[int, float]]:
    """`answer_kept` of every kind of block, by depth."""
    return {
        kind: {n: answer_kept(kind, n, seed) for n in depth.DEPTHS} for kind in depth.KINDS
    }


def kept_table(kept: dict[str, dict[int, float]]) -> str:
    """What a probe reads of the answer, from what each kind of block keeps."""
    rows = {kind: [f"{v:.2f}" for v in shares.values()] for kind, shares in kept.items()}
    return by_depth("untrained: a probe reads the answer, share", rows)


def carried_table(carried: dict[str, tuple[float, float]]) -> str:
    """Markdown: what a probe reads from the stream, after each part."""
    lines = ["| the stream after | own sign | differs from the one before |"]
    lines += ["| --- | --- | --- |"]
    return "\n".join(
        [*lines, *(f"| {name} | {a:.2f} | {b:.2f} |" for name, (a, b) in carried.items())]
    )
