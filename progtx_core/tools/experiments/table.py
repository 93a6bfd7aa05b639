"""All trials as one table and one page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from progtx_core import files
from progtx_core.tools.experiments.store import DONE, LOG, PLAN, ROW, TRIAL, TrialFolder

MADE_BY = ("commit", "python", "torch")
FIXED = ("trial", "chapter", "state", "attempts", "seconds", *MADE_BY)


def note(folder: Path, swept: list[str], trials: Sequence) -> None:
    """Write down which trials belong to a sweep, for its table and its gallery."""
    told = {"trials": [trial.key for trial in trials], "version": trials[0].version}
    TrialFolder(folder).write(PLAN, {"swept": swept} | told)


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
        fixed += tuple(told.get("made_by", {}).get(name) for name in MADE_BY)
        named = told.get("columns", {}).items()
        values = {f"parameter {name}" if name in FIXED else name: v for name, v in named}
        row = trial.read(ROW) if status.state == DONE else {}
        rows.append(dict(zip(FIXED, fixed)) | values | row | dict(zip(FIXED, fixed)))
    return pd.DataFrame(rows)


def planned(folder: Path) -> dict:
    """What `note` wrote; ValueError if nothing, or something else, stands there."""
    if not (found := TrialFolder(folder).read(PLAN)):
        raise ValueError(f"{folder} holds no sweep, or a damaged {PLAN}: begin it again")
    return found


def write(folder: Path, frame: pd.DataFrame) -> Path:
    """The table as CSV."""
    files.write_atomically(path := folder / "results.csv", as_csv(frame))
    return path


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
