import pytest
from hypothesis import given
from hypothesis import strategies as st

from progtx_core import checks


@given(st.integers(-5, 15))
def test_whole_takes_exactly_its_range(value):
    if 1 <= value <= 9:
        assert checks.whole("n", value, 1, 9) == value
    else:
        with pytest.raises(ValueError, match=f"n must be .* from 1 to 9, got {value}"):
            checks.whole("n", value, 1, 9)


@given(st.floats())
def test_number_takes_exactly_its_range(value):
    if 0 < value <= 2:
        assert checks.number("x", value, above=0, at_most=2) == value
    else:
        with pytest.raises(ValueError, match="x must be .* above 0 and of at most 2, got"):
            checks.number("x", value, above=0, at_most=2)


@pytest.mark.parametrize("value", ["1", None, True, 1.0, [1]])
def test_whole_refuses_other_types(value):
    with pytest.raises(TypeError, match="n must be a whole number"):
        checks.whole("n", value, at_least=0)


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("trend", "nearest: trend_sign"),
        ("TREND_SIGN", "nearest: trend_sign"),
        ("tend_sing", "nearest: trend_sign"),
        ("zzz", "choose from: trend_sign, has_pos_and_neg"),
        ("", "choose from: trend_sign, has_pos_and_neg"),
        (3, "choose from: trend_sign, has_pos_and_neg"),
    ],
)
def test_one_of_names_the_nearest(asked, hint):
    with pytest.raises(ValueError) as caught:
        checks.one_of("task", asked, ["trend_sign", "has_pos_and_neg"])
    assert str(caught.value).startswith(f"there is no task {asked!r}; {hint}")
