"""A folder of pictures as a newcomer has it."""

import zipfile
from pathlib import Path

import pytest

from tests.support.gallery import picture


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with ``Pictures`` (three images) and ``more.zip`` (ImageFolder, six images)."""
    for name in ("2024/astronaut", "2024/chelsea", "cover"):
        path = tmp_path / "Pictures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(name, (96, 64), "PNG"))
    with zipfile.ZipFile(tmp_path / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("train/fake/1", "train/fake/2", "train/cat/1", "train/cat/2", "val/fake/3", "val/cat/3"):
            archive.writestr(f"{name}.png", picture(name, (96, 64), "PNG"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
