"""The HTML of a picture that can be touched: its data, its script, the still one."""

import re
from zlib import crc32

from jinja2 import Environment
from progtx_core.tools import paths

SCRIPTS = paths.ROOT / "book" / "live"


def page(text: str, picture: str, alt: str, script: str) -> str:
    """A root with the data, `text`, and the picture that stays where no script runs."""
    template = (SCRIPTS / "page.html").read_text("utf-8")
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            id=f"live-{crc32(text.encode()):08x}",  # the same in every run
            data=text,
            picture=picture,
            alt=alt,
            script=script,
        )
    )


def script(*names: str) -> str:
    """Scripts of book/live as one text, without indentation and lines of comment."""
    text = "\n".join((SCRIPTS / name).read_text("utf-8") for name in names)
    return re.sub(r"^ *// .*\n|^ +", "", text, flags=re.MULTILINE)
