"""The command ``fetch``."""

import subprocess
import sys

from tests.cli.conftest import ROOT


def test_a_list_is_fetched_and_counted_without_home_and_configuration(server, download, tmp_path):
    job = download([f"{server.url}/png/1.png", f"{server.url}/status/404/x"])
    options = ["--list", job.list, "--to", job.to, "--url-column", "url", "--allow-private", "--rate", "0"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "indexer", "fetch", "raise", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "success" in done.stdout
    assert "404" in done.stdout
    assert str(job.to / "fetch-log.csv") in done.stdout


def test_downloads_are_shown_without_configuration(run):
    done = run("fetch", "synthbuster")
    assert done.returncode == 0, done.stderr
    for word in ("synthbuster.zip", "12,372,557,226", "missing", "CC BY-NC-SA 4.0", "zenodo"):
        assert word in done.stdout


def test_damaged_download_exits_with_status_one(run, tmp_path):
    (tmp_path / "synthbuster").mkdir()
    (tmp_path / "synthbuster/synthbuster.zip").write_bytes(b"half")
    done = run("fetch", "synthbuster")
    assert done.returncode == 1
    assert "4 bytes instead of 12,372,557,226" in done.stdout


def test_mistakes_are_reported_in_one_line(run, tmp_path):
    for arguments, message in (
        (["synthbustr"], "did you mean 'synthbuster'?"),
        (["laion"], "did you mean 'laion400m_elsad3_real_train' or 'laion400m_elsad3_real_validation'?"),
        (["coco", "--to", tmp_path], "not on the Hugging Face hub"),
        (["raise", "--list", tmp_path / "no.csv", "--to", tmp_path / "out"], "no.csv"),
        (["other", "--list", tmp_path / "no.csv", "--to", tmp_path / "out"], "--url-column"),
    ):
        done = run("fetch", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
