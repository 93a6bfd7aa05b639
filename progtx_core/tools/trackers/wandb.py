"""Weights & Biases: one run of theirs for all models of a comparison."""

import os
import secrets
import time
from pathlib import Path

import numpy as np

from progtx_core import checks
from progtx_core.evaluation import Curve, pr_curve, roc_curve
from progtx_core.tools.answers import Answers, each_model, in_words
from progtx_core.training import TrainingResult
from progtx_core.training.tracker import Logged, Tracker, series

MODES = ("disabled", "offline", "online")
N_SHOWN = 20  # examples in a table
N_POINTS = 200  # of a curve
ROC = "false positive rate", "true positive rate"
PR = "recall", "precision"


class WandB(Tracker):
    """Every seed of every model under its own name, and over its own steps.

    mode: "disabled", "offline" (files below `folder`, no account, no network) or
        "online"; None for what the environment variable WANDB_MODE says, or "offline"
    group: what belongs together; the run is called by it and the time of day
    hist_every: histograms at every so many looks; config: further hyper-parameters
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

        mode = checks.one_of("mode", mode or os.environ.get("WANDB_MODE", "offline"), MODES)
        self.hist_every = checks.whole("hist_every", hist_every, at_least=1)
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.wandb = wandb
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
        self.looks: dict[str, int] = {}
        self.texts: dict[str, list[list]] = {}

    def start(self, run: str, facts: dict) -> None:
        self.run.config.update({run: facts}, allow_val_change=True)
        n_seeds = len(facts["seeds"])
        for index in range(n_seeds):
            # Each counts its own steps, so that two never collide.
            prefix = series(run, index, n_seeds)
            self.run.define_metric(f"{prefix}/step", hidden=True)
            self.run.define_metric(f"{prefix}/*", step_metric=f"{prefix}/step")

    def log(self, run: str, step: int, measured: Logged) -> None:
        n_seeds = len(next(iter(measured.values())))
        nth = self.looks[run] = self.looks.get(run, -1) + 1
        for index in range(n_seeds):
            prefix = series(run, index, n_seeds)
            row = {f"{prefix}/step": step}
            for name, values in measured.items():
                value = values[index]
                if isinstance(value, str):
                    self.texts.setdefault(prefix, []).append([step, name, value])
                elif not isinstance(value, np.ndarray):
                    row[f"{prefix}/{name}"] = value
                elif nth % self.hist_every == 0:
                    row[f"{prefix}/{name}"] = self.wandb.Histogram(value)
            self.run.log(row)

    def finish(self, run: TrainingResult) -> None:
        for index, found in each_model(run):
            prefix = series(run.name, index, len(run.seeds))
            shown = {}
            for split, answers in found.items():
                self.run.summary[f"{prefix}/{split}/loss"] = answers.loss
                self.run.summary[f"{prefix}/{split}/accuracy"] = answers.accuracy
                shown |= self._charts(f"{prefix}/{split}", answers)
                shown[f"{prefix}/{split}/examples"] = self._table(run, answers)
            if prefix in self.texts:
                shown[f"{prefix}/samples"] = self.wandb.Table(
                    ["step", "prompt", "answer"], self.texts.pop(prefix)
                )
            self.run.log(shown)

    def _charts(self, name: str, answers: Answers) -> dict:
        """ROC, precision-recall and confusion; scikit-learn computes them."""
        plot, classes = self.wandb.plot, answers.probabilities.shape[1]
        truth, names = answers.targets.tolist(), [str(c) for c in range(classes)]
        charts = {
            "confusion": plot.confusion_matrix(
                y_true=truth,
                preds=answers.probabilities.argmax(1).tolist(),
                class_names=names,
                title=f"confusion, {name}",
            )
        }
        if answers.two_sided:
            of = answers.probabilities, answers.targets
            charts["roc"] = self._line(roc_curve(*of), *ROC, f"ROC, {name}")
            charts["pr"] = self._line(pr_curve(*of), *PR, f"PR, {name}")
        return {f"{name}/{kind}": chart for kind, chart in charts.items()}

    def _line(self, curve: Curve, x: str, y: str, title: str):
        """A curve as one of their line charts, thinned to what can be seen."""
        kept = np.unique(np.linspace(0, len(curve.x) - 1, N_POINTS).astype(int))
        points = np.stack([curve.x, curve.y], 1)[kept]
        title = f"{title}, area {curve.area:.3f}"
        table = self.wandb.Table([x, y], points.tolist())
        return self.wandb.plot.line(table, x, y, title=title)

    def _table(self, run: TrainingResult, answers: Answers):
        """Some examples: the wrong ones first, then others."""
        first = answers.wrong(N_SHOWN // 2)
        others = [i for i in range(len(answers.targets)) if i not in first]
        rows = []
        for i in first + others[: N_SHOWN - len(first)]:
            text = in_words(run.task, answers.batch.inputs[answers.of_example[i]])
            answer, right = int(answers.probabilities[i].argmax()), int(answers.targets[i])
            rows.append([text, right, answer, float(answers.of_right[i])])
        columns = ["example", "right", "answer", "probability of the right answer"]
        return self.wandb.Table(columns, rows)

    def close(self) -> None:
        self.run.finish()
