"""Declarations that an earlier command has checked, from the user's cache."""

import pytest

from indexer.base.errors import DeclarationError
from indexer.declarations import checked, load

_DECLARATION = """name = "Pictures"

[tables.texts]
beside = "../texts.csv"
key = "id"

[[rule]]
path = '(?P<id>[^/]+)$'
file_id = "{id}"
origin = "Pictures"
label = "real"
description = "{id|texts.text}"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "texts.csv").write_text("id,text\n")
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "pictures.toml").write_text(_DECLARATION)
    return folder


def _load_again(folder):
    """Load as another command does."""
    checked._loaded.cache_clear()
    return load([folder])


def test_declarations_are_read_once(folder, monkeypatch):
    first = _load_again(folder)
    monkeypatch.setattr(checked, "read_all", lambda _: pytest.fail("read again"))
    assert _load_again(folder) == first


def test_a_changed_declaration_is_read_again(folder):
    _load_again(folder)
    (folder / "pictures.toml").write_text(_DECLARATION.replace("Pictures", "Drawings"))
    assert _load_again(folder)[0].info.name == "Drawings"


def test_wrong_declarations_are_read_again(folder):
    texts = folder.parent / "texts.csv"
    texts.rename(folder.parent / "elsewhere")
    with pytest.raises(DeclarationError, match="no file"):
        _load_again(folder)
    (folder.parent / "elsewhere").rename(texts)
    _load_again(folder)
    texts.unlink()
    with pytest.raises(DeclarationError, match="no file"):
        _load_again(folder)
