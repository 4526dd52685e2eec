"""House rules that no linter checks: lengths, one SELECT per step, import cycles, unique names, links of the docs."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import grimp
import pytest

import indexer.__main__
import materializer.__main__
from indexer.manifest.schema import SCHEMA_VERSION

ROOT = Path(__file__).parents[1]
PACKAGES = ("indexer", "materializer", "demo")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SCHEMA = re.compile(r"sql/(schema|migrations)/|/schema\.sql$")  # several statements that return no rows
STEPS = sorted(path for path in (ROOT / "sql").rglob("*.sql") if not SCHEMA.search(str(path)))
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("docs", "manifests", "indexer", "tests") for page in (ROOT / folder).rglob("*.md")),
    ]
)
COMMANDS = [
    f"{program.__package__} {command}"
    for program in (indexer.__main__, materializer.__main__)
    for command in program.COMMANDS
]

FILE_LINES = 300
FUNCTION_LINES = 40

# Steps whose names no module contains: a loop over words that are not step names.
COMPUTED_STEPS = (
    "report/excluded",
    "report/health",
    "report/substituted",
    "report/unusable",
)

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


def test_files_are_short() -> None:
    modules = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {name: lines for name, lines in lengths.items() if lines >= FILE_LINES} == {}


def test_functions_are_short() -> None:
    functions = ((path, function) for path in MODULES for function in _functions(path))
    assert [
        f"{_name(path)}:{function.lineno} {function.name}"
        for path, function in functions
        if _lines(function) > FUNCTION_LINES
    ] == []


def test_there_is_no_import_cycle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    cycles = [
        (name, imported)
        for name in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(name))
        if graph.find_shortest_chain(imported, name)
    ]
    assert cycles == []


@pytest.mark.parametrize("path", STEPS, ids=_name)
def test_a_step_is_one_select_with_a_comment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    statements = duckdb.extract_statements(text)
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
    assert text.startswith("-- ")


def test_every_step_is_used() -> None:
    """A name is written whole, "select/pool", or as the word "pool" in a module that contains f"select/{step}"."""
    used = set(COMPUTED_STEPS)
    for path in MODULES:
        code = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'"([\w/]+)"', code))
        for folder, ending in re.findall(r'f"([\w/]+)/\{[\w ]+\}(\w*)"', code):
            used |= {f"{folder}/{word}{ending}" for word in re.findall(r'"(\w+)"', code)}
    steps = {str(path.relative_to(ROOT / "sql").with_suffix("")) for path in STEPS}
    assert steps - used == set()
    assert set(COMPUTED_STEPS) <= steps


def test_only_the_command_lines_print() -> None:
    allowed = re.compile(r"^(indexer|materializer)/cli/|^demo/")
    printing = {
        _name(path)
        for path in MODULES
        if not allowed.match(_name(path))
        and any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(ast.parse(path.read_text())))
    }
    assert printing == set()


def test_public_classes_have_unique_names() -> None:
    places = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(_name(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_tests_named_by_links_exist(page: Path) -> None:
    links = re.findall(r"\[(test_\w+)\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [name for name, file in links if f"def {name}(" not in (page.parent / file).read_text("utf-8")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"python -m {command}" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_changelog_begins_with_this_version_and_its_schema() -> None:
    newest = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert newest.split()[0] == indexer.__version__
    assert f"schema version {SCHEMA_VERSION}" in newest.lower()


def test_each_schema_version_has_one_migration() -> None:
    numbers = sorted(int(path.name[:3]) for path in (ROOT / "sql" / "migrations").glob("*.sql"))
    assert numbers == list(range(2, SCHEMA_VERSION + 1))


def test_citation_names_the_present_version() -> None:
    assert f"\nversion: {indexer.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_key_in_the_example_is_a_source() -> None:
    example = (ROOT / "local.cfg.example").read_text(encoding="utf-8")
    keys = set(re.findall(r"^# (\S+) = ~/datasets/", example, re.MULTILINE))
    assert len(keys) > 15
    assert keys <= {path.stem for path in (ROOT / "indexer" / "sources").glob("*.toml")}
