"""TensorBoard: a folder of event files, one below it for every seed of every model."""

from pathlib import Path

from progtx_core import plots
from progtx_core.evaluation.answers import answers_of
from progtx_core.models.attention import MultiHeadAttention, patterns
from progtx_core.tools.trackers.base import Tracker
from progtx_core.training import Training, TrainingResult


class TensorBoard(Tracker):
    """Scalars, histograms, texts; at the end PR curves, settings, an attention pattern.

    Look at it with `tensorboard --logdir FOLDER`. Raises ImportError without the package.
    """

    def __init__(
        self, folder: str | Path = "runs/tensorboard", hist_every: int = 5
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        super().__init__(hist_every)
        self.make, self.folder = SummaryWriter, Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.writers: dict[str, SummaryWriter] = {}
        self.settings: dict[str, dict] = {}

    def _start(self, training: Training, facts: dict) -> None:
        label, kinds = training.label, (int, float, str)
        self.settings[label] = {k: v for k, v in facts.items() if isinstance(v, kinds)}
        if label not in self.writers:
            self.writers[label] = self.make(self.folder / label)

    def _log(self, training: Training, numbers: dict, texts: dict, arrays: dict) -> None:
        writer, step = self.writers[training.label], training.step
        for name, value in numbers.items():
            writer.add_scalar(name, value, step)
        for name, text in texts.items():
            writer.add_text(name, text, step)
        for name, array in arrays.items():
            writer.add_histogram(name, array, step)

    def _finish(self, label: str, result: TrainingResult, index: int) -> None:
        writer, step, reached = self.writers[label], result.config.steps, {}
        found = answers_of(result, index)
        for split, answers in found.items():
            reached[f"{split}/final_loss"] = answers.loss
            reached[f"{split}/final_accuracy"] = answers.accuracy
            if answers.two_sided:
                shares = answers.probabilities[:, 1]
                writer.add_pr_curve(f"{split}/pr", answers.targets, shares, step)
        writer.add_hparams(self.settings[label], reached, run_name=".")
        model, inputs = result.models[index], found["test"].batch.inputs[:1]
        if any(isinstance(part, MultiHeadAttention) for part in model.modules()):
            pattern = next(iter(patterns(model, inputs).values()))[0]
            positions = [str(position) for position in range(inputs.shape[1])]
            figure = plots.attention_heads(pattern.numpy(), positions)
            writer.add_figure("attention", figure, step)
        writer.flush()

    def _close(self) -> None:
        for writer in self.writers.values():
            writer.close()
