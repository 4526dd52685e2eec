"""Check declarations: names, patterns, generators and labels, before any data is read."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import duckdb

from indexer.base import resources
from indexer.base.errors import first_line_of
from indexer.base.suggestions import near
from indexer.base.toml_fields import Problems
from indexer.declarations import tables, templates
from indexer.declarations.models import (
    ANY_ENTRY,
    BUILTINS,
    ENTRY_NAME,
    KINDS,
    LookupTable,
    Pipeline,
    Placeholder,
    Rule,
    SideTable,
    Source,
    Template,
)

VOCABULARY = "_generators.csv"
_PICKS = ("only", "first", "last", "join")
_LABELS = ("", "real", "fake")


def check(sources: Sequence[Source], problems: Mapping[Path, Problems]) -> None:
    """Add every problem of ``sources`` to the ``problems`` of its file."""
    first: dict[str, Path] = {}
    for source in sources:
        if source.key in first:
            other = "/".join(first[source.key].parts[-2:])
            problems[source.file].add(source.file.name, "", f"key '{source.key}' is also declared by {other}")
        first.setdefault(source.key, source.file)
    patterns = {pattern for source in sources for pattern in _patterns(source)}
    refused = _refused_by_re2(sorted(patterns))
    for source in sources:
        _Checker(source, problems[source.file], refused).check()


def check_shared(sources: Sequence[Source], problems: Mapping[Path, Problems]) -> None:
    """Add a problem to sources that use a table of a source whose declaration is wrong."""
    wrong = {source.key: source.file.name for source in sources if problems[source.file].found}
    for source in sources:
        for table in source.lookups.values():
            owner = table.rows_of[0] if table.rows_of else source.key
            if owner != source.key and owner in wrong:
                message = f"'from' uses '{'.'.join(table.rows_of or ())}', but {wrong[owner]} is wrong"
                problems[source.file].add(source.file.name, f"tables.{table.name}", message)


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the names of generators in sources/_generators.csv."""
    return tuple(row["name"] for row in generator_rows())


@cache
def generator_rows() -> list[dict[str, str]]:
    """Return the rows of sources/_generators.csv: name, family, released and source of each generator."""
    with (resources.sources_folder() / VOCABULARY).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class _Checker:
    """Checks one source. ``refused`` has the patterns that RE2 refuses, each with its message."""

    def __init__(self, source: Source, problems: Problems, refused: Mapping[str, str]) -> None:
        self.source = source
        self.problems = problems
        self.refused = refused
        self.maps = source.maps
        self.lookups = source.lookups
        self.used: set[str] = set()

    def check(self) -> None:
        for table in self.lookups.values():
            self._check_table(table)
        self._check_patterns()
        if self.source.keep:
            self._check_template("", "keep", self.source.keep.value, set(BUILTINS))
        for pattern in chain.from_iterable(self.source.row_orders):
            if self._groups("", "row_orders", pattern) != {"index", "total"}:
                self.add("", "'row_orders' needs two groups in each pattern: (?P<index>\\d+)-of-(?P<total>\\d+)")
        for rule in self.source.rules:
            self._check_rule(rule)
        self._check_generators()
        self._check_unused()

    def _check_patterns(self) -> None:
        """Check `include`, the patterns of side files, and those that are keys of maps or of [known_damage]."""
        if self.source.include:
            self._compiled("", "include", self.source.include)
        for side in self.source.tables:
            if side.source == self.source.key:
                self._compiled(f"tables.{side.name}", "file", side.file)
        for name, entries in self.maps.items():
            for key in entries:
                if key.startswith("~"):
                    self._groups(f"maps.{name}", key, key[1:])
        for pattern in self.source.known_damage:
            self._groups("known_damage", pattern, pattern)

    def add(self, address: str, message: str) -> None:
        self.problems.add(self.source.file.name, address, message)

    def _check_table(self, table: LookupTable) -> None:
        address = f"tables.{table.name}"
        if table.pick not in _PICKS:
            self.add(address, f"'pick' must be one of {', '.join(_PICKS)}, not '{table.pick}'")
        if table.csv_file and not table.csv_file.is_file():
            self.add(address, f"there is no file {table.csv_file.name} next to {self.source.file.name}")
        for pipeline in _pipelines(table.key):
            self._check_column(address, "key", table.name, pipeline.name)
            for step in pipeline.steps:
                if step not in templates.FUNCTIONS:
                    self.add(address, f"'key': no function '{step}'{near(step, templates.FUNCTIONS)}")

    def _check_rule(self, rule: Rule) -> None:
        address = f"rule {rule.number}"
        names = set(BUILTINS) | self._groups(address, "path", rule.path)
        for name, template in rule.let.items():
            self._check_template(address, f"let {name}", template, names)
            names.add(name)
        every = [(column, template) for column, parts in rule.values.items() for template in parts]
        every += [(f"{column} {key}", text) for column, texts in rule.maps.items() for key, text in texts.items()]
        for column, template in every:
            self._check_template(address, column, template, names)
        self._check_words(address, rule)
        uses_row = any(pipeline.name == "row" for _, template in every for pipeline in _pipelines(template))
        if uses_row and not self.source.row_orders:
            message = "{row} needs 'row_orders': patterns of the files, in the order in which their rows are numbered"
            self.add(address, message)

    def _check_words(self, address: str, rule: Rule) -> None:
        label = templates.constant_text(rule.values["label"][0])
        if label is not None and label not in _LABELS:
            self.add(address, f"'label' must be real or fake, not '{label}'")
        kind = templates.constant_text(rule.values["kind"][0])
        if kind and kind not in KINDS:
            self.add(address, f"'kind' must be real, synthetic or tampered, not '{kind}'")
        elif kind and label and (kind == "real") != (label == "real"):
            self.add(address, f"'kind' is {kind}, but 'label' is {label}: leave 'label' out")

    def _groups(self, address: str, key: str, pattern: str) -> set[str]:
        """Return the names of the groups of a pattern; all groups must have one."""
        compiled = self._compiled(address, key, pattern)
        if compiled is None:
            return set()
        if compiled.groups != len(compiled.groupindex):
            self.add(address, f"'{key}' has a group without a name: write (?P<name>...), or (?:...) to group only")
        shadowing = sorted(set(compiled.groupindex) & set(BUILTINS))
        if shadowing:
            self.add(address, f"'{key}' names a group '{shadowing[0]}', which is a built-in name")
        return set(compiled.groupindex)

    def _compiled(self, address: str, key: str, pattern: str) -> re.Pattern[str] | None:
        """Return a pattern if both Python and RE2 (DuckDB) accept it."""
        problem = self.refused.get(pattern)
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            problem = str(error)
        if problem is None:
            return compiled
        self.add(address, f"'{key}' is not a regular expression that RE2 accepts: {problem}")
        return None

    def _check_template(self, address: str, key: str, template: Template, names: set[str]) -> None:
        for pipeline in _pipelines(template):
            if pipeline.name not in names:
                groups = sorted(names - set(BUILTINS))
                hint = near(pipeline.name, names) or f" (groups: {', '.join(groups) or 'none'})"
                message = f"'{key}' uses {{{pipeline.name}}}, which is neither a group of the path nor built in"
                self.add(address, message + hint)
            for step in pipeline.steps:
                self._check_step(address, key, step)

    def _check_step(self, address: str, key: str, step: str) -> None:
        reference = templates.table_column(step)
        name = reference[0] if reference else step
        self.used.add(name)
        if reference and name not in self.lookups:
            self.add(address, f"'{key}' uses '{step}', but there is no [tables.{name}]{near(name, self.lookups)}")
        elif reference:
            self._check_column(address, key, name, reference[1])
        elif name in self.lookups:
            self.add(address, f"'{key}' uses the table '{name}' without a column: write {name}.COLUMN")
        elif name not in self.maps and name not in templates.FUNCTIONS:
            known = {*self.maps, *templates.FUNCTIONS}
            self.add(address, f"'{key}' uses '{name}', which is neither a map nor a function{near(name, known)}")

    def _check_column(self, address: str, key: str, table: str, column: str) -> None:
        rows_of = self.lookups[table].rows_of
        side = next((side for side in self.source.tables if (side.source, side.name) == rows_of), None)
        if column.startswith("@"):
            self._check_location(address, key, column, side)
        elif side and side.columns is not None and not {column, column.partition(".")[0]} & {*side.columns}:
            message = f"'{key}' uses '{table}.{column}', which is not among its columns{near(column, side.columns)}"
            self.add(address, message)

    def _check_location(self, address: str, key: str, name: str, side: SideTable | None) -> None:
        if name not in {*tables.LOCATIONS, ENTRY_NAME}:
            self.add(
                address, f"'{key}' uses '{name}', which is no location{near(name, [*tables.LOCATIONS, ENTRY_NAME])}"
            )
        elif name == ENTRY_NAME and side and ANY_ENTRY not in (side.rows or "").split("."):
            self.add(address, f"'{key}' uses '{ENTRY_NAME}', but [tables.{side.name}] has no 'rows' with '{ANY_ENTRY}'")

    def _check_generators(self) -> None:
        known = {*vocabulary(), *self.source.generators, ""}
        for rule in self.source.rules:
            for name in self._constants(rule.values["generator"][0]):
                if name not in known:
                    self.add(f"rule {rule.number}", f"no generator '{name}' in _generators.csv{near(name, known)}")
        for name in self.source.info.published:
            if name not in known | {"photographs", "all"}:
                self.add("published", f"no generator '{name}' in _generators.csv{near(name, known)}")

    def _constants(self, template: Template) -> Iterator[str]:
        """Yield the generators that are known before any data is read: plain texts and the entries of maps."""
        constant = templates.constant_text(template)
        if constant is not None:
            yield constant
        elif len(template) == 1:
            for pipeline in _pipelines(template):
                entries = self.maps.get(pipeline.steps[-1], {}) if pipeline.steps else {}
                yield from (name for name in entries.values() if "{}" not in name)

    def _check_unused(self) -> None:
        for kind, names in (("maps", self.maps), ("tables", self.lookups)):
            for name in names:
                shared = any(side.name == name and side.source == self.source.key for side in self.source.tables)
                if name not in self.used and not shared:
                    self.add(f"{kind}.{name}", "is not used by any rule")


def _pipelines(template: Template) -> Iterable[Pipeline]:
    return chain.from_iterable(part.pipelines for part in template if isinstance(part, Placeholder))


def _patterns(source: Source) -> Iterator[str]:
    yield from (rule.path for rule in source.rules)
    yield from chain.from_iterable(source.row_orders)
    yield from (side.file for side in source.tables)
    yield from [source.include] if source.include else []
    yield from (key[1:] for entries in source.maps.values() for key in entries if key.startswith("~"))
    yield from source.known_damage


def _refused_by_re2(patterns: Sequence[str]) -> dict[str, str]:
    """Return the patterns that RE2, which DuckDB uses, refuses, each with its message.

    One statement checks all of them: a statement per pattern took most of the time of loading the declarations.
    """
    query = "select count(*) from (select unnest($patterns) as pattern) where regexp_matches('', pattern)"
    try:
        _re2().execute(query, {"patterns": list(patterns)}).fetchall()
    except duckdb.Error as error:
        if len(patterns) == 1:
            return {patterns[0]: first_line_of(error)}
        return {pattern: text for one in patterns for pattern, text in _refused_by_re2([one]).items()}
    return {}


@cache
def _re2() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
