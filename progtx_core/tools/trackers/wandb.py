"""Weights & Biases: one run of theirs for all models of a comparison."""

import os
import secrets
import time
from pathlib import Path
from typing import Any

from progtx_core import checks
from progtx_core.evaluation.answers import Answers, answers_of
from progtx_core.tools.pages.model_page import answered
from progtx_core.tools.trackers.base import Tracker
from progtx_core.training import Training, TrainingResult

MODES = ("disabled", "offline", "online")
N_SHOWN = 20  # examples in a table


class WandB(Tracker):
    """Every seed of every model under its own label, and over its own steps.

    mode: "disabled", "offline" (files below `folder`, no account, no network) or "online";
    None for what the environment variable WANDB_MODE says, or "offline".
    group: what belongs together; the run is called by it and the time of day.
    """

    def __init__(
        self,
        project: str = "progressive-transformers",
        mode: str | None = None,
        folder: str | Path = "runs",
        group: str = "training",
        job_type: str = "train",
        hist_every: int = 5,
        **config,  # further hyper-parameters
    ) -> None:
        import wandb  # a second to import: only for those who ask for it

        super().__init__(hist_every)
        mode = mode or os.environ.get("WANDB_MODE", "offline")
        chosen: Any = checks.one_of("mode", mode, MODES)
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.wandb, self.texts = wandb, {}
        self.run = wandb.init(
            project=project,
            mode=chosen,
            dir=str(folder),
            group=group,
            job_type=job_type,
            name=f"{group}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}",
            config=config,
            settings=wandb.Settings(x_disable_stats=True, silent=True, console="off"),
        )

    def _start(self, training: Training, facts: dict) -> None:
        self.run.config.update({training.name: facts}, allow_val_change=True)
        # Each counts its own steps, so that two never collide.
        step = self.run.define_metric(f"{training.label}/step", hidden=True)
        self.run.define_metric(f"{training.label}/*", step_metric=step)

    def _log(self, training: Training, numbers: dict, texts: dict, arrays: dict) -> None:
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
            columns = ["step", "prompt", "answer"]
            shown[f"{label}/samples"] = self.wandb.Table(columns, texts)
        self.run.log(shown)

    def _charts(self, name: str, answers: Answers) -> dict:
        """Confusion, and for two classes ROC and precision-recall curves."""
        plot, truth = self.wandb.plot, answers.targets.tolist()
        names = [str(c) for c in range(answers.probabilities.shape[1])]
        chosen = answers.probabilities.argmax(1).tolist()
        given = {"y_true": truth, "preds": chosen, "class_names": names}
        title = f"confusion, {name}"
        charts = {f"{name}/confusion": plot.confusion_matrix(**given, title=title)}
        if answers.two_sided:
            of = truth, answers.probabilities, names
            charts[f"{name}/roc"] = plot.roc_curve(*of, title=f"ROC, {name}")
            charts[f"{name}/pr"] = plot.pr_curve(*of, title=f"PR, {name}")
        return charts

    def _examples(self, result: TrainingResult, answers: Answers):
        """Some examples: the wrong ones first, then others."""
        order = dict.fromkeys([*answers.wrong(N_SHOWN // 2), *range(len(answers.targets))])
        rows = [answered(result.task, answers, i) for i in [*order][:N_SHOWN]]
        return self.wandb.Table(columns=[*rows[0]], data=[[*row.values()] for row in rows])

    def _close(self) -> None:
        self.run.finish()
