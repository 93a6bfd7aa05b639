"""HTML from templates: one file each, which opens from disk and fetches nothing."""

from pathlib import Path
from secrets import token_hex

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from progtx_core import files

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values) -> str:
    """A template, filled: what is put in is escaped, and scripts need the nonce to run."""
    return TEMPLATES.get_template(template).render(nonce=token_hex(16), **values)


def write(path: Path, template: str, **values) -> Path:
    """Fill a template and write it, whole or not at all."""
    files.write_atomically(path, render(template, **values))
    return path
