"""Optimizers that ask for no gradient."""

from progtx_core.optim.moves import Moves
from progtx_core.optim.pattern_search import PatternSearch
from progtx_core.optim.random_search import GreedyRandom
