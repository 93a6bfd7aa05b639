"""Looks at the machine: Python, packages, kernel, disk. A finding says how to fix it."""

import shutil
import sys
import tomllib
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from progtx_core.tools import paths

PACKAGES = "pip install -r requirements.txt"
CLONE = "git clone the repository, and there " + PACKAGES
KERNEL = "python -m ipykernel install --sys-prefix"


class Finding(NamedTuple):
    """One line of the report."""

    ok: bool
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"OK    {self.what}" if self.ok else f"FAIL  {self.what}; fix: {self.fix}"


def examine() -> list[Finding]:
    """All findings, in the order in which one would fix them."""
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    disk = Finding(free >= 1, f"{free:.1f} GB of disk are free", "free some of it")
    what = f"copied to {paths.ROOT}, without a list of the packages that it needs"
    there, needed = Finding(False, what, CLONE), []
    with suppress(metadata.PackageNotFoundError, FileNotFoundError):
        if paths.is_clone():
            text = (paths.ROOT / "pyproject.toml").read_text("utf-8")
            project = tomllib.loads(text)["project"]
            needed = project["dependencies"] + project["optional-dependencies"]["book"]
            there = Finding(True, f"notebooks in {paths.NOTEBOOKS}")
        else:
            needed = metadata.requires("progtx-core") or []
            needed = [one for one in needed if "extra ==" not in one]
            what = "installed without chapters: list, run, sweep and record need a clone"
            there = Finding(True, what)
    last = [disk, kernel()] if paths.is_clone() else [disk]
    return [there, python(), *map(package, needed), *last]


def python(found: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Is this Python one of those the project is tested with?"""
    ok, name = found == (3, 11), ".".join(map(str, found))
    return Finding(ok, f"Python {name}", "use Python 3.11")


def package(line: str) -> Finding:
    """Is a package installed, in a version that the requirement admits?"""
    try:
        from packaging.requirements import Requirement

        wanted = Requirement(line)
        found = metadata.version(wanted.name)
    except (ImportError, metadata.PackageNotFoundError):
        return Finding(False, f"{line}: it or packaging is not installed", PACKAGES)
    ok = wanted.specifier.contains(found, prereleases=True)
    asked = "" if ok else f", but {wanted.specifier} is needed"
    return Finding(ok, f"{wanted.name} {found}{asked}", PACKAGES)


def kernel(name: str = "python3") -> Finding:
    """Is there a Jupyter kernel of that name, and is it this Python?"""
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        command = KernelSpecManager().get_kernel_spec(name).argv[0]
    except (ImportError, KeyError):  # NoSuchKernel is a KeyError
        return Finding(False, f"no Jupyter kernel {name!r}", f"{PACKAGES}; {KERNEL}")
    here = command in ("python", "python3", sys.executable)
    there = "" if here else f" starts {command}, not {sys.executable}"
    return Finding(here, f"Jupyter kernel {name!r}{there}", KERNEL)
