"""What it costs to know whether an answer of 145 numbers is right. Ratios."""

import statistics
import time

import torch
from parts.hand_set import counter

from progtx_core import tasks
from progtx_core.evaluation.generation import exact_match, greedy
from progtx_core.models.transformer import CausalTransformer

LENGTH, PROMPT = 150, 4  # tokens


def seconds(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(model, task, repeats: int = 5) -> tuple[list[float], list[float]]:
    """Uncached generation / one pass over the answers, and / cached generation."""
    ends = task.pairs_of_length(LENGTH, "up")
    batch = task.batch(task.write(ends)[:, :LENGTH])
    prompts, n_new = batch.inputs[:, :PROMPT], LENGTH - PROMPT
    one_pass, cached = [], []
    for _ in range(repeats):
        slow = seconds(lambda: greedy(model, prompts, n_new, task.end, cached=False))
        one_pass.append(slow / seconds(lambda: exact_match(model, batch)))
        cached.append(slow / seconds(lambda: greedy(model, prompts, n_new, task.end)))
    return one_pass, cached


if __name__ == "__main__":
    task = tasks.get("counting", max_len=LENGTH)
    torch.manual_seed(0)
    sizes = {"d_model": 64, "n_layers": 2, "n_heads": 4, "n_ctx": 256}
    trained = CausalTransformer(task.spec, positions="none", **sizes)
    with torch.no_grad():  # an untrained model might end at once
        trained.logits_head.bias[task.end] = -1e9
    for name, model in (
        ("2 layers of 64", trained),
        ("set by hand", counter(task, LENGTH)),
    ):
        one_pass, cached = measure(model, task)
        for what, found in (("one pass", one_pass), ("cached generation", cached)):
            print(
                f"{name}, {LENGTH} tokens: uncached generation / {what}: median "
                f"{statistics.median(found):.1f}, from {min(found):.1f} to {max(found):.1f}"
            )
