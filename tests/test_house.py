"""The house rules that no linter knows: sizes, steps of one SELECT, no cycles, nothing undocumented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import grimp
import pytest

import indexer.__main__
import materializer.__main__
from indexer.manifest.store import SCHEMA_VERSION

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexer", "materializer", "demo")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
STEPS = sorted(path for path in (ROOT / "sql").rglob("*.sql") if path.name != "schema.sql")
COMMANDS = [
    f"{program.__package__} {command}"
    for program in (indexer.__main__, materializer.__main__)
    for command in program.COMMANDS
]

FILE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_LINES = 10
NINTH_DECILE_LINES = 20

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def _lines(function: Function) -> int:
    """Lines of a function's body, its docstring apart."""
    docstring = ast.get_docstring(function, clean=False)
    first = function.body[1 if docstring is not None and len(function.body) > 1 else 0]
    return (function.end_lineno or first.lineno) - first.lineno + 1


LENGTHS = {
    f"{_name(path)}:{function.lineno} {function.name}": _lines(function)
    for path in MODULES
    for function in _functions(path)
}


def test_files_are_short() -> None:
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines >= FILE_LINES} == {}


def test_functions_are_short() -> None:
    assert {name: lines for name, lines in LENGTHS.items() if lines > FUNCTION_LINES} == {}
    lengths = sorted(LENGTHS.values())
    assert lengths[len(lengths) // 2] <= MEDIAN_LINES
    assert lengths[len(lengths) * 9 // 10] <= NINTH_DECILE_LINES


def test_modules_import_in_no_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    circles = [
        (name, imported)
        for name in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(name))
        if graph.find_shortest_chain(imported, name)
    ]
    assert circles == []


@pytest.mark.parametrize("path", STEPS, ids=_name)
def test_a_step_is_one_select_with_a_comment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    statements = duckdb.extract_statements(text)
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
    assert text.startswith("-- ")


def test_every_step_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    named = set(re.findall(r'"([\w/]+)"', code))
    folders = {name.rsplit("/", 1)[0] for name in re.findall(r'sql_names\("([\w/]+)"\)', code)}
    folders |= set(re.findall(r'f"([\w/]+)/\{', code)) | set(re.findall(r'sql_names\("([\w/]+)"\)', code))
    steps = {str(path.relative_to(ROOT / "sql").with_suffix("")) for path in STEPS}
    assert {step for step in steps - named if step.rsplit("/", 1)[0] not in folders} == set()


def test_only_the_command_lines_print() -> None:
    allowed = re.compile(r"^(indexer|materializer)/cli/|^demo/")
    printing = {
        _name(path)
        for path in MODULES
        if not allowed.match(_name(path))
        and any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(ast.parse(path.read_text())))
    }
    assert printing == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"python -m {command}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_changelog_tells_of_this_version_and_schema() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert indexer.__version__ in changelog or "Unreleased" in changelog
    assert f"schema version {SCHEMA_VERSION}" in changelog.lower()


def test_every_key_of_a_source_is_in_the_example() -> None:
    example = (ROOT / "local.cfg.example").read_text(encoding="utf-8")
    keys = {path.stem for path in (ROOT / "indexer" / "sources").glob("*.toml")}
    assert {key for key in keys if not re.search(rf"^# {re.escape(key)} = ", example, re.MULTILINE)} == set()
