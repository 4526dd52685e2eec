"""Placeholders of templates -> SQL expressions, and the joins that they need."""

from collections.abc import Iterator, Mapping, Sequence

from indexer.declarations import tables, templates
from indexer.declarations.models import BUILTINS, Chain, Placeholder, Source, Template
from indexer.declarations.sql import literal, quoted


class Expressions:
    """The names that templates of one SELECT may use: groups of its pattern ``g``, ``let``, built-ins.

    ``joins`` and ``columns`` (of each table) gather what was looked up.
    """

    def __init__(self, source: Source, groups: Sequence[str] = (), let: Mapping[str, Template] | None = None) -> None:
        self.maps = source.maps or {}
        self.groups = groups
        self.let = let or {}
        self.columns: dict[str, set[str]] = {}
        self._aliases: dict[tuple[str, str], str] = {}

    @property
    def joins(self) -> str:
        """The joins, in the order in which one's key may need another's columns."""
        return "".join(
            f"\nleft join {tables.name(table)} as {alias} on {alias}.key = {key}"
            for (table, key), alias in self._aliases.items()
        )

    def of(self, placeholder: Placeholder) -> str:
        """The value of a placeholder; NULL where something that it looks up is not there."""
        chains = [self._through(chain) for chain in placeholder.chains]
        if placeholder.fallback is not None:
            chains.append(literal(placeholder.fallback))
        return chains[0] if len(chains) == 1 else f"coalesce({', '.join(chains)})"

    def text(self, template: Template) -> str:
        """A whole template."""
        return " || ".join(literal(part) if isinstance(part, str) else self.of(part) for part in template) or "''"

    def failures(self, placeholder: Placeholder, test: str) -> Iterator[str]:
        """WHEN clauses for where ``test`` holds: the first step of the last chain that found nothing, and for what."""
        chain = placeholder.chains[-1]
        expression = self._start(chain.name)
        for inner in self.let.get(chain.name, ()):
            if isinstance(inner, Placeholder) and inner.fallback is None:
                yield from self.failures(inner, f"{test} and {self.of(inner)} is null")
        if chain.name == "row":
            yield when(test, "incomplete", literal("a file before this one is missing, so its row cannot be counted"))
        for step in chain.steps:
            found = self._step(expression, step)
            told = f"{literal(f'{placeholder}: {step} has nothing for ')} || coalesce({expression}, '')"
            yield when(f"{test} and {found} is null", self._code(step), told)
            expression = found

    def _through(self, chain: Chain) -> str:
        expression = self._start(chain.name)
        for step in chain.steps:
            expression = self._step(expression, step)
        return expression

    def _start(self, name: str) -> str:
        if name in self.groups:
            return f"g.{quoted(name)}"
        if name in self.let:
            return f"({self.text(self.let[name])})"
        return f"({BUILTINS[name]})"

    def _step(self, expression: str, step: str) -> str:
        found = templates.lookup(step)
        if found:
            table, column = found
            self.columns.setdefault(table, set()).add(column)
            alias = self._aliases.setdefault((table, expression), f"t{len(self._aliases) + 1}")
            return f"{alias}.{quoted(column)}"
        if step in self.maps:
            return _case(expression, self.maps[step])
        return templates.FUNCTIONS[step].format(expression)

    def _code(self, step: str) -> str:
        if templates.lookup(step):
            return "missing_in_table"
        return "missing_in_map" if step in self.maps else "unmatched"


def when(test: str, code: str, detail: str) -> str:
    """A WHEN clause of a CASE that tells what is wrong; ``detail`` is SQL."""
    return f"when {test} then {{'code': '{code}', 'detail': {detail}}}"


def _case(expression: str, entries: Mapping[str, str]) -> str:
    """A map's entry for a value; the entry '*' stands for all others, '{}' in it for the value."""
    whens = " ".join(f"when {literal(key)} then {literal(entry)}" for key, entry in entries.items() if key != "*")
    other = ""
    if "*" in entries:
        before, braces, after = entries["*"].partition("{}")
        value = f"{literal(before)} || {expression} || {literal(after)}" if braces else literal(before)
        other = f" else {value}"
    return f"case {expression} {whens}{other} end" if whens else f"case when false then ''{other} end"
