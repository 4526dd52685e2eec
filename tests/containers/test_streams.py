"""Compressed tars are read as streams."""

import io
import random
import tarfile
import tracemalloc
from pathlib import Path

from indexer.containers.models import ArchiveLimits
from indexer.containers.reading import read_members
from tests.support.archives import container_in, listing


def test_memory_does_not_grow_with_a_compressed_tar(root: Path) -> None:
    noise = random.Random(1).randbytes(200_003)
    with tarfile.open(root / "set.tar.gz", "w:gz") as archive:
        for number in range(100):
            member = tarfile.TarInfo(f"{number}.jpg")
            member.size = len(noise)
            archive.addfile(member, io.BytesIO(noise))
    found = listing(container_in(root))
    tracemalloc.start()
    try:
        sizes = [len(data) for _, data in read_members(found.container, found.members(), ArchiveLimits())]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [len(noise)] * 100
    assert peak < 8_000_000
