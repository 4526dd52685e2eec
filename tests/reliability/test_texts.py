"""Any text of a user and any untrusted name gives a value or one ProjectError."""

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer import declarations
from indexer.base import config, resources
from indexer.base.errors import ConfigError, DeclarationError, ProjectError, RecipeError
from indexer.cli.printing.messages import CONTROL_CHARACTERS, printable
from indexer.containers.logical_path import logical_path
from indexer.containers.members.rows import decoded
from indexer.declarations.compiling import compile_source
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.settings.limits import LIMIT_NAMES, read_limits
from tests.support.archives import container_in, listing
from tests.support.faults import CONFIG

few = settings(max_examples=120)

# Unexpected values: of another type, too large, incomplete, with paths or control characters.
_ODD = (
    "''",
    "'{'",
    "'{a|b}'",
    "'('",
    "'~no-such-user/x'",
    "'\\'",
    '"\\u0000"',
    "'<b>'",
    "\u202e",
    "\x00",
    "s3://x",
    "true",
)
_ODD += ("-1", "nan", "inf", "1e999", "0x7fffffffffffffff", "9" * 5_000, "1979-05-27", "{}", "[]", "[[]]", "[''", "=")
_ODD += ("{a = {a = 1}}", "[" * 2_000, "a.b.c", "[rule]", "[[split]]", "[paths]", "%(x)s", "${x}", "~", "#", "'a'\n'b'")
odd = st.sampled_from(_ODD) | st.text(max_size=6)


@st.composite
def damaged(draw: st.DrawFn, texts: tuple[str, ...]) -> str:
    """Draw one of ``texts`` with up to three lines or values removed, doubled or replaced by an unexpected value."""
    lines = draw(st.sampled_from(texts)).splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines)))
        key, sign, _ = (lines[at] if at < len(lines) else "").partition("=")
        lines[at : at + 1] = draw(
            st.sampled_from([[], [f"{key}{sign}"] * 2]) | odd.map(lambda value, k=key, s=sign: [f"{k}{s} {value}"])
        )
    return "\n".join(lines)


def texts(*paths: Path) -> st.SearchStrategy[str]:
    return damaged(tuple(path.read_text(encoding="utf-8") for path in paths)) | st.text(max_size=60)


Value = TypeVar("Value")


def value_or(error: type[ProjectError], compute: Callable[[], Value]) -> Value | str:
    """Return the value, or the message of ``error``; any other error is a bug."""
    try:
        return compute()
    except error as raised:
        return str(raised)


@pytest.mark.slow
@few
@example(text=f"seed = {'9' * 5_000}")
@example(text=f"seed = {'[' * 2_000}")
@given(text=texts(*sorted(resources.manifests_folder().glob("*/recipe.toml"))))
def test_any_recipe_gives_a_value_or_an_error(text: str) -> None:
    found = value_or(RecipeError, lambda: recipe.parse(text))
    assert found.startswith("recipe") if isinstance(found, str) else found.text == text


@few
@example(text=f"{CONFIG}coco = ~no-such-user/x")
@given(text=damaged((f"{CONFIG}coco = '~/coco'\nlaion = s3://a/b\n[limits]\npixels = 1_000\n",)) | st.text(max_size=60))
def test_any_config_gives_a_value_or_an_error(text: str, tmp_path: Path) -> None:
    file = tmp_path / "local.cfg"
    file.write_text(text, encoding="utf-8")
    found = value_or(ConfigError, lambda: config.load(file))
    assert found.startswith(str(file)) if isinstance(found, str) else found.manifest_path.name == "manifest.duckdb"


@few
@example(given_texts={"memory": "9" * 400})
@given(
    given_texts=st.dictionaries(
        st.sampled_from(LIMIT_NAMES) | odd, st.from_regex(r"[0-9_.]{1,30} ?([KMGT]i?B)?", fullmatch=True) | odd
    )
)
def test_any_limits_give_values_or_an_error(given_texts: dict[str, str]) -> None:
    found = value_or(ConfigError, lambda: read_limits(given_texts))
    assert "limit" in found if isinstance(found, str) else 0 < found.memory < 1 << 63


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store.open_for_writing(tmp_path_factory.mktemp("texts") / "manifest.duckdb") as opened:
        yield opened


@pytest.mark.slow
@few
@example(text="default_folder = '~no-such-user/x'")
@example(text=f"name = {'[' * 2_000}")
@example(text="[maps.m]\na = 1\n[[rule]]\npath = '(?P<a>x)'\ngenerator = '{a|m}'")
@given(text=texts(*sorted(resources.sources_folder().glob("*.toml"))))
def test_any_declaration_compiles_or_is_refused(text: str, tmp_path: Path, manifest: Store) -> None:
    """A declaration that is accepted compiles to SQL that runs."""
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    for table in resources.sources_folder().glob("*.csv"):
        (tmp_path / table.name).write_bytes(table.read_bytes())
    found = value_or(DeclarationError, lambda: declarations.load([tmp_path]))
    assert not isinstance(found, str) or found.startswith("mine.toml")
    for source in found if isinstance(found, tuple) else ():
        manifest.execute(compile_source(source))


@few
@given(raw=st.lists(st.binary(min_size=1, max_size=40) | st.text(min_size=1).map(str.encode), min_size=1, max_size=5))
def test_any_member_name_is_kept_and_printed_without_control_characters(raw: list[bytes], tmp_path: Path) -> None:
    names = [b"n" + name.replace(b"\0", b"0") + b"n" for name in raw]
    with tarfile.open(tmp_path / "set.tar", "w", format=tarfile.GNU_FORMAT, encoding="utf-8") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name.decode("utf-8", "surrogateescape")), io.BytesIO())
    rows = listing(container_in(tmp_path)).rows
    assert [row["name_bytes"] or str(row["name"]).encode() for row in rows] == names
    for row in rows:
        assert (row["name"], row["name_bytes"]) == decoded(names[rows.index(row)])
        shown = printable(logical_path(str(row["path"]), str(row["name"])))
        assert not CONTROL_CHARACTERS.search(shown)
