"""Lists as the origins ship them."""

import json
import zipfile

import pytest

from indexer.errors import ConfigError
from indexer.fetching import lists
from indexer.fetching.lists import RECIPES, Part


def test_polardiffshield_has_eight_columns_of_addresses_without_scheme(tmp_path):
    path = tmp_path / "database.csv"
    columns = [part.column for part in RECIPES["polardiffshield"]]
    cells = [f"boucantrin.example/{number}/000.png" for number in range(8)]
    path.write_text(
        f"ID,prompt,{','.join(columns)},,md ver\n0000,a cat,{','.join(cells)},x,5\n0001,a dog,{','.join(cells)},y,5.1\n"
    )
    items = list(lists.items(lists.read(path), RECIPES["polardiffshield"]))
    assert len(items) == 16
    assert items[0].part == "firefly"
    assert items[0].url == "http://boucantrin.example/0/000.png"
    assert items[1].name == "00000001"
    assert items[0].record == {"ID": "0000", "prompt": "a cat", "": "x", "md ver": 5.0}


def test_raise_takes_the_column_of_tiffs(tmp_path):
    path = tmp_path / "RAISE_all.csv"
    path.write_text('\ufeffFile,NEF,TIFF,Keywords\nr001,http://h/r001.NEF,http://h/r001.TIF,"outdoor, sea"\n')
    (item,) = lists.items(lists.read(path), RECIPES["raise"])
    assert item.url == "http://h/r001.TIF"
    assert item.record == {"File": "r001", "NEF": "http://h/r001.NEF", "Keywords": "outdoor, sea"}


def test_laion_is_json_in_a_zip(tmp_path):
    path = tmp_path / "validation_laion400m_filelist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.json", json.dumps([{"url": "http://h/a", "description": "d", "id": "0123456789012"}]))
    (item,) = lists.items(lists.read(path), RECIPES["laion"])
    assert item.record == {"description": "d", "id": "0123456789012"}


def test_json_lines(tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text('{"u": "http://h/a"}\n\n{"u": "http://h/b"}\n')
    assert [item.url for item in lists.items(lists.read(path), [Part("u")])] == ["http://h/a", "http://h/b"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", ""), ("a.csv", "url\n"), ("a.csv", "url,b\nhttp://h\n"), ("a.json", '{"url": 1}'), ("a.json", "[1]")],
)
def test_what_is_no_list_is_refused(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=name):
        lists.read(path)


def test_a_missing_list_and_a_missing_column_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.csv"):
        lists.read(tmp_path / "nowhere.csv")
    with pytest.raises(ConfigError, match="no column TIFF; it has link"):
        list(lists.items([{"link": "x"}], RECIPES["raise"]))
