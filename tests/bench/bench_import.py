"""What `import progtx_core` adds to `import torch`: fresh processes, median of nine."""

import statistics
import subprocess
import sys

ROOMS = "progtx_core, progtx_core.training, progtx_core.tools.claims, progtx_core.plots"
TIMER = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def seconds(first: str, then: str) -> float:
    code = f"import {first}\n{TIMER.format(then)}"
    runs = [subprocess.check_output([sys.executable, "-c", code]) for _ in range(9)]
    return statistics.median(map(float, runs))


if __name__ == "__main__":
    torch = seconds("sys", "torch")
    for what in ("progtx_core", ROOMS):
        added = seconds("torch", what)
        print(f"import {what}: {added:.3f} s, {added / torch:.1%} of import torch")
