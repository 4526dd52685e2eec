"""Plant five label shortcuts in synthetic pictures, and measure what an audit finds before and after matching.

    python -m benchmarks.bench_shortcuts [COUNT [FOLDER]]

Half of the pictures are fake. Of each label, 4% look like the other one in all five traits: format, JPEG quality, size,
EXIF Software, bytes per pixel. The commands run as users run them: scan, inspect, audit, select with [match], and build
with --strip-metadata. Then the built images are scanned and audited.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

TRAITS = ("format", "JPEG quality", "width", "software", "bytes per pixel")
OVERLAP = 25  # one picture in so many looks like the other label

LOCAL_CFG = """[paths]
input_datasets_path = {folder}
output_path = {folder}/out
tmp_cache_dir = {folder}/tmp
intermediate_outputs_path = {folder}
declarations_path = {folder}
world = {folder}/world
built = {folder}/built
"""
# Of the world and of the built images: label/generator/number.
SOURCE = """name = "{key}"
licence = "synthetic"

[[rule]]
path      = '(?:.*/)?1_fake/(?P<name>[^/]+)'
file_id   = "{key}/fake/{{name}}"
origin    = "{key}"
generator = "ADM"
label     = "fake"

[[rule]]
path    = '(?:.*/)?0_real/(?P<name>[^/]+)'
file_id = "{key}/real/{{name}}"
origin  = "{key}"
label   = "real"
"""
RECIPE = """seed = 1
per_generator = {per_generator}
spares = 0
[split]
train = 0.8
validation = 0.2
[duplicates]
radius = -1
[match]
on = ["format", "jpeg_quality", "long_side", "bytes_per_pixel", "aspect"]
when_short = "drop"
[match.bins]
bytes_per_pixel = {{ratio = 1.2}}
aspect = {{ratio = 1.3}}
"""


def make_world(folder: Path, count: int) -> None:
    """Write ``count`` pictures below ``folder``."""
    for number in range(count):
        label, is_odd = number % 2, number // 2 % OVERLAP == 0
        place = folder / ("1_fake" if label else "0_real") / f"{number}.{'png' if bool(label) != is_odd else 'jpg'}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(number, like_fake=bool(label) != is_odd))


def picture(number: int, *, like_fake: bool) -> bytes:
    """Return a picture with the traits of fakes, or of real images."""
    chance = np.random.default_rng(number)
    long_side = int(chance.integers(64, 72) if like_fake else chance.integers(96, 120))
    short_side = long_side * int(chance.integers(3, 5)) // 4
    smooth = chance.integers(0, 255, (6, 6, 3), np.uint8)
    image = Image.fromarray(smooth).resize((long_side, short_side), Image.Resampling.BICUBIC)
    noise = chance.normal(0, 14 if like_fake else 5, (short_side, long_side, 3))
    image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    target = io.BytesIO()
    if like_fake:
        image.save(target, "PNG")
    else:
        exif = Image.Exif()
        exif[0x0131] = f"Firmware {number % 3}"
        image.save(target, "JPEG", quality=int(chance.integers(88, 96)), exif=exif)
    return target.getvalue()


def run(*arguments: str, folder: Path, status: tuple[int, ...] = (0,)) -> str:
    """Run a command of the programs; return its standard output."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--config", "local.cfg", "--quiet"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in status:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def accuracies(audit: Mapping[str, Any]) -> dict[str, float]:
    """Return the balanced accuracy of each trait for the label."""
    return {row["trait"]: row["balanced_accuracy"] for row in audit["shortcuts"] if row["target"] == "label"}


def measure(folder: Path, count: int) -> Iterator[tuple[str, dict[str, float], int]]:
    """Yield name, accuracies and number of images: of the world, of the selection, of the built images."""
    make_world(folder / "world", count)
    (folder / "local.cfg").write_text(LOCAL_CFG.format(folder=folder), encoding="utf-8")
    for key in ("world", "built"):
        (folder / f"{key}.toml").write_text(SOURCE.format(key=key), encoding="utf-8")
    (folder / "recipes").mkdir()
    (folder / "recipes" / "mine.toml").write_text(
        RECIPE.format(per_generator=count // 2 - count // 100), encoding="utf-8"
    )
    run("indexer", "scan", "--source", "world", folder=folder)
    run("indexer", "inspect", "--all", folder=folder)
    yield _audited("before", folder)
    run("indexer", "select", "recipes/mine.toml", "--name", "mine", folder=folder)
    yield _audited("matched", folder, "mine")
    run("materializer", "build", "--selection", "mine", "--output", str(folder / "built"), "--format", "imagefolder",
        "--strip-metadata", folder=folder)  # fmt: skip
    run("indexer", "scan", "--source", "built", folder=folder)
    query = "select file_id from manifest where source = 'built'"
    run("indexer", "select", "--sql", query, "--name", "built", folder=folder)
    yield _audited("matched and stripped", folder, "built")


def _audited(stage: str, folder: Path, *name: str) -> tuple[str, dict[str, float], int]:
    audit = json.loads(run("indexer", "audit", *name, "--format", "json", folder=folder))
    return stage, accuracies(audit), audit["images"]


def main() -> None:
    """Print the accuracies of each stage."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    folder = Path(tempfile.mkdtemp(dir=sys.argv[2] if len(sys.argv) > 2 else None))
    start = time.perf_counter()
    for stage, found, images in measure(folder, count):
        print(f"{stage}: {images:,} images, {time.perf_counter() - start:.0f} s")
        for trait in (*TRAITS, "decision tree of all"):
            print(f"  {trait:22} {found.get(trait, float('nan')):.3f}")
        print(f"  {'best':22} {max(found.values()):.3f} ({max(found, key=lambda trait: found[trait])})")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
