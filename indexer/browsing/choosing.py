"""Images of a query's file_ids, similar images, and selections that are made on the page."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexer.base.errors import RecipeError
from indexer.base.selection_terms import is_selection_name
from indexer.base.startup import module_command
from indexer.browsing.queries import labelled, opened_to_show
from indexer.manifest import store

MOST_IMAGES = 500
_RADIUS = 12  # bits of 64: shown to a person, who decides
_ATTEMPTS = 5
_IN_USE = "is open in another program"


def images_of(manifest: Path, file_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of up to ``MOST_IMAGES`` images in the given order. Raises ManifestError."""
    with opened_to_show(manifest) as opened:
        return labelled(opened.arrow("browse/listed", {"file_ids": list(file_ids[:MOST_IMAGES])}).to_pylist())


def similar_to(manifest: Path, member_id: int) -> list[dict[str, Any]]:
    """Return the rows of the image and of those with a near perceptual hash; none if it was never inspected."""
    with store.open_for_reading(manifest) as opened:
        parameters = {"member": member_id, "radius": _RADIUS, "images": MOST_IMAGES}
        found = [file_id for (file_id,) in opened.rows("browse/similar", parameters)]
    return images_of(manifest, found)


def save_selection(manifest: Path, query: str, name: str) -> str:
    """Run ``indexer select --sql`` in a process of its own, and return what it printed.

    Requests of the page read the manifest for moments, in which it cannot be written: the command is then repeated.

    Raises:
        RecipeError: the command failed; the message is its own.
    """
    if not is_selection_name(name):
        raise RecipeError(f"{name!r} cannot be the name of a selection")
    # A query that ends in .sql would be read as the name of a file.
    arguments = ["select", f"--sql={query}\n", f"--name={name}", "--manifest-db", str(manifest.absolute()), "--quiet"]
    command, environment = module_command("indexer", os.environ)
    for attempt in range(_ATTEMPTS):
        done = subprocess.run(
            [*command, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if _IN_USE not in done.stderr:
            break
        time.sleep(0.2 * (attempt + 1))
    if done.returncode:
        raise RecipeError(done.stderr.removeprefix("error: ").strip() or done.stdout.strip())
    return done.stdout
