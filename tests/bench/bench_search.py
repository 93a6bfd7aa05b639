"""How many more candidates a search polls a second with `FastLosses`. Ratios."""

import statistics
import time

import torch
from experiments.searches import SIZES
from parts.fast_losses import FastLosses

from progtx_core import tasks
from progtx_core.models.transformer import CausalTransformer
from progtx_core.optim import PatternSearch
from progtx_core.training.data import masked_cross_entropy

N_PLAIN, N_FAST = 300, 6_000  # candidates polled in a turn


def polled(search: PatternSearch, loss) -> float:
    """Candidates a second, until the budget is used up; none of them is kept."""
    started = time.perf_counter()
    while not search.finished:
        search.step(loss)
    return search.now["evaluations"] / (time.perf_counter() - started)


def gain(output: str, repeats: int = 7) -> list[float]:
    """How many times as many, in some turns of both."""
    data = tasks.StringSet(tasks.get("parity", output=output))
    torch.manual_seed(0)
    model = CausalTransformer(data.spec, **SIZES["tiny"])
    batch = data.splits["train"]
    fast = FastLosses(model, batch)

    def loss():
        return masked_cross_entropy(model(batch.inputs), batch)

    def search(budget, **how):
        # No move gains a million nats, so all are refused.
        how = {"min_gain": 1e6, "contraction": 0.999, "budget": budget} | how
        return polled(PatternSearch(model.parameters(), radius=0.1, **how), loss)

    measured = []
    for _ in range(repeats):
        one_by_one = search(N_PLAIN)
        together = search(N_FAST, losses_of=fast, poll="together", block_size=512)
        measured.append(together / one_by_one)
    return measured


if __name__ == "__main__":
    for threads in (1, torch.get_num_threads()):
        torch.set_num_threads(threads)
        for output in ("per_token", "scratchpad"):
            found = gain(output)
            print(
                f"candidates a second, fast / one by one, {output}, {threads} threads: "
                f"median {statistics.median(found):.1f}, "
                f"from {min(found):.1f} to {max(found):.1f}"
            )
