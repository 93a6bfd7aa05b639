"""Texts to token ids and back."""

import re
from collections.abc import Iterable

from progtx_core import checks

PAD = 0
MOST_WORDS = 10**6  # of a vocabulary of numbers


class Tokenizer:
    """A token per character, or per symbol between spaces. Id 0 is padding, shown as "_".

    >>> tokenizer = Tokenizer("0123456789+=")
    >>> tokenizer.encode("7+5", length=5), tokenizer.decode([8, 11, 6, 0, 0])
    ([8, 11, 6, 0, 0], '7+5')
    """

    def __init__(self, symbols: Iterable[str], spaced: bool = False) -> None:
        self.spaced = spaced
        self.symbols = ["_", *symbols]
        self.ids = {symbol: i for i, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    def split(self, text: str) -> list[str]:
        """The symbols of a text, in order."""
        return text.split() if self.spaced else list(text)

    def encode(self, text: str, length: int | None = None) -> list[int]:
        """Ids of the symbols, filled up with padding to `length`.

        Raises ValueError for a symbol without an id and for too long a text.
        """
        symbols = self.split(text)
        for position, symbol in enumerate(symbols):
            if symbol not in self.ids or symbol == "_":
                where = f"{symbol!r} at position {position}"
                known = " ".join(self.symbols[1:])
                raise ValueError(f"{text!r}: no token for {where}; tokens: {known}")
        length = len(symbols) if length is None else length
        if len(symbols) > length:
            raise ValueError(f"{text!r} has {len(symbols)} tokens, more than {length}")
        return [self.ids[s] for s in symbols] + [PAD] * (length - len(symbols))

    def read(self, ids: list[int]) -> list[str]:
        """The symbol of every id. Raises ValueError for an unknown one."""
        return [self.symbols[checks.whole("token id", i, 0, len(self) - 1)] for i in ids]

    def decode(self, ids: list[int]) -> str:
        """The text of some ids, without padding. Raises ValueError for an unknown id."""
        return (" " if self.spaced else "").join(self.read([i for i in ids if i != PAD]))

    def show(self, ids: list[int]) -> str:
        """Symbols, padding included, and ids side by side, as a model sees them."""
        return f"{''.join(self.read(ids))}  {' '.join(map(str, ids))}"


class WordTokenizer(Tokenizer):
    """A token per word, number or sign, as in "Max(2, 15)"; spaces do not count."""

    def split(self, text):
        return re.findall(r"\w+|[^\w\s]", text)

    def decode(self, ids):
        return super().decode(ids).replace(",", ", ")
