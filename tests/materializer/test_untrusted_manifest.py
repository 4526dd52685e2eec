"""A manifest from others: no name in it leads a build out of its folders."""

import duckdb
import pytest

from indexer.base.errors import ProjectError, RecipeError, SourceError
from indexer.base.workers import Workers
from indexer.browsing.image_reader import ImageReader, ImageRequest
from tests.materializer.conftest import tree
from tests.support import manifests


def test_split_that_is_no_folder_name_is_refused(site):
    site.lay_out(manifests.pictures(2))
    before = set(tree(site.folder))
    for split in ("../evil", "/dev/shm/evil", "..", "a/b", "x\0y", "", "train\n", "record", "readme.md"):
        with duckdb.connect(str(site.manifest)) as manifest:
            manifest.execute("update selection set split = ?", [split])
        with pytest.raises(RecipeError, match="no name of a folder"):
            site.build()
    assert {name for name in tree(site.folder) if not name.startswith("scratch/")} == before


@pytest.mark.parametrize(
    ("packing", "path"),
    [("folder", "a/../../private.jpg"), ("folder", "a\0b"), ("stored", "../private.jpg"), ("stored", "{root}/x.zip")],
)
def test_path_that_leads_out_of_its_source_is_not_read(site, packing, path):
    private = site.folder / "private.jpg"
    private.write_bytes(manifests.encoded(1))
    site.lay_out(manifests.pictures(2), packing)
    path, facts = path.format(root=site.root), private.stat()
    with duckdb.connect(str(site.manifest)) as manifest:
        values = [path, None, facts.st_size, facts.st_mtime_ns]
        if packing == "folder":
            manifest.execute("update member set path = ?, name_bytes = ?, size = ?, mtime_ns = ?", values)
        else:
            volume = {"path": path, "size": facts.st_size, "mtime_ns": facts.st_mtime_ns}
            manifest.execute("update container set path = ?, volumes = [?]", [path, volume])
            manifest.execute("update member set access = 'slice', \"offset\" = 0, packed_size = size, method = null")
    with pytest.raises(SourceError, match="leads out of its source"):
        site.build()
    images = ImageReader(site.manifest, {manifests.SOURCE: site.root}, Workers(1, "threading"))
    try:
        shown = images.submit(ImageRequest(1, full=True)).result(60)
    except ProjectError as error:
        shown = error
    finally:
        images.close()
    assert "leads out of its source" in str(shown)


@pytest.mark.parametrize("field", ['"offset"', "size", "packed_size"])
def test_negative_location_is_refused(site, field):
    site.lay_out(manifests.pictures(3), "stored")
    with duckdb.connect(str(site.manifest)) as manifest:
        manifest.execute(f"update member set {field} = -5000 where ordinal = 1")
    with pytest.raises(SourceError, match="has a negative offset or size of"):
        site.build()
