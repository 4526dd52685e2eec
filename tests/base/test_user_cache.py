"""Results that later commands use again, and folders that cannot be used."""

import os

import pytest

from indexer.base import user_cache

KEY = user_cache.key_of(["base"], "a part")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "image-manifest"


def test_a_result_is_found_by_its_key_alone(folder):
    user_cache.write("numbers", KEY, {"one": 1})
    assert user_cache.read("numbers", KEY) == {"one": 1}
    other = bytes([KEY[0] ^ 1]) + KEY[1:]  # in the same file
    assert user_cache.read("numbers", other) is None
    assert user_cache.read("texts", KEY) is None
    user_cache.write("numbers", other, 2)
    assert user_cache.read("numbers", KEY) is None
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("end", [0, 40, -1])
def test_a_damaged_result_is_ignored(folder, end):
    user_cache.write("numbers", KEY, list(range(100)))
    [file] = folder.iterdir()
    file.write_bytes(file.read_bytes()[:end])
    assert user_cache.read("numbers", KEY) is None
    user_cache.write("numbers", KEY, list(range(100)))
    data = file.read_bytes()
    file.write_bytes(data[:end] + bytes([data[end] ^ 1]) + data[end:][1:])
    assert user_cache.read("numbers", KEY) is None


@pytest.mark.parametrize("mode", [0o777, 0o755])
def test_results_in_a_folder_that_others_can_enter_are_ignored(folder, mode):
    user_cache.write("numbers", KEY, 1)
    folder.chmod(mode)
    assert user_cache.read("numbers", KEY) is None
    user_cache.write("numbers", KEY, 2)
    folder.chmod(0o700)
    assert user_cache.read("numbers", KEY) == 1


def test_a_link_in_place_of_the_folder_is_not_followed(folder, tmp_path):
    user_cache.write("numbers", KEY, 1)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert user_cache.read("numbers", KEY) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_ignored(folder):
    user_cache.write("numbers", KEY, 1)
    [file] = folder.iterdir()
    os.chown(file, 12345, -1)
    assert user_cache.read("numbers", KEY) is None


def test_without_a_usable_folder_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    user_cache.write("numbers", KEY, 1)
    assert user_cache.read("numbers", KEY) is None


def test_the_key_depends_on_parts_and_program(monkeypatch):
    assert user_cache.key_of(["base"], "another part") != KEY
    assert user_cache.key_of(["base", "manifest"], "a part") != KEY
    monkeypatch.setattr("indexer.base.resources.module_texts", lambda _: [b"changed"])
    assert user_cache.key_of(["base"], "a part") != KEY
