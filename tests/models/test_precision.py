"""Every model reads inputs of either precision, in its own."""

import pytest
import torch

from progtx_core import models, tasks
from progtx_core.evaluation import generation
from progtx_core.models.long import LONG_SCHEMES, LongTransformer
from progtx_core.models.positions import SCHEMES

SIGNALS = tasks.get("trend_sign", seq_len=5)
TOKENS = tasks.get("sum_mod_10")


def reads(model, inputs):
    """Logits in both precisions; the inputs come in both, if they are no tokens."""
    found = []
    for dtype in (torch.float32, torch.float64):
        of_dtype = model.to(dtype).eval()
        for given in {inputs} if inputs.dtype == torch.long else {inputs, inputs.double()}:
            logits = of_dtype(given)
            assert logits.dtype == dtype
            found.append(logits.double())
    return found


@pytest.mark.parametrize("task", [SIGNALS, TOKENS], ids=["signals", "tokens"])
@pytest.mark.parametrize("name", models.names())
def test_every_model_reads_both_precisions(name, task):
    inputs = task.sample(6, torch.Generator()).inputs
    first, *others = reads(models.build(name, task.spec), inputs)
    assert all(torch.allclose(first, other, atol=1e-5) for other in others)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_works_in_both_precisions(scheme):
    inputs = TOKENS.sample(6, torch.Generator()).inputs
    model = models.build("transformer", TOKENS.spec, positions=scheme)
    first, *others = reads(model, inputs)
    assert all(torch.allclose(first, other, atol=1e-5) for other in others)


@pytest.mark.parametrize("scheme", LONG_SCHEMES)
def test_generation_works_in_double_precision(scheme):
    task = tasks.get("counting", n_numbers=8, max_len=12)
    model = LongTransformer(task.spec, 8, 1, 2, positions=scheme).double()
    prompts = task.prompts(torch.tensor([[2, 5], [6, 1]]))
    written = generation.greedy(model, prompts, 6, task.end)
    assert torch.equal(written, generation.greedy(model, prompts, 6, task.end, False))
