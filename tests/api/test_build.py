"""``materializer.build``, ``load`` and ``verify`` as Python functions."""

from pathlib import Path

import pytest

from indexer import Manifest
from indexer.base.errors import ConfigError, OutputError, RecipeError
from materializer import build, load, verify


def test_a_selection_is_built_loaded_and_verified(manifest: Manifest, tmp_path: Path) -> None:
    output = tmp_path / "built"
    summary = build(manifest, "cnn", output, order="selection", shard_size="1MB")
    assert summary.splits == {"train": 10, "validation": 2}
    loaded = load(output)
    trained = manifest.dataset("cnn", split="train")
    assert loaded["train"]["file_id"] == trained.file_ids
    assert loaded["train"][3]["image"].tobytes() == trained[3]["image"].tobytes()
    again = build(manifest.path, manifest.selection("cnn"), tmp_path / "again", order="selection", shard_size="1MB")
    assert (again.splits, again.size) == (summary.splits, summary.size)
    assert verify(output).differences == verify(output, manifest).differences == ()


@pytest.mark.parametrize(
    ("selection", "settings", "error", "message"),
    [
        ("cn", {}, RecipeError, "no selection 'cn' in"),
        ("cnn", {"pixel": "rgb"}, ConfigError, "unknown setting 'pixel': did you mean 'pixels'?"),
        ("cnn", {"pixels": "rbg"}, ConfigError, "pixels='rbg': did you mean 'rgb'?"),
        ("cnn", {"format": "zip"}, ConfigError, "format='zip': there are arrow, imagefolder, parquet, webdataset"),
        ("cnn", {"shard_size": "big"}, ConfigError, "shard_size='big' is not a size: write it as 500MB or 2GiB"),
    ],
)
def test_wrong_settings_are_one_line(
    manifest: Manifest, tmp_path: Path, selection: str, settings: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        build(manifest, selection, tmp_path / "built", **settings)
    assert message in str(caught.value)
    assert not (tmp_path / "built" / "dataset_dict.json").exists()


def test_a_folder_without_a_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no dataset: name a folder that a build"):
        load(tmp_path / "none")
    with pytest.raises(OutputError, match="holds no finished build"):
        verify(tmp_path)
