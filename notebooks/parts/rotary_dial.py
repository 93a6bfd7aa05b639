"""The rotary dial: a query and a key, turned by their positions, and their dot product.

Where scripts run, `book/live/rotary.js` draws it and a reader sets positions and angle;
elsewhere a picture of one setting stays.
"""

import json
from html import escape

import numpy as np
from progtx_core import plots
from progtx_core.tools import paths
from progtx_core.tools.page import pictured

SCRIPT = paths.ROOT / "book" / "live" / "rotary.js"
# As given, before they are turned. Not the same: the product then tells left from right.
QUERY, KEY, LAST = (1.0, 0.0), (0.6, 0.8), 12
STILL = {"t": 2, "s": 5, "angle": 20}  # degrees; where the dial starts, too
ALT = (
    "Left, a query and a key as arrows in a circle, thin as given and thick as turned by "
    "their positions. Right, their dot product at every distance: a wave; where scripts "
    "run, positions and angle can be set."
)
STYLE = """<style>
.progtx-rotary { font: 14px system-ui, sans-serif; color: inherit }
.progtx-rotary .rotary-line { display: flex; flex-wrap: wrap; gap: 0 0.6rem;
  margin: 0.3rem 0; align-items: center; max-width: 34rem }
.progtx-rotary .rotary-line input { flex: 1 1 9rem; min-width: 0; height: 1.8rem }
.progtx-rotary output { min-width: 6rem }
.progtx-rotary .rotary-pictures { display: flex; flex-wrap: wrap; gap: 0.5rem }
.progtx-rotary svg { flex: 1 1 17rem; max-width: 24rem; min-width: 0 }
.progtx-rotary table { border-collapse: collapse; margin: 0.4rem 0; display: table;
  width: auto }
.progtx-rotary th, .progtx-rotary td { border: 0; padding: 1px 6px; text-align: right;
  font-weight: normal; background: none }
.progtx-rotary button { min-height: 2rem }
.progtx-rotary ul { padding-left: 1.2rem }
</style>"""


def show() -> None:
    """Show the dial."""
    from IPython.display import display

    bundle, metadata = pictured(still(), ALT)
    bundle["text/html"] = page(bundle["image/png"])
    display(bundle, raw=True, metadata=metadata)


def product(t: float, s: float, angle: float, query=QUERY, key=KEY) -> float:
    """The query at position t times the key at position s; the angle in degrees."""
    turned = turn(query, np.radians(t * angle)) @ turn(key, np.radians(s * angle))
    return float(turned)


def turn(vector, by: float) -> np.ndarray:
    """A pair of numbers, turned by an angle in radians."""
    matrix = np.array([[np.cos(by), -np.sin(by)], [np.sin(by), np.cos(by)]])
    return matrix @ np.asarray(vector)


def still():
    """A picture of the dial where it starts."""
    figure, (dial, curve) = plots.panels(2, width=2.9, height=2.4)
    dial.add_patch(circle())
    for name, at, vector, how in (
        ("query", STILL["t"], QUERY, {"color": "black"}),
        ("key", STILL["s"], KEY, {"color": "C5", "ls": "--"}),
    ):
        x, y = turn(vector, np.radians(at * STILL["angle"]))
        dial.plot([0, vector[0]], [0, vector[1]], lw=0.8, **how)
        dial.plot([0, x], [0, y], lw=2.5, **how)
        dial.text(1.1 * x, 1.1 * y, f"{name} at {at}", ha="left" if x > 0 else "right")
    dial.set(xlim=(-1.6, 1.6), ylim=(-1.2, 1.3), aspect="equal")
    dial.axis("off")
    distances = np.linspace(-LAST, LAST, 241)
    curve.plot(distances, [product(0, d, STILL["angle"]) for d in distances], "k", lw=1)
    here = STILL["s"] - STILL["t"]
    curve.plot(here, product(0, here, STILL["angle"]), "o", color="C5")
    curve.set(xlabel="key's position less the query's", ylabel="dot product")
    return figure


def circle():
    """The circle that the arrows end on."""
    from matplotlib.patches import Circle

    return Circle((0, 0), 1, fill=False, color="0.7")


def page(picture: str) -> str:
    """The HTML of the dial with its script; the picture is what it replaces."""
    data = json.dumps({"query": QUERY, "key": KEY, "last": LAST} | STILL)
    script = SCRIPT.read_text("utf-8")
    return f"""<div id="progtx-rotary" class="progtx-rotary" data-dial="{escape(data)}">
<img src="data:image/png;base64,{picture}" alt="{escape(ALT)}" style="max-width: 100%">
</div>
{STYLE}
<script>
(() => {{
{script}
  const root = document.getElementById("progtx-rotary");
  if (root) rotary.dial(root, JSON.parse(root.dataset.dial));
}})();
</script>
"""
