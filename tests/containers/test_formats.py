"""The tables of formats: every suffix leads to the same logical path, in Python and in SQL, and every entry works."""

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.containers import kinds
from indexer.containers.kinds import FORMATS, Format, Kind
from indexer.images import decode
from indexer.manifest import store
from indexer.manifest.store import Store
from tests.support.archives import container_in, listing, plant, run, seven_zipped, stored_rar, zipped

IMAGE = b"the bytes of an image"
INSIDE = "photos/deep/a.png"
# How bsdtar is called for each packing.
PACKINGS = {
    "gzip": "-z",
    "bzip2": "-j",
    "xz": "-J",
    "lzma": "--lzma",
    "lzip": "--lzip",
    "lz4": "--lz4",
    "zstd": "--zstd",
    "compress": "-Z",
}
NESTING = [(form, suffix) for form in FORMATS if form.nests for suffix in (*form.suffixes, *form.tar_suffixes)]
TABLES = [(form, suffix) for form in FORMATS if form.lists for suffix in form.suffixes]


def _pack(form: Format, tree: Path, target: Path) -> None:
    """Pack ``tree`` in a format, by a tool that writes it."""
    if form.compression:
        run("bsdtar", PACKINGS[form.compression], "-cf", target, ".", cwd=tree)
    elif form.kind is Kind.ZIP:
        zipped(tree, target.with_suffix(".zip"))
        target.with_suffix(".zip").rename(target)
    elif form.kind is Kind.SEVEN_ZIP:
        seven_zipped(tree, target)
    elif "rar" in form.suffixes:
        target.write_bytes(stored_rar({INSIDE: IMAGE}))
    else:
        run("bsdtar", "--format", "cpio" if "cpio" in form.suffixes else "ustar", "-cf", target, ".", cwd=tree)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    plant(tmp_path / "packed", {INSIDE: IMAGE})
    return tmp_path / "packed"


@pytest.fixture(scope="module")
def manifest() -> Iterator[Store]:
    with store.in_memory() as opened:
        yield opened


def _paths(root: Path, manifest: Store) -> set[str]:
    """The logical paths, in Python and in SQL, of the images in the container below ``root``."""
    found = listing(container_in(root))
    in_sql = {
        manifest.execute("select logical_path($path, $name)", {"path": row["path"], "name": row["name"]})[0][0]
        for row in found.rows
    }
    read = found.read()
    assert in_sql == read.keys()
    return {path for path, data in read.items() if data == IMAGE}


@pytest.mark.parametrize(("form", "suffix"), NESTING)
def test_image_has_one_logical_path_whatever_the_suffix(
    form: Format, suffix: str, packed: Path, root: Path, manifest: Store
) -> None:
    _pack(form, packed, root / f"set.{suffix}")
    assert _paths(root, manifest) == {f"set/{INSIDE}"}


@pytest.mark.parametrize(("form", "suffix"), NESTING)
def test_nested_image_has_one_logical_path_whatever_the_suffix(
    form: Format, suffix: str, packed: Path, root: Path, tmp_path: Path, manifest: Store
) -> None:
    (tmp_path / "outer").mkdir()
    _pack(form, packed, tmp_path / "outer" / f"set.{suffix}")
    zipped(tmp_path / "outer", root / "outer.zip")
    assert _paths(root, manifest) == {f"outer/set/{INSIDE}"}


@pytest.mark.parametrize("suffix", sorted({"tar.gz", "tar.Z", "cpio.xz", "zip.zst", "tar.lz", "TAR.LZMA"}))
def test_packed_archive_has_the_logical_path_of_the_archive(
    suffix: str, packed: Path, root: Path, manifest: Store
) -> None:
    inner, packing = suffix.lower().split(".")
    archive = next(form for form in FORMATS if inner in form.suffixes)
    compression = next(form.compression for form in FORMATS if packing in form.suffixes)
    _pack(archive, packed, root / f"set.{inner}")
    run("bsdtar", PACKINGS[str(compression)], "--format", "raw", "-cf", f"set.{suffix}", f"set.{inner}", cwd=root)
    (root / f"set.{inner}").unlink()
    assert _paths(root, manifest) == {f"set/{INSIDE}"}


@pytest.mark.parametrize(("form", "suffix"), TABLES)
def test_cells_have_one_logical_path_whatever_the_suffix(
    form: Format, suffix: str, root: Path, manifest: Store
) -> None:
    table = pa.table({"image": [{"bytes": IMAGE, "path": None}]})
    if form.kind is Kind.PARQUET:
        pq.write_table(table, root / f"set.{suffix}")
    else:
        with pa.ipc.new_file(root / f"set.{suffix}", table.schema) as writer:
            writer.write_table(table)
    assert _paths(root, manifest) == {"set/0/image"}


def test_every_function_of_a_format_exists_and_is_that_of_its_kind() -> None:
    for kind in Kind:
        forms = [form for form in FORMATS if form.kind is kind]
        assert len({(form.entries, form.lists, form.reads, form.nests) for form in forms}) == 1
        has = {role: kinds.function_of(kind, role) is not None for role in ("entries", "lists", "reads")}
        assert has["entries"] or has["reads"] or kind is Kind.ZIP


def test_no_suffix_belongs_to_two_formats() -> None:
    suffixes = [suffix for form in FORMATS for suffix in (*form.suffixes, *form.tar_suffixes)]
    assert len(suffixes) == len({*suffixes})
    assert not {*suffixes} & (kinds.ORDINARY | kinds.DOCUMENTS)


@pytest.mark.parametrize("image", image_formats.FORMATS, ids=lambda image: image.name)
def test_images_of_a_format_are_known_by_their_first_bytes(image: image_formats.ImageFormat) -> None:
    if image.plugin:
        pytest.importorskip(image.plugin)
    elif (
        image.name not in ("AVIF", "DIB", "ICO", "DDS", "PFM", "TGA", "SGI", "PCX", "EPS", "PDF")
        and image.decoder is None
    ):
        pytest.skip("Pillow writes no such file, or the format has no signature")
    mode = {"PFM": "F"}.get(image.name, "RGB")
    packed = io.BytesIO()
    Image.effect_noise((32, 32), 50).convert(mode).save(packed, "PPM" if image.name == "PFM" else image.name)
    data = packed.getvalue()
    assert image_formats.format_of(data[:32]) is image
    if image.decoder:
        assert decode(data).size == (32, 32)
    else:
        with pytest.raises(BadData) as error:
            decode(data)
        assert (error.value.reason, error.value.detail) == ("unsupported_format", f"{image.name} images are not read")


@pytest.mark.parametrize("suffix", sorted(image_formats.SUFFIXES))
def test_every_image_suffix_is_an_image_in_sql(suffix: str, manifest: Store) -> None:
    query = "select regexp_matches($name, image_name_end())"
    assert manifest.execute(query, {"name": f"a/b.{suffix.upper()}"}) == [(True,)]
    assert manifest.execute(query, {"name": f"a/b.{suffix}.txt"}) == [(False,)]
