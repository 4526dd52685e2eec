"""Selection from real files with planted duplicates, recompressed copies, broken images and shared real images."""

import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from indexer.base.errors import SourceError
from indexer.base.workers import Workers
from indexer.containers.detect import find_containers
from indexer.containers.kinds import Kind
from indexer.containers.listing import list_members
from indexer.containers.models import ArchiveLimits, Container, Volume
from indexer.manifest import store as stores
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from indexer.selection.inspecting import Inspector
from tests.images.test_images import saved

RECIPE = """
seed = 3
spares = 0.0
origins = ["o1", "o2"]
[quotas]
A = 6
B = 4
[split]
train = 0.8
validation = 0.2
[images]
min_side = 200
[duplicates]
on_conflict = "keep_first"
[photographs]
per_fake = 0.5
"""
PAIRS = {"o1/B/b0": ["photos/p0"], "o1/B/b1": ["photos/q0"], "o1/B/b2": ["photos/p1"]}


def landscape(seed: int, side: int = 256) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def files() -> dict[str, bytes]:
    """Path -> bytes: what is good, and after it what is planted."""
    good = {f"o1/A/a{n}.png": saved(landscape(n)) for n in range(6)}
    good |= {f"o1/B/b{n}.png": saved(landscape(20 + n)) for n in range(4)}
    good |= {f"photos/p{n}.jpg": saved(landscape(40 + n), "JPEG", quality=92) for n in range(5)}
    return good | {
        "o2/A/copy.png": good["o1/A/a0.png"],
        "o2/A/recompressed.jpg": saved(landscape(1), "JPEG", quality=60),
        "o2/A/cut.png": good["o1/A/a2.png"][:4000],
        "o2/A/page.png": b"<html>404</html>",
        "o2/A/small.png": saved(landscape(60, side=100)),
        "photos/q0.jpg": good["photos/p0.jpg"],
        "photos/fake.png": good["o1/A/a3.png"],
        "photos/empty.jpg": b"",
    }


EXPECTED = {
    "o2/A/copy": "same bytes as o1/A/a0",
    "o2/A/recompressed": "near duplicate of o1/A/a1",
    "o2/A/cut": "truncated",
    "o2/A/page": "not an image",
    "o2/A/small": "smaller than 200 pixels",
    "photos/fake": "same bytes as o1/A/a3",
    "photos/empty": "empty",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fakes as loose files, the photographs in a zip."""
    folder = tmp_path_factory.mktemp("source")
    with zipfile.ZipFile(folder / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files().items():
            if path.startswith("photos/"):
                archive.writestr(path, data)
            else:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
    return folder


@pytest.fixture
def manifest(root: Path, tmp_path: Path) -> Store:
    """The raw rows and attributes of ``root``, without inspections."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    volumes = [Volume(str(path.relative_to(root)), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    archives, loose = find_containers(root, volumes)
    store = stores.open_for_writing(tmp_path / "manifest.duckdb")
    for number, container in enumerate([*archives, Container(root, "", Kind.FOLDER, tuple(loose))], start=1):
        _record(store, number, container)
    store.execute(
        """
        insert into attributes by name
        select member_id, 'world' as source, regexp_replace(coalesce(name, path), '\\.[a-z]+$', '') as file_id,
            split_part(file_id, '/', 1) as origin, label,
            case when label = 1 then split_part(file_id, '/', 2) else '' end as generator,
            '' as description, '' as positive_prompt, '' as negative_prompt, '' as conditioning,
            [] as paired_real_images, 'ok' as status
        from (select *, case when name is null then 1 else 0 end as label from member)
        """
    )
    for file_id, photographs in PAIRS.items():
        store.execute("update attributes set paired_real_images = $ids where file_id = $file_id",
                      {"ids": photographs, "file_id": file_id})  # fmt: skip
    return store


def _record(store: Store, number: int, container: Container) -> None:
    volumes = [{"path": v.path, "size": v.size, "mtime_ns": v.mtime_ns} for v in container.volumes]
    row = {"container_id": number, "source": "world", "path": container.path, "kind": str(container.kind)}
    row |= {"volumes": [] if container.kind is Kind.FOLDER else volumes, "size": 0, "fingerprint": "", "listed": 0}
    store.insert("container", pa.Table.from_pylist([{**row, "status": "complete"}]))
    with store.registered("listed", _members(container)):
        store.execute(
            f"insert into member by name select *, {number} as container_id,"
            f" {number} * 1000 + ordinal as member_id from listed"
        )


def _members(container: Container) -> pa.Table:
    if container.kind is not Kind.FOLDER:
        listed = list_members(container, ArchiveLimits())
        return pa.Table.from_batches([batch for batch in listed if isinstance(batch, pa.RecordBatch)])
    return pa.Table.from_pylist(
        [{"ordinal": n, "path": v.path, "size": v.size, "access": "file"} for n, v in enumerate(container.volumes)]
    )


def test_only_usable_unique_images_are_selected_and_others_have_a_reason(root: Path, manifest: Store) -> None:
    inspector = Inspector({"world": root}, Workers(jobs=2))
    with manifest as store:
        result = select(store, recipe.parse(RECIPE), "x", inspector)
        rows = dict(store.execute("select file_id, split from selection"))
        reasons = dict(store.execute("select file_id, reason from selection_excluded"))
        again = select(store, recipe.parse(RECIPE), "x", inspector)
    good = {path.rsplit(".", 1)[0] for path in files()} - set(EXPECTED)
    p0 = {"photos/p0", "photos/q0"}
    assert set(rows) - p0 == good - p0
    assert len(p0 & set(rows)) == 1
    (gone,) = p0 - set(rows)
    assert reasons == EXPECTED | {gone: f"same bytes as {min(p0 - {gone})}"}
    assert result.inspected == len(files())
    assert (again.inspected, again.counts) == (0, result.counts)
    kept = min(p0 & set(rows))
    assert rows["o1/B/b0"] == rows["o1/B/b1"] == rows[kept]
    assert result.counts == (
        ("train", "complement", 4 - _paired(result, "train")), ("train", "paired", _paired(result, "train")),
        ("train", "sampled", 8), *(row for row in result.counts if row[0] == "validation"),
    )  # fmt: skip
    assert sum(images for split, _, images in result.counts if split == "validation") == 3


def _paired(result: object, split: str) -> int:
    return sum(images for side, role, images in result.counts if (side, role) == (split, "paired"))


def test_missing_source_is_an_error(manifest: Store, tmp_path: Path) -> None:
    with manifest as store:
        with pytest.raises(SourceError, match="the source 'world' has no path on this machine"):
            select(store, recipe.parse(RECIPE), "x", Inspector({}, Workers(jobs=2)))
        with pytest.raises(SourceError):
            select(store, recipe.parse(RECIPE), "x", Inspector({"world": tmp_path / "gone"}, Workers(jobs=2)))
        assert store.count("selection") == 0
