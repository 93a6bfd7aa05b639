"""Every argument of the package that cannot be used is refused in one line that names it.

A case is what is called, and a word that the message has to hold. What trains is stopped
before its first update: a bad argument is found before anything is paid for.
"""

# a case a line

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from progtx_core import checks, models, rasp, tasks
from progtx_core.evaluation import generation, predict
from progtx_core.models.device import device
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import PatternSearch
from progtx_core.tasks import SPLITS
from progtx_core.training import (
    Checkpoints,
    Config,
    EarlyStopping,
    ExtraMetrics,
    Stream,
    accuracy,
    evaluate,
    fit,
    held_out,
    masked_cross_entropy,
)
from progtx_core.types import Batch, Spec

HUGE = 10**400
DIGITS = int("9" * 4000) * 10**1000  # Python writes no number as long as this
WHOLE = {
    "None": None,
    "text": "3",
    "float": 3.0,
    "bool": True,
    "list": [3],
    "nan": math.nan,
}
NUMBER = {"None": None, "text": "0.1", "bool": True, "nan": math.nan, "huge": HUGE}
TASK = tasks.get("last_gt_first", seq_len=4)
TOKENS = tasks.get("counting", n_numbers=8, max_len=12)
GENERATOR = torch.Generator()
FLOOD = {"billion": 10**9, "trillion": 10**12, "flood of digits": DIGITS}
BATCH = TASK.sample(6, GENERATOR)
CASES: dict[str, tuple] = {}


def case(label, call, word):
    assert label not in CASES, label
    CASES[label] = call, word


# Config ------------------------------------------------------------------------------

for field in ("steps", "batch_size", "warmup_steps", "n_train", "n_eval", "eval_every"):
    for kind, value in (WHOLE | {"below": -1, "digits": -DIGITS}).items():
        if not (value is None and field in ("n_train", "eval_every")):
            case(f"Config({field}={kind})", partial(Config, **{field: value}), field)
for field in ("learning_rate", "weight_decay"):
    wrong = NUMBER | {"inf": math.inf, "below": -1.0, "digits": DIGITS}
    for kind, value in wrong.items():
        case(f"Config({field}={kind})", partial(Config, **{field: value}), field)
for kind, value in {"None": None, "name": "cosin", "number": 3, "digits": DIGITS}.items():
    case(f"Config(schedule={kind})", partial(Config, schedule=value), "schedule")
for field in ("batch_size", "n_train", "n_eval"):
    for kind, value in FLOOD.items():
        case(f"Config({field}={kind})", partial(Config, **{field: value}), field)
case("Config(n_train < batch)", partial(Config, n_train=5, batch_size=6), "n_train")
case("Config(warmup > steps)", partial(Config, steps=5, warmup_steps=6), "warmup_steps")

# Spec and Batch ----------------------------------------------------------------------

for field in ("n_classes", "seq_len", "d_input"):
    for kind, value in (WHOLE | {"zero": 0, "below": -2} | FLOOD).items():
        sizes = {"n_classes": 2, "seq_len": 3, "d_input": 2} | {field: value}
        word = "exactly one of" if (field, value) == ("d_input", None) else field
        case(f"Spec({field}={kind})", partial(Spec, **sizes), word)
case("Spec(both)", partial(Spec, 2, 3, d_input=1, d_vocab=4), "exactly one of")
case("Spec(pad)", partial(Spec, 2, 3, d_vocab=4, pad=4), "pad")
case(
    "Batch(lengths)", lambda: Batch(torch.zeros(3, 2, 1), torch.zeros(4).long()), "3 inputs"
)
case(
    "Batch(mask)",
    lambda: Batch(torch.zeros(3, 2, 1), torch.zeros(3).long(), torch.ones(2).bool()),
    "mask",
)

# Tasks -------------------------------------------------------------------------------

SIZES = ["seq_len", "d_input", "n_values", "d_key", "n_numbers", "max_len", "longest"]
SIZES += ["n_symbols", "max_numbers", "highest", "n_terms", "max_digits"]
for name in tasks.names():
    make = partial(tasks.get, name)
    known = [s for s in SIZES if s in tasks.base._registry[name].__init__.__annotations__]
    for size in known:
        for kind, value in (WHOLE | {"zero": 0, "below": -3} | FLOOD).items():
            if value is not None:
                case(f"{name}({size}={kind})", partial(make, **{size: value}), size)
    case(f"{name}(bogus)", partial(make, bogus=1), "bogus")
for kind, name in {
    "None": None,
    "typo": "trend_sing",
    "number": 5,
    "digits": DIGITS,
}.items():
    case(f"tasks.get({kind})", partial(tasks.get, name), "task")
for kind, n in (WHOLE | {"zero": 0, "below": -1} | FLOOD).items():
    case(f"sample({kind})", partial(TASK.sample, n, GENERATOR), "n must be")
    CASES[f"sample({kind})"] = CASES[f"sample({kind})"][0], "n"
for kind, split in {"None": None, "typo": "tets", "number": 1}.items():
    case(f"sample(split={kind})", partial(TASK.sample, 3, GENERATOR, split), "split")
    case(f"held_out(split={kind})", partial(held_out, TASK, split, 3), "split")
case("DataSet(name)", partial(tasks.FiniteDataset, "trend_sign", 100), "task")
case("DataSet(flood)", partial(tasks.FiniteDataset, TASK, 10**9), "size")
case("DataSet(seed)", partial(tasks.FiniteDataset, TASK, 10, 10**30), "seed")
long = tasks.get("parity", seq_len=10**6)
case("StringSet(flood)", partial(tasks.StringSet, long), "size")
for kind, task in {"long": tasks.get("trend_sign", seq_len=10**7), "strings": long}.items():
    case(f"sample of a {kind}", partial(task.sample, 10**3, GENERATOR), "n=1000")
case("DataSet(few)", partial(tasks.FiniteDataset, TASK, 5), "size")
case("DataSet(too many)", partial(tasks.FiniteDataset, tasks.get("parity"), 300), "unique")
case("Stream(None)", lambda: next(Stream(TASK, 10**9, 0)), "n=")
LABELS = {
    "one axis": torch.zeros(3),
    "four axes": torch.zeros(3, 4, 5, 6),
    "width": torch.zeros(3, 4, 9),
    "whole numbers": torch.zeros(3, 4, 2).long(),
    "complex": torch.zeros(3, 4, 2, dtype=torch.cfloat),
    "nan": torch.full((1, 4, 2), math.nan),
    "list": [[[1.0, 2.0]]],
    "None": None,
}
for kind, value in LABELS.items():
    case(f"labels({kind})", partial(TASK.labels, value), "inputs")
for name in tasks.names():
    task = tasks.get(name)
    inputs = task.sample(1, GENERATOR).inputs
    example, of_tokens = inputs[0].tolist(), task.spec.d_vocab is not None
    wrong = {
        "None": None,
        "number": 5,
        "text": "abc",
        "empty": [],
        "batch": inputs.tolist(),
        "Nones": [None] * len(example),
        "texts": ["a"] * len(example),
        "ragged": [example[0], [1, 2, 3]],
        "dict": {"a": 1},
        "nan": [math.nan] * len(example),
    }
    if of_tokens:
        wrong |= {"floats": [float(i) for i in example], "too high": [10**6], "below": [-1]}
        wrong |= {"features": [[1.0, 2.0]], "digits": [DIGITS], "one token": [1]}
    else:
        wrong |= {"one axis": [1.0, 2.0], "complex": [[1j] * len(row) for row in example]}
        wrong |= {"inf": [[math.inf] * len(row) for row in example]}
    if isinstance(task, tasks.state_tracking.StateTracking) or name == "sum_mod_10":
        del wrong["one token"]  # a string of one symbol
    for kind, value in wrong.items():
        case(f"{name}.label({kind})", partial(task.label, value), "example")
    for kind, given in {"seed": 0, "numpy": np.random.default_rng(0), "None": None}.items():
        case(f"{name}.sample by {kind}", partial(task.sample, 3, given), "generator")
strings = tasks.StringSet(tasks.get("parity"))
case("StringSet.sample by a seed", partial(strings.sample, 3, 0), "generator")
search = partial(PatternSearch, [nn.Parameter(torch.zeros(2))])
for kind, given in {"seed": 0, "numpy": np.random.default_rng(0)}.items():
    case(f"PatternSearch by {kind}", partial(search, generator=given), "generator")
case("StringSet.label(None)", partial(strings.label, None), "example")
case("encode(symbol)", partial(tasks.get("sum_mod_10").encode, ["3+x"]), "'x'")

# Models ------------------------------------------------------------------------------

MODEL_SIZES = ("d_model", "n_layers", "n_heads", "d_mlp", "n_ctx")
for name in models.names():
    build = partial(models.build, name)
    case(f"{name}(None)", partial(build, None), "spec")
    case(f"{name}(name)", partial(build, "trend_sign"), "spec")
    case(f"{name}(bogus)", partial(build, TASK.spec, bogus=1), "bogus")
    known = models.LADDER[name][0].__init__.__code__.co_varnames
    for size in MODEL_SIZES:
        if size in known and size not in models.LADDER[name][1]:
            for kind, value in (WHOLE | {"zero": 0, "below": -3} | FLOOD).items():
                if not (value is None and size in ("d_mlp", "n_ctx")):
                    make = partial(build, TASK.spec, **{size: value})
                    case(f"{name}({size}={kind})", make, size)
    model = models.build(name, TASK.spec)
    wrong = {k: v for k, v in LABELS.items() if k not in ("nan",)}
    for kind, value in wrong.items():
        case(f"{name} reads {kind}", partial(model, value), "inputs")
of_tokens = models.build("transformer", TOKENS.spec)
for kind, value in {
    "int32": torch.ones(1, 5, dtype=torch.int32),
    "bool": torch.ones(1, 5, dtype=torch.bool),
    "float": torch.ones(1, 5),
    "too high": torch.full((1, 5), 99),
    "below": torch.full((1, 5), -1),
    "one axis": torch.ones(5).long(),
    "none": torch.ones(1, 0).long(),
}.items():
    case(f"tokens {kind}", partial(of_tokens, value), "inputs")
WIDE, MANY = Spec(2, 10, 10**6), Spec(10**6, 90, 9)
for name, spec, sizes in [
    ("logistic_regression", MANY, {"n_features": None}),
    ("max_pooling", WIDE, {"d_model": 10**4}),
    ("attention_pooling", MANY, {"d_model": 10**4}),
    ("self_attention", WIDE, {"d_model": 10**4}),
    ("self_attention", TASK.spec, {"d_model": 10**5}),
    ("transformer", TASK.spec, {"n_ctx": 10**7}),
    ("transformer", TASK.spec, {"n_layers": 10**4}),
    ("transformer", TASK.spec, {"n_layers": 10, "d_model": 4000}),
    ("transformer", TASK.spec, {"d_mlp": 10**7}),
]:
    word, given = next(iter(sizes)), {k: v for k, v in sizes.items() if v}
    case(
        f"{name}: {word} of {spec}, {given}",
        partial(models.build, name, spec, **given),
        word,
    )
case("heads", partial(models.build, "transformer", TASK.spec, n_heads=3), "n_heads")
case(
    "scheme", partial(models.build, "transformer", TASK.spec, positions="rotery"), "rotary"
)
case("read", partial(models.build, "transformer", TASK.spec, read="last"), "read")
case("pool", partial(models.pooling.TemporalPooling, TASK.spec, pool="sum"), "pool")
for kind, name in {"None": None, "typo": "transfomer", "number": 5}.items():
    case(f"build({kind})", partial(models.build, name, TASK.spec), "model")
    case(f"default_config({kind})", partial(models.default_config, name), "model")
case("device", partial(device, "gpu"), "device")
case(
    "patterns", partial(models.attention.patterns, model.cpu().logits_head, None), "Linear"
)

# Training ----------------------------------------------------------------------------


class Returns(nn.Module):
    """A model whose answer is what a function makes of the right shape."""

    def __init__(self, spec, make):
        super().__init__()
        self.weight, self.make = nn.Parameter(torch.zeros(())), make
        self.spec = spec

    def forward(self, inputs):
        return self.make(torch.zeros(len(inputs), 2) + self.weight)


ANSWERS = {
    "an axis more": (lambda z: z[:, None], "(6, n_classes)"),
    "an axis less": (lambda z: z[:, 0], "(6, n_classes)"),
    "half of the batch": (lambda z: z[:3], "(6, n_classes)"),
    "too few classes": (lambda z: z[:, :1], "a model with 1 logits"),
    "whole numbers": (lambda z: z.long(), "torch.int64"),
    "complex numbers": (lambda z: z.cfloat(), "torch.complex64"),
    "a tuple": (lambda z: (z, z), "what a model returns"),
    "a dict": (lambda z: {"logits": z}, "what a model returns"),
    "nothing": (lambda z: None, "what a model returns"),
}
run = partial(fit, "logistic_regression", TASK, Config(steps=9, n_eval=6))
for kind, (make, word) in ANSWERS.items():
    answering = partial(Returns, make=make)
    case(f"fit answers {kind}", partial(fit, answering, TASK, Config(n_eval=6)), word)
    case(f"evaluate {kind}", partial(evaluate, Returns(TASK.spec, make), BATCH), word)
for kind in (
    "an axis more",
    "an axis less",
    "half of the batch",
    "whole numbers",
    "a tuple",
):
    logits = ANSWERS[kind][0](torch.zeros(6, 2))
    for measure in (accuracy, masked_cross_entropy):
        case(
            f"{measure.__name__} {kind}", partial(measure, logits, BATCH), ANSWERS[kind][1]
        )
nobody = Batch(BATCH.inputs, BATCH.targets, torch.zeros(6).bool())
case("no answer counts", partial(accuracy, torch.zeros(6, 2), nobody), "mask")
for kind, model in {
    "None": None,
    "number": 5,
    "module": nn.Linear(2, 2),
    "typo": "transfomer",
    "list": ["transformer"],
}.items():
    case(f"fit(model={kind})", partial(fit, model, TASK, Config(n_eval=6)), "model")


class OfComplex(nn.Linear):
    def __init__(self, spec):
        super().__init__(spec.n_features, 2, dtype=torch.cfloat)


case("fit(complex)", partial(fit, OfComplex, TASK, Config(n_eval=6)), "not complex")
case("fit(makes none)", partial(fit, lambda spec: 5, TASK, Config(n_eval=6)), "model")
for kind, task in {"None": None, "name": "trend_sign", "class": type(TASK)}.items():
    case(f"fit(task={kind})", partial(fit, "max_pooling", task), "task")
for kind, config in {"dict": {}, "number": 5, "text": "fast"}.items():
    case(f"fit(config={kind})", partial(fit, "max_pooling", TASK, config), "config")
for kind, seed in (WHOLE | {"below": -1, "digits": DIGITS, "huge": 2**63}).items():
    case(f"fit(seed={kind})", partial(run, seed=seed), "seed")
    if kind != "below":
        case(f"fit(n_seeds={kind})", partial(run, n_seeds=seed), "n_seeds")
case("fit(n_seeds=0)", partial(run, n_seeds=0), "n_seeds")
case("fit(n_seeds=many)", partial(run, n_seeds=3 * 10**9), "n_seeds")
for kind, callbacks in {
    "name": "wandb",
    "None": None,
    "names": ["wandb"],
    "one": 5,
}.items():
    case(f"fit(callbacks={kind})", partial(run, callbacks=callbacks), "callbacks")
for kind, make in {"None": None, "text": "adam", "makes none": lambda *_: None}.items():
    case(f"fit(make_optimizer={kind})", partial(run, make_optimizer=make), "optimizer")
case("fit(device)", partial(run, device="gpu"), "device")
case("ExtraMetrics(5)", partial(ExtraMetrics, 5), "ExtraMetrics")
case(
    "ExtraMetrics of nothing",
    partial(run, callbacks=[ExtraMetrics(lambda model: None)]),
    "ExtraMetrics",
)
case("EarlyStopping(0)", partial(EarlyStopping, 0), "patience")
case(
    "EarlyStopping(by)",
    partial(run, callbacks=[EarlyStopping(3, by="val/acuracy")]),
    "val/accuracy",
)
case(
    "Checkpoints(none)",
    partial(Checkpoints, "no such folder", resume=True),
    "no such folder",
)

# Evaluation --------------------------------------------------------------------------

causal = CausalTransformer(TOKENS.spec, d_model=8, n_layers=1, n_heads=2)
prompt = torch.ones(1, 4, dtype=torch.long)
for kind, n in (WHOLE | {"zero": 0, "many": 10**6}).items():
    case(f"greedy(n_new={kind})", partial(generation.greedy, causal, prompt, n, 3), "n_new")
for kind, end in (WHOLE | {"below": -5, "high": 10**9}).items():
    case(f"greedy(end={kind})", partial(generation.greedy, causal, prompt, 3, end), "end")
for kind, given in {
    "None": None,
    "one axis": prompt[0],
    "float": prompt.float(),
    "padding": 0 * prompt,
}.items():
    word = "prompts" if kind == "padding" else "inputs"
    case(f"greedy(prompts={kind})", partial(generation.greedy, causal, given, 3, 3), word)
case("greedy(model=None)", partial(generation.greedy, None, prompt, 3, 3), "spec")
pooled = models.build("max_pooling", tasks.get("sum_mod_10").spec)
case(
    "greedy of one answer", partial(generation.greedy, pooled, prompt, 3, 3), "per position"
)
case(
    "predict no answer",
    partial(predict, models.build("max_pooling", TASK.spec), nobody),
    "mask",
)
# RASP --------------------------------------------------------------------------------

NO_SEQUENCE = {
    "None": None,
    "text": "abc",
    "floats": [1.5],
    "two axes": [[1, 2], [3, 4]],
    "number": 5,
    "huge": [2**54],
    "digits": [10**30],
}
ONE = ("indices", "cumsum", "maximum", "minimum", "argmax", "argmin", "mode", "first_true")
for name in ONE:
    for kind, value in NO_SEQUENCE.items():
        case(f"{name}({kind})", partial(getattr(rasp, name), value), "whole numbers")
        CASES[f"{name}({kind})"] = CASES[f"{name}({kind})"][0], "must"
for name in ("num_prev", "has_seen", "firsts", "lasts", "index_select", "induct"):
    case(f"{name}(lengths)", partial(getattr(rasp, name), [1, 2], [1]), "equally long")
case("full(text)", partial(rasp.full, [1, 2], "a"), "constant")
case("full(float)", partial(rasp.full, [1, 2], 0.5), "constant")
case("tok_map(5)", partial(rasp.tok_map, [1], 5), "function")
case("tok_map(None)", partial(rasp.tok_map, [1], lambda v: None), "tok_map returns")
case("seq_map(5)", partial(rasp.seq_map, [1], [1], 5), "function")
case("select(5)", partial(rasp.select, [1], [1], 5), "predicate")
case("select(shape)", partial(rasp.select, [1, 2], [1, 2], lambda k, q: True), "predicate")
case("shift_right(-1)", partial(rasp.shift_right, [1, 2], -1), "n must be")
case("shift_right(text)", partial(rasp.shift_right, [1, 2], "1"), "n must be")
case("kqv(reduction)", partial(rasp.kqv, [1], [1], [1], rasp.equals, 0, "sum"), "reduction")
for kind, selection in {
    "list": [1, 2],
    "row": np.zeros(3, bool),
    "numbers": np.ones((3, 3)),
    "None": None,
}.items():
    case(f"sel_width({kind})", partial(rasp.sel_width, selection), "selection")
    for name in ("aggr_mean", "aggr_max", "aggr_min"):
        call = partial(getattr(rasp, name), selection, [1, 2, 3])
        case(f"{name}({kind})", call, "selection")
for name in ("aggr_mean", "aggr_max", "aggr_min"):
    call = partial(getattr(rasp, name), np.ones((3, 3), bool), [1])
    case(f"{name}(lengths)", call, "1 keys")
case("decode(empty)", partial(rasp.decode, lambda x: x, []), "prompt")
case("decode(None)", partial(rasp.decode, None, [1]), "program")
case("decode(nothing)", partial(rasp.decode, lambda x: [], [1]), "returns 0 numbers for 1")
for kind, n in {"zero": 0, "billion": 10**9}.items():
    case(f"decode(max_new={kind})", partial(rasp.decode, lambda x: x, [1], n), "max_new")

# Checks themselves -------------------------------------------------------------------

case("one_of(long)", partial(checks.one_of, "task", "x" * 5000, ["a"]), "task")
case("whole(lines)", partial(checks.whole, "n", "a\nb", 1), "n must be")


def test_there_are_many_cases():
    assert len(CASES) >= 400


@pytest.fixture(autouse=True)
def nothing_is_trained(monkeypatch):
    monkeypatch.setattr(
        "progtx_core.training.loop.update", lambda *_: pytest.fail("an update was made")
    )
    monkeypatch.setenv("PROGTX_PROGRESS", "off")


@pytest.mark.parametrize("label", CASES)
def test_it_is_refused_in_one_line_that_names_it(label):
    call, word = CASES[label]
    with pytest.raises((TypeError, ValueError, FileNotFoundError)) as refused:
        call()
    message = str(refused.value)
    assert word in message and "\n" not in message and len(message) < 500


def test_the_splits_are_named_in_the_message():
    with pytest.raises(ValueError, match="nearest: test"):
        TASK.sample(1, GENERATOR, "tests")
    assert set(SPLITS) == {"train", "val", "test"}


def test_small_integers_do_not_overflow_in_a_program():
    large = np.array([100, 100, 100], dtype=np.int8)
    every = np.ones((3, 3), bool)
    assert rasp.aggr_mean(every, large).tolist() == [100, 100, 100]
    assert rasp.seq_map(large, large, lambda v, w: v + w).tolist() == [200] * 3
    assert rasp.aggr_min(every, np.array([-128] * 3, dtype=np.int8)).tolist() == [-128] * 3
    exact = rasp.aggr_mean(every, [2**53 - 1, 2**53 - 3, 2**53 - 5])
    assert exact.tolist() == [2**53 - 3] * 3
    assert rasp.aggr_mean(every, [-1, -1, 0]).tolist() == [0] * 3  # towards zero
