"""Looks at the machine: Python, packages, kernel, disk. A finding says how to fix it."""

import shutil
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from progtx_core.tools import paths

PACKAGES = "pip install -r requirements.txt"


class Finding(NamedTuple):
    """One line of the report."""

    ok: bool
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"OK    {self.what}" if self.ok else f"FAIL  {self.what}; fix: {self.fix}"


def examine() -> list[Finding]:
    """All findings, in the order in which one would fix them."""
    what = "installed without chapters: list, run, sweep and record need a clone"
    if paths.is_clone():
        what = f"notebooks in {paths.NOTEBOOKS}"
    found = [Finding(True, what), python(), *map(package, requirements()), disk()]
    return [*found, kernel()] if paths.is_clone() else found


def python(found: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Is this Python one of those the project is tested with?"""
    ok, name = (3, 11) <= found <= (3, 13), ".".join(map(str, found))
    return Finding(ok, f"Python {name}", "use Python 3.11, 3.12 or 3.13")


def requirements() -> list[str]:
    """What the package needs here; in a clone, also what executes and shows chapters."""
    if paths.is_clone():
        text = (paths.ROOT / "pyproject.toml").read_text("utf-8")
        project = tomllib.loads(text)["project"]
        return [*project["dependencies"], *project["optional-dependencies"]["book"]]
    return [one for one in metadata.requires("progtx-core") or [] if "extra ==" not in one]


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
    fix = "python -m ipykernel install --sys-prefix"
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        command = KernelSpecManager().get_kernel_spec(name).argv[0]
    except (ImportError, KeyError):  # NoSuchKernel is a KeyError
        return Finding(False, f"no Jupyter kernel {name!r}", f"{PACKAGES}; {fix}")
    here = command in ("python", "python3", sys.executable)
    there = "" if here else f" starts {command}, not {sys.executable}"
    return Finding(here, f"Jupyter kernel {name!r}{there}", fix)


def disk() -> Finding:
    """Is there room for executed notebooks and pages, a gigabyte?"""
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    return Finding(free >= 1, f"{free:.1f} GB of disk are free", "free some of it")
