"""A few troubles at a random moment; `python -m tests.faults` makes hundreds."""

import os

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has neither signals nor limits"),
]


@pytest.mark.parametrize(
    "kind",
    [
        "SIGKILL of run",
        "SIGTERM of run",
        "SIGINT of run --update",
        "a full disk, run",
        "closed stdout",
    ],
)
def test_all_is_whole_and_the_command_again_ends_right(kind):
    from tests.faults.__main__ import tried

    seed = int.from_bytes(os.urandom(3), "big")
    print(f"python -m tests.faults --only '{kind}' --seed {seed} --each 1")
    assert tried(kind, seed) == "held"
