"""What can be wrong with a declaration before anything is read."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

import duckdb

from indexer.base import resources
from indexer.declarations import templates
from indexer.declarations.fields import Problems, near
from indexer.declarations.models import BUILTINS, Chain, Placeholder, Rule, Source, Table, Template

_PICKS = ("only", "first", "last", "join")
_LABELS = ("", "real", "fake")


def check(sources: Sequence[Source], problems: Problems) -> None:
    """Add every problem of ``sources`` to ``problems``."""
    _check_keys(sources, problems)
    for source in sources:
        _Checker(source, problems).check()


@cache
def vocabulary() -> tuple[str, ...]:
    """The names of generators: sources/_generators.csv."""
    with (resources.sources_folder() / "_generators.csv").open(encoding="utf-8", newline="") as file:
        return tuple(row["name"] for row in csv.DictReader(file))


def _check_keys(sources: Sequence[Source], problems: Problems) -> None:
    first: dict[str, Path] = {}
    for source in sources:
        if source.key in first:
            other = "/".join(first[source.key].parts[-2:])
            problems.add(source.file.name, "", f"key '{source.key}' is declared by {other} as well")
        first.setdefault(source.key, source.file)


class _Checker:
    """One source and the names that its templates may use."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.maps = source.maps or {}
        self.lookups = source.lookups or {}
        self.used: set[str] = set()

    def check(self) -> None:
        for table in self.lookups.values():
            self._check_table(table)
        if self.source.keep:
            self._check_template("", "keep", self.source.keep.value, set(BUILTINS))
        for pattern in chain.from_iterable(self.source.row_orders):
            self._check_order(pattern)
        for rule in self.source.rules:
            self._check_rule(rule)
        self._check_generators()
        self._check_unused()

    def add(self, place: str, what: str) -> None:
        self.problems.add(self.source.file.name, place, what)

    def _check_table(self, table: Table) -> None:
        place = f"tables.{table.name}"
        if table.pick not in _PICKS:
            self.add(place, f"'pick' must be one of {', '.join(_PICKS)}, not '{table.pick}'")
        if table.beside and not table.beside.is_file():
            self.add(place, f"there is no file {table.beside.name} beside {self.source.file.name}")
        for key in _chains(table.key):
            for step in key.steps:
                if step not in templates.FUNCTIONS:
                    self.add(place, f"'key': no function '{step}'{near(step, templates.FUNCTIONS)}")

    def _check_rule(self, rule: Rule) -> None:
        place = f"rule {rule.number}"
        names = set(BUILTINS) | self._groups(place, "path", rule.path)
        for name, template in rule.let.items():
            self._check_template(place, f"let {name}", template, names)
            names.add(name)
        for column, parts in rule.values.items():
            for template in parts:
                self._check_template(place, column, template, names)
        self._check_label(place, rule)
        self._check_row(place, rule)

    def _groups(self, place: str, key: str, pattern: str) -> set[str]:
        """The names of a pattern's groups, if both Python and RE2 (DuckDB's) understand it."""
        try:
            compiled = re.compile(pattern)
            _re2().execute("select regexp_matches('', $pattern)", {"pattern": pattern}).fetchall()
        except (re.error, duckdb.Error) as error:
            self.add(place, f"'{key}' is no regular expression of RE2: {str(error).splitlines()[0]}")
            return set()
        if compiled.groups != len(compiled.groupindex):
            self.add(place, f"'{key}' has a group without a name: write (?P<name>...) or, to group only, (?:...)")
        shadowing = sorted(set(compiled.groupindex) & set(BUILTINS))
        if shadowing:
            self.add(place, f"'{key}' gives a group the name '{shadowing[0]}', which every rule has already")
        return set(compiled.groupindex)

    def _check_order(self, pattern: str) -> None:
        if self._groups("", "row_orders", pattern) != {"index", "total"}:
            self.add("", "'row_orders' needs two groups in each pattern: (?P<index>\\d+)-of-(?P<total>\\d+)")

    def _check_template(self, place: str, key: str, template: Template, names: set[str]) -> None:
        for value in _chains(template):
            if value.name not in names:
                groups = sorted(names - set(BUILTINS))
                hint = near(value.name, names) or f" (groups: {', '.join(groups) or 'none'})"
                self.add(place, f"'{key}' uses {{{value.name}}}, which is no group of its path{hint}")
            for step in value.steps:
                self._check_step(place, key, step)

    def _check_step(self, place: str, key: str, step: str) -> None:
        found = templates.lookup(step)
        name = found[0] if found else step
        self.used.add(name)
        if found and name not in self.lookups:
            self.add(place, f"'{key}' uses '{step}', but there is no [tables.{name}]{near(name, self.lookups)}")
        elif found:
            self._check_column(place, key, name, found[1])
        elif name not in self.maps and name not in templates.FUNCTIONS:
            known = {*self.maps, *templates.FUNCTIONS}
            self.add(place, f"'{key}' uses '{name}', which is neither a map nor a function{near(name, known)}")

    def _check_column(self, place: str, key: str, table: str, column: str) -> None:
        rows_of = self.lookups[table].rows_of
        columns = next((t.columns for t in self.source.tables if (t.source, t.name) == rows_of), None)
        if columns is not None and column not in columns and not column.startswith("@"):
            self.add(place, f"'{key}' uses '{table}.{column}', which is not among its columns{near(column, columns)}")

    def _check_label(self, place: str, rule: Rule) -> None:
        label = templates.constant(rule.values["label"][0])
        if label is not None and label not in _LABELS:
            self.add(place, f"'label' must be real or fake, not '{label}'")

    def _check_row(self, place: str, rule: Rule) -> None:
        parts = [template for values in rule.values.values() for template in values]
        uses = any(value.name == "row" for template in parts for value in _chains(template))
        if uses and not self.source.row_orders:
            self.add(
                place, "{row} needs 'row_orders': patterns of the files, in the order in which their rows count on"
            )

    def _check_generators(self) -> None:
        known = {*vocabulary(), *self.source.generators, ""}
        for rule in self.source.rules:
            for name in self._constants(rule.values["generator"][0]):
                if name not in known:
                    self.add(f"rule {rule.number}", f"no generator '{name}' in _generators.csv{near(name, known)}")
        for name in self.source.head.published or {}:
            if name not in known | {"photographs", "all"}:
                self.add("published", f"no generator '{name}' in _generators.csv{near(name, known)}")

    def _constants(self, template: Template) -> Iterator[str]:
        """The generators that can be told before anything is read: plain text, or what a map gives."""
        constant = templates.constant(template)
        if constant is not None:
            yield constant
        elif len(template) == 1:
            for value in _chains(template):
                entries = self.maps.get(value.steps[-1], {}) if value.steps else {}
                yield from (name for name in entries.values() if "{}" not in name)

    def _check_unused(self) -> None:
        for kind, names in (("maps", self.maps), ("tables", self.lookups)):
            for name in names:
                shared = any(side.name == name and side.source == self.source.key for side in self.source.tables)
                if name not in self.used and not shared:
                    self.add(f"{kind}.{name}", "is used by no rule")


def _chains(template: Template) -> Iterable[Chain]:
    return chain.from_iterable(part.chains for part in template if isinstance(part, Placeholder))


@cache
def _re2() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
