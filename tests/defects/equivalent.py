"""Mutants that change nothing that a test could see, and why."""

EQUIVALENT: dict[str, str] = {}
