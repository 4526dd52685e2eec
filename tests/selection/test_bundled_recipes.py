"""The recipes for training, testing and release dates, on a small world of real archives."""

import io
import tarfile
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer import Manifest
from indexer.base.config import MANDATORY
from indexer.selection import recipe

pytestmark = pytest.mark.slow

IMAGES = 8  # per folder
FAKES = [
    "train/car/1_fake", "train/sdv1.4/1_fake", "val/horse/1_fake", "test/ProGAN/1_fake", "test/FLUX1-dev/1_fake",
    "test/InSwap/1_fake",
]  # fmt: skip


def picture(seed: int) -> bytes:
    """Return a picture of noise at a low resolution: no two of them are near duplicates."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((40, 40), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def lay_out(data: Path) -> None:
    seeds = iter(range(1000))
    (data / "AIGIBench").mkdir(parents=True)
    with tarfile.open(data / "AIGIBench/all.tar.gz", "w:gz") as archive:
        for folder in FAKES:
            for number in range(IMAGES):
                content = picture(next(seeds))
                member = tarfile.TarInfo(f"{folder}/{number}.png")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    (data / "coco").mkdir()
    with zipfile.ZipFile(data / "coco/train2017.zip", "w") as photographs:
        for number in range(60):
            photographs.writestr(f"train2017/{number:012}.jpg", picture(next(seeds)))
    faces = data / "MNW/AI_Images/Midjourney 6"
    faces.mkdir(parents=True)
    for number in range(IMAGES):
        (faces / f"{number}.jpg").write_bytes(picture(next(seeds)))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("world")
    lay_out(folder / "data")
    paths = "\n".join(f"{key} = {folder / 'data'}" for key in MANDATORY)
    (folder / "local.cfg").write_text(f"[paths]\n{paths}\n")
    return Manifest.scan(manifest=folder / "m.duckdb", config=folder / "local.cfg", jobs=1)


def selected(manifest: Manifest, name: str, images: int) -> dict[str, dict[str, int]]:
    """Select by the recipe ``name`` with ``images`` per generator; return them by split and generator."""
    text = recipe.find(name).read_text()
    number = recipe.parse(text).per_generator
    file = manifest.path.with_name(f"{name}.toml")
    file.write_text(text.replace(f"per_generator = {number}", f"per_generator = {images}"))
    manifest.select(recipe=file, name=name, force=True)
    rows = manifest.sql(
        f"select split, generator, count(*) from selection join manifest using (file_id)"
        f" where name = '{name}' and role <> 'spare' group by all order by all"
    ).fetchall()
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for split, generator, count in rows:
        counts[split][generator] = count
    return counts


def test_locked_test_has_test_parts_and_no_tampered_images(manifest):
    assert selected(manifest, "locked_test", 4) == {"test": {"": 12, "FLUX 1 Dev": 4, "Midjourney 6": 4, "ProGAN": 4}}


def test_balanced_has_no_picture_of_the_locked_test(manifest):
    selected(manifest, "locked_test", 4)
    found = selected(manifest, "balanced", 3)
    assert set(found) == {"train", "validation"}
    sums = Counter[str]()
    for counts in found.values():
        sums.update(counts)
    assert sums == {"": 12, "FLUX 1 Dev": 3, "Midjourney 6": 3, "ProGAN": 3, "Stable Diffusion 1.4": 3}
    both = "select count(*) from selection a join selection b using (file_id) where a.name < b.name"
    assert manifest.sql(f"{both} and a.name in ('balanced', 'locked_test')").fetchall() == [(0,)]


def test_temporal_tests_on_generators_that_are_newer(manifest):
    """Four generators fill one window of four; windows of two make the past and the next."""
    file = recipe.find("temporal")
    manifest.path.with_name("temporal.toml").write_text(
        file.read_text().replace("size = 4", "size = 2").replace("= 1000", "= 4")
    )
    manifest.select(recipe=manifest.path.with_name("temporal.toml"), name="temporal", force=True)
    rows = manifest.sql(
        "select split, min(generator_released), max(generator_released), count(*) filter (label = 0), count(*)"
        " from selection join manifest using (file_id) where name = 'temporal' and role <> 'spare'"
        " group by split order by split"
    ).fetchall()
    (later, first_next, _, *next_counts), (earlier, _, last_past, *past_counts) = rows
    assert (later, earlier) == ("next", "past")
    assert last_past < first_next
    assert next_counts == past_counts == [8, 16]
