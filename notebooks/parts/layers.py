"""A model as a table of its layers."""

import pandas as pd
from progtx_core.tools.page import table


def layers(model) -> None:
    """Show a model layer by layer: shapes and parameters, with their sum.

    A layer is what shares the first parts of its name, such as "blocks.0.attention".
    """
    found = []
    for name, p in model.named_parameters():
        layer = ".".join(name.split(".")[:-1][:3]) or name
        found.append({"layer": layer, "shapes": str((*p.shape,)), "parameters": p.numel()})
    frame = pd.DataFrame(found)
    how = {"shapes": ", ".join, "parameters": "sum"}
    summed = frame.groupby("layer", sort=False).agg(how).itertuples(name=None)
    rows = [*summed, ("all", "", frame["parameters"].sum())]
    table([*frame], [[layer, shapes, f"{n:,}"] for layer, shapes, n in rows])
