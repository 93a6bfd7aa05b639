"""A trained model in the page: the reader sets the input, and sees what each rung says.

The weights travel with the page, and `book/live/forward.js` has the forward pass in plain
JavaScript: nothing is fetched, and where no script runs a picture stands instead.
"""

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import Any
from zlib import crc32

import torch
from jinja2 import Environment
from progtx_core import plots
from progtx_core.models.attention_pooling import AttentionPooling
from progtx_core.models.linear import LogisticRegression
from progtx_core.models.pooling import TemporalPooling
from progtx_core.models.self_attention import SelfAttention
from progtx_core.models.transformer import Transformer
from progtx_core.tasks import Task
from progtx_core.tasks.lookup import ValueAtQuery
from progtx_core.tasks.signals import SignalTask
from progtx_core.tasks.tokenizer import WordTokenizer
from progtx_core.tools import paths
from progtx_core.tools.page import pictured
from torch import nn

SCRIPTS = paths.ROOT / "book" / "live"
KINDS = (LogisticRegression, TemporalPooling, AttentionPooling, SelfAttention, Transformer)
N_EXAMPLES = 6  # that the button goes through


@dataclass(frozen=True)
class Challenge:
    """An input to be found, on which some models are right and others are wrong.

    Args:
        say: what the reader is asked for.
        right, wrong: names of models.
        off: how many parts of the model must be switched off.
    """

    say: str
    right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    off: int = 0


def show(
    task: Task,
    trained: dict[str, nn.Module],
    alt: str,
    challenges: tuple[Challenge, ...] = (),
    examples: torch.Tensor | None = None,
    switches: bool = False,
    choose: str = "",
) -> None:
    """Show a task's input to be changed, and what trained models answer to it.

    Args:
        task: one whose rule `book/live/forward.js` has.
        trained: name to model, the rung below first.
        alt: the text of the picture that stays where no script runs.
        challenges: checked while the reader plays.
        examples: inputs that a button goes through; by default some of the test split.
        switches: whether heads and MLPs of a transformer can be switched off.
        choose: shows two models, the first and one to be chosen; this one at first.
    """
    from IPython.display import display

    if examples is None:
        generator = torch.Generator().manual_seed(1)
        examples = task.sample(N_EXAMPLES, generator, "test").inputs
    data = {
        "task": described(task),
        "models": [{"name": name} | exported(model) for name, model in trained.items()],
        "challenges": [asdict(challenge) for challenge in challenges],
        "examples": written(task, examples),
        "switches": [s for m in trained.values() for s in parts(m)] if switches else [],
        "choose": choose,
    }
    if choose:
        first = next(iter(trained))
        trained = {name: trained[name] for name in (first, choose)}
    bundle, metadata = pictured(still(task, trained, examples[:1]), alt)
    bundle["text/html"] = page(json.dumps(data), bundle["image/png"], alt)
    display(bundle, raw=True, metadata=metadata)


def still(task: Task, trained: dict[str, nn.Module], inputs: torch.Tensor):
    """A picture of one input and of the answers to it."""
    figure, axes = plots.panels(1, 1 + len(trained), width=4.6, height=1.4)
    if task.spec.d_vocab is not None:
        axes[0].text(0.5, 0.5, written(task, inputs)[0], ha="center", family="monospace")
        axes[0].axis("off")
    elif isinstance(task, SignalTask):
        signal = inputs[0].sum(-1).numpy()
        axes[0].bar(range(len(signal)), signal, color="C0")
        axes[0].set(ylabel="signal", xlabel="position")
    else:
        plots.heat(axes[0], inputs[0].T.numpy(), vmin=-3, vmax=3)
        axes[0].set(ylabel="feature", xlabel="position")
    for ax, (name, model) in zip(axes[1:], trained.items(), strict=True):
        with torch.no_grad():
            shares = model.eval()(inputs).softmax(-1)[0].numpy()
        ax.bar(range(len(shares)), shares, color="C1")
        ax.set(title=name, ylim=(0, 1), ylabel="probability", xticks=range(len(shares)))
    axes[-1].set_xlabel("answer")
    return figure


def page(text: str, picture: str, alt: str) -> str:
    """The HTML of a widget, with its script; data and texts are escaped."""
    template = Environment(autoescape=True).from_string(
        (SCRIPTS / "page.html").read_text("utf-8")
    )
    return template.render(
        id=f"live-{crc32(text.encode()):08x}",  # the same in every run of the same weights
        data=text,
        picture=picture,
        alt=alt,
        script=script(),
    )


def script() -> str:
    """The forward pass and the widget, as one text."""
    return "".join(
        (SCRIPTS / name).read_text("utf-8") for name in ("forward.js", "widget.js")
    )


def exported(model: nn.Module) -> dict[str, Any]:
    """A model's sizes and weights, as `live.unpack` reads them.

    Raises TypeError for a model whose forward pass `book/live/forward.js` does not have.
    """
    kind = next((k for k in KINDS if isinstance(model, k)), None)
    if kind is None:
        known = ", ".join(k.__name__ for k in KINDS)
        raise TypeError(
            f"{type(model).__name__} has no forward pass in JavaScript: {known}"
        )
    spec: Any = model.spec
    found: dict[str, Any] = {
        "kind": kind.__name__,
        "d_vocab": spec.d_vocab,
        "pad": spec.pad,
        "per_position": spec.per_position,
        "weights": {name: packed(p) for name, p in model.state_dict().items()},
    }
    for name in ("pool", "scores", "read", "causal"):
        if isinstance(value := getattr(model, name, None), str | bool):
            found[name] = value
    if isinstance(model, SelfAttention | Transformer):
        blocks: Any = getattr(model, "blocks", [])
        attention = blocks[0].attention if blocks else model.attention
        found |= {"n_layers": len(blocks), "n_heads": attention.n_heads}
        scheme, n_ctx = type(model.positions).__name__, model.positions.n_ctx
        found["positions"] = {"scheme": scheme, "n_ctx": n_ctx}
    return found


def packed(tensor: torch.Tensor) -> dict[str, Any]:
    """A tensor's shape, and its numbers with eleven bits each: float16 in base64."""
    raw = tensor.detach().cpu().half().contiguous().numpy().astype("<f2").tobytes()
    return {"shape": list(tensor.shape), "bytes": base64.b64encode(raw).decode()}


def described(task: Task) -> dict[str, Any]:
    """What the page must know of a task, to read an input and to name the answers."""
    spec = task.spec
    told: dict[str, Any] = {
        "name": task.name,
        "seq_len": spec.seq_len,
        "labels": [str(label) for label in range(spec.n_classes)],
    }
    if spec.d_vocab is not None:
        tokenizer: Any = task.tokenizer  # type: ignore[attr-defined]
        return told | {
            "symbols": tokenizer.symbols,
            "spaced": tokenizer.spaced,
            "words": isinstance(tokenizer, WordTokenizer),
            "pad": spec.pad,
        }
    width = spec.d_features
    names = ["key", *(f"value {i}" for i in range(width - 1))]
    if isinstance(task, ValueAtQuery):
        keys = [f"key {i}" for i in range(task.d_key)]
        names = ["question", *keys, *(f"value {i}" for i in range(spec.n_classes))]
    return told | {"signal": isinstance(task, SignalTask), "features": names}


def written(task: Task, inputs: torch.Tensor) -> list:
    """Inputs as the page's editor takes them: texts, or numbers by position."""
    if task.spec.d_vocab is None:
        return inputs.tolist()
    return [task.tokenizer.decode(ids) for ids in inputs.tolist()]  # type: ignore[attr-defined]


def parts(model: nn.Module) -> list[dict[str, str]]:
    """What can be switched off: every head, and every MLP."""
    if not isinstance(model, Transformer):
        return []
    found = []
    for layer, block in enumerate(model.blocks):
        name = f"blocks.{layer}"
        for head in range(block.attention.n_heads):
            label = f"layer {layer}, head {head}"
            found.append({"name": f"{name}.attention {head}", "label": label})
        found.append({"name": f"{name}.mlp", "label": f"layer {layer}, MLP"})
    return found
