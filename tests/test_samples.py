"""Answers written out during training."""

from functools import partial

import pytest
from parts import hand_set as by_hand
from parts.samples import Samples

from progtx_core import tasks
from progtx_core.models.long import LongTransformer
from progtx_core.training import Config, ExtraMetrics, KeepBest, fit

TASK = tasks.get("counting", max_len=20, n_numbers=30)


def test_a_counter_that_is_right_writes_as_the_task_does():
    found = Samples(TASK, n=20, ends=((24, 18), (7, 7)))(by_hand.counter(TASK, n_ctx=20))
    assert found == {
        "exact_match": 1.0,
        "SoS 24 18 >": "24 23 22 21 20 19 18 EoS",
        "SoS 7 7 >": "7 EoS",
    }


def test_a_model_that_knows_nothing_is_written_out_as_well():
    model = LongTransformer(TASK.spec, d_model=8, n_ctx=20)
    found = Samples(TASK, n=20)(model)
    assert found["exact_match"] == 0.0
    assert len(found["SoS 24 18 >"].split()) <= TASK.max_len - 4


def test_fit_keeps_the_best_by_exact_match():
    callbacks = [ExtraMetrics(Samples(TASK, n=20)), KeepBest("exact_match")]
    make = partial(LongTransformer, d_model=8, n_layers=1, n_ctx=20)
    config = Config(steps=4, batch_size=4, n_eval=8, eval_every=2)
    run = fit(make, TASK, config, callbacks=callbacks)
    assert run.history["exact_match"].shape == (1, 3)


def test_a_number_without_a_token_is_refused():
    with pytest.raises(ValueError, match="from 0 to 29"):
        Samples(TASK, ends=((24, 30),))
