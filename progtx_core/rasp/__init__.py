"""RASP-L: a programming language whose every operation a transformer can compute."""

from progtx_core.rasp.library import (
    argmax,
    argmin,
    cumsum,
    first_true,
    firsts,
    has_seen,
    index_select,
    induct,
    induct_kqv,
    lasts,
    maximum,
    minimum,
    mode,
    num_prev,
    shift_right,
)
from progtx_core.rasp.primitives import (
    aggr_max,
    aggr_mean,
    aggr_min,
    always,
    equals,
    full,
    indices,
    kqv,
    record_selections,
    sel_width,
    select,
    seq_map,
    tok_map,
    where,
)
from progtx_core.rasp.programs import decode, to_text
