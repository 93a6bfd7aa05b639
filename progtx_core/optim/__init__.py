"""Optimizers that ask for no gradient."""

from progtx_core.optim.moves import Move
from progtx_core.optim.pattern_search import PatternSearch

__all__ = ["Move", "PatternSearch"]
