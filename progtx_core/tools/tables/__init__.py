"""What the recorded tables hold: which models, on which tasks, trained how."""

from collections.abc import Callable

from progtx_core.tools.tables.counting import (
    COMPARED,
    COPY_LENGTHS,
    COUNTERS,
    PAPER,
    REGIMES,
    TEST_LENGTHS,
    copying_entry,
    counting_entries,
    counting_entry,
    of_length,
    shares,
)
from progtx_core.tools.tables.curves import progress
from progtx_core.tools.tables.entry import Entry
from progtx_core.tools.tables.ladder import (
    ABLATIONS,
    CONTENT,
    ORDER,
    SIGNAL,
    STRINGS,
    ablation_entries,
    position_entries,
    scoreboard_entries,
    scoreboard_entry,
)
from progtx_core.tools.tables.methods import method
from progtx_core.tools.tables.searches import (
    BASELINES,
    METHODS,
    PASSES,
    PATTERN,
    SEARCHED,
    SEARCHES,
    STRING_SETS,
    search_entries,
    search_entry,
    searched_model,
    wider_entry,
)
from progtx_core.tools.tables.training import (
    BATCHES,
    RATES,
    SELECTOR,
    SET_SIZES,
    training_entries,
    training_recipe,
)

TABLES: dict[str, Callable[[], list[Entry]]] = {
    "scoreboard": scoreboard_entries,
    "positions": position_entries,
    "ablations": ablation_entries,
    "training": training_entries,
    "searches": search_entries,
    "counting": counting_entries,
}

__all__ = [
    "ABLATIONS",
    "BASELINES",
    "BATCHES",
    "COMPARED",
    "CONTENT",
    "COPY_LENGTHS",
    "COUNTERS",
    "METHODS",
    "ORDER",
    "PAPER",
    "PASSES",
    "PATTERN",
    "RATES",
    "REGIMES",
    "SEARCHED",
    "SEARCHES",
    "SELECTOR",
    "SET_SIZES",
    "SIGNAL",
    "STRINGS",
    "STRING_SETS",
    "TABLES",
    "TEST_LENGTHS",
    "Entry",
    "copying_entry",
    "counting_entries",
    "counting_entry",
    "method",
    "of_length",
    "progress",
    "scoreboard_entry",
    "search_entries",
    "search_entry",
    "searched_model",
    "shares",
    "training_recipe",
    "wider_entry",
]
