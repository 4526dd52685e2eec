"""Each value of each JSON file of a dataset's folder is replaced by values of wrong types: one line, no traceback."""

import copy
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from indexer.base.errors import ProjectError, SourceError
from indexer.base.untrusted_json import InvalidJson, read_json
from indexer.base.workers import Workers
from indexer.containers.tabular.columns import features_of
from indexer.manifest import store as stores
from indexer.reporting.models import ReportOptions
from materializer.dataset import converted_record
from materializer.dataset.build_folder import read_build, read_features, read_plan, read_saved
from materializer.dataset.convert import ConvertTask, convert, finalize
from materializer.dataset.verify import verify
from materializer.models import Feature
from materializer.report import DatasetReader, report

HERE = Workers(1, "threading")
FILES = (
    "build.json",
    "dataset_dict.json",
    "train/state.json",
    "train/dataset_info.json",
    "record/plan.json",
    "record/facts.json",
)
WRONG: tuple[Any, ...] = (None, True, -1, 7, 1.5, "", "..", "a/b", "a\0b", [], [None], [[]], {}, {"a": None})
MISSING = object()


def _mutations(content: Any) -> Iterator[Any]:
    """Yield the content with one value replaced or removed, for all values and replacements."""
    for path in _paths(content):
        for wrong in (*WRONG, MISSING):
            changed = [copy.deepcopy(content)]
            parent: Any = changed
            *parents, last = (0, *path)
            for key in parents:
                parent = parent[key]
            if wrong is not MISSING:
                parent[last] = wrong
            elif path:
                del parent[last]
            yield changed[0]


def _paths(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield from _paths(value, (*path, key))


def _attempt(step: Any) -> None:
    try:
        step()
    except ProjectError as error:
        assert "\n" not in str(error)  # noqa: PT017


def _read(folder: Path) -> None:
    _attempt(lambda: read_build(folder))
    _attempt(lambda: read_plan(folder))
    _attempt(lambda: read_features(folder / "train/dataset_info.json"))
    with suppress(ProjectError):
        saved = read_saved(folder)
        converted_record.read(folder, [Path(split.name) / file for split in saved for file in split.files])


def _run(folder: Path) -> None:
    target = folder.with_name("converted")
    _attempt(lambda: finalize(folder, target, None, HERE))
    if target.exists():
        target.rename(target.with_name(f"converted-{len(list(folder.parent.iterdir()))}"))
    _attempt(lambda: verify(folder, None, HERE))
    with stores.in_memory() as store:
        _attempt(lambda: report(store, folder, ReportOptions(images=0), DatasetReader(HERE)))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("use", "most"), [(_read, None), pytest.param(_run, 30, marks=pytest.mark.slow)], ids=["read", "run"]
)
def test_wrong_values_in_json_are_one_line(site, images, name, use, most):
    """``most``: the commands take a second each, so they see a sample, spread over the file."""
    site.built(images[:2])
    folder = site.folder / "out"
    changes = list(_mutations(json.loads((folder / name).read_text())))
    for changed in changes[:: -(-len(changes) // most) if most else 1]:
        (folder / name).write_text(json.dumps(changed))
        use(folder)


@pytest.mark.parametrize(
    "splits", [None, 7, "train", {}, [], [None], [7], [""], [".."], ["train", "train"], [["train"]]]
)
def test_invalid_splits_are_refused(site, images, splits):
    site.built(images[:2])
    folder = site.folder / "out"
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": splits}))
    (folder / "build.json").unlink()
    with pytest.raises(ProjectError) as caught:
        finalize(folder, site.folder / "other", None, HERE)
    assert "\n" not in str(caught.value)
    with stores.in_memory() as store, pytest.raises(ProjectError):
        report(store, folder, ReportOptions(images=0), DatasetReader(HERE))


def test_deeply_nested_metadata_of_a_shard_is_one_line(tmp_path):
    note = {"huggingface": "[" * 100_000}
    assert features_of(pa.schema([], metadata=note)) == {}
    source = tmp_path / "data.arrow"
    with pa.ipc.new_stream(source, pa.schema([("image", pa.binary())], metadata=note)) as stream:
        stream.write_table(pa.table({"image": [b""]}))
    with pytest.raises(SourceError, match="cannot be converted"):
        convert(ConvertTask(source, tmp_path / "out.arrow", Feature.STANDARD))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("build.json", "/dev/zero"),
        ("train/state.json", None),
        ("record/refused.parquet", "/dev/zero"),
        ("train/data-00000-of-00001.arrow", None),
    ],
)
def test_pipes_and_devices_in_a_dataset_are_refused(site, images, name, target):
    """Reading one would not end, or take all memory."""
    site.lay_out(images[:2]).build()
    folder = site.folder / "out"
    (folder / name).unlink()
    os.mkfifo(folder / name) if target is None else (folder / name).symlink_to(target)
    for use in (
        lambda: verify(folder, None, HERE),
        lambda: finalize(folder, site.folder / "other", None, HERE),
        lambda: report(stores.in_memory(), folder, ReportOptions(images=0), DatasetReader(HERE)),
    ):
        with pytest.raises(SourceError, match="no regular file"):
            use()
    with pytest.raises(InvalidJson, match="no regular file"):
        read_json(folder / name)
