"""All finished runs of a sweep as one table, one page, one picture."""

import csv
import io
import textwrap
from pathlib import Path

import numpy as np

from progtx_core import checks, files
from progtx_core.plots import style
from progtx_core.tools.page import png
from progtx_core.tools.pages import templating
from progtx_core.tools.sweeps.store import DONE, RunFolder

TABLE, PARQUET, GALLERY = "results.csv", "results.parquet", "index.html"
FIXED = ("run", "chapter", "state", "attempts", "seconds")
Rows = list[dict[str, object]]


def rows_of(folder: Path) -> Rows:
    """A row for every run of the plan that was last worked on in a folder.

    Columns: FIXED, all parameters, then for each claim what was measured, and, under
    "verdict: …", how it was judged. A run that is not done has no measured values. A
    parameter that is called like one of FIXED has the column "parameter …".

    Raises ValueError where there is no sweep.
    """
    rows = []
    for key in RunFolder(folder).read("sweep.json").get("runs", []):
        run = RunFolder(folder / key)
        told, status = run.read("run.json"), run.status(live=False)
        row = {"run": key, "chapter": told.get("chapter"), "state": status.state}
        row |= {"attempts": status.attempts, "seconds": status.seconds}
        values = told.get("parameters", {})
        row |= {f"parameter {n}" if n in FIXED else n: v for n, v in values.items()}
        if status.state == DONE:
            found = run.read("row.json")
            row |= found["measured"]
            row |= {f"verdict: {name}": how for name, how in found["verdicts"].items()}
        rows.append(row)
    if not rows:
        raise ValueError(f"{folder} holds no sweep")
    return rows


def columns_of(rows: Rows) -> list[str]:
    """All columns that any row has, those that all have first."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_tables(folder: Path, rows: Rows) -> list[Path]:
    """The rows as CSV, and as Parquet where pyarrow is installed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write_atomically(folder / TABLE, text.getvalue())
    written = [folder / TABLE]
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return written
    whole = {name: [row.get(name) for row in rows] for name in columns_of(rows)}
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table({n: plain(v) for n, v in whole.items()}), buffer)
    files.write_atomically(folder / PARQUET, buffer.getvalue())
    return [*written, folder / PARQUET]


def plain(values: list) -> list:
    """A column of one type: numbers as they are, anything mixed as texts."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2 or kinds <= {int, float}:
        return values
    return [None if value is None else str(value) for value in values]


def write_gallery(folder: Path, rows: Rows) -> Path:
    """A page with a line a run: what was swept, how it went, its executed notebook."""
    swept = RunFolder(folder).read("sweep.json")["swept"]
    lines = []
    for row in rows:
        run = folder / str(row["run"])
        kept = [*sorted(run.glob("*.ipynb")), *run.glob("log.txt")]
        lines.append(
            {
                "run": row["run"],
                "values": [row.get(name, "") for name in swept],
                "state": row["state"],
                "seconds": row["seconds"],
                "links": [(path.name, f"{run.name}/{path.name}") for path in kept],
            }
        )
    return templating.write(
        folder / GALLERY, "gallery.html", title=folder.name, swept=swept, lines=lines
    )


def plot(rows: Rows, result: str, against: str):
    """A result over a parameter: the median, and a band from the least to the greatest.

    Runs that differ in other parameters, such as seeds, are one spread.

    Raises ValueError for an unknown column, or if there is nothing to draw.
    """
    for name in (result, against):
        checks.one_of("column", name, columns_of(rows))
    points: dict[object, list[float]] = {}
    for row in rows:
        if row["state"] == DONE and isinstance(row.get(result), int | float):
            points.setdefault(row[against], []).append(float(row[result]))
    if not points:
        raise ValueError(f"no finished run has a number as {result!r}")
    numbers = all(isinstance(x, int | float) for x in points)
    at = sorted(points, key=None if numbers else str)
    places = at if numbers else list(range(len(at)))
    figure, (ax,) = style.panels(width=4.6, height=3.2)
    look, spread = style.line(0), [np.array(points[x]) for x in at]
    ax.plot(places, [np.median(values) for values in spread], **look)
    low, high = ([of(values) for values in spread] for of in (np.min, np.max))
    ax.fill_between(places, low, high, color=look["color"], alpha=0.2, lw=0)
    for place, values in zip(places, spread, strict=True):
        ax.plot([place] * len(values), values, "o", ms=3.5, color=look["color"])
    if numbers and 0 < 50 * at[0] <= at[-1]:  # by factors, such as learning rates
        ax.set_xscale("log")
    if not numbers:
        ax.set_xticks(places, list(map(str, at)))
    ax.set(xlabel=against, ylabel="\n".join(textwrap.wrap(result, 40)))
    return figure


def write_plot(folder: Path, rows: Rows, result: str, against: str) -> Path:
    """The picture as a PNG in the sweep's folder."""
    words = "".join(c if c.isalnum() else "_" for c in f"{result} by {against}")
    path = folder / f"{words[:80]}.png"
    files.write_atomically(path, png(plot(rows, result, against)))
    return path
