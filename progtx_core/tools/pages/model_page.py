"""A readable page of one training: curves, weights, and what it gets wrong and why."""

from pathlib import Path

import numpy as np
import torch

from progtx_core.evaluation.answers import Answers, answers_of, in_words
from progtx_core.plots import curves as plots
from progtx_core.tasks import Task
from progtx_core.tasks.signals import SignalTask
from progtx_core.tools.pages import templating
from progtx_core.training import TrainingResult

N_WRONG = 20  # shown of each part of the data
MAX_CLASSES = 20  # of a picture of confusion
WEIGHTS_WIDE, WEIGHTS_HIGH = 240, 120  # pixels at most
YES_NO = ("no", "yes")


def write(path: Path, run: TrainingResult, dashboard: str) -> Path:
    """Write the page of a run; dashboard: a link to it, as seen from this page.

    Curves are those of all seeds; what is shown of one model is that of the first.
    """
    found = answers_of(run)
    return templating.write(
        path,
        "model.html",
        title=f"{run.name} on {run.task.name}",
        run=run,
        dashboard=dashboard,
        settings=run.config.as_dict(),
        reached=reached(run),
        pictures=pictures(run, found),
        parameters=parameters(run.models[0]),
        wrong=[wrong(run.task, answers) for answers in found.values()],
    )


def reached(run: TrainingResult) -> list[dict]:
    """Accuracy and loss of every seed, training then test."""
    rows = []
    for i, seed in enumerate(run.seeds):
        train = answers_of(run, i)["train"]
        test = run.test["accuracy"][i], run.test["loss"][i]
        rows.append({"seed": seed, "numbers": [train.accuracy, train.loss, *test]})
    return rows


def pictures(run: TrainingResult, found: dict[str, Answers]) -> list[dict]:
    """Curves over training; ROC, precision-recall and confusion for both parts."""
    curves = "train/loss", "val/loss", "val/accuracy"
    known = [name for name in curves if name in run.history.names()]
    drawn = {"Curves": plots.learning_curves({run.name: run}, tuple(known))}
    predictions = {s: (a.probabilities, a.targets) for s, a in found.items()}
    if all(answers.two_sided for answers in found.values()):
        drawn["ROC and precision-recall"] = plots.roc_and_pr(predictions)
    if run.task.spec.n_classes <= MAX_CLASSES:
        drawn["Confusion"] = plots.confusion(predictions)
    return [
        {
            "title": title,
            "alt": f"{title} of {run.name}",
            "data": templating.as_data(figure),
        }
        for title, figure in drawn.items()
    ]


def parameters(model: torch.nn.Module) -> list[dict]:
    """A row for every tensor of parameters, with a small picture of it."""
    rows = []
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        matrix = values.reshape(-1, values.shape[-1] if values.ndim > 1 else values.size)
        high, wide = matrix.shape
        scale = max(1, min(12, WEIGHTS_WIDE // wide, WEIGHTS_HIGH // high))
        rows.append(
            {
                "name": name,
                "shape": " × ".join(map(str, values.shape)) or "one number",
                "numbers": values.size,
                "norm": float(np.linalg.norm(values)),
                "least": float(values.min()),
                "greatest": float(values.max()),
                "width": min(WEIGHTS_WIDE, wide * scale),
                "height": min(WEIGHTS_HIGH, high * scale),
                "picture": templating.weights_as_data(matrix),
            }
        )
    return rows


def wrong(task: Task, answers: Answers) -> dict:
    """The wrong answers of one part of the data, the worst first."""
    rows = []
    for i in answers.wrong(N_WRONG):
        example = answers.batch.inputs[answers.of_example[i]]
        right = int(answers.targets[i])
        rows.append(
            {
                "example": in_words(task, example),
                "answer": int(answers.probabilities[i].argmax()),
                "right": right,
                "probability": float(answers.of_right[i]),
                "why": why(task, example, right),
            }
        )
    return {
        "split": answers.split,
        "rows": rows,
        "count": round((1 - answers.accuracy) * len(answers.targets)),
        "of": len(answers.targets),
    }


def why(task: Task, example: torch.Tensor, label: int) -> str:
    """Why an example has the label that it has.

    >>> from progtx_core import tasks
    >>> task = tasks.get("last_gt_first", seq_len=2)
    >>> why(task, torch.tensor([[0.5, 1.0], [0.25, 0.0]]), 0)
    'signal 1.50, 0.25; The last value is greater than the first: no'
    """
    yes_or_no = task.spec.n_classes == 2 and not task.spec.per_position
    verdict = f"{task.rule}: {YES_NO[label] if yes_or_no else label}"
    if isinstance(task, SignalTask):
        signal = ", ".join(f"{x:.2f}" for x in example.double().sum(-1).tolist())
        return f"signal {signal}; {verdict}"
    return verdict
