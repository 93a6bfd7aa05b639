"""A chapter in a real JupyterLab: opened, run as a whole, without an error."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from progtx_core.tools import paths

pytestmark = pytest.mark.browser
NAME = "01_logistic_regression"
TOKEN = "for-this-test-only"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """JupyterLab over a copy of notebooks/, so that saving changes no tracked file."""
    folder = tmp_path / "notebooks"
    shutil.copytree(paths.NOTEBOOKS, folder)
    without_outputs(folder / f"{NAME}.ipynb")
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=1)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((tmp_path / "log").read_text())
        yield address, folder
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_run_all_finishes_without_error(page, lab):
    address, folder = lab
    page.goto(f"{address}/lab/tree/{NAME}.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector("text=| Idle", timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    saved = folder / f"{NAME}.ipynb"
    deadline = time.monotonic() + 300
    while left_to_run(saved) and time.monotonic() < deadline:
        page.wait_for_timeout(5000)
        page.keyboard.press("Control+s")
    assert left_to_run(saved) == []
    cells = json.loads(saved.read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("19 of 19 claims hold" in "".join(o.get("text", [])) for o in outputs)
    # The other half of the pair was saved as well and says the same as before.
    ours = (paths.NOTEBOOKS / f"{NAME}.py").read_text("utf-8").split("# %%", 1)[1]
    theirs = (folder / f"{NAME}.py").read_text("utf-8").split("# %%", 1)[1]
    assert theirs == ours


def left_to_run(path):
    """Code of the cells that have not been executed yet."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
    except json.JSONDecodeError:  # half written: it is being saved
        return ["unknown"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
    return ["".join(c["source"]) for c in code if c["execution_count"] is None]


def without_outputs(path):
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(notebook), encoding="utf-8")
