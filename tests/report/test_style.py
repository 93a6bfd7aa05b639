"""The same model looks the same in every picture."""

from progtx_core import models
from progtx_core.plots import style


def test_a_model_keeps_its_look_whatever_stands_beside_it():
    alone = style.numbers(["max pooling"])["max pooling"]
    beside = style.numbers(["something else", "max_pooling", "Transformer"])
    assert beside["max_pooling"] == alone
    assert len(set(beside.values())) == 3


def test_all_models_and_no_two_lines_of_a_picture_look_alike():
    labels = ["mine", *models.names(), "another"]
    found = style.numbers(labels)
    assert list(found) == labels
    rungs = [found[name] for name in models.names()]
    assert len({style.line(number)["color"] for number in rungs}) == len(rungs)
    looks = [tuple(style.line(number).items()) for number in found.values()]
    assert len(set(map(str, looks))) == len(labels)
