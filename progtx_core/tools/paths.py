"""Where things lie in a clone of the repository, and what its files say of themselves."""

import os
import tempfile
from functools import cache
from pathlib import Path

from progtx_core import checks, files

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PROFILES = NOTEBOOKS / "profiles"
RECORD = "progtx"  # key in a notebook's metadata: seconds and parameters of its run
OBJECT: dict = {"type": "object"}
PROFILE = OBJECT | {"additionalProperties": OBJECT}  # the parameters of chapters
PARTS = {"cells": {"type": "array"}, "metadata": OBJECT | {"properties": {RECORD: OBJECT}}}
NOTEBOOK = OBJECT | {"required": [*PARTS], "properties": PARTS}  # as far as it is read


def is_clone() -> bool:
    """Whether the package lies in a clone of the repository, not among installed ones."""
    return NOTEBOOKS.is_dir()


def check_own() -> None:
    """Raise ValueError below the folder of another checkout, whose code is meant there."""
    here = Path.cwd().resolve()
    around = [p for p in (here, *here.parents) if (p / "progtx_core/__init__.py").is_file()]
    if around and not around[0].samefile(ROOT):
        runs = f"{here} lies in the checkout {around[0]}, but the package of {ROOT} runs"
        raise ValueError(f"{runs}; set PYTHONPATH={around[0]}, or work elsewhere")


def scratch() -> Path:
    """Below which a chapter writes: PROGTX_SCRATCH (each run of a sweep has its own)."""
    where = Path(os.environ.get("PROGTX_SCRATCH") or (ROOT if is_clone() else Path.cwd()))
    refused = where.exists() and not os.access(where, os.W_OK)
    return elsewhere(where) if refused else where


@cache
def elsewhere(where: Path) -> Path:
    """A temporary folder, instead of one that cannot be written to."""
    made = Path(tempfile.mkdtemp(prefix="progtx-"))
    print(f"{where} cannot be written to; what this writes lies in {made}")
    return made


def read_profile(name: str, chapter: str) -> dict:
    """The parameters that a profile sets for a chapter; "full" leaves all as they are."""
    if name == "full":
        return {}
    known = ["full", *(p.stem for p in PROFILES.glob("*.yaml"))]
    path = PROFILES / f"{checks.one_of('profile', name, known)}.yaml"
    found = files.parse_yaml(path, files.read_text(path), as_texts=True) or {}
    return files.matching(path, found, PROFILE).get(chapter, {})


def record_of(path: Path) -> dict:
    """Seconds and parameters of the run that made a notebook's outputs, if any."""
    if not path.exists():
        return {}
    try:
        record = files.read_json(path, NOTEBOOK)["metadata"].get(RECORD, {})
        checks.number(f"{path}: seconds", record.get("seconds", 0), at_least=0)
    except (ValueError, TypeError) as error:
        fix = f"remake it with 'python -m progtx_core run {path.stem} --update'"
        raise ValueError(f"damaged, not a notebook: {error}; {fix}") from error
    return record


def repository_url() -> str:
    """The address that launch buttons point to, from book/_config.yml; '' for none."""
    path = ROOT / "book" / "_config.yml"
    config = files.parse_yaml(path, files.read_text(path)) if path.exists() else None
    return ((config or {}).get("repository") or {}).get("url") or ""
