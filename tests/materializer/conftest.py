"""A source of real images, some of them unusable, some to be converted; and a build of it."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.base.workers import Workers
from indexer.images import ImageLimits
from indexer.manifest import store as stores
from materializer.models import Request, Settings
from materializer.running.build import build
from tests.support import manifests

SHARD = 10_000  # bytes: some ten pictures


@pytest.fixture
def images():
    """Forty images for training, twelve for validation, six spares; of all modes, a few of them unusable."""
    found = [
        *manifests.pictures(40),
        *manifests.pictures(12, "validation", first=100),
        *manifests.pictures(6, role="spare", first=200),
    ]
    found[3] = replace(found[3], data=found[3].data[:300])
    found[30] = replace(found[30], data=b"no picture at all")
    found[-6] = replace(found[-6], data=b"")
    for at, (mode, kind) in enumerate([("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG")]):
        found[10 + at] = replace(found[10 + at], data=manifests.encoded(at, mode, kind))
    return found


@pytest.fixture
def site(tmp_path, tmp_path_factory):
    """The folder of a test's sources, manifest and outputs; in memory if possible, where flushing costs nothing."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        memory = tmp_path
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Site(Path(folder), tmp_path_factory.getbasetemp() / "builds")


class Site:
    def __init__(self, folder, finished=None):
        self.folder = folder
        self.finished = finished
        self.root = folder / "source"
        self.manifest = folder / "manifest.duckdb"

    def lay_out(self, images, packing="folder"):
        manifests.make(self.manifest, self.root, images, packing)
        return self

    def request(self, name="out", selection="main", image_seconds=60, **settings):
        settings = Settings(**{"shard_size": SHARD, **settings})
        return Request(
            selection,
            self.folder / name,
            {manifests.SOURCE: self.root},
            self.folder / "scratch",
            settings,
            image_limits=ImageLimits(seconds=image_seconds),
        )

    def built(self, images, **settings):
        """Lay out ``images`` and build them as ``out``. An equal build is made once in a session, and copied."""
        made = self.finished / hashlib.sha256(repr((images, settings)).encode()).hexdigest()
        if not made.exists():
            Site(made).lay_out(images).build(**settings)
        shutil.copytree(made, self.folder, dirs_exist_ok=True)
        return self

    def build(self, name="out", jobs=2, backend="threading", **settings):
        with stores.open_for_reading(self.manifest) as store:
            return build(store, self.request(name, **settings), Workers(jobs, backend))


def tree(folder):
    """Every file below ``folder`` with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
