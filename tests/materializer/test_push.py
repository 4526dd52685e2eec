"""A finished build is uploaded to the hub, completely or not at all."""

import hashlib
import os
import signal
import subprocess
import sys

import pytest
from huggingface_hub import constants

from indexer.base.errors import CheckFailed, ConfigError, OutputError, SourceError
from indexer.base.workers import Workers
from materializer.dataset.build_folder import read_build
from materializer.dataset.card.facts import CardOrigin
from materializer.hub import PushRequest, push
from materializer.hub.files import files_of
from materializer.hub.licences import restricted_sources
from tests.support.hf import REPOSITORY
from tests.support.processes import running, wait_until
from tests.support.upload_hub import UploadHub

# A release of huggingface_hub passes the bytes of a file in a way that its HTTP client is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")

HERE = Workers(2, "threading")
CODE = (
    "import sys, datasets; parts = datasets.load_dataset(sys.argv[1]);"
    "print({split: [len(rows), [image.tobytes()[:9] and image.size for image in rows[:3]['image']]]"
    " for split, rows in parts.items()})"
)


@pytest.fixture
def hub(monkeypatch):
    # The protocol of Xet storage has no server that runs on loopback.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    server = UploadHub()
    yield server
    server.close()


@pytest.fixture
def built(site, images):
    site.built(images, format="parquet", feature="standard")
    return site.folder / "out"


def pushed(folder, hub, **settings):
    return push(PushRequest(folder, REPOSITORY, **settings), HERE, endpoint=hub.endpoint)


def test_pushed_repository_has_the_files_of_the_build(built, hub):
    (built / "notes.txt").write_text("not part of the build")
    done = pushed(built, hub)
    assert hub.visibility == "private"
    assert hub.files == {file.path: (built / file.path).read_bytes() for file in files_of(read_build(built))}
    assert (done.files, done.uploaded) == (len(hub.files), len(hub.files))
    assert "notes.txt" not in hub.files


def test_images_of_a_folder_are_pushed_with_the_hashes_of_the_record(site, images, hub):
    site.built(images[:6], format="imagefolder", feature="standard")
    folder = site.folder / "out"
    pushed(folder, hub)
    local = {file.path: file.sha256 for file in files_of(read_build(folder))}
    assert local == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in local}
    assert hub.files == {name: (folder / name).read_bytes() for name in local}
    assert sum(name.endswith((".jpg", ".png")) for name in local) == 5


def test_second_push_uploads_nothing(built, hub):
    pushed(built, hub)
    uploads = len(hub.uploads)
    assert (pushed(built, hub).uploaded, len(hub.uploads)) == (0, uploads)


def test_files_of_an_earlier_build_are_removed(built, hub, site):
    pushed(built, hub)
    site.build("other", format="parquet", feature="standard", shard_size=20_000)
    pushed(site.folder / "other", hub)
    assert hub.files.keys() == {file.path for file in files_of(read_build(site.folder / "other"))}


def test_repository_with_other_files_is_refused(built, hub):
    hub.visibility = "private"
    hub.files["weights.bin"] = b"0"
    with pytest.raises(ConfigError, match=r"user/pictures holds 1 other files \(weights\.bin\)"):
        pushed(built, hub)
    assert hub.files == {"weights.bin": b"0"}


def test_damaged_build_is_refused(built, hub):
    shard = next((built / "data").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-5] + b"01234")
    with pytest.raises(OutputError, match="is not pushed: "):
        pushed(built, hub)
    assert hub.visibility is None


def test_link_that_leads_out_of_the_folder_is_not_pushed(built, hub, tmp_path):
    """A build from others would publish a file of this machine."""
    (tmp_path / "key").write_text("private")
    (built / "README.md").unlink()
    (built / "README.md").symlink_to(tmp_path / "key")
    with pytest.raises(OutputError, match="leads out of the folder"):
        files_of(read_build(built))
    with pytest.raises(OutputError, match="is not pushed"):
        pushed(built, hub)


@pytest.mark.parametrize("existing", [None, "public"])
def test_public_repository_needs_licences_that_permit_it(built, hub, existing):
    hub.visibility = existing
    with pytest.raises(ConfigError, match=r"\(no licence stated\)"):
        pushed(built, hub, public=existing is None)
    assert hub.files == {}
    pushed(built, hub, public=True, has_rights=True)
    assert hub.visibility == "public"


@pytest.mark.parametrize(
    ("licence", "is_free"),
    [
        ("CC BY 4.0", True),
        ("CC BY-NC-SA 4.0", True),
        ("CC0", True),
        ("MIT", True),
        ("CC BY 4.0, and the terms that are included", False),
        ("code MIT; data: see the record, not verified", False),
        ("research only; redistribution forbidden", False),
        ("none stated; not verified", False),
    ],
)
def test_licences_that_permit_redistribution(licence, is_free):
    source = CardOrigin("one", "One", licence, "", "", 3)
    assert restricted_sources([source]) == ([] if is_free else [f"one ({licence})"])


def test_file_that_the_hub_lost_is_reported(built, hub):
    hub.lost = {"README.md"}
    with pytest.raises(CheckFailed, match=r"1 files differ from the build after the upload \(README\.md\)"):
        pushed(built, hub)


def test_unreachable_hub_is_one_line(built):
    with pytest.raises(SourceError, match="the hub did not accept the upload"):
        push(PushRequest(built, REPOSITORY), HERE, endpoint="http://127.0.0.1:9")


def test_wrong_name_is_refused(built, hub):
    with pytest.raises(ConfigError, match="is not the name of a repository"):
        push(PushRequest(built, "a/b/c"), HERE, endpoint=hub.endpoint)


@pytest.mark.slow
def test_killed_push_continues_and_opens_with_datasets(built, hub, site):
    environment = {**os.environ, "HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "x",
                   "HF_HOME": str(site.folder / "hf")}  # fmt: skip
    command = [sys.executable, "-m", "materializer", "push", str(built), REPOSITORY, "--jobs", "1"]
    hub.stop_after(2)
    with running(command, env=environment, stderr=subprocess.DEVNULL) as process:
        assert wait_until(lambda: len(hub.uploads) == 2 or process.poll() is not None, 120)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert hub.files == {}
    hub.continue_uploads()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "the repository has the bytes of" in done.stdout
    assert len(hub.uploads) == len(set(hub.uploads)) == len(hub.objects)  # none was uploaded twice
    opened = subprocess.run(
        [sys.executable, "-c", CODE, REPOSITORY], env=environment, capture_output=True, text=True, check=False
    )
    assert opened.returncode == 0, opened.stderr
    assert "'train': [40," in opened.stdout
