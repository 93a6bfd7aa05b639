"""Where things lie in a checkout, and what its files say of themselves."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PROFILES = NOTEBOOKS / "profiles"
RECORD = "progtx"  # key in a notebook's metadata: seconds and parameters of its run


def scratch() -> Path:
    """Below which a chapter writes: the repository, or what PROGTX_SCRATCH names.

    A sweep names another folder for every run, so that none reads what another wrote.
    """
    return Path(os.environ.get("PROGTX_SCRATCH") or ROOT)


def read_profile(name: str, chapter: str) -> dict:
    """The parameters that a profile ("full", "fast") sets for a chapter.

    Raises ValueError for an unknown profile or one that is no mapping.
    """
    import yaml  # here, so that `doctor` runs where packages are missing

    path = PROFILES / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in PROFILES.glob("*.yaml")))
        raise ValueError(f"there is no profile {name!r}; choose from: {known}")
    profile = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    parameters = profile.get(chapter, {}) if isinstance(profile, dict) else None
    if not isinstance(parameters, dict):
        raise ValueError(f"{path}: expected 'chapter: {{parameter: value}}' entries")
    return parameters


def record_of(notebook: str | Path) -> dict:
    """Seconds and parameters of the run that made a notebook's outputs, if any.

    Raises ValueError for a file that is no notebook, and says how to mend it.
    """
    path = Path(notebook)
    if not path.exists():
        return {}
    try:
        return dict(
            json.loads(path.read_text(encoding="utf-8"))["metadata"].get(RECORD, {})
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{path}: damaged, not a notebook ({type(error).__name__}); remake it with "
            f"'python -m progtx_core run {path.stem} --update'"
        ) from error


def repository_url() -> str:
    """The address that launch buttons point to, from book/_config.yml; '' for none."""
    import yaml

    path = ROOT / "book" / "_config.yml"
    if not path.exists():
        return ""
    config = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return (config.get("repository") or {}).get("url") or ""
