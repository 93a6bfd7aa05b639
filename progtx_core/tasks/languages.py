"""Formal languages: after every symbol of a string, which ones may be next?"""

import re
from collections.abc import Callable

import torch
from torch.nn.functional import pad

from progtx_core import checks
from progtx_core.tasks.base import UNDECIDED, Task
from progtx_core.tasks.lists import ROOM
from progtx_core.tasks.tokenizer import PAD, Tokenizer
from progtx_core.types import Spec

LONGEST = 500  # symbols of a string, and so brackets that are open
# What may follow a string that can still be completed; EoS is its end.
RULES: dict[str, Callable[[str], str]] = {
    "(aa)*": lambda s: "a" if len(s) % 2 else "a EoS",
    "tomita_3": lambda s: "0" if re.search("(?<!1)(11)*10(00)*$", s) else "0 1 EoS",
    "tomita_4": lambda s: "1 EoS" if s.endswith("00") else "0 1 EoS",
    "{0,1,2}*02*": lambda s: "0 1 2 EoS" if s.rstrip("2").endswith("0") else "0 1 2",
    "dyck_1": lambda s: "( )" if s.count("(") > s.count(")") else "( EoS",
}
# The same as automata: the states in order, the first before the first symbol; of each,
# the symbols that may be next, every one with the state that it leads to.
AUTOMATA = {
    "(aa)*": "a>1 EoS | a>0",
    "tomita_3": "0>0 1>1 EoS | 0>2 1>0 EoS | 0>3 | 0>2 1>1 EoS",
    "tomita_4": "0>1 1>0 EoS | 0>2 1>0 EoS | 1>0 EoS",
    "{0,1,2}*02*": "0>1 1>0 2>0 | 0>1 1>0 2>1 EoS",
    "dyck_1": "(>1 EoS" + "".join(f"| (>{d + 1} )>{d - 1}" for d in range(1, LONGEST + 1)),
}


class Language(Task):
    """After every symbol, the number of the set in `sets` of what may be next.

    Every length from `shortest` to `longest` that the language has is equally frequent, and
    so is every string of a length. Tokens and splits do not depend on these lengths.
    Tomita 3: no odd run of 0 behind an odd run of 1; Tomita 4: no 000.

    Source: Huang et al., "A formal framework for understanding length generalization in
    transformers", 2025, section 5; the answers: Bhattamishra et al., "On the ability and
    limitations of transformers to recognize formal languages", 2020, section 3.

    >>> task = Language("tomita_4", longest=3)
    >>> task.sets, task.label(task.tokenizer.encode("SoS 1 0 0"))
    (['0 1 EoS', '1 EoS'], [0, 0, 0, 1])
    """

    name = "language"

    def __init__(self, language="dyck_1", longest: int = 20, shortest=1) -> None:
        self.language = checks.one_of("language", language, RULES)
        self.longest = checks.whole("longest", longest, 1, LONGEST)
        self.shortest = checks.whole("shortest", shortest, 1, longest)
        texts = [state.split() for state in AUTOMATA[language].split("|")]
        states = [{m.split(">")[0]: m.split(">")[-1] for m in text} for text in texts]
        known = [*dict.fromkeys(symbol for state in states for symbol in state)]
        self.symbols = [symbol for symbol in known if symbol != "EoS"]
        self.tokenizer = Tokenizer([*self.symbols, "SoS"], spaced=True)
        self.start, illegal = self.tokenizer.ids["SoS"], len(states)
        moves = [[int(q.get(s, illegal)) for s in self.symbols] for q in states]
        self.moves = torch.tensor([*moves, [illegal] * len(self.symbols)])
        self.sets = [*dict.fromkeys(" ".join(state) for state in states)]
        numbers = [self.sets.index(" ".join(state)) for state in states]
        self.next_set = torch.tensor([*numbers, UNDECIDED])
        self.spec = Spec(len(self.sets), longest + 1, None, self.start + 1, PAD, True)
        # How many strings lead from a state to an end, by their length: (length, state).
        ways = [torch.tensor([*("EoS" in q for q in states), False]).double().log()]
        for _ in range(longest):
            ways.append(ways[-1][self.moves].logsumexp(1))
        self.log_ways = torch.stack(ways)  # the numbers themselves would overflow
        lengths = self.log_ways[:, 0].isfinite().nonzero().flatten()
        self.lengths = lengths[lengths >= shortest]
        if len(self.lengths) == 0:
            raise ValueError(f"longest={longest}: {language} has no string so long")

    def sample_inputs(self, n, generator):
        length = self.lengths[torch.randint(len(self.lengths), (n,), generator=generator)]
        strings = torch.full((n, self.longest), PAD)
        state = torch.zeros(n).long()
        for left in range(self.longest, 0, -1):  # symbols that are still to come
            rows = (length >= left).nonzero().flatten()
            odds = self.log_ways[left - 1][self.moves[state[rows]]].softmax(1)
            noise = torch.empty_like(odds).exponential_(generator=generator)
            symbol = (odds / noise).argmax(1)  # each as often as its odds say
            strings[rows, length[rows] - left] = 1 + symbol
            state[rows] = self.moves[state[rows], symbol]
        return pad(strings, (1, 0), value=self.start)

    def split_key(self, inputs):
        return pad(inputs, (0, -inputs.shape[1] % ROOM))

    def labels(self, inputs):
        state, answers = torch.zeros(len(inputs)).long(), []
        for token in inputs.T:
            moved = self.moves[state, (token - 1).clamp(0, len(self.symbols) - 1)]
            state = torch.where(token == self.start, state, moved)
            answers.append(self.next_set[state].masked_fill(token == PAD, UNDECIDED))
        return torch.stack(answers, 1)

    def label(self, example):
        start, *words = self.tokenizer.decode(example).split()
        if start != "SoS" or "SoS" in words:
            raise ValueError("a string begins with SoS, once")
        sets = [RULES[self.language]("".join(words[:i])) for i in range(len(words) + 1)]
        legal = [word in may.split() for word, may in zip(words, sets)]
        n = [*legal, False].index(False) + 1  # what follows an illegal symbol has no answer
        return [*map(self.sets.index, sets[:n]), *[None] * (len(example) - n)]
