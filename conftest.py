"""For every pytest run in this folder, nbval's included."""

import os

# Kernels inherit it: progress bars would be outputs that no two runs share.
os.environ["PROGTX_PROGRESS"] = "off"
