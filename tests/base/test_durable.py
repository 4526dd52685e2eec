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
