"""A loss surface in the page: three views, paths by forward passes, the loss along them.

`book/live/loss_map.js` draws it; without scripts a picture of all views stays.
"""

import json

import numpy as np
from matplotlib.patheffects import withStroke
from progtx_core import plots
from progtx_core.tools.page import pictured

from parts import live_page
from parts.landscape import Landscape

FLOOR = 1e-4  # a lower loss is drawn as this one, or it would take all colours
LOOKS = ("#e69f00", "-"), ("#56b4e9", "--")
OUTLINE = [withStroke(linewidth=3.5, foreground="black")]  # to be seen on any colour


def show(plane: Landscape, alt: str) -> None:
    """Show the plane's views, the paths, and the loss along them."""
    from IPython.display import display

    bundle, metadata = pictured(still(plane), alt)
    text = json.dumps(exported(plane))
    script = live_page.script("loss_map.js")
    bundle["text/html"] = live_page.page(text, bundle["image/png"], alt, script)
    display(bundle, raw=True, metadata=metadata)


def exported(plane: Landscape) -> dict:
    """What the page needs, in three digits a number."""

    def short(values: np.ndarray) -> list:
        return [float(f"{value:.3g}") for value in values]

    views = {
        name: {
            "span": [float(f"{v:.5g}") for v in one.span],
            "loss": [*map(short, one.loss)],
        }
        for name, one in plane.views.items()
    }
    paths = {
        name: {
            "points": np.round(path, 3).tolist(),
            "passes": np.round(plane.passes[name], 1).tolist(),
            "losses": short(plane.losses[name]),
            "projected": short(plane.projected[name]),
        }
        for name, path in plane.paths.items()
    }
    return {"views": views, "paths": paths, "floor": FLOOR}


def still(plane: Landscape):
    """All views with the paths, and the loss along both."""
    figure, axes = plots.panels(2, 2, width=3.4, height=3.1)
    depths = {name: np.log10(v.loss.clip(min=FLOOR)) for name, v in plane.views.items()}
    low, high = np.log10(FLOOR), max(float(depth.max()) for depth in depths.values())
    mesh = None
    for ax, (title, one) in zip(axes, plane.views.items()):
        mesh = ax.imshow(
            depths[title],
            origin="lower",
            extent=one.span,
            aspect="auto",
            cmap=plots.SEQUENTIAL,
            vmin=low,
            vmax=high,
        )
        ax.set(xlabel="first direction", ylabel="second direction", title=title)
        ax.set(xlim=one.span[:2], ylim=one.span[2:])
        ax.grid(False)
        for (name, path), (colour, style) in zip(plane.paths.items(), LOOKS):
            ax.plot(*path.T, style, color=colour, lw=1.5, label=name, path_effects=OUTLINE)
            ax.plot(*path[-1], "o", color=colour, ms=6, mec="black")
        ax.locator_params(nbins=4)
    figure.colorbar(mesh, ax=axes[1], label="loss in the plane, log10 of nats")
    for name, (colour, style) in zip(plane.paths, LOOKS):
        x = plane.passes[name].clip(min=1)
        axes[3].plot(x, plane.losses[name].clip(FLOOR), style, color=colour, lw=2)
        axes[3].plot(x, plane.projected[name].clip(FLOOR), ":", color=colour, lw=1.5)
    axes[3].set(xscale="log", yscale="log", xlabel="forward passes", ylabel="loss (nats)")
    axes[3].set(title="along the paths; dotted: projected")
    plots.legend_below(figure, axes[0])
    return figure
