"""Weights & Biases: one run of theirs for all models of a comparison."""

import os
import secrets
import time
from pathlib import Path

from progtx_core import checks
from progtx_core.tools.answers import Answers, answers_of, in_words
from progtx_core.tools.trackers.base import Tracker
from progtx_core.training import TrainingResult

MODES = ("disabled", "offline", "online")
N_SHOWN = 20  # examples in a table


class WandB(Tracker):
    """Every seed of every model under its own label, and over its own steps.

    Args:
        mode: "disabled", "offline" (files below `folder`, no account, no network) or
            "online"; None for what the environment variable WANDB_MODE says, or "offline".
        group: what belongs together; the run is called by it and the time of day.
        config: further hyper-parameters.
    """

    def __init__(
        self,
        project: str = "progressive-transformers",
        mode: str | None = None,
        folder: str | Path = "runs",
        group: str = "training",
        job_type: str = "train",
        hist_every: int = 5,
        **config,
    ) -> None:
        import wandb  # a second to import: only for those who ask for it

        super().__init__(hist_every)
        mode = checks.one_of("mode", mode or os.environ.get("WANDB_MODE", "offline"), MODES)
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.wandb, self.texts = wandb, {}
        self.run = wandb.init(
            project=project,
            mode=mode,
            dir=str(folder),
            group=group,
            job_type=job_type,
            name=f"{group}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}",
            config=config,
            settings=wandb.Settings(x_disable_stats=True, silent=True, console="off"),
        )

    def _start(self, training, facts: dict) -> None:
        self.run.config.update({training.name: facts}, allow_val_change=True)
        # Each counts its own steps, so that two never collide.
        step = self.run.define_metric(f"{training.label}/step", hidden=True)
        self.run.define_metric(f"{training.label}/*", step_metric=step)

    def _log(self, training, numbers: dict, texts: dict, arrays: dict) -> None:
        kept = self.texts.setdefault(training.label, [])
        kept += [[training.step, name, text] for name, text in texts.items()]
        histograms = {name: self.wandb.Histogram(of) for name, of in arrays.items()}
        row = {"step": training.step} | numbers | histograms
        self.run.log({f"{training.label}/{name}": value for name, value in row.items()})

    def _finish(self, label: str, result: TrainingResult, index: int) -> None:
        shown = {}
        for split, answers in answers_of(result, index).items():
            name = f"{label}/{split}"
            self.run.summary[f"{name}/loss"] = answers.loss
            self.run.summary[f"{name}/accuracy"] = answers.accuracy
            shown |= self._charts(name, answers)
            shown[f"{name}/examples"] = self._examples(result, answers)
        if texts := self.texts.pop(label, None):
            shown[f"{label}/samples"] = self.wandb.Table(["step", "prompt", "answer"], texts)
        self.run.log(shown)

    def _charts(self, name: str, answers: Answers) -> dict:
        """Confusion, and for two classes ROC and precision-recall curves."""
        plot, truth = self.wandb.plot, answers.targets.tolist()
        names = [str(c) for c in range(answers.probabilities.shape[1])]
        given = {"y_true": truth, "title": f"confusion, {name}", "class_names": names}
        answered = answers.probabilities.argmax(1).tolist()
        charts = {f"{name}/confusion": plot.confusion_matrix(preds=answered, **given)}
        if answers.two_sided:
            of = truth, answers.probabilities, names
            charts[f"{name}/roc"] = plot.roc_curve(*of, title=f"ROC, {name}")
            charts[f"{name}/pr"] = plot.pr_curve(*of, title=f"PR, {name}")
        return charts

    def _examples(self, result: TrainingResult, answers: Answers):
        """Some examples: the wrong ones first, then others."""
        first = answers.wrong(N_SHOWN // 2)
        others = [i for i in range(len(answers.targets)) if i not in first]
        rows = []
        for i in first + others[: N_SHOWN - len(first)]:
            text = in_words(result.task, answers.batch.inputs[answers.of_example[i]])
            answer, right = int(answers.probabilities[i].argmax()), int(answers.targets[i])
            rows.append([text, right, answer, float(answers.of_right[i])])
        columns = ["example", "right", "answer", "probability of the right answer"]
        return self.wandb.Table(columns, rows)

    def _close(self) -> None:
        self.run.finish()
