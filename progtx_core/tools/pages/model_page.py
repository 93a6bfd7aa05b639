"""A readable page of one training: curves, weights, and what it gets wrong and why."""

import base64
import io
from pathlib import Path

import numpy as np
import torch
from matplotlib.image import imsave

from progtx_core import plots
from progtx_core.evaluation.answers import Answers, answers_of, in_words
from progtx_core.tasks import Task
from progtx_core.tasks.signals import SignalTask
from progtx_core.tools.page import pictured
from progtx_core.tools.pages import templating
from progtx_core.training import TrainingResult

N_WRONG = 20  # shown of each split
MAX_CLASSES = 20  # of a picture of confusion
WEIGHTS_WIDE, WEIGHTS_HIGH = 240, 120  # pixels at most


def write(path: Path, result: TrainingResult, dashboard: str) -> Path:
    """Write the page of a training; dashboard: a link to it, as seen from this page.

    Curves are those of all seeds; what is shown of one model is that of the first.
    """
    answers = [answers_of(result, index) for index in range(len(result.seeds))]
    trained = [(one["train"].accuracy, one["train"].loss) for one in answers]
    tested = zip(result.test["accuracy"], result.test["loss"], strict=True)
    pictures = figures(result, answers[0])
    return templating.write(
        path,
        "model.html",
        title=f"{result.name} on {result.task.name}",
        run=result,
        dashboard=dashboard,
        reached=[*zip(result.seeds, trained, tested, strict=True)],
        pictures={t: pictured(f, t)[0]["image/png"] for t, f in pictures.items()},
        parameters={
            name: (tensor.detach().numpy(), weights_picture(tensor.detach().numpy()))
            for name, tensor in result.models[0].named_parameters()
        },
        answers=answers[0],
        wrong={
            split: [answered(result.task, one, i) for i in one.wrong(N_WRONG)]
            for split, one in answers[0].items()
        },
    )


def figures(result: TrainingResult, answers: dict[str, Answers]) -> dict:
    """Curves over training; ROC, precision-recall and confusion for both splits."""
    curves = "train/loss", "val/loss", "val/accuracy"
    known = tuple(name for name in curves if name in result.history.names())
    drawn = {"Curves": plots.learning_curves({result.name: result}, known)}
    predictions = {split: (a.probabilities, a.targets) for split, a in answers.items()}
    if all(one.two_sided for one in answers.values()):
        drawn["ROC and precision-recall"] = plots.roc_and_pr(predictions)
    if result.task.spec.n_classes <= MAX_CLASSES:
        drawn["Confusion"] = plots.confusion(predictions)
    return drawn


def weights_picture(values: np.ndarray) -> dict:
    """A small picture of a parameter, a pixel a number, and how large it is shown."""
    matrix = values.reshape(-1, values.shape[-1] if values.ndim > 1 else values.size)
    high, wide = matrix.shape
    scale = max(1, min(12, WEIGHTS_WIDE // wide, WEIGHTS_HIGH // high))
    largest, png = np.abs(matrix).max() or 1.0, io.BytesIO()
    imsave(png, matrix, -largest, largest, cmap=plots.DIVERGING, format="png")
    return {
        "width": min(WEIGHTS_WIDE, wide * scale),
        "height": min(WEIGHTS_HIGH, high * scale),
        "data": base64.b64encode(png.getvalue()).decode(),
    }


def answered(task: Task, answers: Answers, i: int) -> dict:
    """One answer in words and numbers, by the headings of a table of such."""
    example, right = answers.batch.inputs[answers.of_example[i]], int(answers.targets[i])
    return {
        "example": in_words(task, example),
        "answer": int(answers.probabilities[i].argmax()),
        "right": right,
        "probability": float(answers.of_right[i]),  # of the right one
        "why": why(task, example, right),
    }


def why(task: Task, example: torch.Tensor, label: int) -> str:
    """Why an example has the label that it has.

    >>> from progtx_core import tasks
    >>> task = tasks.get("last_gt_first", seq_len=2)
    >>> why(task, torch.tensor([[0.5, 1.0], [0.25, 0.0]]), 0)
    'The last value is greater than the first: no (signal 1.50, 0.25)'
    """
    yes_or_no = task.spec.n_classes == 2 and not task.spec.per_position
    verdict = f"{task.rule}: {('no', 'yes')[label] if yes_or_no else label}"
    if not isinstance(task, SignalTask):
        return verdict
    signal = ", ".join(f"{x:.2f}" for x in example.double().sum(-1).tolist())
    return f"{verdict} (signal {signal})"
