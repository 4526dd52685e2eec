"""Lists of URLs in the forms that origins publish, and invalid lists."""

import json
import tracemalloc
import zipfile
from collections import deque

import pytest

from indexer.base.errors import ConfigError
from indexer.fetching import lists
from indexer.fetching.lists import KNOWN_LISTS, ListPart


def test_polardiffshield_has_eight_columns_of_addresses_without_scheme(tmp_path):
    path = tmp_path / "database.csv"
    columns = [part.column for part in KNOWN_LISTS["polardiffshield"]]
    cells = [f"boucantrin.example/{number}/000.png" for number in range(8)]
    path.write_text(
        f"ID,prompt,{','.join(columns)},,md ver\n0000,a cat,{','.join(cells)},x,5\n0001,a dog,{','.join(cells)},y,5.1\n"
    )
    items = list(lists.read_items(path, KNOWN_LISTS["polardiffshield"]))
    assert len(items) == 16
    assert items[0].part == "firefly"
    assert items[0].url == "http://boucantrin.example/0/000.png"
    assert items[1].name == "00000001"
    assert items[0].record == {"ID": "0000", "prompt": "a cat", "": "x", "md ver": 5.0}


def test_raise_uses_the_tiff_column(tmp_path):
    path = tmp_path / "RAISE_all.csv"
    path.write_text('\ufeffFile,NEF,TIFF,Keywords\nr001,http://h/r001.NEF,http://h/r001.TIF,"outdoor, sea"\n')
    (item,) = lists.read_items(path, KNOWN_LISTS["raise"])
    assert item.url == "http://h/r001.TIF"
    assert item.record == {"File": "r001", "NEF": "http://h/r001.NEF", "Keywords": "outdoor, sea"}


def test_laion_is_json_in_a_zip(tmp_path):
    path = tmp_path / "validation_laion400m_filelist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.json", json.dumps([{"url": "http://h/a", "description": "d", "id": "0123456789012"}]))
    (item,) = lists.read_items(path, KNOWN_LISTS["laion"])
    assert item.record == {"description": "d", "id": "0123456789012"}


def test_json_lines(tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text('{"u": "http://h/a"}\n\n{"u": "http://h/b"}\n')
    assert [item.url for item in lists.read_items(path, [ListPart("u")])] == ["http://h/a", "http://h/b"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "without rows"),
        ("a.csv", b"url\n", "without rows"),
        ("a.csv", b"url,b\nhttp://h,1\nhttp://h\n", "near line 3: the row and the header have different"),
        ("a.csv", b'url,b\nhttp://h,"1"x\n', "near line"),
        ("a.csv", b"url,b\nhttp://h,caf\xe9\n", "UTF-8"),
        ("a.csv", "url,b\nhttp://h,1\n".encode("utf-16"), "UTF-8"),
        ("a.json", b'{"url": 1}', "not a list of objects"),
        ("a.json", b"[1]", "not a list of objects"),
        ("a.json", b"[" * 100_000, "recursion"),
        ("a.jsonl", b'{"url": "a"}\n{"url"\n', "line 2"),
        ("a.jsonl", b'{"url": "a"}\n[1]\n', "not a list of objects"),
    ],
)
def test_invalid_list_is_refused(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=f"{name} .*{message}"):
        lists.read_items(path, [ListPart("url")])


def test_missing_list_and_missing_column_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.csv"):
        lists.read_items(tmp_path / "nowhere.csv", [ListPart("url")])
    path = tmp_path / "a.csv"
    path.write_text("link\nx\n")
    with pytest.raises(ConfigError, match="no column TIFF; its columns are link"):
        lists.read_items(path, KNOWN_LISTS["raise"])


def test_csv_may_have_any_line_ending_and_many_columns(tmp_path):
    for end in ("\n", "\r\n", "\r"):
        path = tmp_path / "list.csv"
        path.write_text(f"url,a,b,c,d,e,f,g,h,i{end}http://h/é,1,2.5,x,y,,007,1,1.0,z{end}{end}", newline="")
        (item,) = lists.read_items(path, [ListPart("url")])
        assert item.url == "http://h/é"
        assert item.record == {
            "a": 1, "b": 2.5, "c": "x", "d": "y", "e": "", "f": "007", "g": 1, "h": 1.0, "i": "z",
        }  # fmt: skip


def test_urls_that_are_not_text_are_items(tmp_path):
    path = tmp_path / "list.json"
    path.write_text('[{"url": "http://h/\\ud800"}, {"url": 5}, {"url": null}, {"x": 1}]')
    assert [item.url for item in lists.read_items(path, [ListPart("url")])] == ["http://h/?", "5", "", ""]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_list(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w") as file:
        file.write("id,url,caption\n")
        file.writelines(f"{number},http://h/{number}.jpg,a caption of some length\n" for number in range(50_000))
    tracemalloc.start()
    last = deque(lists.read_items(path, [ListPart("url")]), maxlen=1).pop()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last.record == {"id": 49_999, "caption": "a caption of some length"}
    assert peak < 1 << 20
