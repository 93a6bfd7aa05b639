"""Chapter 8: what it measures beside its own code, and shows as tables."""

from copy import copy
from functools import partial

import numpy as np
import torch
from experiments import training as lists
from progtx_core import plots
from progtx_core.evaluation import predict
from progtx_core.models.attention import patterns
from progtx_core.models.transformer import Transformer
from progtx_core.tools import recorded
from progtx_core.tools.page import say, show, table
from progtx_core.types import Batch
from torch import nn

from parts import ch08, heads


def sizes_of_data() -> None:
    """A row for each size: examples, and how it is trained."""
    head = ["size", "examples", "epochs", "examples an update", "updates"]
    rows = []
    for name, n in lists.SET_SIZES.items():
        how = lists.settings(name)
        steps = how["epochs"] * (8 * n // 10 // how["batch_size"])
        row = [name, f"{n:,}", how["epochs"], how["batch_size"], f"{steps:,}"]
        rate, decay = how["learning_rate"], how.get("weight_decay", 0.0)
        rows.append([*row, str(rate), str(decay)])
    table([*head, "learning rate", "weight decay"], rows)


def questions(batch: Batch, task, names: list[str]) -> None:
    """Each question as boxes of tokens, coloured by its operation, and its answer."""
    colours = {name: plots.COLOURS[i] + "88" for i, name in enumerate(names)}
    pairs = zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True)
    ch08.show_tokens(
        [(task.tokenizer.read(ids), f"answer {target}") for ids, target in pairs], colours
    )


def majority(task, train_set: Batch, test_set: Batch) -> float:
    """Accuracy of the most frequent answer of each operation."""
    kinds, asked = task.kinds(train_set.inputs), task.kinds(test_set.inputs)
    best = [train_set.targets[kinds == k].mode().values for k in kinds.unique()]
    return (torch.stack(best)[asked] == test_set.targets).float().mean().item()


def padded(task, batch: Batch, mask: torch.Tensor) -> None:
    """A batch as rows of tokens, and its mask."""
    tokens = [task.tokenizer.read(ids) for ids in batch.inputs.tolist()]
    alt = (
        "Padded texts as rows of tokens, and below them the mask: ones where there "
        "is text, zeros where there is padding."
    )
    show(ch08.padded_batch(tokens, mask.numpy()), alt)


def untrained(model: nn.Module, task, batch: Batch) -> None:
    """What a model answers before training, and its loss beside that of even odds."""
    shares, targets = predict(model, batch)
    alt = "The likeliest answers of an untrained model to five questions, as bars."
    show(ch08.top_bars(shares, texts_of(task, batch), targets.tolist()), alt)
    nats = -np.log(shares[np.arange(len(targets)), targets]).mean()
    say(
        f"Its loss on these is **{nats:.2f}** nats; even odds for all answers would give "
        f"ln n = {np.log(task.spec.n_classes):.2f}. A first loss far above this line "
        "means that the first logits are too large."
    )


def first_move(make, seed: int, batch: Batch) -> float:
    """A row for each matrix: the mean size of its gradient, and of Adam's first move.

    Returns the ratio of the largest to the smallest of these gradients.
    """
    torch.manual_seed(seed)
    model, lr = make(), 1e-3
    before = [p.detach().clone() for p in model.parameters()]
    nn.functional.cross_entropy(model(batch.inputs), batch.targets).backward()
    torch.optim.Adam(model.parameters(), lr).step()
    rows = []
    for (name, p), old in zip(model.named_parameters(), before, strict=True):
        if p.ndim > 1:
            move = (p.detach() - old).abs().mean().item() / lr
            rows.append([name.removesuffix(".weight"), p.grad.abs().mean().item(), move])
    shown = [[name, f"{size:.4f}", f"{move:.2f}"] for name, size, move in rows]
    table(["matrix", "mean size of its gradient", "first move, in learning rates"], shown)
    sizes = [size for _, size, _ in rows]
    say(
        f"Gradients differ by a factor of {max(sizes) / min(sizes):.0f} from matrix to "
        "matrix. Adam moves every entry that has one by one learning rate."
    )
    return max(sizes) / min(sizes)


def answers_over_updates(run, task, batch: Batch) -> None:
    """What the first seed answered as it learned."""
    evals = run.history.steps("val/accuracy")
    chosen = [0, *evals[[1, 2, 4, 8]], evals[-1]] if len(evals) > 8 else evals
    told = [predict(run.models_at(s)[0], batch)[0].argmax(1) for s in chosen]
    head = ["question", *(f"update {s}" for s in chosen), "right answer"]
    answers = zip(texts_of(task, batch), zip(*told), batch.targets.tolist(), strict=True)
    table(head, [[text, *given, right] for text, given, right in answers])
    best = " and ".join(map(str, run.best_steps()))
    say(
        f"The best evaluation, by validation, was after update {best} of "
        f"{run.config.steps}, one number for each seed. The parameters of that moment "
        "are used from here on."
    )


def recorded_rows(frame, names: list[str]) -> None:
    """Accuracy in training and test, and the worst seed of every operation."""
    head = ["recorded", "train, median", "test, median", "test, worst seed"]
    rows = []
    for row in frame.model.unique():
        train, test, *each = (
            recorded.values(frame, row, "selection", column)
            for column in ("train", "accuracy", *names)
        )
        worst = [of.min() for of in (test, *each)]
        rows.append([row, np.median(train), np.median(test), *worst])
    table([*head, *(f"{name}, worst" for name in names)], rows)
    say(recorded.origin("training"))


def sure_and_unsure(task, batch: Batch, probabilities) -> None:
    """A question of each operation, and the five whose right answer got the least."""
    targets, kinds = batch.targets.numpy(), task.kinds(batch.inputs).numpy()
    rows = [int(np.flatnonzero(kinds == kind)[0]) for kind in np.unique(kinds)]
    rows += np.argsort(probabilities[np.arange(len(targets)), targets])[:5].tolist()
    texts = texts_of(task, batch[rows])
    alt = (
        "Top five answers to ten questions, a panel each: one question for each "
        "operation, and five that the model finds hard. Bars are probabilities."
    )
    show(ch08.top_bars(probabilities[rows], texts, targets[rows].tolist()), alt)


def spreads(model: nn.Module, batch: Batch, by_operation, names: list[str]) -> None:
    """How far the first row of each head is spread, a column an operation."""
    n_tokens = (batch.inputs != 0).sum(1)  # padding does not count
    rows = []
    for name, pattern in patterns(model, batch.inputs).items():
        for head, of in enumerate(heads.spread(pattern[:, :, 0], n_tokens).T):
            told = (f"{v:.2f} {heads.kind(v)}" for v in by_operation(of.numpy()))
            rows.append([name.split(".")[1], head, *told])
    table(["layer", "head", *names], rows)


def weights_on_source(model: nn.Module, task, batch: Batch) -> np.ndarray:
    """The best head's mean weight on the token to be copied, (operation,)."""
    source, kinds = task.source(batch.inputs), task.kinds(batch.inputs)
    found = patterns(model, batch.inputs).values()
    on = torch.cat([heads.weight_on(pattern[:, :, 0], source) for pattern in found], 1)
    return np.array([on[kinds == k].mean(0).max() for k in kinds.unique()])


def parts_off(names: list[str], heads_off: np.ndarray, layers_off: np.ndarray) -> None:
    """What is lost without each head, and each layer's: a column an operation.

    heads_off: (n_seeds, heads, operations); layers_off: (n_seeds, layers, operations)
    """
    n = heads_off.shape[1] // layers_off.shape[1]  # heads of a layer
    parts = [f"layer {i // n}, head {i % n}" for i in range(heads_off.shape[1])]
    parts += [f"layer {i}, all heads" for i in range(layers_off.shape[1])]
    head = ["switched off, first seed", *(f"{name}, lost" for name in names)]
    numbers = np.concatenate([heads_off[0], layers_off[0]])
    table(head, [[part, *map(float, row)] for part, row in zip(parts, numbers)])
    say(
        "The most that a single head costs on one of these operations, of all seeds: "
        f"**{heads_off.max():.2f}**. All heads of the first layer together cost up to "
        f"**{layers_off[:, 0].max():.2f}**."
    )


def counts(data, names: list[str]) -> None:
    """How often each operation, length and answer is, in all splits together."""
    inputs = torch.cat([split.inputs for split in data.splits.values()])
    answers = torch.cat([split.targets for split in data.splits.values()])
    lengths = (inputs >= data.task.zero).sum(1)
    columns = {"operation": (data.task.kinds(inputs), names)}
    columns |= {"numbers in the list": (lengths, None), "answer": (answers, None)}
    alt = (
        "Three bar charts of the data: operations are equally frequent, so are lengths "
        "from three to eight; of the answers the least and the greatest are the most "
        "frequent."
    )
    show(ch08.counts(columns), alt)


def splits(data, names: list[str]) -> None:
    """A row a split: its examples, in all and by operation."""
    rows = []
    for name, split in data.splits.items():
        by_kind = data.task.kinds(split.inputs).bincount().tolist()
        rows.append([name, len(split), *by_kind])
    table(["split", "examples", *names], rows)


def texts_of(task, batch: Batch) -> list[str]:
    """The questions of a batch as they are written."""
    return [task.tokenizer.decode(ids) for ids in batch.inputs.tolist()]


def forming(run, task, batch: Batch, names: list[str]) -> None:
    """The best head's weight on the token to be copied, over the updates."""
    evals = run.history.steps("val/accuracy")
    curves = [weights_on_source(run.models_at(s)[0], task, batch) for s in evals]
    alt = (
        "The weight of the best head on the token to be copied, over training, a line "
        "an operation."
    )
    drawn = dict(zip(names, np.array(curves).T, strict=True))
    show(ch08.lines(evals, drawn, "weight on source"), alt)


def maps(model: nn.Module, task, questions: list[str]) -> None:
    """Two heads' maps of the last question, the first rows of all, one as text."""
    inputs = task.encode(questions)
    found = {name: of.numpy() for name, of in patterns(model, inputs).items()}
    last = list(found.values())[-1]
    tokens = [task.tokenizer.read(row[row != 0].tolist()) for row in inputs]
    alt = "Attention maps of two heads of the last layer, a row a query."
    show(ch08.attention_maps(last[-1:, :2], tokens[-1:]), alt)
    alt = (
        "For three questions on the same numbers: how much weight the first position "
        "gives to each token, a row for each of eight heads."
    )
    show(ch08.first_rows(found, tokens), alt)
    print(ch08.text_map(last[0].mean(0), tokens[0]))


def warm_ups(found: dict) -> None:
    """The last validation losses, by learning rate and warm-up."""
    rows = []
    for (rate, n), losses_ in found.items():
        rows.append([f"{rate:g}", n, ", ".join(f"{loss:.3f}" for loss in losses_)])
    table(["learning rate", "updates of warm-up", "validation loss, each seed"], rows)


def recorded_groups(frame) -> None:
    """Test accuracy by size of the data, learning rate and batch size."""
    groups = {
        "data": {name: name for name in lists.SET_SIZES},
        "learning rate (medium)": lists.RATES,
        "batch size (medium)": lists.BATCHES,
    }
    alt = (
        "Test accuracy of five seeds by size of the data, by learning rate and by batch "
        "size, a panel each."
    )
    show(ch08.recorded_groups(frame, groups), alt)


# Faults --------------------------------------------------------------------


class BrokenMask(Transformer):
    """A transformer that attends to padding, which is noise."""

    def forward(self, inputs):
        noise = torch.randint(1, self.spec.d_vocab, inputs.shape)
        return super().forward(torch.where(inputs == 0, noise, inputs))


def with_shuffled_answers(data):
    """The same data set, but in training every question has the answer of another one."""
    order = torch.Generator().manual_seed(1)
    train, wrong = data.splits["train"], copy(data)
    targets = train.targets[torch.randperm(len(train), generator=order)]
    wrong.splits = data.splits | {"train": Batch(train.inputs, targets)}
    return wrong


broken_mask = partial(BrokenMask, **lists.SELECTOR)


def leak(model: nn.Module, splits: dict[str, Batch]) -> float:
    """Accuracy on the test split, and on one half of which is from training.

    Returns how much more the second says.
    """
    test = splits["test"]
    half = len(test) // 2
    shares = [
        (predict(model, one)[0].argmax(1) == one.targets.numpy()).mean()
        for one in (test, splits["train"][:half])
    ]
    leaked = float(np.mean(shares))
    rows = [["shares no example", float(shares[0])], ["half of it from training", leaked]]
    table(["test split", "accuracy"], rows)
    return leaked - float(shares[0])


def above_a_guess(run, train_set: Batch, n_classes: int) -> float:
    """How far the last validation loss is above the entropy of the answers."""
    shares = train_set.targets.bincount() / len(train_set)
    entropy = torch.special.entr(shares).sum().item()
    stuck = float(run.history["val/loss"][0, -1])
    say(
        f"Entropy of the answers: {entropy:.2f}; ln n: {np.log(n_classes):.2f}. Shuffled "
        f"answers end at a validation loss of {stuck:.2f}."
    )
    return stuck - entropy


def changes(found: dict[str, float]) -> None:
    """Whether padding changes the logits, by what was wrong in training."""
    rows = [[label, "**yes**" if value > 1e-3 else "no"] for label, value in found.items()]
    table(["trained with", "padding changes the logits"], rows)
