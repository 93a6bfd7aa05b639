"""Answers to a list: its most frequent letter, its order, its parity, a sum of two.

Neither the tokens nor the split of a prompt depend on the lengths that a task draws: what
was trained on short lists can be tested on long ones. Sources: [H] Huang et al., "A formal
framework for understanding length generalization in transformers", 2025, section 5 and its
code; [Z] Zhou et al., "What algorithms can transformers learn?", 2024, sections 4 and 5.
"""

from abc import abstractmethod
from string import ascii_lowercase

import torch
from torch.nn.functional import one_hot, pad

from progtx_core import checks
from progtx_core.tasks.prompts import PromptTask, uniform
from progtx_core.tasks.tokenizer import MOST_WORDS, PAD

ZERO, ONE, PLUS, HINTS = 1, 2, 3, 4  # tokens: two bits, the sign, the first of the hints
# A sequence is hashed with padding up to so many tokens. With 512, all strings of (aa)* of
# up to 50 symbols would be in two of the three splits.
ROOM = 640


class ListTask(PromptTask):
    """An answer to a list of `shortest` to `longest` items, every length equally often."""

    def __init__(self, longest: int, shortest, words: list[str], per_item: int) -> None:
        self.longest = checks.size("longest", longest, 1, 10)
        self.shortest = checks.whole("shortest", shortest, 1, longest)
        super().__init__(per_item * longest + 4, words)  # SoS, >, EoS and one more

    @abstractmethod
    def draw(self, length: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Prompts of these lengths, (batch, 1): (batch, any) with padding behind."""

    @abstractmethod
    def answers(self, prompts: torch.Tensor) -> torch.Tensor:
        """Answers without EoS: (batch, an even number) to (batch, any), padding behind."""

    def sample_inputs(self, n, generator):
        length = uniform(n, self.shortest, self.longest, generator)
        return self.write(self.draw(length.unsqueeze(1), generator))

    def split_key(self, inputs):
        return pad(super().split_key(inputs), (0, -inputs.shape[1] % ROOM))

    def answer_tokens(self, inputs, nth):
        prompts = inputs.masked_fill(self._since_go(inputs) >= 0, PAD)[:, 1:]
        answers = pad(self.answers(pad(prompts, (0, prompts.shape[1] % 2))), (0, 1))
        n = (answers != PAD).sum(1, keepdim=True)
        answers = answers.scatter(1, n, self.end)
        tokens = answers.gather(1, nth.clamp(0, answers.shape[1] - 1))
        return tokens.masked_fill(nth > n, PAD)


class Majority(ListTask):
    """Write the letter that occurs most often; there is never a tie.

    Where a tie is drawn, one of the leading letters takes the place of another. n_symbols:
    letters that there are; n_distinct: those that one list is drawn of, few for the mode of
    [Z]; uneven: whether a list first draws how frequent each of them is, so that of two
    letters every number of the one is equally frequent, as in [H].

    >>> task = Majority(longest=5, n_symbols=3)
    >>> task.tokenizer.decode(task.write(torch.tensor([[2, 3, 1, 3]]))[0].tolist())
    'SoS b c a c > c EoS'
    """

    name = "majority"

    def __init__(
        self, longest: int = 20, shortest=1, n_symbols=26, n_distinct=26, uneven=False
    ) -> None:
        self.n_symbols = checks.whole("n_symbols", n_symbols, 2, len(ascii_lowercase))
        self.n_distinct = checks.whole("n_distinct", n_distinct, 2)
        self.uneven = checks.instance("uneven", uneven, bool)
        super().__init__(longest, shortest, [*ascii_lowercase[:n_symbols]], 1)

    def draw(self, length, generator):
        shape = len(length), self.n_symbols
        rank = torch.rand(shape, generator=generator).argsort(1).argsort(1)
        weight = (rank < self.n_distinct).double()
        if self.uneven:
            weight *= torch.empty(shape).exponential_(generator=generator)
        ends = weight.cumsum(1) / weight.cumsum(1)[:, -1:]  # of the shares of [0, 1)
        drawn = torch.rand(len(length), self.longest, generator=generator).double()
        letters = 1 + torch.searchsorted(ends, drawn, right=True)
        letters = letters.masked_fill(torch.arange(self.longest) >= length, PAD)
        times = self.times(letters)
        tied = (times == times.amax(1, keepdim=True)).sum(1, keepdim=True) > 1
        noise = torch.rand(shape, generator=generator)
        winner = 1 + (times + noise).argmax(1, keepdim=True)
        kept = (letters == winner) | (letters == PAD)
        order = torch.rand(letters.shape, generator=generator).masked_fill(kept, -1.0)
        replaced = letters.scatter(1, order.argmax(1, keepdim=True), winner)
        return torch.where(tied, replaced, letters)

    def times(self, letters):  # how often each occurs, (batch, n_symbols)
        return one_hot(letters, 1 + self.n_symbols)[..., 1:].sum(1)

    def answer(self, prompt):
        return [max(sorted(set(prompt)), key=prompt.count)]

    def answers(self, prompts):
        return 1 + self.times(prompts).argmax(1, keepdim=True)


class Sorting(ListTask):
    """Write the numbers in order, the smallest first; none occurs twice.

    The numbers are drawn of 0 to n_numbers - 1. Source: [H], [Z].

    >>> task = Sorting(longest=3, n_numbers=9)
    >>> task.tokenizer.decode(task.write(torch.tensor([[8, 1, 5]]))[0].tolist())
    'SoS 7 0 4 > 0 4 7 EoS'
    """

    name = "sorting"

    def __init__(self, longest: int = 20, shortest=1, n_numbers: int = 50) -> None:
        self.n_numbers = checks.whole("n_numbers", n_numbers, 2, MOST_WORDS)
        checks.whole("longest", longest, 1, n_numbers)  # so many differ
        super().__init__(longest, shortest, [*map(str, range(n_numbers))], 2)

    def draw(self, length, generator):
        order = torch.rand(len(length), self.n_numbers, generator=generator).argsort(1)
        return (order[:, : self.longest] + 1) * (torch.arange(self.longest) < length)

    def answer(self, prompt):
        return sorted(prompt, key=int)

    def answers(self, prompts):
        ordered = prompts.masked_fill(prompts == PAD, self.end).sort(1).values
        return ordered.masked_fill(ordered == self.end, PAD)  # larger than every number


class BitTask(ListTask):
    """Bits of one operand or two; with hints, each stands behind one of its place.

    The hints of a list follow each other from a random one on, so that short lists have all
    n_hints of them. Every number of ones is equally frequent.
    """

    n_operands = 1

    def __init__(self, longest: int, shortest, hints, n_hints, per_item: int) -> None:
        self.hints = checks.instance("hints", hints, bool)
        self.n_hints = checks.whole("n_hints", n_hints, 1, MOST_WORDS)
        if hints:
            checks.whole("longest", longest, 1, n_hints)
        self.bits = slice(int(hints), None, 1 + hints)  # of the tokens of an operand
        words = ["0", "1", "+", *(f"h{i}" for i in range(n_hints * hints))]
        super().__init__(longest, shortest, words, per_item)

    def draw(self, length, generator):
        first = uniform(len(length), 0, self.n_hints - length.squeeze(1), generator)
        hints = HINTS + first[:, None, None] + torch.arange(self.longest)
        share = torch.rand(len(length), self.n_operands, 1, generator=generator)
        shape = len(length), self.n_operands, self.longest
        one = torch.rand(shape, generator=generator) < share
        place = torch.arange(self.longest) - length.unsqueeze(1)  # -1 for the last bit
        if self.n_operands > 1:  # it is 0, so that the sum is no longer
            one = one & (place != -1)
        bits = torch.where(one, ONE, ZERO).masked_fill(place >= 0, PAD)
        tokens = pad(self.joined(hints, bits), (1, 0), value=PLUS).flatten(1)[:, 1:]
        return tokens.gather(1, (tokens == PAD).byte().argsort(dim=1, stable=True))

    def joined(self, hints: torch.Tensor, bits: torch.Tensor) -> torch.Tensor:
        """Each hint, if there are any, before its bit: two (…, n) to (…, 2 n)."""
        if not self.hints:
            return bits
        return torch.stack([torch.where(bits == PAD, PAD, hints), bits], -1).flatten(-2)

    def in_words(self, prompt: list[str], bits: list[int]) -> list[str]:
        """The same in plain Python, with the hints of a prompt."""
        pairs = zip(prompt[::2], bits)
        return [str(w) for pair in pairs for w in pair] if self.hints else [*map(str, bits)]


class BitParity(BitTask):
    """Write whether the number of ones is odd; with hints, write it after every bit.

    Source: [H] without hints, [Z] with them.

    >>> task = BitParity(longest=3, hints=True)
    >>> task.tokenizer.decode(task.write(torch.tensor([[9, 2, 10, 1, 11, 2]]))[0].tolist())
    'SoS h5 1 h6 0 h7 1 > h5 1 h6 1 h7 0 EoS'
    """

    name = "bit_parity"

    def __init__(self, longest: int = 20, shortest=1, hints=False, n_hints=50) -> None:
        super().__init__(longest, shortest, hints, n_hints, 4 if hints else 1)

    def answer(self, prompt):
        bits = prompt[self.bits]
        odd = [bits[: i + 1].count("1") % 2 for i in range(len(bits))]
        return self.in_words(prompt, odd if self.hints else odd[-1:])

    def answers(self, prompts):
        bits = prompts[:, self.bits]
        odd = ZERO + (bits == ONE).cumsum(1) % 2
        odd = odd.masked_fill(bits == PAD, PAD) if self.hints else odd[:, -1:]
        return self.joined(prompts[:, ::2], odd)


class BinaryAddition(BitTask):
    """Write the sum of two binary numbers, the digit of the ones first.

    Both have equally many digits, the last of which is 0, so that the sum has no more. With
    hints, digits of the same place have the same one. Source: [Z]; [H] has the ones last.

    >>> task = BinaryAddition(longest=3, hints=False)
    >>> task.tokenizer.decode(task.write(torch.tensor([[2, 2, 1, 3, 2, 1, 1]]))[0].tolist())
    'SoS 1 1 0 + 1 0 0 > 0 0 1 EoS'
    """

    name, n_operands = "binary_addition", 2

    def __init__(self, longest: int = 10, shortest=1, hints=True, n_hints=25) -> None:
        super().__init__(longest, shortest, hints, n_hints, 6 if hints else 3)

    def answer(self, prompt):
        plus = prompt.index("+")
        operands = prompt[:plus][self.bits], prompt[plus + 1 :][self.bits]
        total = sum(int("".join(reversed(bits)), 2) for bits in operands)
        return self.in_words(prompt, [total >> i & 1 for i in range(len(operands[0]))])

    def answers(self, prompts):
        position = torch.arange(prompts.shape[1])
        plus = (prompts == PLUS).long().argmax(1, keepdim=True)
        second = prompts.gather(1, (position + plus + 1).clamp(max=len(position) - 1))
        bits = prompts.masked_fill(position >= plus, PAD)[:, self.bits]
        a, b = bits == ONE, second[:, self.bits] == ONE
        # Where both digits are alike, they are the carry; elsewhere it is passed on.
        alike = torch.where(a == b, torch.arange(a.shape[1]), -1).cummax(1).values
        carried = a.gather(1, alike.clamp(min=0)) & (alike >= 0)
        digits = torch.where(a ^ b ^ pad(carried[:, :-1], (1, 0)), ONE, ZERO)
        return self.joined(prompts[:, ::2], digits.masked_fill(bits == PAD, PAD))
