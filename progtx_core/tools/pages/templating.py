"""Pages of HTML that open from disk: one file each, nothing fetched from elsewhere."""

import base64
import io
from functools import cache
from pathlib import Path

import numpy as np

from progtx_core import files
from progtx_core.plots import style
from progtx_core.tools.page import png

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment():
    """The templates; whatever is put into them is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write(path: Path, template: str, **values) -> Path:
    """Fill a template and write it, whole or not at all."""
    text = environment().get_template(template).render(**values)
    files.write_atomically(path, text)
    return path


def as_data(figure) -> str:
    """A figure as base64 text of a PNG."""
    return base64.b64encode(png(figure)).decode()


def weights_as_data(matrix: np.ndarray) -> str:
    """A matrix as base64 text of a PNG, a pixel a number: red above zero, blue below."""
    import matplotlib
    from PIL import Image

    largest = np.abs(matrix).max() or 1.0
    colours = matplotlib.colormaps[style.DIVERGING]((matrix / largest + 1) / 2)
    picture = Image.fromarray((colours[..., :3] * 255).astype(np.uint8))
    small = io.BytesIO()
    picture.save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()
