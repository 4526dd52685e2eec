"""Programs that tests run."""

import shutil

import pytest


def require_program(name: str) -> str:
    """Return the path of a program; skip the test, naming the program, where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs the program {name}: see .ci/setup")
    return path
