"""Compare the verdicts of the decode check with those of a full decode, for files of folders and for damaged images.

    python -m benchmarks.verdicts FOLDER... --damaged 10000 --seed 1

A full decode is Pillow's, of the first frame in full size; libjpeg must decode a JPEG without a warning, too. The check
of a build and an inspection are compared with it. The exceptions of docs/images.md are counted; exit status 1 if any
other verdict differs. Samples with arithmetic coding need jpegtran (Debian: libjpeg-turbo-progs).
"""

import argparse
import io
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import simplejpeg
from PIL import Image

from benchmarks.verdicts.damages import damage
from benchmarks.verdicts.samples import samples
from indexer.base.errors import BadData
from indexer.images import ImageLimits, inspect
from materializer.models import Pixels, Settings
from materializer.shards.transform import prepare

_OK = "ok"
_SETTINGS = Settings(pixels=Pixels.VERBATIM)
# Warnings of libjpeg after which an image is accepted, and reasons for which one that decodes is refused.
_ACCEPTED = re.compile("JFIF revision|Adobe color transform|ICC marker|extraneous bytes before marker")
# Exceptions whatever the pixels are. libjpeg's warnings of a TIFF are unknown to Pillow.
_UNCHECKED = re.compile("determine subsampling level|^damaged: libjpeg: Corrupt JPEG data")
_REFUSED = re.compile(
    "unsupported_format|unknown_range|too_many_pixels|cannot identify image file|separate planes|palette is missing"
    "|the last scan ends"
)


def full_decode(data: bytes) -> str:
    """Return ``ok``, or why a full decode fails or warns."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            form = image.format
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if form in ("JPEG", "MPO"):
        try:
            simplejpeg.decode_jpeg(data, "RGB", strict=True)
        except (ValueError, RuntimeError) as error:
            return f"libjpeg: {error}"
    return _OK


def compare(data: bytes, undamaged: bytes | None) -> list[str]:
    """Return how the verdicts on a file differ from that of a full decode; faults begin with ``FAULT``.

    A copy without damaged metadata is compared in place of the file, if the build stores one.
    """
    found = inspect(data)
    stored, built = data, _OK
    try:
        stored = bytes(prepare(data, None, None, _SETTINGS, ImageLimits()).data)
    except BadData as bad:
        built = str(bad)
    full = full_decode(stored)
    inspected = _OK if found.status == _OK else f"{found.status}: {found.reason}"
    return [
        _difference(name, verdict, full, stored, undamaged)
        for name, verdict in (("build", built), ("inspection", inspected))
        if (verdict == _OK) != (full == _OK)
    ]


def _difference(name: str, verdict: str, full: str, stored: bytes, undamaged: bytes | None) -> str:
    """Describe a difference. An exception for a damaged image must be right about its pixels, too."""
    is_accepted = verdict == _OK
    what = f"accepted by {name}, full decode: {full}" if is_accepted else f"refused by {name}, which decodes: {verdict}"
    is_known = _ACCEPTED.search(full) if is_accepted else _REFUSED.search(verdict)
    is_right = undamaged is None or (_pixels(stored) == _pixels(undamaged)) == is_accepted
    is_exception = (is_known and is_right) or _UNCHECKED.search(full if is_accepted else verdict)
    return re.sub("[0-9]+", "#", what if is_exception else f"FAULT {what}")[:150]


def _pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes() + bytes(image.getpalette() or ())


def public_files(folders: list[Path]) -> Iterator[tuple[str, list[str]]]:
    """Yield each file below the folders and the differences."""
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield str(path), compare(path.read_bytes(), None)


def damaged_images(count: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    """Yield sample and damage of so many damaged images, and the differences. Half of them are JPEG or PNG."""
    found = samples(seed)
    by_format: dict[str, list[str]] = {}
    for name in found:
        by_format.setdefault(name.split()[0], []).append(name)
    for number in range(count):
        chance = Random(f"{seed} {number}")
        names = by_format[chance.choice((*["JPEG", "PNG"] * (len(by_format) // 2), *by_format))]
        one, other = chance.choice(names), chance.choice(names)
        kind, data = damage(found[one], found[other], chance)
        yield f"{number}: {one}, {kind}", compare(data, found[one])


def main() -> int:
    """Compare all and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--damaged", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    count, differences = 0, Counter[str]()
    for results in (public_files(given.folders), damaged_images(given.damaged, given.seed)):
        for name, found in results:
            count += 1
            differences.update(found)
            for fault in (one for one in found if one.startswith("FAULT")):
                print(f"{name}: {fault}")
    for difference, number in sorted(differences.items()):
        print(f"{number:6,} {difference}")
    faults = sum(number for difference, number in differences.items() if difference.startswith("FAULT"))
    print(f"{count:,} files, {faults:,} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
