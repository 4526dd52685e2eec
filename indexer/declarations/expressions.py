"""Compile the placeholders of templates to SQL expressions and joins."""

from collections.abc import Iterator, Mapping, Sequence

from indexer.declarations import tables, templates
from indexer.declarations.models import BUILTINS, Pipeline, Placeholder, Source, Template
from indexer.manifest.sql_text import literal, quoted

NO_PROBLEM = "cast(null as struct(code varchar, detail varchar))"  # where no WHEN clause of :func:`when` holds


class Expressions:
    """Compiles templates that use the groups of a rule's pattern, its ``let`` and the built-in names.

    ``columns`` collects the columns that were looked up, per table. ``joins`` is the text of the joins they need.
    """

    def __init__(self, source: Source, groups: Sequence[str] = (), let: Mapping[str, Template] | None = None) -> None:
        self.maps = source.maps
        self.groups = groups
        self.let = let or {}
        self.columns: dict[str, set[str]] = {}
        self._aliases: dict[tuple[str, str], str] = {}

    @property
    def joins(self) -> str:
        """Return the joins. The key of a join uses only columns of tables that are joined before it."""
        return "".join(
            f"\nleft join {tables.name(table)} as {alias} on {alias}.{tables.KEY} = nfc_normalize({key})"
            for (table, key), alias in self._aliases.items()
        )

    def of(self, placeholder: Placeholder) -> str:
        """Return the value of a placeholder; NULL where a lookup finds nothing."""
        values = [self._value(pipeline) for pipeline in placeholder.pipelines]
        if placeholder.fallback is not None:
            values.append(literal(placeholder.fallback))
        return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"

    def text(self, template: Template) -> str:
        """Return the value of a whole template."""
        return " || ".join(literal(part) if isinstance(part, str) else self.of(part) for part in template) or "''"

    def failures(self, placeholder: Placeholder, test: str) -> Iterator[str]:
        """Yield WHEN clauses for rows where ``test`` holds: the first step of the last pipeline that finds nothing."""
        pipeline = placeholder.pipelines[-1]
        expression = self._start(pipeline.name)
        for inner in self.let.get(pipeline.name, ()):
            if isinstance(inner, Placeholder) and inner.fallback is None:
                yield from self.failures(inner, f"{test} and {self.of(inner)} is null")
        if pipeline.name == "row":
            yield when(test, "incomplete", literal("a file before this one is missing, so its row cannot be counted"))
        for step in pipeline.steps:
            found = self._step(expression, step)
            detail = f"{literal(f'{placeholder}: {step} has nothing for ')} || coalesce({expression}, '')"
            yield when(f"{test} and {found} is null", self._code(step), detail)
            expression = found

    def _value(self, pipeline: Pipeline) -> str:
        expression = self._start(pipeline.name)
        for step in pipeline.steps:
            expression = self._step(expression, step)
        return expression

    def _start(self, name: str) -> str:
        if name in self.groups:
            return f"g.{quoted(name)}"
        if name in self.let:
            return f"({self.text(self.let[name])})"
        return f"({BUILTINS[name]})"

    def _step(self, expression: str, step: str) -> str:
        reference = templates.table_column(step)
        if reference:
            table, column = reference
            self.columns.setdefault(table, set()).add(column)
            alias = self._aliases.setdefault((table, expression), f"t{len(self._aliases) + 1}")
            return f"{alias}.{tables.column_name(column)}"
        if step in self.maps:
            return _case(expression, self.maps[step])
        return templates.FUNCTIONS[step].format(expression)

    def _code(self, step: str) -> str:
        if templates.table_column(step):
            return "missing_in_table"
        return "missing_in_map" if step in self.maps else "unmatched"


def when(test: str, code: str, detail: str) -> str:
    """Return a WHEN clause that gives a struct of code and detail; ``detail`` is SQL."""
    return f"when {test} then {{'code': '{code}', 'detail': {detail}}}"


def _case(expression: str, entries: Mapping[str, str]) -> str:
    """Return the entry of a map for a value.

    A key after '~' is a pattern, tried in the order of the map. '*' is the entry for all other values, but not for a
    missing one; '{}' in it is the value.
    """
    exact = {key: entry for key, entry in entries.items() if key != "*" and not key.startswith("~")}
    patterns = {key[1:]: entry for key, entry in entries.items() if key.startswith("~")}
    if patterns:
        tests = [f"when {expression} = {literal(key)} then {literal(entry)}" for key, entry in exact.items()]
        tests += [
            f"when regexp_matches({expression}, {literal(key)}) then {literal(patterns[key])}" for key in patterns
        ]
        return f"case {' '.join(tests)}{_other(expression, entries)} end"
    whens = " ".join(f"when {literal(key)} then {literal(entry)}" for key, entry in exact.items())
    other = _other(expression, entries)
    return f"case {expression} {whens}{other} end" if whens else f"case when false then ''{other} end"


def _other(expression: str, entries: Mapping[str, str]) -> str:
    if "*" not in entries:
        return ""
    before, braces, after = entries["*"].partition("{}")
    if braces:
        return f" else {literal(before)} || {expression} || {literal(after)}"
    return f" else case when {expression} is not null then {literal(before)} end"
