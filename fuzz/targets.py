"""The targets to damage: archives in one file or several, and images. Each is packed once and damaged by seed."""

import io
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from random import Random

from PIL import Image

from fuzz.damage import damaged
from fuzz.sets import joined, volumes_of

Files = dict[str, bytes]


@cache
def members() -> Files:
    """Return the files to pack: noise and repetitions."""
    chance = Random(1)
    files = {f"set/{number}.png": chance.randbytes(300 * number + 50) for number in range(6)}
    return files | {"set/flat.png": bytes(3_000), "set/deep/caf\u00e9.jpg": b"12345" * 40}


@cache
def zipped(method: int) -> bytes:
    """Return the members in a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members().items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return packed.getvalue()


@cache
def tarred(mode: str) -> bytes:
    """Return the members in a tar, or a compressed tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{mode}") as archive:
        for name, data in members().items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@cache
def by_program(*command: str) -> bytes:
    """Return the members packed by ``command``, which gets the archive's name and the folder as last arguments."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in members().items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        subprocess.run([*command, "packed", "set"], cwd=folder, check=True, capture_output=True)
        [packed] = Path(folder).glob("packed*")
        return packed.read_bytes()


@cache
def picture(kind: str) -> bytes:
    """Return a small image."""
    packed = io.BytesIO()
    Image.frombytes("RGB", (40, 30), Random(2).randbytes(3_600)).save(packed, kind)
    return packed.getvalue()


def volumes(chance: Random) -> Files:
    """Return a zip cut in four parts, one of them damaged, missing, swapped or repeated."""
    data = zipped(zipfile.ZIP_DEFLATED)
    size = -(-len(data) // 4)
    parts = {f"set.zip.{at + 1:03}": data[at * size : (at + 1) * size] for at in range(4)}
    one, other = chance.sample(sorted(parts), 2)
    what = chance.choice(("damaged", "missing", "swapped", "twice"))
    if what == "damaged":
        parts[one] = damaged(parts[one], chance)
    elif what == "missing":
        del parts[one]
    elif what == "swapped":
        parts[one], parts[other] = parts[other], parts[one]
    else:
        parts[one] = parts[other]
    return parts


def _one(name: str, packed: Callable[[], bytes]) -> Callable[[Random], Files]:
    return lambda chance: {name: damaged(packed(), chance)}


def sets(chance: Random) -> Files:
    """Return an archive of any format cut into parts."""
    packers: dict[str, Callable[[], bytes]] = {
        "zip": lambda: zipped(chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))),
        "tar.gz": lambda: tarred("gz"),
        "tar.xz": lambda: tarred("xz"),
        "7z": lambda: by_program("7zz", "a", "-bd", "-t7z"),
    }
    suffix = chance.choice(sorted(packers))
    return volumes_of(packers[suffix](), suffix, chance)


ARCHIVES: dict[str, Callable[[Random], Files]] = {
    "zip": _one("set.zip", lambda: zipped(zipfile.ZIP_DEFLATED)),
    "stored-zip": _one("set.zip", lambda: zipped(zipfile.ZIP_STORED)),
    "volumes": volumes,
    "sets": sets,
    "joined": lambda chance: {"set.zip": joined(members(), chance)},
    "damaged-joined": lambda chance: {"set.zip": damaged(joined(members(), chance), chance)},
    "tar": _one("set.tar", lambda: tarred("")),
    "tar.gz": _one("set.tar.gz", lambda: tarred("gz")),
    "tar.xz": _one("set.tar.xz", lambda: tarred("xz")),
    "7z": _one("set.7z", lambda: by_program("7zz", "a", "-bd", "-t7z")),
    "cpio": _one("set.cpio", lambda: by_program("bsdtar", "--format", "cpio", "-cf")),
}
IMAGES = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
# These count no members and have no checksums: missing members and wrong bytes cannot be detected.
UNVERIFIED = ("tar", "cpio")


def names() -> Iterable[str]:
    """Return the names of all targets."""
    return (*ARCHIVES, *IMAGES)
