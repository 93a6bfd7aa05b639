"""The code on the page about GPT-2 runs as it stands there."""

import re

from progtx_core.tools import paths


def test_the_code_of_the_page_runs():
    page = (paths.ROOT / "book" / "gpt2.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(block, names)
    assert names["size"](50257, 1024, 768, 12) == 124_439_808
