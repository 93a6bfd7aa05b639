"""Pictures and tables of the race, on made-up tables."""

import numpy as np
import pandas as pd
import pytest
from experiments import small_sets
from experiments.race import LEVELS, PASSES
from parts import ch09_race

LAST = f"to_{LEVELS[-1]}"


def seed(model, losses, **more):
    after = {f"after_{n}": value for n, value in zip(PASSES, losses, strict=True)}
    row = {"model": model, "passes": 30_000, "seconds": 60.0, "new": 0.5} | after
    return row | more


@pytest.fixture
def frame():
    short = [seed("quick", [0.5, 0.3, 0.2, low, np.nan]) for low in (0.1, 0.15, 0.2, 1e-9)]
    short += [seed("slow", [0.7, 0.6, 0.5, low, np.nan]) for low in (0.4, 0.3)]
    more = {"passes": 100_000, "seconds": 150.0}
    long = [seed("slow, long", [0.7, 0.6, 0.5, 0.4, low], **more) for low in (0.01, 0.03)]
    long += [seed("quick, long", [0.5, 0.3, 0.2, 0.1, 0.09], **more)]
    return pd.DataFrame(short + long)


def test_lines_are_cut_where_nothing_was_given(frame):
    (at, losses, a_pass), (more, _, _) = ch09_race.lines(frame, "quick")
    assert at.tolist() == [*PASSES[:4]] and more.tolist() == [*PASSES]
    assert len(losses) == 4 and a_pass == pytest.approx(0.002)
    assert losses.min().min() == ch09_race.LEAST


def test_race_draws_medians_and_dots_what_was_given_more(frame):
    figure = ch09_race.race(frame, {"fast ones": ["quick"], "others": ["slow"]})
    passes, seconds, other, _ = figure.axes
    assert (passes.get_title(), other.get_title()) == ("fast ones", "others")
    short, long = passes.lines
    assert short.get_ydata()[-1] == pytest.approx(0.125)
    assert long.get_linestyle() == ":" and long.get_xdata()[-1] == 100_000
    assert seconds.lines[0].get_xdata()[-1] == pytest.approx(60)
    assert [t.get_text() for t in seconds.get_legend().texts] == ["quick"]


def test_standings_and_who_is_ahead(frame):
    quick, slow = ch09_race.standings(frame, ["quick", "slow"])
    losses = ["0.3 [0.3, 0.3]", "0.12 [1e-09, 0.2]", "0.09 [0.09, 0.09]"]
    assert quick == ["quick", *losses, "0.50 [0.50, 0.50]", "60"]
    assert slow[3] == "0.02 [0.01, 0.03]"
    assert ch09_race.standings(frame.iloc[:4], ["quick"])[0][3] == ""
    ahead = ch09_race.ahead(frame, "quick", "slow")
    assert ahead == dict.fromkeys(PASSES[:4], True) | {100_000: False}


def test_growth_ends_where_a_seed_did_not_get_there():
    sizes = (500, 2_000, 8_000)
    rows = [
        {"model": f"{name}, width {i}", "parameters": n, LAST: power(n) * (1 + s / 50)}
        for name, power in (("plain", lambda n: 3.0 * n), ("root", lambda n: n**0.5))
        for i, n in enumerate(sizes)
        for s in (-1, 0, 1)
    ]
    frame = pd.DataFrame(rows)
    frame.loc[(frame.model == "root, width 2").idxmax(), LAST] = np.nan
    figure = ch09_race.growth(frame, ["plain", "root"])
    (ax,) = figure.axes
    labels = {line.get_label(): line for line in ax.lines}
    assert labels["plain: power 1.00"].get_ydata().tolist() == [1_500, 6_000, 24_000]
    assert labels["root"].get_xdata().tolist() == [500, 2_000]


def test_small_sets_show_only_what_fits():
    rows = [
        {"task": "3 or 8", "model": f"{way}, {n} examples", "fits": fits, "accuracy": right}
        for way in small_sets.METHODS
        for n in small_sets.SIZES
        for fits, right in ((1, 0.6), (1, 0.8), (0, 0.1))
        if way != "guess and check" or n <= 8
    ]
    (ax,) = ch09_race.small_sets(pd.DataFrame(rows)).axes
    named = {t.get_text() for t in ax.figure.legends[0].texts}
    assert named == set(small_sets.METHODS)
    line = next(line for line in ax.lines if line.get_label() == "guess and check")
    assert line.get_xdata().tolist() == [4, 8]
    assert line.get_ydata().tolist() == pytest.approx([0.7, 0.7])
    assert min(min(line.get_ydata()) for line in ax.lines) == 0.5  # the chance line
