"""TensorBoard: a folder of event files, one below it for every seed of every model."""

from pathlib import Path

import numpy as np

from progtx_core import checks
from progtx_core.models.attention import patterns
from progtx_core.plots import sequences, style
from progtx_core.tools.answers import each_model
from progtx_core.training import TrainingResult
from progtx_core.training.tracker import Logged, Tracker, series
from progtx_core.types import Batch

HYPER = (int, float, str, bool)


class TensorBoard(Tracker):
    """Scalars, histograms, texts; at the end PR curves, settings, an attention pattern.

    folder: look at it with `tensorboard --logdir FOLDER`
    hist_every: histograms at every so many looks

    Raises ImportError where the package tensorboard is not installed.
    """

    def __init__(
        self, folder: str | Path = "runs/tensorboard", hist_every: int = 5
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.make, self.folder = SummaryWriter, Path(folder)
        self.hist_every = checks.whole("hist_every", hist_every, at_least=1)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.writers: dict = {}
        self.facts: dict[str, dict] = {}
        self.looks: dict[str, int] = {}

    def writer(self, run: str, index: int, n_seeds: int):
        """Where one seed is written; made when it is first asked for."""
        name = series(run, index, n_seeds)
        if name not in self.writers:
            self.writers[name] = self.make(self.folder / name)
        return self.writers[name]

    def start(self, run: str, facts: dict) -> None:
        self.facts[run] = {k: v for k, v in facts.items() if isinstance(v, HYPER)}

    def log(self, run: str, step: int, measured: Logged) -> None:
        n_seeds = len(next(iter(measured.values())))
        nth = self.looks[run] = self.looks.get(run, -1) + 1
        for index in range(n_seeds):
            writer = self.writer(run, index, n_seeds)
            for name, values in measured.items():
                if isinstance(values[index], str):
                    writer.add_text(name, values[index], step)
                elif not isinstance(values[index], np.ndarray):
                    writer.add_scalar(name, values[index], step)
                elif nth % self.hist_every == 0:
                    writer.add_histogram(name, values[index], step)

    def finish(self, run: TrainingResult) -> None:
        n_seeds, step = len(run.seeds), run.config.steps
        for index, found in each_model(run):
            writer = self.writer(run.name, index, n_seeds)
            last = {}
            for split, answers in found.items():
                last |= {
                    f"{split}/final_loss": answers.loss,
                    f"{split}/final_accuracy": answers.accuracy,
                }
                if answers.two_sided:
                    shares = answers.probabilities[:, 1]
                    writer.add_pr_curve(f"{split}/pr", answers.targets, shares, step)
            writer.add_hparams(self.facts.get(run.name, {}), last, run_name=".")
            figure = attention_figure(run, index, found["test"].batch)
            if figure is not None:
                writer.add_figure("attention", figure, step)
            writer.flush()

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()


def attention_figure(run: TrainingResult, index: int, batch: Batch):
    """Where the heads of the first layer look on one example; None without attention."""
    model, inputs = run.models[index], batch.inputs[:1]
    try:
        layer, pattern = next(iter(patterns(model, inputs).items()))
    except ValueError:  # a model without self-attention
        return None
    words = [*map(str, range(inputs.shape[1]))]
    figure, axes = style.panels(pattern.shape[1], width=2.6, height=2.6)
    for head, ax in enumerate(axes):
        title = f"{layer}, head {head}"
        sequences.attention_map(ax, pattern[0, head].numpy(), words, title)
    return figure
