"""What travels with a page: the weights of a model, rounded."""

import base64

import numpy as np
import torch
from parts import playground


def test_weights_travel_with_eleven_bits():
    weights = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    found = playground.packed(weights.T)  # as torch has it: not in the order of memory
    numbers = np.frombuffer(base64.b64decode(found["bytes"]), "<f2").reshape(5, 7)
    assert found["shape"] == [5, 7]
    assert np.abs(numbers / weights.T.numpy() - 1).max() <= 2**-11
