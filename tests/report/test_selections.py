"""Pictures of selections: a panel for each, with the right words along the sides."""

import numpy as np

from progtx_core import rasp
from progtx_core.plots import selections


def words_of(ax):
    return [
        [t.get_text() for t in side]
        for side in (ax.get_xticklabels(), ax.get_yticklabels())
    ]


def drawn(ax):
    (mesh,) = ax.collections
    return mesh.get_array().reshape(mesh._coordinates.shape[0] - 1, -1)


def test_a_panel_a_selection_with_keys_below_and_queries_at_the_left():
    with rasp.record_selections() as seen:
        rasp.lasts([3, 1, 3], [3, 3, 1])
        rasp.cumsum([1, 0, 1])
    first, second = selections.draw(seen).axes
    assert first.get_title() == "lasts"
    assert words_of(first) == [["3", "1", "3"], ["3", "3", "1"]]
    assert drawn(first).astype(int).tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert second.get_title() == "cumsum"


def test_titles_and_words_can_be_given():
    with rasp.record_selections() as seen:
        rasp.lasts([3, 1], [3, 3])
    (ax,) = selections.draw(seen, ["who?"], ["a", "b"]).axes
    assert ax.get_title() == "who?"
    assert words_of(ax) == [["a", "b"], ["a", "b"]]


def test_pairs_stand_beside_each_other_and_go_on_in_the_next_row():
    one, other = np.eye(2), np.array([[1.0, 0.0], [0.5, 0.5]])
    pairs = dict.fromkeys("abc", (one, other))
    axes = selections.beside(pairs, ["x", "y"]).axes
    titles = [ax.get_title() for ax in axes[:6]]
    assert titles == [f"{n}: {side}" for n in "abc" for side in ("program", "head")]
    assert drawn(axes[1]).tolist() == other.tolist()
    assert not any(ax.axison for ax in axes[6:])
