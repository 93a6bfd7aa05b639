"""What a seed draws is part of all results: a change of it makes every number another one.

Of fifty examples of each task the sums of inputs and answers are known.
"""

import pytest
import torch

from progtx_core import tasks

SUMS = {
    "last_gt_first": ((18.827, 25), (-23.554, 25)),
    "trend_sign": ((18.719, 25), (-44.974, 25)),
    "xor_of_endpoints": ((18.445, 25), (-32.562, 25)),
    "sign_changes_mod_3": ((9.377, 49), (7.736, 49)),
    "argmax_position": ((29.627, 225), (-36.507, 225)),
    "argmin_position": ((27.601, 225), (-19.281, 225)),
    "parity": ((588.0, 202), (609.0, 214)),
    "first_bit": ((588.0, 152), (609.0, 208)),
    "last_bit": ((588.0, 188), (609.0, 209)),
    "running_majority": ((588.0, 180), (609.0, 212)),
    "word_problem": ((1396.0, 1013), (1409.0, 987)),
    "any_positive": ((-651.023, 25), (-635.756, 25)),
    "majority_positive": ((-0.002, 25), (1.631, 25)),
    "has_pos_and_neg": ((-54.706, 25), (24.998, 25)),
    "sign_of_winner": ((3.347, 25), (-58.646, 25)),
    "mixed_rule": ((31.573, 25), (-24.252, 25)),
    "copying": ((32352.0, 14926), (34662.0, 16081)),
    "counting": ((179928.0, 149280), (174715.0, 143821)),
    "value_at_max_key": ((4.241, 77), (-31.517, 77)),
    "value_at_query": ((20.917, 77), (78.822, 77)),
    "equation_is_true": ((2485.0, 25), (2519.0, 25)),
    "sum_mod_10": ((1959.0, 225), (1689.0, 225)),
    "selection": ((7742.0, 450), (7100.0, 450)),
    "majority": ((10879.0, 2104), (12380.0, 2097)),
    "sorting": ((30284.0, 13892), (33088.0, 15294)),
    "bit_parity": ((1525.0, 365), (1754.0, 376)),
    "binary_addition": ((16987.0, 5676), (17417.0, 5822)),
    "language": ((921.0, 409), (921.0, 435)),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_seed_draws_the_examples_that_it_always_drew(name):
    for split, sums in zip(("train", "val"), SUMS[name], strict=True):
        batch = tasks.get(name).sample(50, torch.Generator().manual_seed(3), split)
        found = batch.inputs.double().sum().item(), int(batch.targets.sum())
        assert found == pytest.approx(sums, abs=0.05), split


def test_a_finite_set_has_the_examples_that_it_always_had():
    data = tasks.FiniteDataset(tasks.get("selection"), 100, seed=1)
    found = {name: int(part.inputs.sum()) for name, part in data.splits.items()}
    assert found == {"train": 11875, "val": 1407, "test": 1617}
