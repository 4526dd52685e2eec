"""``get`` extracts single images; ``trace`` finds the images that are given files."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from indexer import images
from indexer.containers.models import ArchiveLimits
from indexer.containers.open_containers import OpenContainers
from indexer.images import ImageLimits
from indexer.lookup.extraction import safe_name
from indexer.lookup.tracing import Tracer
from tests.cli.conftest import Run
from tests.images.test_images import photo, saved
from tests.support.gallery import picture
from tests.support.worlds import Picture, world

PNG = picture("one", (96, 64), "PNG")
OTHER = picture("two", (96, 64), "PNG")


@pytest.fixture
def scanned(run: Run, tmp_path: Path) -> Run:
    """``set.zip`` with two images whose names have one spelling without '/', and one loose image."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b_c.png", PNG)
        archive.writestr("a_b/c.png", OTHER)
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "x.png").write_bytes(PNG)
    assert run("scan", "set.zip", "loose").returncode == 0
    return run


def test_images_are_extracted_unchanged(scanned: Run, tmp_path: Path) -> None:
    done = scanned("get", "set/a/b_c.png", "set/a_b/c.png", "loose/x.png", "--output", "out")
    assert done.returncode == 0, done.stderr
    files = [Path(line) for line in done.stdout.splitlines()]
    assert sorted((tmp_path / file).read_bytes() for file in files) == sorted([PNG, OTHER, PNG])
    assert scanned("get", "loose/x.png", "--output", "out").returncode == 0  # equal files are kept
    (tmp_path / "out" / "loose_x.png").write_bytes(OTHER)
    again = scanned("get", "loose/x.png", "--output", "out")
    assert (again.returncode, again.stderr) == (
        2, "error: out/loose_x.png exists with other bytes: name another folder, or remove the file\n",
    )  # fmt: skip


def test_one_image_is_written_to_standard_output(scanned: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.writestr("broken.png", "no image, but text")
    assert scanned("scan", "text.zip").returncode == 0
    for arguments in (["-"], ["--output", "-"]):
        assert scanned("get", "text/broken.png", *arguments).stdout == "no image, but text"


def test_mistakes_of_get_are_named(scanned: Run, tmp_path: Path) -> None:
    mistakes = {
        "no image 'set/a/b_d.png' in manifest.duckdb: did you mean 'set/a/b_c.png'?": [
            "set/a/b_d.png",
            "--output",
            "x",
        ],
        "--output - takes one FILE_ID": ["set/a/b_c.png", "loose/x.png", "--output", "-"],
        "--output - takes one FILE_ID:": ["set/a/b_c.png", "loose/x.png", "-"],
        "name a FILE_ID, and a folder with --output, or -": ["set/a/b_c.png"],
        "name a FILE_ID, and a folder with --output": ["-"],
        "set.zip/set_a_b_c.png cannot be written (a part of the path is a file): name another path\n": [
            "set/a/b_c.png",
            "--output",
            "set.zip",
        ],
    }
    for message, arguments in mistakes.items():
        done = scanned("get", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("file_id", "name"),
    [
        ("GenImage/ADM/31", "GenImage_ADM_31.png"),
        ("a/x.JPG", "a_x.jpg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\n\x1b[31m/$(rm).png", "a_31m_"),
        ("con.png", "con-"),
        ("x" * 400, "x" * 150 + "-"),
    ],
)
def test_names_are_safe(file_id: str, name: str) -> None:
    found = safe_name(file_id, PNG)
    assert found.startswith(name)
    assert "/" not in found
    assert not found.startswith(".")
    assert len(found.encode()) < 200


def test_a_file_is_traced_by_bytes_pixels_and_similarity(scanned: Run, tmp_path: Path) -> None:
    (tmp_path / "same.png").write_bytes(PNG)
    (tmp_path / "none.png").write_bytes(picture("three", (90, 60), "PNG"))
    Image.open(io.BytesIO(PNG)).save(tmp_path / "pixels.png", compress_level=0)
    Image.open(io.BytesIO(PNG)).convert("RGB").save(tmp_path / "near.jpg", quality=90)
    before = json.loads(scanned("trace", "same.png", "pixels.png", "--format", "json").stdout)
    assert [(row["file"], row["match"], row.get("file_id")) for row in before] == [
        ("same.png", "same bytes", "loose/x.png"),
        ("same.png", "same bytes", "set/a/b_c.png"),
        ("pixels.png", "none", None),
    ]
    _inspect_all(tmp_path)
    done = scanned("trace", "pixels.png", "near.jpg", "none.png", "--format", "json")
    found = [(row["file"], row["match"], row.get("file_id")) for row in json.loads(done.stdout)]
    assert found == [
        ("pixels.png", "same pixels", "loose/x.png"),
        ("pixels.png", "same pixels", "set/a/b_c.png"),
        ("near.jpg", "near", "loose/x.png"),
        ("near.jpg", "near", "set/a/b_c.png"),
        ("none.png", "none", None),
    ]
    assert done.stderr == ""


def test_mirrored_and_turned_copies_are_traced_on_request(tmp_path: Path) -> None:
    photograph = photo(240, 160)
    turns = {
        None: photograph,
        "mirrored": ImageOps.mirror(photograph),
        "turned by 90": photograph.rotate(90, expand=True),
        "turned by 180": photograph.rotate(180),
        "turned by 270": photograph.rotate(270, expand=True),
        "mirrored, turned by 90": ImageOps.mirror(photograph).rotate(90, expand=True),
        "mirrored, turned by 180": ImageOps.mirror(photograph).rotate(180),
        "mirrored, turned by 270": ImageOps.mirror(photograph).rotate(270, expand=True),
    }
    seen = {str(name): images.inspect(saved(image, "JPEG", quality=80)) for name, image in turns.items()}
    made = [Picture(name, "o", phash=one.phash, phash_256=one.phash_256) for name, one in seen.items()]
    with world(tmp_path / "m.duckdb", made) as store:
        for is_turned, expected in ((False, [None]), (True, list(turns))):
            tracer = Tracer(store, {}, OpenContainers(ArchiveLimits()), ImageLimits(), is_turned=is_turned)
            found = tracer.trace(saved(photograph, "PNG"))
            assert {row.file_id: row.turned for row in found} == {str(name): name for name in expected}
            assert {row.match for row in found} == {"near"}


def _inspect_all(folder: Path) -> None:
    from indexer import Manifest  # noqa: PLC0415 - the commands run without it

    manifest = Manifest.open(folder / "manifest.duckdb", jobs=1)
    with manifest.options.writing() as store:
        store.execute("insert into selection select 'all', 'train', 0, file_id, 'listed', '', null from attributes")
    manifest.inspect("all")


def test_a_missing_file_and_an_empty_folder_are_errors(scanned: Run, tmp_path: Path) -> None:
    (tmp_path / "empty" / "folder.png").mkdir(parents=True)
    assert scanned("trace", "none.png").stderr == "error: none.png cannot be read: No such file or directory\n"
    assert scanned("trace", "empty").stderr.startswith("error: empty has no image")


def test_many_near_images_do_not_hide_a_candidate(tmp_path: Path) -> None:
    near = [Picture(f"near/{n}", "o", phash=0) for n in range(4)]
    waiting = [Picture(f"waiting/{n}", "o", inspected=None) for n in range(3)]
    look = {"turned": "", "phash": 0, "phash_256": None}
    known = {"hash": "h", "pixel_hash": "p", "looks": [look], "radius": 8, "size": 500, "crc32": 7, "most": 2}
    with world(tmp_path / "m.duckdb", [*near, *waiting]) as store:
        store.execute("update member set size = 500, crc32 = if(path = 'waiting/2.png', 7, null)")
        found = [(row["match"], row["file_id"]) for row in store.arrow("lookup/traced", known).to_pylist()]
    assert found == [
        ("near", "near/0"), ("near", "near/1"), ("candidate", "waiting/0"), ("candidate", "waiting/2"),
    ]  # fmt: skip
