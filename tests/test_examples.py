"""The files in examples/ are run as the README says, with two processes for two devices."""

import csv
import os
import subprocess
import sys

import pytest

from progtx_core.tools.paths import ROOT

pytestmark = pytest.mark.slow


def run(example, *arguments, **environment):
    return subprocess.run(
        [sys.executable, f"examples/{example}.py", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def curve(folder, name):
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file) if row[name]]


@pytest.mark.parametrize("method", ["Adam", "PatternSearch"])
def test_two_processes_train_as_one_does(tmp_path, method):
    curves = []
    for devices in (1, 2):
        out = tmp_path / str(devices)
        told = ("--method", method, "--steps", 40, "--patience", 99, "--out", out)
        done = run("lightning_ddp", "--devices", devices, *told)
        assert done.returncode == 0, done.stderr
        assert (out / "best.ckpt").exists()
        curves.append({of: curve(out, of) for of in ("train/loss", "val/loss")})
    one, two = curves
    assert len(one["train/loss"]) == 40
    assert one["train/loss"][-1] < one["train/loss"][0]
    for of in one:
        assert two[of] == pytest.approx(one[of], abs=1e-4), of


def test_a_sweep_goes_through_a_queue(tmp_path):
    """SLURM's commands are stood in for by two that start and end the job here."""
    commands = {
        # The script is deleted as soon as this returns.
        "sbatch": 'script=$(cat "$1")\n'
        'bash -c "$script" >/dev/null 2>&1 & echo "Submitted batch job $!"',
        "scancel": 'kill "$@"',
    }
    for name, script in commands.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/bash\n{script}\n", "utf-8")
        path.chmod(0o755)
    sweep = ("01", "-p", "seed=0:2", "--profile", "fast", "--out", tmp_path / "runs")
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run("job_queue", "--jobs", 2, *sweep, PATH=path)
    assert done.returncode == 0, done.stderr
    assert "2 done, 0 running, 0 waiting" in done.stdout
    assert "Traceback" not in done.stderr
    with next((tmp_path / "runs").glob("*/results.csv")).open() as file:
        assert len(list(csv.DictReader(file))) == 2
