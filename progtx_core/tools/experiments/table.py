"""All trials as one table, one page, one picture."""

import io
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from progtx_core import checks, files, plots
from progtx_core.tools.experiments.runner import Runner
from progtx_core.tools.experiments.store import DONE, LOG, NAMES, ROW, TRIAL, TrialFolder

PLAN = "sweep.json"  # what was last worked on: its trials, and what differs between them
PLANNED = {"type": "object", "required": ["swept", "trials"]}
PLANNED |= {"properties": {"swept": NAMES, "trials": NAMES | {"minItems": 1}}}
FIXED = ("trial", "chapter", "state", "attempts", "seconds")


def note(runner: Runner, swept: list[str]) -> None:
    """Write down which trials belong to a sweep, for its table and its gallery."""
    keys = [trial.key for trial in runner.trials]
    TrialFolder(runner.folder).write(PLAN, {"swept": swept, "trials": keys})


def read(folder: Path) -> pd.DataFrame:
    """A row for every trial that was last worked on in a folder.

    Columns: FIXED, all parameters, then for each claim what was measured, and, under
    "verdict: …", how it was judged. A trial that is not done has no measured values. A
    parameter that is called like one of FIXED has the column "parameter …".
    """
    rows = []
    for key in planned(folder)["trials"]:
        trial = TrialFolder(folder / key)
        told, status = trial.read(TRIAL), trial.status(live=False)
        fixed = key, told.get("chapter"), status.state, status.attempts, status.seconds
        named = told.get("columns", {}).items()
        values = {f"parameter {name}" if name in FIXED else name: v for name, v in named}
        row = trial.read(ROW) if status.state == DONE else {}
        rows.append(dict(zip(FIXED, fixed)) | values | row | dict(zip(FIXED, fixed)))
    return pd.DataFrame(rows)


def planned(folder: Path) -> dict:
    """What `note` wrote; ValueError if nothing, or something else, stands there."""
    if not (folder / PLAN).exists():
        raise ValueError(f"{folder} holds no sweep")
    return files.read_json(folder / PLAN, PLANNED)


def write(folder: Path, frame: pd.DataFrame) -> list[Path]:
    """The table as CSV, and as Parquet where pyarrow is installed."""
    table, parquet = folder / "results.csv", folder / "results.parquet"
    files.write_atomically(table, as_csv(frame))
    buffer, plain = io.BytesIO(), frame.copy()
    for name in plain.select_dtypes("object"):
        if plain[name].dropna().map(type).nunique() > 1:  # a column has one type there
            plain[name] = plain[name].map(str, na_action="ignore")
    try:
        plain.to_parquet(buffer, engine="pyarrow")
    except ImportError:
        return [table]
    files.write_atomically(parquet, buffer.getvalue())
    return [table, parquet]


def as_csv(frame: pd.DataFrame) -> str:
    """As all tables here are written."""
    return frame.to_csv(index=False, lineterminator="\n")


def write_gallery(folder: Path, frame: pd.DataFrame) -> Path:
    """A page with a line a trial: what was swept, how it went, its executed notebook."""
    from progtx_core.tools.pages import templating

    swept, lines = planned(folder)["swept"], []
    for row in frame.to_dict("records"):
        trial = folder / str(row["trial"])
        kept = [*sorted(trial.glob("*.ipynb")), *trial.glob(LOG)]
        links = [(path.name, f"{trial.name}/{path.name}") for path in kept]
        told = {"run": row["trial"], "state": row["state"], "seconds": row["seconds"]}
        values = [row.get(name, "") for name in swept]
        lines.append(told | {"values": values, "links": links})
    how = {"title": folder.name, "swept": swept, "lines": lines}
    return templating.write(folder / "index.html", "gallery.html", **how)


def plot(frame: pd.DataFrame, result: str, against: str):
    """A result over a parameter: the median, a band from least to greatest, all points.

    Trials that differ in other parameters, such as seeds, are one spread.
    """
    import seaborn as sns  # late: it takes a second

    for name in (result, against):
        checks.one_of("column", name, frame.columns)
    values = pd.to_numeric(frame[result], errors="coerce")
    points = pd.DataFrame({"x": frame[against], "y": values})
    done: Any = points[frame["state"] == DONE].dropna()
    if done.empty:
        raise ValueError(f"no finished trial has a number as {result!r}")
    numbers = pd.api.types.is_numeric_dtype(done["x"])
    done = (done if numbers else done.astype({"x": str})).sort_values(by="x")
    figure, (ax,) = plots.panels(width=4.6, height=3.2)
    look = {"data": done, "x": "x", "y": "y", "color": plots.COLOURS[0], "ax": ax}
    sns.lineplot(**look, estimator="median", errorbar=("pi", 100))
    sns.scatterplot(**look, s=16, linewidth=0)
    if numbers and 0 < 50 * done["x"].min() <= done["x"].max():  # by factors
        ax.set_xscale("log")
    ax.set(xlabel=against, ylabel="\n".join(textwrap.wrap(result, 40)))
    return figure


def write_plot(folder: Path, frame: pd.DataFrame, result: str, against: str) -> Path:
    """The picture as a PNG in the sweep's folder."""
    from progtx_core.tools.page import png

    words = "".join(c if c.isalnum() else "_" for c in f"{result} by {against}")
    path = folder / f"{words[:80]}.png"
    files.write_atomically(path, png(plot(frame, result, against)))
    return path
