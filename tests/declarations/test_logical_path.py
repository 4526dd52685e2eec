"""The logical path: the Python function and the SQL macro agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.containers.logical_path import logical_path
from indexer.manifest import store

CASES = [
    ("a/b.png", None, "a/b.png"),
    ("synthbuster.zip", "synthbuster/dalle2/a.png", "synthbuster/dalle2/a.png"),
    ("dl/synthbuster.zip", "synthbuster/dalle2/a.png", "dl/synthbuster/dalle2/a.png"),
    ("dl/other.zip", "synthbuster/dalle2/a.png", "dl/other/synthbuster/dalle2/a.png"),
    ("progan_train.7z.007", "progan_train.zip!airplane/0.png", "progan_train/airplane/0.png"),
    ("ILSVRC2012_img_train.tar", "n01440764.tar!n01440764_1.JPEG", "ILSVRC2012_img_train/n01440764/n01440764_1.JPEG"),
    ("x.tar.gz", "./x/a!b.png", "x/a!b.png"),
    ("captions.json.gz", "captions.json", "captions.json"),
    ("A.ZIP", "a.Tar.GZ!q.zip!q/1.png", "A/a/q/1.png"),
    ("pictures-1.0-py3-none-any.whl", "pkg/1.png", "pictures-1.0-py3-none-any/pkg/1.png"),
    ("train/data-00000-of-00002.arrow", "5/image", "train/data-00000-of-00002/5/image"),
    ("no suffix", "a.png", "no suffix/a.png"),
    ("a.zip", "train//cat/1.jpg", "a/train/cat/1.jpg"),
    ("a.zip", "./train/./cat/../dog/2.jpg", "a/train/dog/2.jpg"),
    ("a.zip", "/data/a/3.jpg", "a/data/a/3.jpg"),
    ("a.zip", "../../3.jpg", "a/3.jpg"),
    ("cafe\u0301.zip", "cafe\u0301/e\u0301.jpg", "caf\u00e9/\u00e9.jpg"),
    ("cafe\u0301/e\u0301.jpg", None, "caf\u00e9/\u00e9.jpg"),
    ("a\r\nb/\x1b[31m\x7f.png", None, "a\\x0d\\x0ab/\\x1b[31m\\x7f.png"),
    ("a\n\u0301.png", None, "a\\x0\u00e1.png"),
    ("a.zip", ".//e\u0301\t/\x00.png", "a/\u00e9\\x09/\\x00.png"),
]


@pytest.mark.parametrize(("path", "name", "logical"), CASES)
def test_archive_is_a_folder_of_its_name(path, name, logical):
    assert logical_path(path, name) == logical


@pytest.fixture(scope="module")
def macro(tmp_path_factory):
    with store.open_for_writing(tmp_path_factory.mktemp("names") / "manifest.duckdb") as opened:
        yield lambda path, name: opened.execute("select logical_path($p, $n)", {"p": path, "n": name})[0][0]


@pytest.mark.parametrize(("path", "name", "logical"), CASES)
def test_macro_returns_the_same_path(path, name, logical, macro):
    assert macro(path, name) == logical


words = st.lists(
    st.sampled_from(
        ["a", "b", "a.zip", "b.tar.gz", "x.7z.001", "!", "/", ".", "..", "//", "é·", "e\u0301", "A.TAR!", "\n"]
    ),
    max_size=7,
)


@pytest.mark.slow
@settings(max_examples=150)
@given(words, st.none() | words)
def test_macro_returns_the_same_path_for_random_names(macro, path, name):
    path, name = "".join(path), None if name is None else "".join(name)
    assert macro(path, name) == logical_path(path, name)
