"""Builds open with the oldest and the newest stock `datasets` that the card names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from materializer.dataset.card.pages import DATASETS_VERSIONS
from materializer.models import Feature
from tests.support import manifests, stock_reader

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
KINDS = (("JPEG", "RGB"), ("PNG", "RGB"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("AVIF", "RGB"), ("PNG", "L"))


@pytest.fixture(scope="module", params=DATASETS_VERSIONS)
def python(request):
    """The Python of an environment with one version of `datasets`; pytest's cache keeps the environment.

    Versions before 5 open an imagefolder with pandas 2 only.
    """
    folder = request.config.cache.mkdir(f"datasets-{request.param}-pandas-2")
    program = folder / "bin/python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [program, "-m", "pip", "install", "-q", f"datasets=={request.param}", "pillow", "pandas<3"]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"pip cannot install datasets {request.param}: {done.stderr[-200:]}")
        (folder / "complete").touch()
    return program


def test_each_format_opens_with_each_version(site, python):
    """Both image features; a JPEG-only first batch would hide that samples have several suffixes."""
    images = [
        manifests.Picture(f"{kind}/{mode}/{seed}", manifests.encoded(seed, mode, kind), split)
        for kind, mode in KINDS
        for split, seed in (("train", 1), ("train", 2), ("validation", 3))
    ]
    site.lay_out(images)
    expected = sorted((image.split, image.file_id) for image in images)
    for name, feature, loader in [
        ("arrow", Feature.STANDARD, "load_from_disk"),
        ("arrow", Feature.LARGE, "load_from_disk"),
        ("parquet", Feature.STANDARD, "load_dataset"),
        ("webdataset", Feature.STANDARD, "load_dataset"),
        ("imagefolder", Feature.STANDARD, "load_dataset"),
    ]:
        folder = site.folder / f"{name}-{feature}"
        site.build(folder.name, format=name, feature=feature)
        rows = _rows(python, folder, loader)
        assert sorted((split, file_id) for split, file_id, _, _ in rows) == expected
        assert all(len(shown) == 1 and next(iter(shown.values()))[1] == [24, 16] for _, _, _, shown in rows)


def _rows(python, folder, loader):
    cache = folder.with_name("cache")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
    command = [python, stock_reader.__file__, folder, loader, cache / folder.name]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
