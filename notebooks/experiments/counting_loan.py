"""Does a direction help the other one? Upwards far, downwards near (chapter 11)."""

from dataclasses import dataclass

import torch
from progtx_core.tasks.counting import Counting
from progtx_core.tasks.tokenizer import PAD
from progtx_core.tools.recorded.cell import Experiment
from torch.nn.functional import pad

from experiments import counting
from experiments.counting_whole import LONGEST, WINDOW, both, measure


class OnLoan(Counting):
    """Both directions; upwards to LONGEST tokens, downwards only to max_len.

    >>> OnLoan().max_len
    150
    """

    def __init__(self, max_len: int = 60) -> None:
        super().__init__(LONGEST)
        self.up = Counting(LONGEST, directions="up")
        self.down = Counting(max_len, directions="down")

    def sample_inputs(self, n, generator):
        up, down = (t.sample_inputs(n, generator) for t in (self.up, self.down))
        down = pad(down, (0, up.shape[1] - down.shape[1]), value=PAD)
        return torch.where(torch.rand(n, 1, generator=generator) < 0.5, up, down)


@dataclass(frozen=True)
class LoanCell(counting.LongCell):
    """Trained on `OnLoan`."""

    def data(self) -> Counting:
        return OnLoan()


# Called otherwise than EXPERIMENT until its table is recorded: what is called so has one.
LOAN = Experiment(
    "counting_loan",
    [LoanCell(**vars(both("windowed, up on loan", sizes=WINDOW)))],
    measure=measure,
    n_seeds=counting.N_CONTRAST,
)
