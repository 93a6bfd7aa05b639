"""What would let others in: code from files, open ports, secrets in files, HTML."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from progtx_core.tools import paths

SOURCES = [
    path
    for folder in ("progtx_core", "notebooks", "examples", "book/_ext")
    for path in (paths.ROOT / folder).rglob("*.py")
]
RUNS_CODE = {"eval", "exec", "compile", "__import__", "pickle", "cPickle", "dill", "shelve"}
LOADERS = {"FullLoader", "UnsafeLoader", "Loader", "unsafe_load", "full_load"}


def calls(tree):
    """Every call of a module: its name with all dots, and its keywords."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
            yield ast.unparse(node.func), keywords


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda p: p.relative_to(paths.ROOT).as_posix()
)
def test_nothing_that_is_read_is_run(path):
    tree = ast.parse(path.read_text("utf-8"))
    for name, keywords in calls(tree):
        assert name not in RUNS_CODE, name
        assert name.split(".")[0] not in RUNS_CODE, name
        assert not {*name.split("."), *keywords.values()} & LOADERS, name
        if name == "torch.load":
            assert keywords.get("weights_only") == "True"
        if name in ("np.load", "numpy.load"):
            assert keywords.get("allow_pickle", "False") == "False"
        assert keywords.get("shell", "False") == "False", name
        assert not name.endswith(("read_pickle", "to_pickle", "os.system")), name
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = {a.name for a in node.names} | {getattr(node, "module", None)}
            assert not named & RUNS_CODE


SECRET = "planted0000000000000000000000000secret00"


@pytest.mark.slow
def test_a_key_is_found_in_no_file(tmp_path):
    pytest.importorskip("wandb")
    command = ["compare", "last_gt_first", "logistic_regression", "--steps", "30"]
    command += ["--seeds", "1", "--tracker", "wandb", "--tracker", "jsonl"]
    done = subprocess.run(
        [sys.executable, "-m", "progtx_core", *command, "--wandb-mode", "offline"],
        cwd=tmp_path,
        env=os.environ
        | {"WANDB_API_KEY": SECRET, "HOME": str(tmp_path), "PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    there = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(there) > 5
    assert not [p for p in there if SECRET.encode() in p.read_bytes()]
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_local_cluster_of_dask_is_reached_from_this_machine_only():
    pytest.importorskip("distributed")
    script = """
from progtx_core.tools.experiments.executors import end, on_dask
if __name__ == "__main__":
    make, _ = on_dask("local", 1)
    executor = make()
    executor.submit(abs, -1).result()
    print("listening", flush=True)
    input()
    end(executor)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(paths.ROOT)},
    )
    try:
        assert process.stdout.readline().strip() == "listening"
        mine = psutil.Process(process.pid)
        ports = [
            one.laddr.ip
            for each in (mine, *mine.children(recursive=True))
            for one in each.net_connections(kind="inet")
            if one.status == psutil.CONN_LISTEN
        ]
        assert ports and set(ports) <= {"127.0.0.1", "::1"}
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.communicate()


def test_the_manual_starts_nothing_that_others_reach():
    text = (paths.ROOT / "book" / "manual" / "sweeps.md").read_text("utf-8")
    commands = re.findall(r"^dask (?:scheduler|worker)(?:.*\\\n)*.*$", text, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert "--host 127.0.0.1" in command and "--no-dashboard" in command
        assert "--dashboard-address 127.0.0.1:0" in command  # else its HTTP is open to all
    assert "tls://" in text and "TLS__CLIENT__KEY" in text
    example = (paths.ROOT / "examples" / "job_queue.py").read_text("utf-8")
    assert "Security" in example and '"dashboard": False' in example


@pytest.mark.parametrize(
    "path",
    sorted((paths.ROOT / ".github" / "workflows").glob("*.yml")),
    ids=lambda p: p.name,
)
def test_a_workflow_may_read_and_nothing_else(path):
    flow = yaml.safe_load(path.read_text("utf-8"))
    assert flow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in flow[True]  # YAML reads "on" as a truth
    for job in flow["jobs"].values():
        assert "permissions" not in job and job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "${{ github.event" not in step.get("run", "")
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@(v\d+|[0-9a-f]{40})", step["uses"])


def test_dependencies_are_looked_up_in_a_list_of_advisories():
    flow = (paths.ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    assert "pip-audit" in flow


PAGES = sorted(
    (paths.ROOT / "progtx_core" / "tools" / "pages" / "templates").glob("*.html")
)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_template_lets_no_markup_in_and_fetches_nothing(path):
    text = path.read_text("utf-8")
    assert "|safe" not in text.replace(" ", "")
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
    if "<html" in text:
        assert "Content-Security-Policy" in text and "default-src 'none'" in text


def test_a_file_of_this_project_names_no_key():
    pattern = re.compile(
        r"(api_key|token|password|secret)\s*=\s*['\"][A-Za-z0-9]{16,}", re.I
    )
    for path in SOURCES:
        assert not pattern.search(Path(path).read_text("utf-8")), path


# A folder that cannot be written to ----------------------------------------------------


def test_where_nothing_can_be_written_a_temporary_folder_is_used(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PROGTX_SCRATCH", str(tmp_path))
    assert paths.scratch() == tmp_path
    monkeypatch.setattr("os.access", lambda path, mode: False)
    there = paths.scratch()
    assert there != tmp_path and there.is_dir() and paths.scratch() == there
    said = capsys.readouterr().out
    assert f"{tmp_path} cannot be written to" in said and str(there) in said
    there.rmdir()
