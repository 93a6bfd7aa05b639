"""What is done once: one version of an experiment, with its parameters and its seed."""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar


class TrialFailed(RuntimeError):
    """A trial did not come to its end. The message says where and why, in one line."""


@dataclass(frozen=True)
class Trial(ABC):
    """One trial, as a worker process is handed it; its kinds say how it is executed.

    Args:
        experiment: a chapter or a recorded table.
        version: of that, as the one who planned the trial has it.
        parameters: what makes this trial differ from the others, its seed included.
    """

    kind: ClassVar[str]
    experiment: str
    version: str
    parameters: dict

    def content(self) -> dict:
        """All that decides what comes out; what JSON does not know is taken as a text."""
        told = {"version": self.version, "parameters": self.parameters}
        return {self.kind: self.experiment} | told

    @cached_property
    def key(self) -> str:
        """The name of its folder: changes with the content, with nothing else."""
        return digest(json.dumps(self.content(), sort_keys=True, default=str))

    def columns(self) -> dict:
        """What the table says of it, whatever comes out."""
        return self.parameters

    def files(self) -> list[str]:
        """What it leaves in its folder beside its row."""
        return []

    @abstractmethod
    def version_here(self) -> str:
        """The version that this process would execute."""

    @abstractmethod
    def execute(self, folder: Path, timeout: float | None = None) -> dict:
        """Do it in a folder of its own, and return its row of the table."""


def digest(text: str) -> str:
    """Twelve digits of a hash: a hundred thousand names hardly ever meet."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
