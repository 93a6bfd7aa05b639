"""HTML from templates: one file each, which opens from disk and fetches nothing."""

from functools import cache
from pathlib import Path

from progtx_core import files

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment():
    """The templates; whatever is put into them is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values) -> str:
    """A template, filled."""
    return _environment().get_template(template).render(**values)


def write(path: Path, template: str, **values) -> Path:
    """Fill a template and write it, whole or not at all."""
    files.write_atomically(path, render(template, **values))
    return path
