"""How the claims of a chapter held on seeds that it never used: `fresh/NAME.csv`.

A row a seed, a column a claim, with what was measured; `python book/fresh_seeds.py` makes
it. Bounds are those of the chapter as it is, so that a new bound is judged by old rows.
"""

from pathlib import Path

import pandas as pd

FRESH = Path(__file__).parents[1] / "fresh"
SEED = "seed"


def read(name: str, folder: Path = FRESH) -> pd.DataFrame:
    """What was measured of a chapter, by seed; empty if nothing was."""
    path = folder / f"{name}.csv"
    if not path.exists():
        return pd.DataFrame({SEED: []})
    return pd.read_csv(path, float_precision="round_trip")


def claims(notebook) -> list[dict]:
    """The claims of an executed notebook, in order."""
    return [
        output["metadata"]["progtx_claim"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "progtx_claim" in output.get("metadata", {})
    ]


def judged(claim: dict, measured: pd.DataFrame) -> dict | None:
    """How often one claim held and what was measured; None if no seed can change it.

    claim: with statement, value, at_least and at_most, as a chapter keeps it

    >>> claim = {"statement": "a", "value": 0.9, "at_least": 0.5, "at_most": None}
    >>> told = judged(claim, pd.DataFrame({"seed": [1, 2, 3], "a": [0.4, 0.6, 0.8]}))
    >>> told["held"], told["n"], told["median"]
    (2, 3, 0.6)
    """
    if claim["statement"] not in measured:
        return None
    values = measured[claim["statement"]].dropna()
    if values.nunique() < 2 and (values == claim["value"]).all():
        return None  # of a recorded table, or of a rule
    low = float("-inf") if claim["at_least"] is None else claim["at_least"]
    high = float("inf") if claim["at_most"] is None else claim["at_most"]
    return {
        "n": len(values),
        "held": int(values.between(low, high).sum()),
        "least": float(values.min()),
        "median": float(values.median()),
        "most": float(values.max()),
    }


def in_words(told: dict | None) -> str:
    """The same for a table.

    >>> in_words({"n": 20, "held": 19, "least": 0.91, "median": 0.97, "most": 1.0})
    '19 of 20 (0.91 to 1)'
    """
    if told is None:
        return "–"
    return f"{told['held']} of {told['n']} ({told['least']:.4g} to {told['most']:.4g})"
