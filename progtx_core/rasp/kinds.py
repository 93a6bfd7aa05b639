"""What kind of values the operations of RASP-L return: numbers, positions, patterns."""

# What an expression may be: a number from the input; a position, or whatever depends on
# how many places there are; a pattern; a constant.
TOKEN, POSITION, SELECTION, CONSTANT = "token", "position", "selection", "constant"

# Returns positions or counts, whatever it is given.
MAKES_POSITIONS = {
    *("indices", "sel_width", "cumsum", "num_prev"),
    *("firsts", "lasts", "first_true", "argmax", "argmin"),
}
# Returns what these arguments are; what stands nowhere here returns truth values.
PASSES_ON = {
    "where": ("x", "y"),
    "kqv": ("values",),
    "aggr_mean": ("values",),
    "aggr_max": ("values",),
    "aggr_min": ("values",),
    "index_select": ("x",),
    "shift_right": ("x",),
    "maximum": ("x",),
    "minimum": ("x",),
    "mode": ("x",),
    "induct": ("keys",),
    "induct_kqv": ("values",),
}
MAPS = {"tok_map": ("x",), "seq_map": ("x", "y")}
BUILTINS = (int, bool, abs, min, max)


def strongest(*kinds: str) -> str:
    """POSITION if one of them is, else SELECTION, else TOKEN, else CONSTANT."""
    for kind in (POSITION, SELECTION, TOKEN):
        if kind in kinds:
            return kind
    return CONSTANT
