"""What a reader can touch in each chapter: the models trained there, and a challenge."""

from progtx_core import tasks
from progtx_core.tasks import Task
from torch import nn

from parts.playground import Challenge, show

Models = dict[str, nn.Module]
MOVED = "where scripts run, each can be moved."


def ch01(task: Task, model: nn.Module) -> None:
    """The bars of a signal, and a model that weighs them."""
    name = "logistic regression"
    show(
        task,
        {name: model},
        f"Ten bars of a signal and the probabilities that {name} gives; {MOVED}",
        (
            Challenge("Make it answer wrongly.", wrong=[name]),
            Challenge("And rightly again.", right=[name]),
        ),
    )


def ch02(task: Task, models: Models) -> None:
    """The bars of a signal, for a mean and for a maximum."""
    mean, maximum = models
    seen = f"Bars of a signal and the probabilities by {mean} and {maximum}"
    two(task, models, seen, "a signal", f"Find one on which {maximum} is wrong.")


def ch03(n_values: int, models: Models) -> None:
    """Keys and values of six positions: neither model cares how many there are."""
    task = tasks.get("value_at_max_key", seq_len=6, n_values=n_values)
    maximum, attention = models
    seen = f"Keys and values, and the probabilities by {maximum} and {attention}"
    two(task, models, seen, "an input", f"Find one on which {attention} is wrong, too.")


def ch04(task: Task, models: Models) -> None:
    """A question, keys and values: one fixed query, and one for each input."""
    fixed, asked = models
    seen = f"Question, keys and values, and the probabilities by {fixed} and {asked}"
    two(task, models, seen, "an input", f"Find one on which {asked} is wrong.")


def ch05(task: Task, models: Models) -> None:
    """Bars, for a layer that does not see order and for one under a scheme to be chosen."""
    without, given = "none", "learned"
    show(
        task,
        models,
        f"Bars of a signal and the probabilities without positions ({without}) and with "
        f"{given} ones; {MOVED}",
        (
            only(given, without, "a signal"),
            Challenge(f"Find one that is too hard for {given}.", wrong=[given]),
            Challenge(
                "Find one that rotary answers and alibi does not.", ["rotary"], ["alibi"]
            ),
        ),
        choose=given,
    )


def two(task: Task, models: Models, seen: str, what: str, too_hard: str) -> None:
    """The rung below and this one: what does only this one get right, what neither?"""
    below, this = models
    hard = Challenge(too_hard, wrong=[this])
    show(task, models, f"{seen}; {MOVED}", (only(this, below, what), hard))


def ch06(task: Task, models: Models) -> None:
    """A sum of digits, and the parts of a transformer to be switched off."""
    wide, transformer = models
    show(
        task,
        models,
        f"A sum of digits and the probabilities of its last digit by {wide} and by the "
        f"{transformer}; where scripts run, type another sum.",
        (
            only(f"{transformer}", wide, "a sum"),
            Challenge("Switch two parts off, and have it right.", [transformer], off=2),
        ),
        switches=True,
    )


def ch08(task: Task, model: nn.Module) -> None:
    """A question about a list of numbers."""
    show(
        task,
        {"transformer": model},
        "A question such as Max(4, 17, 9) and the probabilities of its answers; where "
        "scripts run, type another question.",
        (Challenge("Find a question that it answers wrongly.", wrong=["transformer"]),),
        switches=True,
    )


def only(right: str, wrong: str, what: str) -> Challenge:
    """To find what the rung below gets wrong, and this one right."""
    say = f"Find {what} on which {wrong} is wrong, {right} right."
    return Challenge(say, [right], [wrong])
