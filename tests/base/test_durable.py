"""Files that appear complete."""

import errno
import os

import pytest

from indexer.base import durable


def _no_hard_links(error):
    def link(*_):
        raise OSError(error, os.strerror(error))

    return link


@pytest.mark.parametrize("error", [None, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_is_created_once_on_any_file_system(tmp_path, monkeypatch, error):
    if error:
        monkeypatch.setattr(os, "link", _no_hard_links(error))
    for data in (b"first", b"second"):
        durable.create(tmp_path / "file", data)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"first")]


@pytest.mark.parametrize("expected", [0, 1_000, 20_000_000])
def test_a_file_has_the_bytes_written_whatever_size_was_expected(tmp_path, expected):
    data = bytes(range(256)) * 40_000
    with durable.writing(tmp_path / "a", size=expected) as file:
        for start in range(0, len(data), 3_000_000):
            file.write(data[start : start + 3_000_000])
    assert (tmp_path / "a").read_bytes() == data
    assert (tmp_path / "a").stat().st_blocks * 512 < len(data) + 1_000_000  # the unused room was given back
