"""Pictures of selections: a panel for each, with the right words along the sides."""

from types import SimpleNamespace

import numpy as np
from parts import ch10


def words_of(ax):
    return [
        [t.get_text() for t in side]
        for side in (ax.get_xticklabels(), ax.get_yticklabels())
    ]


def drawn(ax):
    (mesh,) = ax.collections
    return mesh.get_array().reshape(mesh._coordinates.shape[0] - 1, -1)


def selection(keys, queries, used_by):
    """What `rasp.record_selections` sees of a selection of equal values."""
    matrix = np.equal.outer(queries, keys)
    return SimpleNamespace(keys=keys, queries=queries, matrix=matrix, used_by=used_by)


def test_a_panel_a_selection_with_keys_below_and_queries_at_the_left():
    seen = [selection([3, 1, 3], [3, 3, 1], "lasts"), selection([0], [0], "cumsum")]
    first, second = ch10.draw(seen).axes
    assert first.get_title() == "lasts"
    assert words_of(first) == [["3", "1", "3"], ["3", "3", "1"]]
    assert drawn(first).astype(int).tolist() == [[1, 0, 1], [1, 0, 1], [0, 1, 0]]
    assert second.get_title() == "cumsum"


def test_titles_and_words_can_be_given():
    seen = [selection([3, 1], [3, 3], "lasts")]
    (ax,) = ch10.draw(seen, ["who?"], ["b", "a"]).axes
    assert ax.get_title() == "who?"
    assert words_of(ax) == [["b", "a"], ["b", "a"]]


def test_pairs_stand_beside_each_other_and_go_on_in_the_next_row():
    one, other = np.eye(2), np.array([[1.0, 0.0], [0.5, 0.5]])
    pairs = dict.fromkeys("abc", (one, other))
    axes = ch10.beside(pairs, ["x", "y"]).axes
    titles = [ax.get_title() for ax in axes[:6]]
    assert titles == [f"{n}: {side}" for n in "abc" for side in ("program", "head")]
    assert drawn(axes[1]).tolist() == other.tolist()
    assert not any(ax.axison for ax in axes[6:])
