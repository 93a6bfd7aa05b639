"""Looks at the machine: Python, packages, kernel, disk. A finding says how to mend it."""

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from progtx_core.tools import paths

MIN_FREE_GB = 1.0
MEND_PACKAGES = "pip install -r requirements.txt"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    ok: bool
    what: str
    mend: str = ""

    def __str__(self) -> str:
        if self.ok:
            return f"OK    {self.what}"
        return f"FAIL  {self.what}; mend: {self.mend}"


def examine() -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    packages = [package(line) for line in requirements()]
    return [python(), *packages, kernel(), disk(), folder()]


def python(found: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Is this Python one of those the project is tested with?"""
    name = ".".join(map(str, found))
    ok = (3, 11) <= found <= (3, 13)
    return Finding(ok, f"Python {name}", "use Python 3.11, 3.12 or 3.13")


def requirements() -> list[str]:
    """The lines of requirements.txt that name a package."""
    lines = (paths.ROOT / "requirements.txt").read_text("utf-8").splitlines()
    stripped = [line.partition("#")[0].strip() for line in lines]
    return [line for line in stripped if line and not line.startswith("-")]


def package(line: str) -> Finding:
    """Is a package installed, in a version that the requirement admits?"""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return Finding(False, f"{line}: packaging is needed to check it", MEND_PACKAGES)
    wanted = Requirement(line)
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Finding(False, f"{wanted.name} is not installed", MEND_PACKAGES)
    ok = wanted.specifier.contains(found, prereleases=True)
    asked = "" if ok else f", but {wanted.specifier} is needed"
    return Finding(ok, f"{wanted.name} {found}{asked}", MEND_PACKAGES)


def kernel(name: str = "python3") -> Finding:
    """Is there a Jupyter kernel of that name, and is it this Python?"""
    mend = "python -m ipykernel install --sys-prefix"
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return Finding(False, "jupyter_client is not installed", MEND_PACKAGES)
    try:
        command = KernelSpecManager().get_kernel_spec(name).argv[0]
    except NoSuchKernel:
        return Finding(False, f"no Jupyter kernel {name!r}", mend)
    here = command in ("python", "python3", sys.executable)
    there = "" if here else f" starts {command}, not {sys.executable}"
    return Finding(here, f"Jupyter kernel {name!r}{there}", mend)


def disk() -> Finding:
    """Is there room for executed notebooks and pages?"""
    free = shutil.disk_usage(paths.ROOT).free / 1e9
    mend = "free some disk; executed notebooks and pages need room"
    return Finding(free >= MIN_FREE_GB, f"{free:.1f} GB of disk are free", mend)


def folder() -> Finding:
    """Are the notebooks beside the package, as in a checkout?"""
    mend = "install with 'pip install -e .' from a clone of the repository"
    return Finding(paths.NOTEBOOKS.is_dir(), f"notebooks in {paths.NOTEBOOKS}", mend)
