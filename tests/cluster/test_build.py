"""Builds on Dask and Ray are identical to those of this machine, also if processes are killed."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from indexer.base.errors import ConfigError, SourceError
from indexer.base.workers import Workers
from indexer.base.workers.worker_checks import needed
from tests.cluster.conftest import worker
from tests.cluster.driver import Counting, run
from tests.cluster.work import ROOT
from tests.materializer.conftest import tree
from tests.support import manifests
from tests.support.processes import Hold, has_ended, wait_until

pytestmark = pytest.mark.slow

IMAGES = 36


@pytest.fixture(params=["deflate", "tar.gz"])
def source(request, site):
    """A source with two bad images and a spare for one of them, and its build by local processes."""
    images = [
        *manifests.pictures(IMAGES, size=(640, 480)),
        *manifests.pictures(1, role="spare", first=200, size=(640, 480)),
    ]
    images[3] = replace(images[3], data=b"no picture")
    images[30] = replace(images[30], data=images[30].data[:5_000])
    site.lay_out(images, request.param)
    site.summary = run(site.manifest, site.root, site.folder / "here", Workers(2), Counting())
    assert (site.summary.shards, site.summary.refused, site.summary.missing) == (7, 2, 1)
    return site


@pytest.fixture
def ray_here(monkeypatch, tmp_path):
    """Two workers of Ray; the first that writes the second shard is stopped."""
    ray = pytest.importorskip("ray", reason="the extra [ray] is not installed: pip install 'image-manifest[ray]'")
    hold = Hold("train/data-00001-of", tmp_path / "mark")
    hold.apply(monkeypatch)
    yield Workers(2, "ray"), hold
    ray.shutdown()


def built(source, workers, progress):
    """Build on ``workers``, and compare the result and its counts with those of this machine."""
    summary = run(source.manifest, source.root, source.folder / "there", workers, progress)
    assert tree(source.folder / "there") == tree(source.folder / "here")
    assert not list(source.folder.glob("scratch/*"))
    expected = source.summary
    assert (summary.splits, summary.shards, summary.size) == (expected.splits, expected.shards, expected.size)
    return summary


@pytest.mark.parametrize("source", ["deflate"], indirect=True)
def test_dask_builds_the_same_shards(source, dask_cluster):
    progress, before = Counting(), Counting()
    built(source, Workers(2, "dask", dask_cluster[0]), progress)
    run(source.manifest, source.root, source.folder / "again", Workers(2), before)
    assert progress.images == before.images


def test_build_survives_a_killed_dask_worker(source, mortal_dask_cluster):
    address, workers = mortal_dask_cluster
    progress = Counting(workers[0].kill)
    built(source, Workers(2, "dask", address), progress)
    assert workers[0].wait() == -signal.SIGKILL


def test_same_command_continues_after_the_driver_is_killed(source, dask_cluster):
    address, _ = dask_cluster
    paths = source.manifest, source.root, source.folder / "there"
    command = [sys.executable, "-m", "tests.cluster.driver", *paths, "dask", address]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    built(source, Workers(2, "dask", address), Counting())


@pytest.mark.parametrize("source", ["deflate"], indirect=True)
def test_build_survives_a_killed_ray_worker(source, ray_here):
    workers, hold = ray_here

    def kill_one():
        assert wait_until(hold.holds)
        assert psutil.Process(hold.pid).cmdline()[:1] == ["ray::work"]
        os.kill(hold.pid, signal.SIGKILL)

    built(source, workers, Counting(kill_one, at=1))
    assert has_ended(hold.pid)


@pytest.mark.parametrize("source", ["deflate"], indirect=True)
def test_workers_use_their_own_roots(source, mortal_dask_cluster):
    address, workers = mortal_dask_cluster
    for process in workers:
        process.kill()
        process.wait()
    moved = source.folder / "elsewhere"
    config = source.folder / "worker.cfg"
    (source.folder / "own").mkdir()
    (source.folder / "own" / "pictures.toml").write_text(
        'name = "Pictures"\nlicence = "none"\ndefault_folder = "elsewhere"\n\n[[rule]]\npath = "^(?P<id>.+)$"\n'
        'file_id = "{id}"\norigin = "Pictures/all"\nlabel = "real"\n'
    )
    config.write_text(
        "[paths]\ninput_datasets_path = .\noutput_path = .\ntmp_cache_dir = .\nintermediate_outputs_path = .\n"
        "declarations_path = own\n"
    )
    subprocess.run(["cp", "-a", source.root, moved], check=True)
    (moved / "pictures.zip").touch()  # a changed mtime is an error
    with worker(source.folder, address, "--no-nanny", INDEXER_WORKER_CONFIG=str(config)):
        with pytest.raises(SourceError, match=r"elsewhere/pictures\.zip"):
            built(source, Workers(2, "dask", address), Counting())
        subprocess.run(["cp", "-a", source.root / "pictures.zip", moved], check=True)
        built(source, Workers(2, "dask", address), Counting())


def test_unshared_folder_is_reported(tmp_path):
    with needed([tmp_path / "there"]) as needs:
        needs.check()
    with pytest.raises(ConfigError, match=r"does not see .*/there: put it on a file system that all machines share"):
        needs.check()


def test_worker_with_other_versions_is_reported():
    with needed([]) as needs:
        needs.check()
    with pytest.raises(ConfigError, match=r"has pyarrow .*, not 1\.0: install the same versions on all machines"):
        replace(needs, versions={"pyarrow": "1.0"}).check()
