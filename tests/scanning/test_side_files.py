"""Parsing valid and broken side files of all formats."""

import json
from typing import Any

import pytest

from indexer.declarations.models import SideTable
from indexer.scanning.side_files import BadLine, parse, to_json


def records(data: str | bytes, form: str, **given: Any) -> list[Any]:
    table = SideTable("t", "s", ".*", form, **given)
    return list(parse(data.encode() if isinstance(data, str) else data, table))


def test_csv_with_byte_order_mark_and_newlines_in_cells() -> None:
    text = '\ufeffname,prompt\r\na,"two\nlines, ""quoted"""\r\n\r\nb,·\r\n'
    assert records(text, "csv") == [{"name": "a", "prompt": 'two\nlines, "quoted"'}, {"name": "b", "prompt": "·"}]


def test_csv_without_header() -> None:
    assert records("./a,1\n./b,0\n", "csv", header=False, columns=("path", "label")) == [
        {"path": "./a", "label": "1"},
        {"path": "./b", "label": "0"},
    ]
    assert records("a,b\n", "csv", header=False) == [{"0": "a", "1": "b"}]


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_csv_is_divided_by_the_delimiter_of_its_first_line(separator: str) -> None:
    other = ";" if separator == "," else ","
    row = separator.join(["1.png", f'"a cat{other} a dog{other} a bird"'])
    expected = {"file": "1.png", "a": f"a cat{other} a dog{other} a bird"}
    assert records(f"file{separator}a\r\n{row}\r\n", "csv") == [expected]
    assert records(row, "csv", header=False, columns=("file", "a")) == [expected]


@pytest.mark.parametrize("text", ["a cat; a dog", "a\tcat", "a cat"])
def test_csv_of_one_column_without_header_is_not_divided(text: str) -> None:
    assert records(f"{text}\rb\r", "csv", header=False, columns=("text",)) == [{"text": text}, {"text": "b"}]


def test_list_of_names_and_labels_is_divided_at_spaces() -> None:
    assert records("a/1.png 0\n", "csv", header=False, columns=("file", "label")) == [{"file": "a/1.png", "label": "0"}]


def test_csv_keeps_the_declared_columns() -> None:
    assert records("a,b,c\n1,2,3\n", "csv", columns=("c", "a")) == [{"c": "3", "a": "1"}]


def test_csv_row_of_wrong_length_is_a_bad_line() -> None:
    assert records('a,b\n"x\ny",1\n1,2,3\n4,5\n', "csv") == [
        {"a": "x\ny", "b": "1"},
        BadLine(4, "3 fields where 2 were expected"),
        {"a": "4", "b": "5"},
    ]


def test_csv_that_ends_inside_a_quote_keeps_earlier_rows() -> None:
    first, last = records('a,b\n1,2\n"3,4\n', "csv")
    assert first == {"a": "1", "b": "2"}
    assert isinstance(last, BadLine)
    assert "unexpected end of data" in last.reason


def test_tables_of_spreadsheets_are_read() -> None:
    """UTF-16 with a byte order mark, and white space around the names of columns."""
    text = "File Name,  caption ,my.label\r\n1.png, a ,é\r\n"
    expected = [{"File Name": "1.png", "caption": " a ", "my.label": "é"}]
    assert records(text.encode("utf-16"), "csv") == records(text, "csv") == expected


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "txt"])
def test_bytes_that_are_not_utf8_are_a_bad_line(form: str) -> None:
    assert records(b"a\nb\n\xe9\n", form) == [BadLine(3, "not UTF-8 (byte 0xe9): save the file as UTF-8")]
    cut_off = b"\xff\xfea\0\n\0b"
    assert records(cut_off, form) == [BadLine(2, "not UTF-16-LE (byte 0x62): save the file as UTF-8")]


def test_json_list_at_a_dotted_path() -> None:
    text = json.dumps({"info": {}, "a": {"annotations": [{"id": 1, "x": 2}, {"id": 2, "x": 3}]}})
    assert records(text, "json", rows="a.annotations", columns=("id",)) == [{"id": 1}, {"id": 2}]
    assert records(text, "json", rows="a.b") == [BadLine(1, "nothing at 'a.b'")]


def test_json_object_with_a_record_per_name() -> None:
    text = json.dumps({"a.png": {"p": 1, "q": {"r": 2}}, "b.png": {"p": 3}})
    assert records(text, "json", rows="*", columns=("q.r",)) == [
        {"q": {"r": 2}, "@name": "a.png"},
        {"@name": "b.png"},
    ]
    assert records('{"real": ["a", "b"], "fake": []}', "json", rows="*") == [
        {"value": "a", "@name": "real"},
        {"value": "b", "@name": "real"},
    ]


def test_json_objects_at_several_levels_have_the_names_of_all() -> None:
    text = json.dumps({"FF": {"train": {"c23": {"0": {"x": 1}}}, "test": {"c23": {"1": {"x": 2}}, "c40": {}}}})
    assert records(text, "json", rows="FF.*.c23.*") == [{"x": 1, "@name": "train/0"}, {"x": 2, "@name": "test/1"}]
    assert records(text, "json", rows="FF.*.c0.*") == [BadLine(1, "nothing at 'FF.*.c0.*'")]


def test_json_object_is_one_record() -> None:
    assert records('{"key": "1", "n": NaN}', "json") == [{"key": "1", "n": None}]
    assert records('[{"a": 1}, "text"]', "json") == [{"a": 1}, {"value": "text"}]


@pytest.mark.parametrize("text", ['{"a":\n oops}', "[" * 100_000, "1" * 5_000, ""])
def test_broken_json_is_a_bad_line(text: str) -> None:
    assert [type(part) for part in records(text, "json")] == [BadLine]


def test_bad_line_of_jsonl_is_skipped() -> None:
    assert records('{"a": 1}\n\noops\n{"a": 2}', "jsonl") == [
        {"a": 1},
        BadLine(3, "not JSON: Expecting value (column 1)"),
        {"a": 2},
    ]


def test_text_lines_include_empty_lines() -> None:
    assert records("one\r\n\nthree\n", "txt") == [{"line": "one"}, {"line": ""}, {"line": "three"}]
    assert records("one\n", "txt", columns=("name",)) == [{"name": "one"}]


def test_to_json_replaces_surrogates() -> None:
    assert to_json({"a": "·", "b": "\ud800"}) == '{"a":"·","b":"?"}'
